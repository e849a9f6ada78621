//! The order of conversations that two nodes show, whatever Redis does meanwhile.

use std::sync::Arc;
use std::time::Duration;

use engine::access::Visibility;
use engine::conversation::Conversation;
use engine::id::ConversationId;
use engine::ports::{ConversationQuery, ConversationStore, PageRequest, View};
use engine::time::Span;
use storage::cql::CqlStore;
use storage::crypto::Keyring;
use storage::memory::MemoryStore;
use storage::redis::{RedisChanges, RedisOptions};
use tokio::time::{Instant, interval, timeout};

use crate::cql_server;
use crate::fixture::*;
use crate::redis_server::{self, OwnServer};

const CONVERSATIONS: u8 = 12;
/// Of a page's read, with Redis standing still.
const WAIT_MAX: Duration = Duration::from_secs(2);

struct Nodes {
    one: CqlStore,
    two: CqlStore,
    model: MemoryStore,
    states: Vec<Conversation>,
    changed: usize,
}

async fn node(keyring: &Arc<Keyring>, options: &RedisOptions) -> CqlStore {
    let changes = Arc::new(RedisChanges::open(options).unwrap());
    let mut again = interval(Duration::from_millis(10));
    let connected = async {
        while !changes.is_connected() {
            again.tick().await;
        }
    };
    timeout(Duration::from_secs(20), connected).await.unwrap();
    cql_server::node(Arc::clone(keyring)).await.with_changes(changes)
}

impl Nodes {
    async fn start(options: &RedisOptions) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let keyring = cql_server::keyring(dir.path());
        let (one, two) = (node(&keyring, options).await, node(&keyring, options).await);
        let mut nodes = Self { one, two, model: MemoryStore::new(), states: Vec::new(), changed: 0 };
        for n in 0..CONVERSATIONS {
            let first = commit(&conversation(n), vec![]);
            committed(&nodes.model, TENANT, first.clone()).await;
            nodes.states.push(committed(&nodes.one, TENANT, first).await);
        }
        nodes.agree().await;
        nodes
    }

    /// The second node changes some conversations: their place in the order, what they are listed under, or what is unread.
    async fn change(&mut self, times: usize) {
        for _ in 0..times {
            self.changed += 1;
            let chosen = self.changed * 7 % self.states.len();
            let before = &self.states[chosen];
            let mut next = commit(before, vec![]);
            match self.changed % 3 {
                0 => next.conversation.assignee = Some(person(RAFAEL)),
                1 => next.conversation.unread += 1,
                _ => next.conversation.last_activity_at = NOW.plus(Span::seconds(i64::try_from(self.changed).unwrap())),
            }
            committed(&self.model, TENANT, next.clone()).await;
            self.states[chosen] = committed(&self.two, TENANT, next).await;
        }
    }

    async fn agree(&self) {
        for view in [View::All, View::Unassigned, View::Mine(RAFAEL)] {
            let begun = Instant::now();
            let shown = pages(&self.one, view).await;
            assert!(begun.elapsed() < WAIT_MAX, "{:?}", begun.elapsed());
            assert_eq!(shown, pages(&self.model, view).await, "{view:?}");
        }
        let counted = self.one.counts(TENANT, RAFAEL, Visibility::All).await;
        assert_eq!(counted, self.model.counts(TENANT, RAFAEL, Visibility::All).await);
    }
}

/// All pages, one after the other.
async fn pages(store: &impl ConversationStore, view: View) -> Vec<ConversationId> {
    let mut page = PageRequest { after: None, limit: 5 };
    let mut ids = Vec::new();
    loop {
        let query = ConversationQuery { view, unread: false, visibility: Visibility::All, page: page.clone() };
        let found = store.conversations(TENANT, query).await.unwrap();
        ids.extend(found.items.iter().map(|conversation| conversation.id));
        page.after = found.next;
        if page.after.is_none() {
            return ids;
        }
    }
}

#[tokio::test]
async fn what_another_node_changed_is_read_and_not_everything() {
    let mut nodes = Nodes::start(&redis_server::options()).await;
    let before = nodes.one.orders_read_whole();
    for _ in 0..30 {
        nodes.change(1).await;
        nodes.agree().await;
    }
    let read_whole = nodes.one.orders_read_whole() - before;
    // On a busy machine a word comes late now and then.
    assert!(read_whole < 10, "{read_whole} of 30 changes made the node read all conversations");
}

#[tokio::test]
async fn pages_are_the_same_when_redis_is_flushed_stands_still_or_is_away() {
    let mut server = OwnServer::start(&[]).await;
    let options = redis_server::at(&server.address());
    let mut nodes = Nodes::start(&options).await;
    let step = async |nodes: &mut Nodes| {
        nodes.change(4).await;
        nodes.agree().await;
    };
    step(&mut nodes).await;
    let client = redis::Client::open(options.urls[0].as_str()).unwrap();
    let mut link = client.get_multiplexed_async_connection().await.unwrap();
    nodes.change(4).await;
    let () = redis::cmd("FLUSHALL").query_async(&mut link).await.unwrap();
    nodes.agree().await;
    step(&mut nodes).await;
    server.pause();
    step(&mut nodes).await;
    step(&mut nodes).await;
    server.go_on();
    step(&mut nodes).await;
    server.stop();
    step(&mut nodes).await;
    server.start_again().await;
    step(&mut nodes).await;
    step(&mut nodes).await;
}
