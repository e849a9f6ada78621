//! Who looks after it, and whether it is done.

use super::{Conversation, ConversationStatus};
use crate::decision::Decision;
use crate::directory::Person;
use crate::id::TeamId;

/// The states a person can put a conversation into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConversationStatusChange {
    Open,
    Closed,
}

impl Conversation {
    /// `None` when it is already so.
    pub fn change(
        &self,
        status: Option<ConversationStatusChange>,
        assignee: Option<Option<Person>>,
        team: Option<Option<TeamId>>,
    ) -> Option<Decision> {
        let mut next = self.clone();
        if let Some(status) = status {
            next.status = match status {
                ConversationStatusChange::Open => ConversationStatus::Open,
                ConversationStatusChange::Closed => ConversationStatus::Closed,
            };
        }
        if let Some(assignee) = assignee {
            next.assignee = assignee;
        }
        if let Some(team) = team {
            next.team = team;
        }
        if next == *self {
            return None;
        }
        let was = self.holder();
        let mut decision = Decision::on(next).conversation_changed();
        for event in &mut decision.events {
            event.audience.was = was;
            event.audience.moved = event.audience.holder != was;
        }
        Some(decision)
    }
}

#[cfg(test)]
mod tests {
    use crate::access::Holder;
    use crate::conversation::fixture::{conversation, rafael};
    use crate::id::TeamId;

    #[test]
    fn an_assignment_says_who_had_it_before() {
        let decision = conversation().change(None, Some(Some(rafael())), None).unwrap();
        let audience = decision.events.first().unwrap().audience;
        let his = Holder { assignee: Some(rafael().id), team: None };
        assert_eq!((audience.moved, audience.was, audience.holder), (true, Holder::default(), his));
        assert_eq!(decision.conversation.change(None, Some(Some(rafael())), None), None);
        let team = TeamId::from_bytes([3; 16]);
        let handed = decision.conversation.change(None, Some(None), Some(Some(team))).unwrap();
        let audience = handed.events.first().unwrap().audience;
        let theirs = Holder { assignee: None, team: Some(team) };
        assert_eq!((audience.moved, audience.was, audience.holder), (true, his, theirs));
    }
}
