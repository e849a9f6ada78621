//! What somebody who left still had open goes to whom their deactivation names. The name stays on record, so that this
//! may stop anywhere and be taken up again.

use actors::ChangeRequest;
use engine::access::{Principal, Visibility};
use engine::directory::{Heir, Member, MemberStatus, Person};
use engine::household::Household;
use engine::id::{MemberId, SessionId, TeamId, TenantId};
use engine::permission::{Grants, Permission};
use engine::ports::{ConversationQuery, PageRequest, View};

use crate::app::App;
use crate::http::problem::Problem;
use crate::limits::count_reached;

/// Conversations handed over in one go; housekeeping does the rest, so that no request takes minutes.
const AT_ONCE: usize = 500;
const PAGE: u32 = 100;

/// Of everybody who left.
pub async fn hand_over_all(app: &App, household: &Household) -> Result<(), Problem> {
    for member in household.members.values().filter(|member| !member.is_active() && !member.is_service()) {
        hand_over(app, household, member.id).await?;
    }
    Ok(())
}

/// Of this member; nothing when they are active.
pub async fn hand_over(app: &App, household: &Household, id: MemberId) -> Result<(), Problem> {
    let Some(Member { status: MemberStatus::Deactivated { heir, .. }, name, .. }) = household.member(id) else {
        return Ok(());
    };
    let (assignee, team) = takes_over(household, *heir);
    let tenant = household.organization.id;
    let principal = itself(tenant, Person { id, name: name.clone() });
    let page = PageRequest { after: None, limit: PAGE };
    let query = ConversationQuery { view: View::Mine(id), unread: false, visibility: Visibility::All, page };
    let mut done = 0;
    while done < AT_ONCE {
        // What is handed over leaves this list, so its first page is always the next.
        let page = app.store.conversations(tenant, query.clone()).await?;
        if page.items.is_empty() {
            break;
        }
        for conversation in page.items {
            let (principal, assignee) = (principal.clone(), Some(assignee.clone()));
            let request = ChangeRequest { principal, status: None, assignee, team: team.map(Some), read_upto: None };
            app.actors.change(conversation.id, request).await?;
            done += 1;
        }
    }
    if done >= AT_ONCE {
        count_reached("handover");
    }
    Ok(())
}

/// Nobody, when the heir cannot see conversations any more or has left too.
fn takes_over(household: &Household, heir: Heir) -> (Option<Person>, Option<TeamId>) {
    match heir {
        Heir::Nobody => (None, None),
        Heir::Member(id) => {
            let able = household.grants(id).allow(Permission::ConversationsReadAssigned);
            (household.member(id).filter(|_| able).map(Member::person), None)
        }
        Heir::Team(id) => (None, household.teams.contains_key(&id).then_some(id)),
    }
}

/// Takes every conversation off this team, so that nothing lies with a team that nobody is in. For before and after a team
/// is deleted: what a crash leaves in between is done when it is deleted again.
pub async fn off_team(app: &App, tenant: TenantId, team: TeamId) -> Result<(), Problem> {
    let visibility = Visibility::Team { me: Person::SYSTEM.id, teams: [team].into() };
    let principal = itself(tenant, Person::SYSTEM);
    for view in [View::All, View::Closed] {
        let mut after = None;
        loop {
            let page = PageRequest { after, limit: PAGE };
            let query = ConversationQuery { view, unread: false, visibility: visibility.clone(), page };
            let page = app.store.conversations(tenant, query).await?;
            // What is nobody's is among them, whatever the team.
            for conversation in page.items.into_iter().filter(|conversation| conversation.team == Some(team)) {
                let principal = principal.clone();
                let request =
                    ChangeRequest { principal, status: None, assignee: None, team: Some(None), read_upto: None };
                app.actors.change(conversation.id, request).await?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    Ok(())
}

/// The organization itself, which sees everything, whatever whoever asked for it may see.
fn itself(tenant: TenantId, person: Person) -> Principal {
    Principal {
        tenant,
        person,
        session: SessionId::from_bytes([0; 16]),
        api_key: None,
        until: None,
        enrolled: true,
        grants: Grants::all(),
        teams: [].into(),
    }
}
