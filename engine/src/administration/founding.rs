//! How an organization begins: with its first owner.

use std::collections::BTreeSet;

use super::{Actor, settings};
use crate::account::Account;
use crate::audit::{Action, AuditActor, AuditEntry};
use crate::directory::{Member, MemberStatus, Organization, RoleId};
use crate::household::Household;
use crate::id::{MemberId, TenantId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Founding {
    pub id: TenantId,
    pub name: String,
    /// Of the first owner.
    pub member: MemberId,
}

/// The household of the first moment and what the log says of it. `owner` may be an account that there is already.
pub fn found(
    actor: &Actor,
    founding: Founding,
    owner: &Account,
    now: Timestamp,
) -> Result<(Household, Vec<AuditEntry>), Rejection> {
    let Founding { id, name, member } = founding;
    let name = settings::check_name(&name)?;
    let first = Member {
        id: member,
        account: Some(owner.id),
        name: owner.name.clone(),
        email: owner.email.clone(),
        role: RoleId::OWNER,
        teams: BTreeSet::new(),
        status: MemberStatus::Active,
        joined_at: now,
    };
    let who = match &actor.who {
        AuditActor::Nobody => AuditActor::Member { id: member, name: first.name.clone() },
        who @ (AuditActor::Member { .. } | AuditActor::ApiKey { .. } | AuditActor::System) => who.clone(),
    };
    let entry = AuditEntry::new(now, who, Action::OrganizationCreated).from(actor.origin.as_ref());
    let entry = entry.on(&id).with("name", &name).with("owner", &first.name);
    let mut household = Household::new(Organization { id, name });
    household.members.insert(member, first);
    Ok((household, vec![entry]))
}
