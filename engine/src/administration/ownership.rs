//! Handing the organization over: the other becomes owner, the giver admin.

use super::{Case, Change};
use crate::audit::Action;
use crate::directory::{Member, RoleId};
use crate::household::Write;
use crate::id::MemberId;
use crate::permission::Permission;
use crate::rejection::Rejection;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Transfer {
    pub to: MemberId,
}

pub(super) fn decide(case: &Case<'_>, Transfer { to }: Transfer) -> Result<Change, Rejection> {
    case.require(Permission::OrganizationDelete)?;
    let giver = case.member(case.somebody()?)?;
    if !case.standing.owner {
        return Err(Rejection::AboveOwnRights);
    }
    let taker = case.member(to)?;
    if taker.id == giver.id || taker.is_service() || !taker.is_active() {
        return Err(Rejection::Invalid("Choose another active person of the organization."));
    }
    let entry = case.entry(Action::OrganizationTransferred).on(&taker.id).with("to", &taker.name);
    let writes = vec![
        Write::PutMember(Member { role: RoleId::OWNER, ..taker.clone() }),
        Write::PutMember(Member { role: RoleId::ADMIN, ..giver.clone() }),
    ];
    Ok(Change { writes, audit: vec![entry] })
}
