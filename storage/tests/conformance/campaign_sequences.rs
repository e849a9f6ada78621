//! The same operations on a campaign, in any order, give the same answers and tallies in every store as in the model.

use engine::campaign::{Answers, Campaign, Class, Verdict, Waiters};
use engine::delivery::Status;
use engine::id::TenantId;
use engine::outgoing::SendOutcome;
use engine::ports::Store;
use engine::price::PriceKind;
use proptest::prelude::*;
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::campaign_fixture::*;
use crate::cql_server;
use crate::fixture::*;

/// Recipients of each of two campaigns.
const PEOPLE: u32 = 6;

#[derive(Debug, Clone)]
enum Operation {
    Claim { nos: Vec<u32>, token: u8 },
    Release { nos: Vec<u32>, token: u8 },
    Sent { no: u32, token: u8, outcome: Outcome },
    Receipt { no: u32, wamid: u32, status: Status, kind: Option<PriceKind> },
    Answers { no: u32, answers: Answers },
    Decide { no: u32, park: bool },
    Pace { per_second: u32, stale: bool },
}

#[derive(Debug, Clone)]
enum Outcome {
    Accepted(u32),
    Refused(i64),
    InDoubt,
}

fn no() -> impl Strategy<Value = u32> {
    0..PEOPLE + 1
}

fn token() -> impl Strategy<Value = u8> {
    1..3_u8
}

/// Nearly always its own.
fn wamid_of() -> impl Strategy<Value = (u32, u32)> {
    prop_oneof![5 => no().prop_map(|no| (no, no)), 1 => (no(), no())]
}

fn status() -> impl Strategy<Value = Status> {
    prop_oneof![
        Just(Status::Sent),
        Just(Status::Delivered),
        Just(Status::Read),
        Just(Status::Played),
        (1..4_i64).prop_map(|code| Status::Failed(failure(code))),
    ]
}

fn answers() -> impl Strategy<Value = Answers> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(replied, clicked, opted_out)| Answers {
        replied,
        clicked,
        opted_out,
    })
}

/// What it was charged as is on some statuses only.
fn kind() -> impl Strategy<Value = Option<PriceKind>> {
    proptest::option::of(prop_oneof![Just(PriceKind::Regular), Just(PriceKind::FreeEntryPoint)])
}

fn operation() -> impl Strategy<Value = Operation> {
    use proptest::collection::vec;
    let refused = prop_oneof![Just(131_049), Just(131_026), Just(4)];
    prop_oneof![
        4 => (vec(no(), 1..5), token()).prop_map(|(nos, token)| Operation::Claim { nos, token }),
        2 => (vec(no(), 1..3), token()).prop_map(|(nos, token)| Operation::Release { nos, token }),
        2 => (wamid_of(), token()).prop_map(|((no, wamid), token)| {
            Operation::Sent { no, token, outcome: Outcome::Accepted(wamid) }
        }),
        1 => (no(), token(), refused).prop_map(|(no, token, code)| {
            Operation::Sent { no, token, outcome: Outcome::Refused(code) }
        }),
        3 => (no(), token()).prop_map(|(no, token)| Operation::Sent { no, token, outcome: Outcome::InDoubt }),
        2 => (wamid_of(), status(), kind()).prop_map(|((no, wamid), status, kind)| {
            Operation::Receipt { no, wamid, status, kind }
        }),
        1 => (no(), answers()).prop_map(|(no, answers)| Operation::Answers { no, answers }),
        3 => (no(), any::<bool>()).prop_map(|(no, park)| Operation::Decide { no, park }),
        1 => (1..9_u32, any::<bool>()).prop_map(|(per_second, stale)| Operation::Pace { per_second, stale }),
    ]
}

fn tenant(other: bool) -> TenantId {
    if other { OTHER } else { TENANT }
}

async fn begin(store: &impl Store) {
    for tenant in [TENANT, OTHER] {
        running(store, tenant, 1, PEOPLE).await;
    }
}

/// Runs an operation at this second and writes down the answer.
async fn run(store: &impl Store, tenant: TenantId, operation: &Operation, second: i64) -> String {
    let (id, at, token) = (campaign_id(1), seconds(second), crate::fixture::token);
    match operation {
        Operation::Claim { nos, token: n } => {
            format!("{:?}", store.claim_recipients(tenant, id, nos, token(*n), at).await)
        }
        Operation::Release { nos, token: n } => {
            format!("{:?}", store.release_recipients(tenant, id, nos, token(*n)).await)
        }
        Operation::Sent { no, token: n, outcome } => {
            let outcome = match outcome {
                Outcome::Accepted(wamid) => accepted(*wamid),
                Outcome::Refused(code) => refused(*code),
                Outcome::InDoubt => SendOutcome::InDoubt,
            };
            format!("{:?}", store.record_sent(tenant, key(1, *no), token(*n), outcome, at).await)
        }
        Operation::Receipt { no, wamid, status, kind } => {
            let update = match kind {
                Some(kind) => priced(*wamid, status.clone(), *kind, at),
                None => update(*wamid, status.clone(), at),
            };
            format!("{:?}", store.record_receipt(tenant, key(1, *no), &update, None).await)
        }
        Operation::Answers { no, answers } => {
            // They come in any order.
            let at = seconds(40 - second);
            format!("{:?}", store.record_answers(tenant, key(1, *no), *answers, at).await)
        }
        Operation::Decide { no, park } => {
            let verdict = if *park { Verdict::Park } else { Verdict::Again };
            format!("{:?}", store.decide_doubt(tenant, key(1, *no), verdict, at).await)
        }
        Operation::Pace { per_second, stale } => {
            let known: Campaign = store.campaign(tenant, id).await.unwrap().unwrap();
            let paced = known.paced(Some(*per_second)).unwrap();
            let paced = if *stale { Campaign { revision: known.revision, ..paced } } else { paced };
            format!("{:?}", store.save_campaign(tenant, paced, vec![]).await)
        }
    }
}

/// Everything that can be read of both.
async fn read(store: &impl Store) -> Vec<String> {
    let mut seen = Vec::new();
    for tenant in [TENANT, OTHER] {
        let id = campaign_id(1);
        seen.push(format!("{:?}", store.campaign(tenant, id).await));
        seen.push(format!("{:?}", counted(store, tenant, id).await));
        for class in Class::ALL {
            seen.push(format!("{:?}", listed(store, tenant, id, Some(*class), 2).await));
        }
        for lane in 0..2 {
            for waiters in [Waiters::Ready, Waiters::All] {
                seen.push(format!("{:?}", store.waiting(tenant, id, (lane, waiters), None, 9).await));
            }
        }
        seen.push(format!("{:?}", store.campaign_under_way(tenant, id, Some(0), 2).await));
        for no in 0..=PEOPLE {
            seen.push(format!("{:?}", store.sent_to(tenant, recipient(no).contact, 9).await));
            seen.push(format!("{:?}", store.reached_after(tenant, &[recipient(no).contact], NOW).await));
            seen.push(format!("{:?}", store.locate_recipient(tenant, &wamid(no)).await));
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_answers_as_the_model_does(
        operations in proptest::collection::vec((any::<bool>(), operation()), 1..40),
        reopened in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let model = MemoryStore::new();
            let mut store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            begin(&model).await;
            begin(&store).await;
            for (second, (other, operation)) in (0..).zip(&operations) {
                let expected = run(&model, tenant(*other), operation, second).await;
                prop_assert_eq!(run(&store, tenant(*other), operation, second).await, expected, "{:?}", operation);
            }
            if reopened {
                drop(store);
                store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            }
            prop_assert_eq!(read(&store).await, read(&model).await);
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// Each operation by one of two nodes, of which one counts in between.
    #[test]
    fn cql_answers_as_the_model_does(
        operations in proptest::collection::vec((any::<bool>(), any::<bool>(), operation()), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let installation = cql_server::Installation::new();
            let model = MemoryStore::new();
            let nodes = [installation.node().await, installation.node().await];
            begin(&model).await;
            begin(&nodes[0]).await;
            for (second, (other, by_second, operation)) in (0..).zip(&operations) {
                let (tenant, node) = (tenant(*other), &nodes[usize::from(*by_second)]);
                let expected = run(&model, tenant, operation, second).await;
                prop_assert_eq!(run(node, tenant, operation, second).await, expected, "{:?}", operation);
                counted(&nodes[0], tenant, campaign_id(1)).await;
            }
            let expected = read(&model).await;
            for node in &nodes {
                prop_assert_eq!(&read(node).await, &expected);
            }
            Ok(())
        })?;
    }
}
