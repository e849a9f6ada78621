//! What people may change about their organization, a file per thing. Every function takes the household as it is and
//! answers what is written and what the audit log says of it, both in one commit.
//!
//! Deny by default. Nobody gives a permission that they lack, nobody edits a role or a member that has more than they
//! have, and an active owner stays.

mod api_keys;
mod approval;
mod contacts;
mod explain;
mod founding;
mod imports;
mod invitations;
mod members;
mod ownership;
mod roles;
mod segments;
mod settings;
mod teams;

use crate::audit::{Action, AuditActor, AuditEntry, Origin};
use crate::directory::{Member, RoleId};
use crate::household::{Household, Standing, Write};
use crate::id::MemberId;
use crate::permission::{Grants, Permission};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub use api_keys::ApiKeyCommand;
pub use approval::may_approve;
pub use contacts::ContactsChange;
pub use explain::{Why, explain};
pub use founding::{Founding, found};
pub use imports::ImportCommand;
pub use invitations::{INVITATION_LIFE, InvitationCommand, Joining};
pub use members::{MemberCommand, within_reach};
pub use ownership::Transfer;
pub use roles::RoleCommand;
pub use segments::SegmentCommand;
pub use settings::SettingsChange;
pub use teams::TeamCommand;

/// Who wants it, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub who: AuditActor,
    pub origin: Option<Origin>,
}

impl Actor {
    /// The operator at the command line.
    pub const SYSTEM: Self = Self { who: AuditActor::System, origin: None };
}

/// What somebody wants. Ids and hashes of secrets come from the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Member(MemberCommand),
    Role(RoleCommand),
    Team(TeamCommand),
    Invitation(InvitationCommand),
    ApiKey(ApiKeyCommand),
    Settings(SettingsChange),
    Contacts(ContactsChange),
    Segment(SegmentCommand),
    Import(ImportCommand),
    Transfer(Transfer),
}

/// What becomes of it, for one commit. Both empty: it is so already.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    pub writes: Vec<Write>,
    pub audit: Vec<AuditEntry>,
}

pub fn decide(household: &Household, actor: &Actor, command: Command, now: Timestamp) -> Result<Change, Rejection> {
    let case = Case { household, actor, standing: household.standing(&actor.who, now), now };
    match command {
        Command::Member(command) => members::decide(&case, command),
        Command::Role(command) => roles::decide(&case, command),
        Command::Team(command) => teams::decide(&case, command),
        Command::Invitation(command) => invitations::decide(&case, command),
        Command::ApiKey(command) => api_keys::decide(&case, command),
        Command::Settings(change) => settings::decide(&case, change),
        Command::Contacts(change) => contacts::decide(&case, change),
        Command::Segment(command) => segments::decide(&case, command),
        Command::Import(command) => imports::decide(&case, command),
        Command::Transfer(transfer) => ownership::decide(&case, transfer),
    }
}

/// What every rule looks at.
struct Case<'a> {
    household: &'a Household,
    actor: &'a Actor,
    standing: Standing,
    now: Timestamp,
}

impl Case<'_> {
    fn require(&self, permission: Permission) -> Result<(), Rejection> {
        if self.standing.grants.allow(permission) { Ok(()) } else { Err(Rejection::Forbidden(permission)) }
    }

    /// Whether the actor has all of this themselves.
    fn within(&self, grants: Grants) -> Result<(), Rejection> {
        if self.standing.grants.cover(grants) { Ok(()) } else { Err(Rejection::AboveOwnRights) }
    }

    fn member(&self, id: MemberId) -> Result<&Member, Rejection> {
        self.household.member(id).ok_or(Rejection::NotFound)
    }

    /// A member who is a person, with no more than the actor has. Only owners touch owners.
    fn person_within(&self, id: MemberId) -> Result<&Member, Rejection> {
        let member = self.member(id)?;
        if member.is_service() {
            return Err(Rejection::Invalid("This is the service member of an API key. Change the key."));
        }
        // As the role says, not as the status does: who is deactivated may come back.
        self.may_give(member.role)?;
        Ok(member)
    }

    fn may_give(&self, role: RoleId) -> Result<(), Rejection> {
        may_give(self.household, &self.standing, role)
    }

    /// The member who acts, for what is kept under their name.
    fn somebody(&self) -> Result<MemberId, Rejection> {
        self.standing.member.ok_or(Rejection::Invalid("This is done by a member of the organization."))
    }

    fn entry(&self, action: Action) -> AuditEntry {
        AuditEntry::new(self.now, self.actor.who.clone(), action).from(self.actor.origin.as_ref())
    }
}

/// A role is given by those who have all of it, and `owner` by owners only.
fn may_give(household: &Household, giver: &Standing, role: RoleId) -> Result<(), Rejection> {
    let grants = household.role(role).ok_or(Rejection::Invalid("There is no such role."))?;
    let fits = giver.grants.cover(grants) && (role != RoleId::OWNER || giver.owner);
    if fits { Ok(()) } else { Err(Rejection::AboveOwnRights) }
}

/// One line that people typed: trimmed, 1 to `max` characters, nothing invisible.
fn line(text: &str, max: usize, otherwise: &'static str) -> Result<String, Rejection> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > max || text.chars().any(char::is_control) {
        return Err(Rejection::Invalid(otherwise));
    }
    Ok(text.to_owned())
}

fn room(len: usize, max: usize, otherwise: &'static str) -> Result<(), Rejection> {
    if len < max { Ok(()) } else { Err(Rejection::Invalid(otherwise)) }
}

#[cfg(test)]
mod tests;
