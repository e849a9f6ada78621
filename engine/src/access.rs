//! Who may see what. The one place that REST, live events and media ask.

use std::sync::Arc;

use crate::audit::AuditActor;
use crate::conversation::Conversation;
use crate::directory::Person;
use crate::event::Audience;
use crate::id::{ApiKeyId, MemberId, SessionId, TeamId, TenantId};
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
    /// Has a second factor, or is a program, which needs none.
    pub enrolled: bool,
    pub grants: Grants,
    pub teams: Arc<[TeamId]>,
}

/// With whom a conversation lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Holder {
    pub assignee: Option<MemberId>,
    pub team: Option<TeamId>,
}

/// Which conversations a principal sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visibility {
    All,
    /// Those of these teams, whoever has them, those of no team and nobody, and one's own.
    Team {
        me: MemberId,
        teams: Arc<[TeamId]>,
    },
    Assigned(MemberId),
    Nothing,
}

impl Visibility {
    pub fn covers(&self, holder: Holder) -> bool {
        match self {
            Self::All => true,
            Self::Team { me, teams } => {
                let open = match holder.team {
                    Some(team) => teams.contains(&team),
                    None => holder.assignee.is_none(),
                };
                open || holder.assignee == Some(*me)
            }
            Self::Assigned(me) => holder.assignee == Some(*me),
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
            Visibility::Team { me: self.person.id, teams: Arc::clone(&self.teams) }
        } else if self.grants.allow(Permission::ConversationsReadAssigned) {
            Visibility::Assigned(self.person.id)
        } else {
            Visibility::Nothing
        }
    }

    /// A conversation out of sight does not exist for this person: the answer is "not found", not "forbidden".
    pub fn see(&self, conversation: &Conversation) -> Result<(), Rejection> {
        if self.visibility().covers(conversation.holder()) { Ok(()) } else { Err(Rejection::NotFound) }
    }

    pub fn sight(&self, audience: &Audience) -> Sight {
        let visibility = self.visibility();
        if visibility.covers(audience.holder) {
            Sight::Visible
        } else if audience.moved && visibility.covers(audience.was) {
            Sight::Gone
        } else {
            Sight::Hidden
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::permission::Role;

    pub(crate) fn principal(role: Role) -> Principal {
        Principal {
            tenant: TenantId::from_bytes([1; 16]),
            person: Person { id: MemberId::from_bytes([2; 16]), name: "Rafael".into() },
            session: SessionId::from_bytes([3; 16]),
            api_key: None,
            until: None,
            enrolled: true,
            grants: role.grants(),
            teams: [OURS].into(),
        }
    }

    const OURS: TeamId = TeamId::from_bytes([5; 16]);
    const THEIRS: TeamId = TeamId::from_bytes([6; 16]);
    const ME: MemberId = MemberId::from_bytes([2; 16]);
    const OTHER: MemberId = MemberId::from_bytes([9; 16]);

    #[test]
    fn an_agent_sees_their_teams_what_is_nobodys_and_their_own() {
        let agent = principal(Role::Agent).visibility();
        for (team, assignee, seen) in [
            (None, None, true),
            (None, Some(ME), true),
            (None, Some(OTHER), false),
            (Some(OURS), None, true),
            (Some(OURS), Some(ME), true),
            (Some(OURS), Some(OTHER), true),
            (Some(THEIRS), None, false),
            (Some(THEIRS), Some(ME), true),
            (Some(THEIRS), Some(OTHER), false),
        ] {
            assert_eq!(agent.covers(Holder { assignee, team }), seen, "{team:?} {assignee:?}");
        }
    }

    #[test]
    fn a_conversation_that_moves_to_another_team_leaves_the_screen() {
        let held = |team| Holder { assignee: None, team: Some(team) };
        let moved = Audience { holder: held(THEIRS), was: held(OURS), moved: true };
        assert_eq!(principal(Role::Agent).sight(&moved), Sight::Gone);
        assert_eq!(principal(Role::Supervisor).sight(&moved), Sight::Visible);
        assert_eq!(principal(Role::Marketer).sight(&moved), Sight::Hidden);
    }

    #[test]
    fn an_analyst_sees_no_conversation() {
        assert!(!principal(Role::Analyst).visibility().covers(Holder::default()));
    }

    #[test]
    fn a_conversation_that_is_assigned_away_leaves_the_screen() {
        let with = |assignee| Holder { assignee: Some(assignee), team: None };
        let moved = Audience { holder: with(OTHER), was: Holder::default(), moved: true };
        assert_eq!(principal(Role::Agent).sight(&moved), Sight::Gone);
        assert_eq!(principal(Role::Viewer).sight(&moved), Sight::Visible);
        let never_seen = Audience { was: with(MemberId::from_bytes([8; 16])), ..moved };
        assert_eq!(principal(Role::Agent).sight(&never_seen), Sight::Hidden);
    }
}
