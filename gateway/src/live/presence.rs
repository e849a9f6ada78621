//! Who looks at which conversation and who is writing: here by their connections, on other nodes by what those say. Kept
//! nowhere; what another node does not repeat is forgotten.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use engine::directory::Person;
use engine::id::{ConversationId, NodeId};
use engine::ports::Onlooker;
use tokio::time::Instant;

use super::channel::ConnectionId;
use super::frames::Viewer;

/// A browser says every 5 s that its person is still writing.
const TYPING_LIFE: Duration = Duration::from_secs(8);

/// Another node says this often who looks at a conversation there ([`super::hub::HEARTBEAT`]); two lost in a row are none.
const ELSEWHERE_LIFE: Duration = Duration::from_secs(12);
/// Conversations of other nodes that are remembered of one organization.
const ELSEWHERE_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Presence {
    connections: HashMap<ConnectionId, Looking>,
    elsewhere: HashMap<(ConversationId, NodeId), Elsewhere>,
}

struct Elsewhere {
    viewers: Vec<Viewer>,
    until: Instant,
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
        self.elsewhere.retain(|(conversation, _), said| {
            let holds = now < said.until;
            if !holds {
                changed.push(*conversation);
            }
            holds
        });
        changed
    }

    /// What another node says of a conversation, in place of what it said before; `true` when it is news.
    pub(super) fn said(&mut self, node: NodeId, conversation: ConversationId, viewers: Vec<Viewer>) -> bool {
        let place = (conversation, node);
        let news = self.elsewhere.get(&place).map(|said| said.viewers.as_slice()).unwrap_or_default() != viewers;
        if viewers.is_empty() {
            self.elsewhere.remove(&place);
        } else if self.elsewhere.len() < ELSEWHERE_MAX || self.elsewhere.contains_key(&place) {
            self.elsewhere.insert(place, Elsewhere { viewers, until: Instant::now() + ELSEWHERE_LIFE });
        }
        news
    }

    /// What somebody looks at here.
    pub(super) fn looked_at(&self) -> BTreeSet<ConversationId> {
        self.connections.values().map(|looking| looking.conversation).collect()
    }

    /// Who looks at it here, for other nodes.
    pub(super) fn onlookers(&self, conversation: ConversationId) -> Vec<Onlooker> {
        let here = self.viewers_among(conversation, Vec::new());
        here.into_iter().map(|Viewer { person, typing }| Onlooker { member: person.id, typing }).collect()
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
        let elsewhere = self.elsewhere.iter().filter(|((place, _), _)| *place == conversation);
        self.viewers_among(conversation, elsewhere.flat_map(|(_, said)| said.viewers.clone()).collect())
    }

    fn viewers_among(&self, conversation: ConversationId, elsewhere: Vec<Viewer>) -> Vec<Viewer> {
        let here = self.connections.values().filter(|looking| looking.conversation == conversation);
        let here =
            here.map(|looking| Viewer { person: looking.person.clone(), typing: looking.typing_until.is_some() });
        let mut viewers: Vec<Viewer> = Vec::new();
        for one in here.chain(elsewhere) {
            match viewers.iter_mut().find(|viewer| viewer.person.id == one.person.id) {
                Some(viewer) => viewer.typing |= one.typing,
                None => viewers.push(one),
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

    #[tokio::test(start_paused = true)]
    async fn what_another_node_does_not_repeat_is_forgotten() {
        let (conversation, node) = (ConversationId::from_bytes([9; 16]), NodeId::from_bytes([7; 16]));
        let rafael = Person { id: MemberId::from_bytes([2; 16]), name: "Rafael".into() };
        let there = || vec![Viewer { person: rafael.clone(), typing: false }, Viewer { person: lina(), typing: true }];
        let mut presence = Presence::default();
        presence.view(1, lina(), Some(conversation));
        assert!(presence.said(node, conversation, there()) && !presence.said(node, conversation, there()));
        assert_eq!(
            presence.viewers(conversation),
            [there()[1].clone(), there()[0].clone()],
            "one person in two places"
        );
        assert_eq!(presence.onlookers(conversation), [Onlooker { member: lina().id, typing: false }]);
        tokio::time::advance(ELSEWHERE_LIFE).await;
        assert_eq!(presence.expire(), [conversation]);
        assert_eq!(presence.viewers(conversation), [Viewer { person: lina(), typing: false }]);
        presence.said(node, conversation, there());
        assert!(presence.said(node, conversation, Vec::new()) && presence.viewers(conversation).len() == 1);
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
