//! Who looks at which conversation and who is writing; known to this process only and forgotten with it.

use std::collections::HashMap;
use std::time::Duration;

use engine::directory::Person;
use engine::id::ConversationId;
use tokio::time::Instant;

use super::channel::ConnectionId;
use super::frames::Viewer;

/// A browser says every 5 s that its person is still writing.
const TYPING_LIFE: Duration = Duration::from_secs(8);

#[derive(Default)]
pub(super) struct Presence {
    connections: HashMap<ConnectionId, Looking>,
}

struct Looking {
    person: Person,
    conversation: ConversationId,
    typing_until: Option<Instant>,
}

impl Presence {
    /// Returns the conversations whose viewers changed.
    pub(super) fn view(
        &mut self,
        connection: ConnectionId,
        person: Person,
        conversation: Option<ConversationId>,
    ) -> Vec<ConversationId> {
        let before = self.connections.remove(&connection).map(|looking| looking.conversation);
        if let Some(conversation) = conversation {
            self.connections.insert(connection, Looking { person, conversation, typing_until: None });
        }
        let mut changed: Vec<_> = [before, conversation].into_iter().flatten().collect();
        changed.dedup();
        changed
    }

    /// `true` when it is news. Only about the conversation that the connection looks at.
    pub(super) fn typing(&mut self, connection: ConnectionId, conversation: ConversationId, typing: bool) -> bool {
        let Some(looking) =
            self.connections.get_mut(&connection).filter(|looking| looking.conversation == conversation)
        else {
            return false;
        };
        let was = looking.typing_until.is_some();
        looking.typing_until = typing.then(|| Instant::now() + TYPING_LIFE);
        was != typing
    }

    /// Forgets who stopped writing without saying so; returns where.
    pub(super) fn expire(&mut self) -> Vec<ConversationId> {
        let now = Instant::now();
        let mut changed = Vec::new();
        for looking in self.connections.values_mut() {
            if looking.typing_until.is_some_and(|until| until <= now) {
                looking.typing_until = None;
                changed.push(looking.conversation);
            }
        }
        changed
    }

    pub(super) fn views(&self, connection: ConnectionId, conversation: ConversationId) -> bool {
        self.connections.get(&connection).is_some_and(|looking| looking.conversation == conversation)
    }

    /// The connections that look at this conversation.
    pub(super) fn watchers(&self, conversation: ConversationId) -> impl Iterator<Item = ConnectionId> {
        let looking = self.connections.iter().filter(move |(_, looking)| looking.conversation == conversation);
        looking.map(|(id, _)| *id)
    }

    /// Returns what it looked at.
    pub(super) fn forget(&mut self, connection: ConnectionId) -> Option<ConversationId> {
        self.connections.remove(&connection).map(|looking| looking.conversation)
    }

    /// Each person once, whatever number of tabs they have.
    pub(super) fn viewers(&self, conversation: ConversationId) -> Vec<Viewer> {
        let mut viewers: Vec<Viewer> = Vec::new();
        for looking in self.connections.values().filter(|looking| looking.conversation == conversation) {
            let typing = looking.typing_until.is_some();
            match viewers.iter_mut().find(|viewer| viewer.person.id == looking.person.id) {
                Some(viewer) => viewer.typing |= typing,
                None => viewers.push(Viewer { person: looking.person.clone(), typing }),
            }
        }
        viewers.sort_by(|one, other| one.person.name.cmp(&other.person.name));
        viewers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::id::MemberId;

    fn lina() -> Person {
        Person { id: MemberId::from_bytes([1; 16]), name: "Lina".into() }
    }

    #[tokio::test(start_paused = true)]
    async fn two_tabs_are_one_viewer_and_silence_ends_the_typing() {
        let conversation = ConversationId::from_bytes([9; 16]);
        let mut presence = Presence::default();
        presence.view(1, lina(), Some(conversation));
        presence.view(2, lina(), Some(conversation));
        assert!(presence.typing(2, conversation, true));
        assert!(!presence.typing(2, conversation, true), "a repeat is no news");
        assert_eq!(presence.viewers(conversation), [Viewer { person: lina(), typing: true }]);
        tokio::time::advance(TYPING_LIFE).await;
        assert_eq!(presence.expire(), [conversation]);
        assert!(presence.viewers(conversation).iter().all(|viewer| !viewer.typing));
    }

    #[test]
    fn leaving_is_told_where_one_was_and_where_one_is() {
        let (here, there) = (ConversationId::from_bytes([9; 16]), ConversationId::from_bytes([8; 16]));
        let mut presence = Presence::default();
        assert_eq!(presence.view(1, lina(), Some(here)), [here]);
        assert_eq!(presence.view(1, lina(), Some(there)), [here, there]);
        assert_eq!(presence.view(1, lina(), None), [there]);
    }
}
