//! The same changes of people and keys, in any order, give the same answers in SQLite as in the model.

use std::collections::{BTreeMap, BTreeSet};

use engine::account::Account;
use engine::household::Write;
use engine::id::{MemberId, TenantId};
use engine::ports::{Administration as _, Store};
use engine::time::Span;
use proptest::prelude::*;
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::administration::{api_key, invitation, role, team};
use crate::audit::audit_query;
use crate::cql_server;
use crate::fixture::*;
use crate::sessions::session;

#[derive(Debug, Clone)]
enum Operation {
    Create {
        accounts: Vec<u8>,
    },
    Change {
        revision: u64,
        writes: Vec<Part>,
    },
    Update {
        account: u8,
        email: u8,
        named: bool,
        revision: u64,
    },
    /// Ends at [`RESET_ENDS`].
    Reset(u8),
    Take {
        hash: u8,
        late: bool,
    },
    Open {
        id: u8,
        member: u8,
    },
    Rotate {
        id: u8,
        presented: u8,
        next: u8,
        seconds: i64,
    },
    End(Vec<u8>),
    Expire(i64),
    Use(u8),
    Record(u8),
    Trim(i64),
}

#[derive(Debug, Clone)]
enum Part {
    Rename(u8),
    Member { id: u8, account: u8 },
    NoMember(u8),
    Account(u8),
    Role(u8),
    NoRole(u8),
    Team(u8),
    NoTeam(u8),
    Invitation(u8),
    NoInvitation(u8),
    Key(u8),
    NoKey(u8),
    EndSessions(u8),
}

/// Seconds from [`NOW`].
const RESET_ENDS: i64 = 10;

fn few() -> impl Strategy<Value = u8> {
    1_u8..4
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        few().prop_map(Part::Rename),
        (few(), few()).prop_map(|(id, account)| Part::Member { id, account }),
        few().prop_map(Part::NoMember),
        (3..7_u8).prop_map(Part::Account),
        few().prop_map(Part::Role),
        few().prop_map(Part::NoRole),
        few().prop_map(Part::Team),
        few().prop_map(Part::NoTeam),
        few().prop_map(Part::Invitation),
        few().prop_map(Part::NoInvitation),
        few().prop_map(Part::Key),
        few().prop_map(Part::NoKey),
        few().prop_map(Part::EndSessions),
    ]
}

fn operation() -> impl Strategy<Value = Operation> {
    use proptest::collection::vec;
    prop_oneof![
        2 => vec(few(), 0..3).prop_map(|accounts| Operation::Create { accounts }),
        8 => (1..6_u64, vec(part(), 0..4)).prop_map(|(revision, writes)| Operation::Change { revision, writes }),
        4 => (few(), few(), any::<bool>(), 1..4_u64)
            .prop_map(|(account, email, named, revision)| Operation::Update { account, email, named, revision }),
        1 => few().prop_map(Operation::Reset),
        1 => (few(), any::<bool>()).prop_map(|(hash, late)| Operation::Take { hash, late }),
        2 => (few(), few()).prop_map(|(id, member)| Operation::Open { id, member }),
        4 => (few(), few(), few(), 0..20_i64)
            .prop_map(|(id, presented, next, seconds)| Operation::Rotate { id, presented, next, seconds }),
        1 => vec(few(), 0..3).prop_map(Operation::End),
        1 => (0..20_i64).prop_map(Operation::Expire),
        1 => few().prop_map(Operation::Use),
        1 => few().prop_map(Operation::Record),
        1 => (0..20_i64).prop_map(Operation::Trim),
    ]
}

fn member_id(n: u8) -> MemberId {
    MemberId::from_bytes([n; 16])
}

/// Tokens and accounts belong to one organization in the installation; `salt` keeps them apart.
fn write(salt: u8, part: &Part) -> Write {
    match part {
        Part::Rename(n) => Write::Rename(n.to_string()),
        Part::Member { id, account: n } => Write::PutMember(member(member_id(*id), &account(*n))),
        Part::NoMember(n) => Write::DeleteMember(member_id(*n)),
        Part::Account(n) => Write::AddAccount(Box::new(account(*n))),
        Part::Role(n) => Write::PutRole(role(*n)),
        Part::NoRole(n) => Write::DeleteRole(role(*n).id),
        Part::Team(n) => Write::PutTeam(team(*n)),
        Part::NoTeam(n) => Write::DeleteTeam(team(*n).id),
        Part::Invitation(n) => Write::PutInvitation(invitation(*n + salt)),
        Part::NoInvitation(n) => Write::DeleteInvitation(invitation(*n + salt).id),
        Part::Key(n) => Write::PutApiKey(api_key(*n + salt)),
        Part::NoKey(n) => Write::DeleteApiKey(api_key(*n + salt).id),
        Part::EndSessions(n) => Write::EndSessions(member_id(*n)),
    }
}

/// Without what the rules never ask a store for: a person belongs to an organization once.
async fn sensible(model: &MemoryStore, tenant: TenantId, operation: &Operation) -> Operation {
    let mut operation = operation.clone();
    let Operation::Change { writes, .. } = &mut operation else { return operation };
    let household = model.household(tenant).await.unwrap();
    let members = household.iter().flat_map(|household| household.members.values());
    let mut people: BTreeMap<_, _> = members.map(|member| (member.id, member.account)).collect();
    writes.retain(|part| {
        if let Part::NoMember(n) = part {
            people.remove(&member_id(*n));
        }
        let Part::Member { id, account: n } = part else { return true };
        let (id, person) = (member_id(*id), Some(account(*n).id));
        let is_once = people.iter().all(|(other, theirs)| *other == id || *theirs != person);
        if is_once {
            people.insert(id, person);
        }
        is_once
    });
    operation
}

/// Runs an operation and writes down the answer.
async fn run(store: &impl Store, tenant: TenantId, operation: &Operation) -> String {
    let at = |seconds: i64| NOW.plus(Span::seconds(seconds));
    let salt = if tenant == TENANT { 0 } else { 100 };
    match operation {
        Operation::Create { accounts } => {
            let accounts = accounts.iter().map(|n| account(*n)).collect();
            format!(
                "{:?}",
                store.create_organization(household(tenant, "New", vec![]), accounts, vec![entry("c")]).await
            )
        }
        Operation::Change { revision, writes } => {
            let writes = writes.iter().map(|part| write(salt, part)).collect();
            format!("{:?}", store.change(tenant, *revision, writes, vec![entry("w"), entry("w")]).await)
        }
        Operation::Update { account: n, email, named, revision } => {
            let name = if *named { "New name".to_owned() } else { account(*n).name };
            let changed = Account { email: account(*email).email, name, ..account(*n) };
            format!("{:?}", store.update_account(changed, *revision, vec![(tenant, entry("u"))]).await)
        }
        Operation::Reset(n) => format!("{:?}", store.put_reset(account(*n).id, [*n; 32], at(RESET_ENDS), vec![]).await),
        Operation::Take { hash, late } => {
            format!("{:?}", store.take_reset([*hash; 32], at(if *late { RESET_ENDS } else { RESET_ENDS - 1 })).await)
        }
        Operation::Open { id, member } => {
            let opened =
                engine::account::Session { tenant, member: member_id(*member), expires_at: at(15), ..session(*id, 1) };
            format!("{:?}", store.open_session(opened, vec![entry("o")]).await)
        }
        Operation::Rotate { id, presented, next, seconds } => {
            let id = session(*id, 1).id;
            format!("{:?}", store.rotate_session(id, [*presented; 32], [*next; 32], at(*seconds), entry("r")).await)
        }
        Operation::End(ids) => {
            let ids = ids.iter().map(|id| session(*id, 1).id).collect();
            format!("{:?}", store.end_sessions(ids, vec![(tenant, entry("e"))]).await)
        }
        Operation::Expire(seconds) => format!("{:?}", store.forget_expired(at(*seconds)).await),
        Operation::Use(n) => format!("{:?}", store.touch_api_key(tenant, api_key(*n + salt).id, at(1)).await),
        Operation::Record(n) => {
            let entry = engine::audit::AuditEntry { at: at(i64::from(*n)), ..entry("x") };
            format!("{:?}", store.record(tenant, vec![entry]).await)
        }
        Operation::Trim(seconds) => format!("{:?}", store.trim_audit(tenant, at(*seconds), entry("t")).await),
    }
}

/// Everything that can be read, as text.
pub(crate) async fn observe(store: &impl Store) -> Vec<String> {
    let mut seen = vec![format!("{:?}", store.organizations().await)];
    for tenant in [TENANT, OTHER] {
        seen.push(format!("{:?}", store.household(tenant).await));
        seen.push(format!("{:?}", store.audit_ends(tenant).await));
        seen.push(format!("{:?}", store.audit_chain(tenant, 0, 1000).await));
        seen.push(format!("{:?}", store.audit_page(tenant, audit_query(3)).await));
        audited(store, tenant).await;
    }
    for n in 0..10 {
        let person = store.account(account(n).id).await.unwrap();
        let parts = person.map(|person| (person.email, person.name, person.revision));
        seen.push(format!("{parts:?} {:?}", store.memberships(account(n).id).await));
        seen.push(format!("{:?}", store.account_by_email(&account(n).email).await));
        seen.push(format!("{:?}", store.sessions_of(account(n).id).await));
        seen.push(format!("{:?} {:?}", store.session(session(n, 1).id).await, store.reset([n; 32], NOW).await));
        for token in [[n; 32], [n + 100; 32]] {
            seen.push(format!("{:?} {:?}", store.invitation_by_token(token).await, store.api_key_by_hash(token).await));
        }
    }
    seen
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn sqlite_keeps_people_as_the_model_does(
        operations in proptest::collection::vec((proptest::bool::weighted(0.3), operation()), 1..60),
        reopened in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let model = MemoryStore::new();
            let mut store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            for (other, operation) in &operations {
                let tenant = if *other { OTHER } else { TENANT };
                let operation = &sensible(&model, tenant, operation).await;
                let expected = run(&model, tenant, operation).await;
                prop_assert_eq!(run(&store, tenant, operation).await, expected, "{:?}", operation);
            }
            if reopened {
                drop(store);
                store = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
            }
            prop_assert_eq!(observe(&store).await, observe(&model).await);
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 60, ..ProptestConfig::default() })]

    /// Each operation by one of two nodes.
    #[test]
    fn cql_keeps_people_as_the_model_does(
        operations in
            proptest::collection::vec((proptest::bool::weighted(0.3), any::<bool>(), operation()), 1..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let installation = cql_server::Installation::new();
            let model = MemoryStore::new();
            let nodes = [installation.node().await, installation.node().await];
            let mut opened = BTreeSet::new();
            let mut clock = 0;
            for (other, second, operation) in &operations {
                match operation {
                    // The id of a session is chance: what ended does not begin again, and nobody else has it.
                    Operation::Open { id, .. } if !opened.insert(*id) => continue,
                    // A reset ends after it was asked for: none comes whose end was already swept.
                    Operation::Reset(_) if clock >= RESET_ENDS => continue,
                    Operation::Expire(seconds) => clock = clock.max(*seconds),
                    Operation::Create { .. }
                    | Operation::Change { .. }
                    | Operation::Update { .. }
                    | Operation::Reset(_)
                    | Operation::Take { .. }
                    | Operation::Open { .. }
                    | Operation::Rotate { .. }
                    | Operation::End(_)
                    | Operation::Use(_)
                    | Operation::Record(_)
                    | Operation::Trim(_) => {}
                }
                let tenant = if *other { OTHER } else { TENANT };
                let operation = &sensible(&model, tenant, operation).await;
                let expected = run(&model, tenant, operation).await;
                let answer = run(&nodes[usize::from(*second)], tenant, operation).await;
                prop_assert_eq!(answer, expected, "{:?}", operation);
            }
            prop_assert_eq!(observe(&nodes[0]).await, observe(&model).await);
            Ok(())
        })?;
    }
}
