//! People who are there: their role, teams and name, and their leaving.

use std::collections::BTreeSet;

use super::{Case, Change, api_keys, may_give, room};
use crate::account::{self, Account};
use crate::audit::{Action, AuditActor};
use crate::directory::{Heir, Member, MemberStatus, RoleId};
use crate::household::{Household, MEMBERS_MAX, Write};
use crate::id::{MemberId, TeamId};
use crate::permission::Permission;
use crate::rejection::Rejection;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberCommand {
    /// With a new account, without an invitation: the operator's way.
    Add {
        id: MemberId,
        account: Box<Account>,
        role: RoleId,
    },
    /// `None` stays as it is.
    Change {
        id: MemberId,
        role: Option<RoleId>,
        teams: Option<BTreeSet<TeamId>>,
        name: Option<String>,
    },
    /// Ends the sessions, API keys and invitations too.
    Deactivate {
        id: MemberId,
        heir: Heir,
    },
    Reactivate {
        id: MemberId,
    },
    /// Every session in this organization; the person signs in again.
    EndSessions {
        id: MemberId,
    },
}

pub(super) fn decide(case: &Case<'_>, command: MemberCommand) -> Result<Change, Rejection> {
    case.require(Permission::MembersManage)?;
    match command {
        MemberCommand::Add { id, account, role } => add(case, id, account, role),
        MemberCommand::Change { id, role, teams, name } => change(case, id, role, teams, name),
        MemberCommand::Deactivate { id, heir } => deactivate(case, id, heir),
        MemberCommand::Reactivate { id } => reactivate(case, id),
        MemberCommand::EndSessions { id } => end_sessions(case, id),
    }
}

/// A person whose password, sessions and the like the actor may look after: they manage members, and this one has no
/// more than they have. Only owners look after owners.
pub fn within_reach<'a>(
    household: &'a Household,
    who: &AuditActor,
    id: MemberId,
    now: Timestamp,
) -> Result<&'a Member, Rejection> {
    let standing = household.standing(who, now);
    if !standing.grants.allow(Permission::MembersManage) {
        return Err(Rejection::Forbidden(Permission::MembersManage));
    }
    let member = household.member(id).filter(|member| !member.is_service()).ok_or(Rejection::NotFound)?;
    may_give(household, &standing, member.role)?;
    Ok(member)
}

fn add(case: &Case<'_>, id: MemberId, account: Box<Account>, role: RoleId) -> Result<Change, Rejection> {
    case.may_give(role)?;
    let member = joined(case, id, &account, role, BTreeSet::new())?;
    let entry = case.entry(Action::MemberJoined).on(&id).with("name", &member.name).with("role", &role);
    Ok(Change { writes: vec![Write::AddAccount(account), Write::PutMember(member)], audit: vec![entry] })
}

/// The member that an account becomes here.
pub(super) fn joined(
    case: &Case<'_>,
    id: MemberId,
    account: &Account,
    role: RoleId,
    teams: BTreeSet<TeamId>,
) -> Result<Member, Rejection> {
    let people = case.household.members.values().filter(|member| !member.is_service()).count();
    room(people, MEMBERS_MAX, "There are 2,000 members already.")?;
    let mut members = case.household.members.values();
    if members.any(|member| member.id == id || member.account == Some(account.id) || member.email == account.email) {
        return Err(Rejection::Taken("This person is a member already."));
    }
    Ok(Member {
        id,
        account: Some(account.id),
        name: account.name.clone(),
        email: account.email.clone(),
        role,
        teams,
        status: MemberStatus::Active,
        joined_at: case.now,
    })
}

fn change(
    case: &Case<'_>,
    id: MemberId,
    role: Option<RoleId>,
    teams: Option<BTreeSet<TeamId>>,
    name: Option<String>,
) -> Result<Change, Rejection> {
    let before = case.member(id)?;
    if before.is_service() {
        return Err(Rejection::Invalid("This is the service member of an API key. Change the key."));
    }
    let mut after = before.clone();
    let mut audit = Vec::new();
    if let Some(role) = role.filter(|role| *role != before.role) {
        case.person_within(id)?;
        case.may_give(role)?;
        keeps_an_owner(case, before)?;
        after.role = role;
        let (from, to) = (case.household.role_name(before.role), case.household.role_name(role));
        audit.push(
            case.entry(Action::MemberRoleChanged).on(&id).with("name", &before.name).with("from", from).with("to", to),
        );
    }
    let mut entry = case.entry(Action::MemberChanged).on(&id);
    if let Some(name) = name {
        after.name = account::check_name(&name)?;
        if after.name != before.name {
            case.person_within(id)?;
            entry = entry.with("name", &format!("{} → {}", before.name, after.name));
        }
    }
    if let Some(teams) = teams {
        check_teams(case, &teams)?;
        if teams != before.teams {
            let names = teams.iter().filter_map(|team| case.household.teams.get(team)).map(|team| team.name.as_str());
            entry = entry.with("teams", &names.collect::<Vec<_>>().join(", "));
        }
        after.teams = teams;
    }
    if !entry.details.is_empty() {
        audit.push(entry);
    }
    let writes = if after == *before { Vec::new() } else { vec![Write::PutMember(after)] };
    Ok(Change { writes, audit })
}

pub(super) fn check_teams(case: &Case<'_>, teams: &BTreeSet<TeamId>) -> Result<(), Rejection> {
    if teams.iter().all(|team| case.household.teams.contains_key(team)) {
        Ok(())
    } else {
        Err(Rejection::Invalid("There is no such team."))
    }
}

/// `leaving` stops being an active owner.
fn keeps_an_owner(case: &Case<'_>, leaving: &Member) -> Result<(), Rejection> {
    let was_one = case.household.active_owners().any(|owner| owner.id == leaving.id);
    if was_one && case.household.active_owners().count() == 1 { Err(Rejection::LastOwner) } else { Ok(()) }
}

fn deactivate(case: &Case<'_>, id: MemberId, heir: Heir) -> Result<Change, Rejection> {
    let member = case.person_within(id)?;
    if case.standing.member == Some(id) {
        return Err(Rejection::Invalid("Nobody deactivates themselves."));
    }
    if !member.is_active() {
        return Ok(Change::default());
    }
    keeps_an_owner(case, member)?;
    let heir_name = match heir {
        Heir::Nobody => "nobody",
        Heir::Member(heir) => {
            let heir = case.household.member(heir).filter(|heir| heir.id != id && heir.is_active());
            let heir = heir.filter(|heir| !heir.is_service());
            heir.ok_or(Rejection::Invalid("Who takes over must be active."))?.name.as_str()
        }
        Heir::Team(team) => {
            case.household.teams.get(&team).ok_or(Rejection::Invalid("There is no such team."))?.name.as_str()
        }
    };
    let status = MemberStatus::Deactivated { at: case.now, heir };
    let mut change = Change {
        writes: vec![Write::PutMember(Member { status, ..member.clone() }), Write::EndSessions(id)],
        audit: vec![
            case.entry(Action::MemberDeactivated).on(&id).with("name", &member.name).with("hand_over_to", heir_name),
        ],
    };
    for key in case.household.api_keys.values().filter(|key| key.created_by == id) {
        api_keys::delete(case, key, &mut change);
    }
    for invitation in case.household.invitations.values().filter(|invitation| invitation.invited_by == id) {
        change.writes.push(Write::DeleteInvitation(invitation.id));
    }
    Ok(change)
}

fn reactivate(case: &Case<'_>, id: MemberId) -> Result<Change, Rejection> {
    let member = case.person_within(id)?;
    if member.is_active() {
        return Ok(Change::default());
    }
    let entry = case.entry(Action::MemberReactivated).on(&id).with("name", &member.name);
    let after = Member { status: MemberStatus::Active, ..member.clone() };
    Ok(Change { writes: vec![Write::PutMember(after)], audit: vec![entry] })
}

fn end_sessions(case: &Case<'_>, id: MemberId) -> Result<Change, Rejection> {
    let member = case.person_within(id)?;
    let entry = case.entry(Action::SessionEnded).on(&id).with("name", &member.name).with("which", "all");
    Ok(Change { writes: vec![Write::EndSessions(id)], audit: vec![entry] })
}
