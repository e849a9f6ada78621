//! Who looks after it, and whether it is done.

use super::{Conversation, ConversationStatus};
use crate::decision::Decision;
use crate::directory::Person;

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
        if next == *self {
            return None;
        }
        let was = self.assignee.as_ref().map(|person| person.id);
        let mut decision = Decision::on(next).conversation_changed();
        for event in &mut decision.events {
            event.audience.was = was;
            event.audience.moved = event.audience.assignee != was;
        }
        Some(decision)
    }
}

#[cfg(test)]
mod tests {
    use crate::conversation::fixture::{conversation, rafael};

    #[test]
    fn an_assignment_says_who_had_it_before() {
        let decision = conversation().change(None, Some(Some(rafael()))).unwrap();
        let audience = decision.events.first().unwrap().audience;
        assert!(audience.moved);
        assert_eq!((audience.was, audience.assignee), (None, Some(rafael().id)));
        assert_eq!(decision.conversation.change(None, Some(Some(rafael()))), None);
    }
}
