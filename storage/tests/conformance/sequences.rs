//! The same operations, in any order, give the same answers in every store as in the model. A failure prints its
//! seed and the shortest sequence; `cargo test -p storage --test conformance sequences` runs it again first.

use engine::content::MediaState;
use engine::conversation::{Conversation, ConversationStatus};
use engine::decision::Record;
use engine::id::{ContactId, TenantId};
use engine::identity::Identities;
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::ports::{Commit, InboxLog, MediaStore, Store};
use engine::time::{Span, Timestamp};
use proptest::prelude::*;
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::cql_server;
use crate::fixture::*;
use crate::observation::{IDS, observe};

#[derive(Debug, Clone)]
enum Operation {
    Append(Vec<Item>),
    Mark {
        item: u8,
        outcome: IntakeOutcome,
    },
    RaiseAttempts(u8),
    Reopen(u8),
    Connect {
        number: u8,
    },
    Commit(Box<Change>),
    /// The last commit again.
    Repeat,
    Claim {
        message: u8,
        token: u8,
    },
    Release {
        message: u8,
        token: u8,
    },
    Park {
        wamid: u8,
        at: i64,
    },
    Unpark {
        wamid: u8,
    },
    Resolve {
        bsuid: Option<u8>,
        phone: Option<u8>,
        name: Option<u8>,
        former: Option<u8>,
    },
    ImportContacts(Vec<u8>),
    Import {
        conversations: Vec<u8>,
        messages: Vec<(u8, u8)>,
    },
    Upload(u8),
    Postpone(u8),
    Finish(u8),
    Trim(u64),
}

#[derive(Debug, Clone)]
struct Item {
    id: u8,
    number: u8,
    nobodys: bool,
    broken: bool,
    minute: i64,
}

#[derive(Debug, Clone)]
struct Change {
    conversation: u8,
    stale: bool,
    status: ConversationStatus,
    assignee: Option<bool>,
    team: Option<u8>,
    unread: u32,
    at: i64,
    records: Vec<Part>,
    mark: Option<(u8, IntakeOutcome)>,
}

#[derive(Debug, Clone)]
enum Part {
    In { message: u8, at: i64 },
    Out { message: u8, at: i64, file: bool },
    Update { message: u8, at: i64 },
    Settle(u8),
    Doubt(u8),
    Fetch(u8),
    Fetched(u8),
}

fn id() -> impl Strategy<Value = u8> {
    0..IDS
}

fn few() -> impl Strategy<Value = u8> {
    1_u8..4
}

fn outcome() -> impl Strategy<Value = IntakeOutcome> {
    use IntakeOutcome::{Duplicate, Processed, Quarantined, Stored};
    prop_oneof![Just(Stored), Just(Processed), Just(Duplicate), Just(Quarantined)]
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        3 => (id(), 0..3_i64).prop_map(|(message, at)| Part::In { message, at }),
        3 => (id(), 0..3_i64, any::<bool>()).prop_map(|(message, at, file)| Part::Out { message, at, file }),
        2 => (id(), 0..3_i64).prop_map(|(message, at)| Part::Update { message, at }),
        1 => id().prop_map(Part::Settle),
        1 => id().prop_map(Part::Doubt),
        1 => id().prop_map(Part::Fetch),
        1 => id().prop_map(Part::Fetched),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    use ConversationStatus::{Closed, Open, Snoozed};
    let parts = proptest::collection::vec(part(), 0..4);
    let status = prop_oneof![Just(Open), Just(Snoozed), Just(Closed)];
    let team = proptest::option::of(few());
    let desk = (status, any::<Option<bool>>(), team, 0..3_u32, 0..3_i64);
    let mark = proptest::option::of((id(), outcome()));
    (few(), proptest::bool::weighted(0.1), desk, parts, mark).prop_map(|(conversation, stale, desk, records, mark)| {
        let (status, assignee, team, unread, at) = desk;
        Change { conversation, stale, status, assignee, team, unread, at, records, mark }
    })
}

fn item() -> impl Strategy<Value = Item> {
    (id(), few(), proptest::bool::weighted(0.3), proptest::bool::weighted(0.2), 0..3_i64)
        .prop_map(|(id, number, nobodys, broken, minute)| Item { id, number, nobodys, broken, minute })
}

fn operation() -> impl Strategy<Value = Operation> {
    use proptest::collection::vec;
    use proptest::option::of;
    prop_oneof![
        3 => vec(item(), 1..4).prop_map(Operation::Append),
        2 => (id(), outcome()).prop_map(|(item, outcome)| Operation::Mark { item, outcome }),
        1 => id().prop_map(Operation::RaiseAttempts),
        1 => id().prop_map(Operation::Reopen),
        1 => few().prop_map(|number| Operation::Connect { number }),
        10 => change().prop_map(|change| Operation::Commit(Box::new(change))),
        1 => Just(Operation::Repeat),
        2 => (id(), few()).prop_map(|(message, token)| Operation::Claim { message, token }),
        1 => (id(), few()).prop_map(|(message, token)| Operation::Release { message, token }),
        1 => (few(), 0..3_i64).prop_map(|(wamid, at)| Operation::Park { wamid, at }),
        1 => few().prop_map(|wamid| Operation::Unpark { wamid }),
        3 => (of(few()), of(few()), of(few()), of(few()))
            .prop_map(|(bsuid, phone, name, former)| Operation::Resolve { bsuid, phone, name, former }),
        1 => vec(id(), 0..4).prop_map(Operation::ImportContacts),
        1 => (vec(few(), 0..3), vec((few(), id()), 0..4))
            .prop_map(|(conversations, messages)| Operation::Import { conversations, messages }),
        1 => id().prop_map(Operation::Upload),
        1 => id().prop_map(Operation::Postpone),
        1 => id().prop_map(Operation::Finish),
        1 => (0..5_u64).prop_map(Operation::Trim),
    ]
}

/// What is known of a store from its answers.
#[derive(Default)]
struct Seen {
    last: Option<Commit>,
    /// Ids that the store made, in order: each store makes its own.
    contacts: Vec<ContactId>,
}

impl Seen {
    /// The same for the same contact in every store.
    fn alias(&mut self, id: ContactId) -> ContactId {
        if (0..IDS).any(|n| contact(n).id == id) {
            return id;
        }
        let place = self.contacts.iter().position(|seen| *seen == id).unwrap_or_else(|| {
            self.contacts.push(id);
            self.contacts.len() - 1
        });
        ContactId::from_bytes([IDS + u8::try_from(place).unwrap(); 16])
    }
}

/// Runs an operation and writes down the answer.
async fn run(store: &impl Store, tenant: TenantId, operation: &Operation, seen: &mut Seen) -> String {
    let at = |seconds: i64| NOW.plus(Span::seconds(seconds));
    match operation {
        Operation::Append(items) => {
            let records = items.iter().map(|item| record(tenant, item)).collect();
            format!("{:?}", store.append(records).await)
        }
        Operation::Mark { item, outcome } => format!("{:?}", store.mark(tenant, mark(*item, *outcome)).await),
        Operation::RaiseAttempts(item) => format!("{:?}", store.raise_attempts(tenant, intake_id(*item)).await),
        Operation::Reopen(item) => format!("{:?}", store.reopen(tenant, intake_id(*item)).await),
        Operation::Connect { number } => {
            format!("{:?}", store.put_number(tenant, crate::fixture::number(&number.to_string())).await)
        }
        Operation::Commit(change) => {
            let commit = commit_of(store, tenant, change).await;
            seen.last = Some(commit.clone());
            format!("{:?}", store.commit(tenant, commit).await)
        }
        Operation::Repeat => match seen.last.clone() {
            Some(commit) => format!("{:?}", store.commit(tenant, commit).await),
            None => String::new(),
        },
        Operation::Claim { message, token } => {
            let token = crate::fixture::token(*token);
            format!("{:?}", store.claim(tenant, message_id(*message), token, NOW).await)
        }
        Operation::Release { message, token } => {
            format!("{:?}", store.release(tenant, message_id(*message), crate::fixture::token(*token)).await)
        }
        Operation::Park { wamid, at } => format!("{:?}", store.park_status(tenant, &status(*wamid, *at)).await),
        Operation::Unpark { wamid } => {
            format!("{:?}", store.unpark_statuses(tenant, &status(*wamid, 0).wamid).await)
        }
        Operation::Resolve { bsuid, phone, name, former } => {
            let former = former.map(|phone| identities(None, Some(phone), None));
            let identities = identities(*bsuid, *phone, *name);
            let mut answer = store.resolve(tenant, "p", &identities, former.as_ref()).await;
            if let Ok(resolved) = &mut answer {
                let clashing = resolved.clashes.iter_mut().map(|clash| &mut clash.contact);
                for contact in std::iter::once(&mut resolved.contact).chain(clashing) {
                    contact.id = seen.alias(contact.id);
                }
            }
            format!("{answer:?}")
        }
        Operation::ImportContacts(ids) => {
            let contacts = ids.iter().map(|n| {
                let mut contact = contact(*n);
                contact.learn(&identities(None, Some(*n), (n % 3 > 0).then_some(*n)));
                contact
            });
            format!("{:?}", store.import_contacts(tenant, "p", contacts.collect()).await)
        }
        Operation::Import { conversations, messages } => {
            let conversations = conversations.iter().map(|n| conversation(*n)).collect();
            let messages = messages.iter().map(|(conversation, n)| message(*conversation, *n)).collect();
            format!("{:?}", store.import(tenant, conversations, messages).await)
        }
        Operation::Upload(n) => format!("{:?}", store.put_upload(tenant, media(*n, MediaState::Ready), RAFAEL).await),
        Operation::Postpone(n) => format!("{:?}", store.postpone_fetch(tenant, job(1, *n).media, at(2)).await),
        Operation::Finish(n) => format!("{:?}", store.finish_fetch(tenant, media(*n, MediaState::Failed)).await),
        Operation::Trim(keep) => format!("{:?}", store.trim(tenant, *keep).await),
    }
}

fn record(tenant: TenantId, item: &Item) -> IntakeRecord {
    IntakeRecord {
        // An id belongs to one tenant: the caller makes it.
        id: engine::id::IntakeId::derive(&[tenant.as_bytes(), &[item.id]]),
        number: Some(item.number.to_string().parse().unwrap()),
        received_at: NOW.plus(Span::seconds(item.minute * 60)),
        quarantined: item.broken.then(|| "broken".to_owned()),
        ..intake((!item.nobodys).then_some(tenant), item.id)
    }
}

fn status(wamid: u8, at: i64) -> StatusUpdate {
    StatusUpdate {
        number: "200".parse().unwrap(),
        wamid: format!("wamid.{wamid}").parse().unwrap(),
        callback: None,
        status: engine::delivery::Status::Read,
        pricing: None,
        at: Timestamp(at),
    }
}

/// Numbers that are one another's equivalents in pairs.
fn identities(bsuid: Option<u8>, phone: Option<u8>, name: Option<u8>) -> Identities {
    let phone =
        phone.map(|n| if n % 2 == 0 { format!("551198765432{}", n / 2) } else { format!("55118765432{}", n / 2) });
    Identities {
        bsuid: bsuid.map(|n| format!("BR.{n}").parse().unwrap()),
        wa_id: phone.map(|phone| phone.parse().unwrap()),
        name: name.map(|n| format!("Name {n}")),
        username: None,
        ..Identities::default()
    }
}

async fn commit_of(store: &impl Store, tenant: TenantId, change: &Change) -> Commit {
    let n = change.conversation;
    let before = store.conversation(tenant, conversation_id(n)).await.unwrap().unwrap_or(conversation(n));
    let state = Conversation {
        status: change.status,
        assignee: change.assignee.map(|rafael| person(if rafael { RAFAEL } else { MINA })),
        team: change.team.map(team_id),
        unread: change.unread,
        last_activity_at: NOW.plus(Span::seconds(change.at)),
        revision: if change.stale { before.revision + 1 } else { before.revision },
        ..before
    };
    let mut records = Vec::new();
    for part in &change.records {
        add(&mut records, tenant, n, part);
    }
    let intake = change.mark.map(|(item, outcome)| IntakeMark {
        id: engine::id::IntakeId::derive(&[tenant.as_bytes(), &[item]]),
        ..mark(item, outcome)
    });
    Commit { intake, ..commit(&state, records) }
}

fn add(records: &mut Vec<Record>, tenant: TenantId, n: u8, part: &Part) {
    let time = |at: i64| NOW.plus(Span::seconds(at));
    let inserts = |records: &[Record], message: u8| {
        records.iter().any(|record| matches!(record, Record::Insert(other) if other.id == message_id(message)))
    };
    match part {
        // A decision never inserts a message twice.
        Part::In { message, .. } | Part::Out { message, .. } if inserts(records, *message) => {}
        Part::In { message, at } => {
            records.push(Record::Insert(Message { at: time(*at), ..crate::fixture::message(n, *message) }));
        }
        Part::Out { message, at, file } => {
            let mut sent = Message { at: time(*at), ..sent(n, *message) };
            if *file {
                let media = media(*message, MediaState::Ready);
                sent.content = engine::content::Content::Image { media, caption: None };
            }
            records.push(Record::Insert(sent));
            records.push(Record::Enqueue(outgoing(tenant, n, *message)));
        }
        Part::Update { message, at } => {
            let edited = Message { edited: true, at: time(*at), ..crate::fixture::message(n, *message) };
            records.push(Record::Update(edited));
        }
        Part::Settle(message) => records.push(Record::Settle(message_id(*message))),
        Part::Doubt(message) => records.push(Record::Doubt { id: message_id(*message), since: time(1) }),
        Part::Fetch(file) => records.push(Record::Fetch(job(n, *file))),
        Part::Fetched(file) => records.push(Record::Fetched(media(*file, MediaState::Ready))),
    }
}

/// What is asked of both after the last operation.
async fn compare(
    store: &impl Store,
    model: &MemoryStore,
    (mut seen, mut seen_of_model): (Seen, Seen),
) -> Result<(), TestCaseError> {
    for tenant in [TENANT, OTHER] {
        let (mut stored, mut expected) = (observe(store, tenant).await, observe(model, tenant).await);
        stored.rename_contacts(|id| seen.alias(id));
        expected.rename_contacts(|id| seen_of_model.alias(id));
        prop_assert_eq!(stored, expected);
    }
    prop_assert_eq!(store.unclaimed().await, model.unclaimed().await);
    prop_assert_eq!(store.tenants_with_unfinished().await, model.tenants_with_unfinished().await);
    let due = NOW.plus(Span::seconds(1));
    prop_assert_eq!(store.due_fetches(due, 100).await, model.due_fetches(due, 100).await);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_the_model_does(
        operations in proptest::collection::vec((any::<bool>(), operation()), 1..60),
        reopened in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let model = MemoryStore::new();
            let mut store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            let (mut seen, mut seen_of_model) = (Seen::default(), Seen::default());
            for (other, operation) in &operations {
                let tenant = if *other { OTHER } else { TENANT };
                let expected = run(&model, tenant, operation, &mut seen_of_model).await;
                let answer = run(&store, tenant, operation, &mut seen).await;
                prop_assert_eq!(answer, expected, "{:?}", operation);
            }
            if reopened {
                drop(store);
                store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            }
            compare(&store, &model, (seen, seen_of_model)).await
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// Each operation by one of two nodes.
    #[test]
    fn cql_answers_as_the_model_does(
        operations in proptest::collection::vec((any::<bool>(), any::<bool>(), operation()), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let installation = cql_server::Installation::new();
            let model = MemoryStore::new();
            let nodes = [installation.node().await, installation.node().await];
            let (mut seen, mut seen_of_model) = (Seen::default(), Seen::default());
            for (other, second, operation) in &operations {
                let tenant = if *other { OTHER } else { TENANT };
                let expected = run(&model, tenant, operation, &mut seen_of_model).await;
                let answer = run(&nodes[usize::from(*second)], tenant, operation, &mut seen).await;
                prop_assert_eq!(answer, expected, "{:?}", operation);
            }
            compare(&nodes[0], &model, (seen, seen_of_model)).await
        })?;
    }
}
