//! Somebody reads a conversation while another node writes a message with a file, and both are stopped between any two steps:
//! whoever sees the message is let to its file, and finds it as far as the message says.

use std::pin::pin;

use engine::content::{Content, MediaState};
use engine::decision::Record;
use engine::id::TenantId;
use engine::message::Message;
use engine::ports::{Commit, ConversationStore as _, MediaStore as _, MessageStore as _};
use futures_util::future::{Either, select};
use storage::cql::CqlStore;

use crate::cql_server::Installation;
use crate::fixture::*;

/// More than any of these makes.
const STEPS_MAX: u32 = 60;

/// How a message with a file comes to be seen.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// From a customer; the file is still to be fetched.
    Comes,
    /// Its file has been fetched.
    Fetched,
    /// To a customer, with a file that was uploaded before.
    Sent,
    /// From elsewhere, with the file.
    Imported,
}

fn with_file(state: MediaState, message: Message) -> Message {
    Message { content: Content::Image { media: media(5, state), caption: None }, ..message }
}

impl Way {
    async fn prepare(self, store: &CqlStore, tenant: TenantId) {
        let mut records = vec![Record::Insert(message(1, 1))];
        match self {
            Self::Comes | Self::Imported => {}
            Self::Fetched => {
                records.push(Record::Insert(with_file(MediaState::Pending, message(1, 5))));
                records.push(Record::Fetch(job(1, 5)));
            }
            Self::Sent => store.put_upload(tenant, media(5, MediaState::Ready), RAFAEL).await.unwrap(),
        }
        committed(store, tenant, commit(&conversation(1), records)).await;
    }

    async fn go(self, store: &CqlStore, tenant: TenantId) {
        let ready = |message| with_file(MediaState::Ready, message);
        let records = match self {
            Self::Comes => {
                let pending = with_file(MediaState::Pending, message(1, 5));
                vec![Record::Insert(pending), Record::Fetch(job(1, 5))]
            }
            Self::Fetched => {
                vec![Record::Update(ready(message(1, 5))), Record::Fetched(media(5, MediaState::Ready))]
            }
            Self::Sent => vec![Record::Insert(ready(sent(1, 5))), Record::Enqueue(outgoing(tenant, 1, 5))],
            Self::Imported => return store.import(tenant, vec![], vec![ready(message(1, 5))]).await.unwrap(),
        };
        let before = store.conversation(tenant, conversation_id(1)).await.unwrap().unwrap();
        let commit: Commit = commit(&before, records);
        committed(store, tenant, commit).await;
    }
}

struct Nodes {
    reading: CqlStore,
    writing: CqlStore,
    asking: CqlStore,
    _installation: Installation,
}

/// What came of one pair of places to stop.
struct Stopped {
    reader: bool,
    writer: bool,
    /// The reader saw the message before the writer was through.
    early: bool,
}

async fn both_stopped(nodes: &Nodes, way: Way, reads: u32, writes: u32) -> Stopped {
    let tenant = TenantId::from_bytes(rand::random());
    way.prepare(&nodes.writing, tenant).await;
    for node in [&nodes.reading, &nodes.asking] {
        // Whoever reads has met the organization before.
        assert!(node.conversation(tenant, conversation_id(1)).await.unwrap().is_some());
    }
    nodes.reading.faults().hold_reading_after(reads);
    let mut reading = pin!(nodes.reading.history(tenant, conversation_id(1), page(9)));
    if let Either::Left(_) = select(reading.as_mut(), pin!(nodes.reading.faults().is_held())).await {
        nodes.reading.faults().let_go();
        return Stopped { reader: false, writer: false, early: false };
    }
    nodes.writing.faults().hold_after(writes);
    let mut writing = pin!(way.go(&nodes.writing, tenant));
    let is_held = matches!(select(writing.as_mut(), pin!(nodes.writing.faults().is_held())).await, Either::Right(_));
    nodes.reading.faults().let_go();
    let seen = reading.await.unwrap().items;
    for media in seen.iter().filter_map(|message| message.content.media()) {
        let at = format!("{way:?}: reader stopped after {reads} reads, writer after {writes} writes");
        let row = nodes.asking.media(tenant, media.id).await.unwrap();
        let row = row.unwrap_or_else(|| panic!("{at}: there is no such file"));
        assert_eq!(row.conversation, Some(conversation_id(1)), "{at}: nobody is let to it");
        assert!(row.is_ready() || media.state != MediaState::Ready, "{at}: it is not ready");
    }
    let state = if let Way::Comes = way { MediaState::Pending } else { MediaState::Ready };
    let news = seen.iter().any(|message| message.content.media().is_some_and(|media| media.state == state));
    nodes.writing.faults().let_go();
    if is_held {
        writing.await;
    }
    Stopped { reader: true, writer: is_held, early: news && is_held }
}

async fn every_pair_of_stops(way: Way) {
    let installation = Installation::new();
    let (reading, writing, asking) = (installation.node().await, installation.node().await, installation.node().await);
    let nodes = Nodes { reading, writing, asking, _installation: installation };
    let (mut pairs, mut early) = (0, 0);
    for reads in 0..STEPS_MAX {
        let mut is_held = false;
        for writes in 0..STEPS_MAX {
            let stopped = both_stopped(&nodes, way, reads, writes).await;
            is_held |= stopped.reader;
            pairs += u32::from(stopped.reader && stopped.writer);
            early += u32::from(stopped.early);
            if !stopped.reader || !stopped.writer {
                break;
            }
        }
        if !is_held {
            break;
        }
    }
    assert!(pairs > 20 && early > 10, "{pairs} pairs of places to stop, at {early} the message was seen");
}

#[tokio::test]
async fn of_a_message_that_comes() {
    every_pair_of_stops(Way::Comes).await;
}

#[tokio::test]
async fn of_a_message_whose_file_was_fetched() {
    every_pair_of_stops(Way::Fetched).await;
}

#[tokio::test]
async fn of_a_message_that_is_sent() {
    every_pair_of_stops(Way::Sent).await;
}

#[tokio::test]
async fn of_a_message_that_is_imported() {
    every_pair_of_stops(Way::Imported).await;
}
