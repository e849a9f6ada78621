//! Links by which people join.

use std::collections::BTreeSet;

use super::{Case, Change, may_give, members, room};
use crate::account::{self, Account};
use crate::audit::{Action, AuditActor, AuditEntry};
use crate::directory::{Invitation, RoleId};
use crate::household::{INVITATIONS_MAX, Write};
use crate::id::{InvitationId, MemberId, TeamId};
use crate::mask;
use crate::permission::Permission;
use crate::rejection::Rejection;
use crate::time::Span;

/// A link is good for a week.
pub const INVITATION_LIFE: Span = Span::hours(7 * 24);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationCommand {
    /// In place of an earlier one for the same address.
    Create {
        id: InvitationId,
        email: String,
        role: RoleId,
        teams: BTreeSet<TeamId>,
        token_hash: [u8; 32],
    },
    /// A new link; the old one is worth nothing.
    Renew {
        id: InvitationId,
        token_hash: [u8; 32],
    },
    Withdraw {
        id: InvitationId,
    },
    /// By whoever has the link.
    Accept {
        id: InvitationId,
        member: MemberId,
        joining: Joining,
    },
}

/// Whose the invited address is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Joining {
    Known(Box<Account>),
    New(Box<Account>),
}

pub(super) fn decide(case: &Case<'_>, command: InvitationCommand) -> Result<Change, Rejection> {
    if let InvitationCommand::Accept { id, member, joining } = command {
        return accept(case, id, member, joining);
    }
    case.require(Permission::MembersManage)?;
    match command {
        InvitationCommand::Create { id, email, role, teams, token_hash } => {
            create(case, id, &email, role, teams, token_hash)
        }
        InvitationCommand::Renew { id, token_hash } => renew(case, id, token_hash),
        InvitationCommand::Withdraw { id } => {
            let invitation = case.household.invitations.get(&id).ok_or(Rejection::NotFound)?;
            let entry = told(case, Action::InvitationWithdrawn, invitation);
            Ok(Change { writes: vec![Write::DeleteInvitation(id)], audit: vec![entry] })
        }
        InvitationCommand::Accept { id, member, joining } => accept(case, id, member, joining),
    }
}

fn create(
    case: &Case<'_>,
    id: InvitationId,
    email: &str,
    role: RoleId,
    teams: BTreeSet<TeamId>,
    token_hash: [u8; 32],
) -> Result<Change, Rejection> {
    let email = account::check_email(email)?;
    case.may_give(role)?;
    members::check_teams(case, &teams)?;
    if case.household.members.values().any(|member| member.email == email) {
        return Err(Rejection::Taken("This person is a member already."));
    }
    let mut writes = Vec::new();
    let earlier = case.household.invitations.values().filter(|earlier| earlier.email == email || earlier.id == id);
    writes.extend(earlier.map(|earlier| Write::DeleteInvitation(earlier.id)));
    room(case.household.invitations.len() - writes.len(), INVITATIONS_MAX, "There are 500 invitations already.")?;
    let (invited_by, created_at) = (case.somebody()?, case.now);
    let expires_at = created_at.plus(INVITATION_LIFE);
    let invitation = Invitation { id, email, role, teams, token_hash, invited_by, created_at, expires_at };
    let entry = told(case, Action::InvitationCreated, &invitation);
    writes.push(Write::PutInvitation(invitation));
    Ok(Change { writes, audit: vec![entry] })
}

/// The log outlives an invitation that nobody takes: it keeps no whole address.
fn told(case: &Case<'_>, action: Action, invitation: &Invitation) -> AuditEntry {
    let entry = case.entry(action).on(&invitation.id).with("name", &mask::email(&invitation.email));
    entry.with("role", case.household.role_name(invitation.role))
}

fn renew(case: &Case<'_>, id: InvitationId, token_hash: [u8; 32]) -> Result<Change, Rejection> {
    let before = case.household.invitations.get(&id).ok_or(Rejection::NotFound)?;
    case.may_give(before.role)?;
    let expires_at = case.now.plus(INVITATION_LIFE);
    // Who renews it vouches for it.
    let after = Invitation { token_hash, expires_at, invited_by: case.somebody()?, ..before.clone() };
    let entry = told(case, Action::InvitationRenewed, &after);
    Ok(Change { writes: vec![Write::PutInvitation(after)], audit: vec![entry] })
}

/// Needs no permission of the one who joins, but still those of the one who invited: who may not give the role any more
/// has not given it.
fn accept(case: &Case<'_>, id: InvitationId, member: MemberId, joining: Joining) -> Result<Change, Rejection> {
    let invitation = case.household.invitations.get(&id).ok_or(Rejection::LinkExpired)?;
    let inviter = case.household.standing_of(invitation.invited_by, case.now);
    let stands = inviter.grants.allow(Permission::MembersManage)
        && may_give(case.household, &inviter, invitation.role).is_ok()
        && case.now < invitation.expires_at;
    let (Joining::Known(account) | Joining::New(account)) = &joining;
    if !stands || account.email != invitation.email {
        return Err(Rejection::LinkExpired);
    }
    let joined = members::joined(case, member, account, invitation.role, invitation.teams.clone())?;
    let who = AuditActor::Member { id: member, name: joined.name.clone() };
    let entry = AuditEntry::new(case.now, who, Action::MemberJoined).from(case.actor.origin.as_ref());
    let entry = entry.on(&member).with("role", case.household.role_name(invitation.role));
    let mut writes = vec![Write::PutMember(joined), Write::DeleteInvitation(id)];
    if let Joining::New(account) = joining {
        writes.insert(0, Write::AddAccount(account));
    }
    Ok(Change { writes, audit: vec![entry] })
}
