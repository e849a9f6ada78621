//! Changing an account: the one loop that writes it, and what every organization of the person is told.

use actix_web::http::StatusCode;
use engine::account::Account;
use engine::audit::{AuditActor, AuditEntry};
use engine::directory::Member;
use engine::id::{AccountId, MemberId, TenantId};
use engine::ports::{Accounts, Administration, Hint, StoreError, Updated};

use super::sessions::is_enrolled;
use crate::app::App;
use crate::households::Households;
use crate::http::problem::Problem;

/// A change is made again this often when somebody else was faster.
const EDIT_AGAIN_MAX: usize = 8;

pub fn email_taken() -> Problem {
    Problem::new(StatusCode::CONFLICT, "email_taken", "Somebody has this e-mail address already. Nothing was saved.")
        .with_action("Sign in with it, or take another address.")
}

/// Writes the account as `edit` changes it. Answers what is stored now.
pub async fn update(
    app: &App,
    id: AccountId,
    audit: Vec<(TenantId, AuditEntry)>,
    mut edit: impl FnMut(&mut Account) -> Result<(), Problem>,
) -> Result<Account, Problem> {
    for _ in 0..EDIT_AGAIN_MAX {
        let before = app.store.account(id).await?.ok_or_else(Problem::signed_out)?;
        let mut after = before.clone();
        edit(&mut after)?;
        if after == before {
            return Ok(after);
        }
        match app.store.update_account(after.clone(), before.revision, audit.clone()).await? {
            Updated::Applied => {
                if is_enrolled(&after) != is_enrolled(&before) {
                    for (tenant, member) in app.store.memberships(id).await? {
                        app.auth.doubt_member(member);
                        app.hub.enrolled(tenant, member, is_enrolled(&after));
                        app.peers.tell(Hint::MemberEnded { tenant, member });
                    }
                }
                if (&after.name, &after.email) != (&before.name, &before.email) {
                    for (tenant, _) in app.store.memberships(id).await? {
                        app.households.raised(app.store.as_ref(), tenant).await?;
                    }
                }
                return Ok(Account { revision: before.revision + 1, ..after });
            }
            Updated::EmailTaken => return Err(email_taken()),
            Updated::Conflict => {}
        }
    }
    Err(StoreError::Busy.into())
}

/// One entry for the log of each organization of the person.
pub async fn in_each_organization<S: Administration + Accounts + ?Sized>(
    store: &S,
    households: &Households,
    id: AccountId,
    entry: impl Fn(&Member) -> AuditEntry,
) -> Result<Vec<(TenantId, AuditEntry)>, StoreError> {
    let mut entries = Vec::new();
    for (tenant, member) in store.memberships(id).await? {
        let household = households.of(store, tenant).await?;
        if let Some(member) = household.as_ref().and_then(|household| household.member(member)) {
            entries.push((tenant, entry(member)));
        }
    }
    Ok(entries)
}

/// As the organization knows them.
pub fn themselves(member: &Member) -> AuditActor {
    AuditActor::Member { id: member.id, name: member.name.clone() }
}

/// Where the person is active: `wanted`, or the first.
pub async fn seat(
    app: &App,
    account: AccountId,
    wanted: Option<TenantId>,
) -> Result<Option<(TenantId, MemberId)>, Problem> {
    for (tenant, member) in app.store.memberships(account).await? {
        if wanted.is_some_and(|wanted| wanted != tenant) {
            continue;
        }
        let household = app.households.of(app.store.as_ref(), tenant).await?;
        if household.is_some_and(|household| household.member(member).is_some_and(Member::is_active)) {
            return Ok(Some((tenant, member)));
        }
    }
    Ok(None)
}
