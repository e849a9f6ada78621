//! Who may see what. The one place that REST, live events and media ask.

use crate::audit::AuditActor;
use crate::conversation::Conversation;
use crate::directory::Person;
use crate::event::Audience;
use crate::id::{ApiKeyId, MemberId, SessionId, TenantId};
use crate::permission::{Grants, Permission};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// A signed-in member and what they are allowed.
#[derive(Debug, Clone)]
pub struct Principal {
    pub tenant: TenantId,
    pub person: Person,
    /// What open connections end with: the session, or what stands for an API key.
    pub session: SessionId,
    /// A program; `person` is its service member then.
    pub api_key: Option<ApiKeyId>,
    /// When the session or the key ends by itself.
    pub until: Option<Timestamp>,
    pub grants: Grants,
}

/// Which conversations a principal sees. Without teams yet, "team" is what is unassigned or one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    All,
    Team(MemberId),
    Assigned(MemberId),
    Nothing,
}

impl Visibility {
    pub fn covers(self, assignee: Option<MemberId>) -> bool {
        match self {
            Self::All => true,
            Self::Team(me) => assignee.is_none_or(|assignee| assignee == me),
            Self::Assigned(me) => assignee == Some(me),
            Self::Nothing => false,
        }
    }
}

/// What a session gets of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    Visible,
    /// It was visible before this event: the browser must take it off the screen.
    Gone,
    Hidden,
}

impl Principal {
    /// As the audit log names them.
    pub fn actor(&self) -> AuditActor {
        let name = self.person.name.clone();
        match self.api_key {
            Some(id) => AuditActor::ApiKey { id, name },
            None => AuditActor::Member { id: self.person.id, name },
        }
    }

    pub fn require(&self, permission: Permission) -> Result<(), Rejection> {
        if self.grants.allow(permission) { Ok(()) } else { Err(Rejection::Forbidden(permission)) }
    }

    pub fn visibility(&self) -> Visibility {
        if self.grants.allow(Permission::ConversationsReadAll) {
            Visibility::All
        } else if self.grants.allow(Permission::ConversationsReadTeam) {
            Visibility::Team(self.person.id)
        } else if self.grants.allow(Permission::ConversationsReadAssigned) {
            Visibility::Assigned(self.person.id)
        } else {
            Visibility::Nothing
        }
    }

    /// A conversation out of sight does not exist for this person: the answer is "not found", not "forbidden".
    pub fn see(&self, conversation: &Conversation) -> Result<(), Rejection> {
        let assignee = conversation.assignee.as_ref().map(|person| person.id);
        if self.visibility().covers(assignee) { Ok(()) } else { Err(Rejection::NotFound) }
    }

    pub fn sight(&self, audience: &Audience) -> Sight {
        let visibility = self.visibility();
        if visibility.covers(audience.assignee) {
            Sight::Visible
        } else if audience.moved && visibility.covers(audience.was) {
            Sight::Gone
        } else {
            Sight::Hidden
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permission::Role;

    fn principal(role: Role) -> Principal {
        Principal {
            tenant: TenantId::from_bytes([1; 16]),
            person: Person { id: MemberId::from_bytes([2; 16]), name: "Rafael".into() },
            session: SessionId::from_bytes([3; 16]),
            api_key: None,
            until: None,
            grants: role.grants(),
        }
    }

    #[test]
    fn an_agent_sees_what_is_unassigned_or_their_own() {
        let agent = principal(Role::Agent).visibility();
        assert!(agent.covers(None));
        assert!(agent.covers(Some(MemberId::from_bytes([2; 16]))));
        assert!(!agent.covers(Some(MemberId::from_bytes([9; 16]))));
    }

    #[test]
    fn an_analyst_sees_no_conversation() {
        assert!(!principal(Role::Analyst).visibility().covers(None));
    }

    #[test]
    fn a_conversation_that_is_assigned_away_leaves_the_screen() {
        let moved = Audience { assignee: Some(MemberId::from_bytes([9; 16])), was: None, moved: true };
        assert_eq!(principal(Role::Agent).sight(&moved), Sight::Gone);
        assert_eq!(principal(Role::Viewer).sight(&moved), Sight::Visible);
        let never_seen = Audience { was: Some(MemberId::from_bytes([8; 16])), ..moved };
        assert_eq!(principal(Role::Agent).sight(&never_seen), Sight::Hidden);
    }
}
