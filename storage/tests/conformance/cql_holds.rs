//! Two nodes want one address, and both are stopped between two physical writes, as a process is that the system has no time
//! for: wherever that happens, one of them has it in the end, and the store leads to that one.

use std::pin::pin;

use engine::account::Account;
use engine::id::{AccountId, TenantId};
use engine::ports::{Accounts as _, Administration as _, Created, StoreError, Updated};
use futures_util::future::{Either, select};
use storage::cql::CqlStore;

use crate::cql_server::Installation;
use crate::fixture::*;

/// More physical writes than any of these makes.
const WRITES_MAX: u32 = 60;

/// How an account comes to an address.
#[derive(Clone, Copy)]
enum Way {
    /// With a new organization.
    Founds,
    /// From another address.
    Moves,
}

/// Who wants the address.
struct Contender {
    way: Way,
    tenant: TenantId,
    account: Account,
}

impl Contender {
    fn new(way: Way, email: &str) -> Self {
        let account = Account { id: AccountId::from_bytes(rand::random()), email: email.to_owned(), ..account(1) };
        Self { way, tenant: TenantId::from_bytes(rand::random()), account }
    }

    async fn found(&self, store: &CqlStore, account: Account) -> Result<bool, StoreError> {
        let household = household(self.tenant, "X", vec![member(RAFAEL, &account)]);
        Ok(store.create_organization(household, vec![account], vec![entry("x")]).await? == Created::Created)
    }

    async fn prepare(&self, store: &CqlStore) {
        if let Way::Moves = self.way {
            let email = format!("{}@before.org", self.account.id);
            assert!(self.found(store, Account { email, ..self.account.clone() }).await.unwrap());
        }
    }

    /// Whether it got the address.
    async fn go(&self, store: &CqlStore) -> Result<bool, StoreError> {
        match self.way {
            Way::Founds => self.found(store, self.account.clone()).await,
            Way::Moves => {
                let revision = self.account.revision;
                Ok(store.update_account(self.account.clone(), revision, vec![]).await? == Updated::Applied)
            }
        }
    }
}

struct Nodes {
    one: CqlStore,
    other: CqlStore,
    dying: CqlStore,
    _installation: Installation,
}

/// `false`: one of them does not make so many writes.
async fn both_stopped(nodes: &Nodes, ways: [Way; 2], after: [u32; 2]) -> [bool; 2] {
    let email = format!("{:x}@x.org", rand::random::<u64>());
    let (first, second) = (Contender::new(ways[0], &email), Contender::new(ways[1], &email));
    first.prepare(&nodes.one).await;
    second.prepare(&nodes.one).await;
    // What somebody has left who died on the way is for either to take over.
    nodes.dying.faults().die_after(1 + (after[0] + after[1]) % 5);
    assert!(Contender::new(Way::Founds, &email).go(&nodes.dying).await.is_err());
    assert_eq!(nodes.one.account_by_email(&email).await, Ok(None), "the sixth write makes it");
    nodes.one.faults().hold_after(after[0]);
    nodes.other.faults().hold_after(after[1]);
    let mut one = pin!(first.go(&nodes.one));
    let before = match select(one.as_mut(), pin!(nodes.one.faults().is_held())).await {
        Either::Left((done, _)) => Some(done.unwrap()),
        Either::Right(_) => None,
    };
    let mut other = pin!(second.go(&nodes.other));
    let meanwhile = match select(other.as_mut(), pin!(nodes.other.faults().is_held())).await {
        Either::Left((done, _)) => Some(done.unwrap()),
        Either::Right(_) => None,
    };
    let held = [before.is_none(), meanwhile.is_none()];
    nodes.one.faults().let_go();
    let got_first = match before {
        Some(done) => done,
        None => one.await.unwrap(),
    };
    nodes.other.faults().let_go();
    let got_second = match meanwhile {
        Some(done) => done,
        None => other.await.unwrap(),
    };
    assert_ne!(got_first, got_second, "stopped after {after:?} writes: both have it, or nobody");
    let winner = if got_first { &first } else { &second };
    for store in [&nodes.one, &nodes.other] {
        let found = store.account_by_email(&email).await.unwrap();
        assert_eq!(found.map(|found| found.id), Some(winner.account.id), "stopped after {after:?} writes");
    }
    held
}

async fn every_pair_of_stops(ways: [Way; 2]) {
    let installation = Installation::new();
    let (one, other, dying) = (installation.node().await, installation.node().await, installation.node().await);
    let nodes = Nodes { one, other, dying, _installation: installation };
    let mut stops = 0;
    for first in 0..WRITES_MAX {
        let mut held_first = false;
        for second in 0..WRITES_MAX {
            let held = both_stopped(&nodes, ways, [first, second]).await;
            held_first |= held[0];
            stops += u32::from(held[0] && held[1]);
            if !held[1] {
                break;
            }
        }
        if !held_first {
            break;
        }
    }
    assert!(stops > 20, "{stops} pairs of places to stop");
}

#[tokio::test]
async fn two_who_found_an_organization_share_no_address() {
    every_pair_of_stops([Way::Founds, Way::Founds]).await;
}

#[tokio::test]
async fn two_who_move_share_no_address() {
    every_pair_of_stops([Way::Moves, Way::Moves]).await;
}

#[tokio::test]
async fn one_who_moves_and_one_who_founds_share_no_address() {
    every_pair_of_stops([Way::Moves, Way::Founds]).await;
    every_pair_of_stops([Way::Founds, Way::Moves]).await;
}
