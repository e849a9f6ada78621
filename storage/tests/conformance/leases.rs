//! Nodes and leases, for the stores that several nodes share.

use engine::cluster::{Epoch, LeaseName, Member, Standing};
use engine::id::NodeId;
use engine::ports::{Leases, Taken};
use futures_util::future::join_all;
use storage::cql::CqlStore;

use crate::cql_server::Installation;
use crate::fixture::{OTHER, TENANT};

macro_rules! leases {
    ($($test:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $test() {
                let fresh = crate::fresh_memory();
                super::$test(&fresh.store).await;
            })*
        }
        mod cql {
            $(#[tokio::test]
            async fn $test() {
                let fresh = crate::fresh_cql().await;
                super::$test(&fresh.store).await;
            })*
        }
    };
}

leases! {
    what_is_taken_is_one_nodes_until_it_gives_it_up
    epochs_only_rise
    giving_up_under_an_old_epoch_does_nothing
    a_dead_nodes_leases_are_free_and_it_is_fenced_for_ever
    whoever_never_joined_is_fenced
    a_burial_loses_against_a_newer_beat
    a_beat_follows_the_one_before_and_may_be_repeated
    whoever_leaves_keeps_what_it_has_until_it_is_dead
    the_dead_are_forgotten_when_they_hold_nothing
    racing_takers_have_one_winner
    racing_heirs_have_one_winner
    a_burial_and_a_beat_at_once_have_one_winner
}

fn node(n: u8) -> NodeId {
    NodeId::from_bytes([n; 16])
}

fn intake() -> LeaseName {
    LeaseName::Intake(TENANT)
}

fn number(number: &str) -> LeaseName {
    LeaseName::Number(TENANT, number.parse().unwrap())
}

async fn joined(store: &impl Leases, nodes: impl IntoIterator<Item = u8>) {
    for n in nodes {
        store.join(node(n)).await.unwrap();
    }
}

async fn won(store: &impl Leases, name: &LeaseName, n: u8) -> Epoch {
    match store.take(name, node(n)).await.unwrap() {
        Taken::Won(epoch) => epoch,
        other @ (Taken::HeldBy(_) | Taken::Fenced) => panic!("{n} did not get {name:?}: {other:?}"),
    }
}

async fn what_is_taken_is_one_nodes_until_it_gives_it_up(store: &impl Leases) {
    joined(store, [1, 2]).await;
    assert_eq!(store.holder(&intake()).await, Ok(None));
    let epoch = won(store, &intake(), 1).await;
    assert_eq!(store.take(&intake(), node(1)).await, Ok(Taken::Won(epoch)), "the same again");
    assert_eq!(store.take(&intake(), node(2)).await, Ok(Taken::HeldBy(node(1))));
    assert_eq!(store.holder(&intake()).await, Ok(Some((node(1), epoch))));
    for other in [LeaseName::Intake(OTHER), number("200"), number("201"), LeaseName::Chores(0), LeaseName::Chores(1)] {
        assert!(matches!(store.take(&other, node(2)).await, Ok(Taken::Won(_))), "{other:?} is another one");
    }
    for _ in 0..2 {
        store.give_up(&intake(), node(1), epoch).await.unwrap();
        assert_eq!(store.holder(&intake()).await, Ok(None));
    }
    won(store, &intake(), 2).await;
    assert_eq!(store.take(&intake(), node(1)).await, Ok(Taken::HeldBy(node(2))));
}

async fn epochs_only_rise(store: &impl Leases) {
    joined(store, [1, 2]).await;
    let mut last = Epoch(0);
    for n in [1, 1, 2, 1, 2, 2] {
        let epoch = won(store, &intake(), n).await;
        assert!(epoch > last, "{epoch:?} after {last:?}");
        last = epoch;
        store.give_up(&intake(), node(n), epoch).await.unwrap();
    }
}

async fn giving_up_under_an_old_epoch_does_nothing(store: &impl Leases) {
    joined(store, [1, 2]).await;
    let old = won(store, &intake(), 1).await;
    store.give_up(&intake(), node(1), old).await.unwrap();
    let new = won(store, &intake(), 1).await;
    store.give_up(&intake(), node(1), old).await.unwrap();
    store.give_up(&intake(), node(2), new).await.unwrap();
    assert_eq!(store.holder(&intake()).await, Ok(Some((node(1), new))));
    store.give_up(&number("200"), node(1), Epoch(1)).await.unwrap();
    assert_eq!(store.holder(&number("200")).await, Ok(None), "nobody ever had it");
}

async fn a_dead_nodes_leases_are_free_and_it_is_fenced_for_ever(store: &impl Leases) {
    joined(store, [1, 2]).await;
    let old = won(store, &intake(), 1).await;
    assert_eq!(store.bury(node(1), 0).await, Ok(true));
    assert_eq!(store.holder(&intake()).await, Ok(Some((node(1), old))), "until somebody takes it");
    store.join(node(1)).await.unwrap();
    for beat in [1, 2] {
        assert_eq!(store.beat(node(1), beat).await, Ok(false));
    }
    store.leave(node(1)).await.unwrap();
    for name in [intake(), number("200")] {
        assert_eq!(store.take(&name, node(1)).await, Ok(Taken::Fenced));
    }
    let new = won(store, &intake(), 2).await;
    assert!(new > old);
    store.give_up(&intake(), node(1), old).await.unwrap();
    assert_eq!(store.holder(&intake()).await, Ok(Some((node(2), new))));
    store.forget_dead().await.unwrap();
    assert_eq!(store.beat(node(1), 1).await, Ok(false));
    assert_eq!(store.take(&number("200"), node(1)).await, Ok(Taken::Fenced));
}

async fn whoever_never_joined_is_fenced(store: &impl Leases) {
    assert_eq!(store.take(&intake(), node(1)).await, Ok(Taken::Fenced));
    assert_eq!(store.beat(node(1), 1).await, Ok(false));
    assert_eq!(store.bury(node(1), 0).await, Ok(true));
    store.leave(node(1)).await.unwrap();
    assert_eq!(store.members().await, Ok(vec![]));
}

async fn a_burial_loses_against_a_newer_beat(store: &impl Leases) {
    joined(store, [1, 2]).await;
    assert_eq!(store.beat(node(1), 1).await, Ok(true));
    assert_eq!(store.bury(node(1), 0).await, Ok(false));
    assert_eq!(store.beat(node(1), 2).await, Ok(true));
    assert_eq!(store.bury(node(1), 2).await, Ok(true));
    assert_eq!(store.bury(node(1), 0).await, Ok(true), "it is dead, whoever did it");
    assert_eq!(store.beat(node(1), 3).await, Ok(false));
}

async fn a_beat_follows_the_one_before_and_may_be_repeated(store: &impl Leases) {
    joined(store, [1]).await;
    for beat in 1..=3 {
        for _ in 0..2 {
            assert_eq!(store.beat(node(1), beat).await, Ok(true));
        }
    }
    for wrong in [0, 2, 5] {
        assert_eq!(store.beat(node(1), wrong).await, Ok(false), "somebody else beats under this id");
    }
    let member = Member { node: node(1), beat: 3, standing: Standing::Alive };
    assert_eq!(store.members().await, Ok(vec![member.clone()]));
    joined(store, [1]).await;
    assert_eq!(store.members().await, Ok(vec![member]), "joining again is nothing");
}

async fn whoever_leaves_keeps_what_it_has_until_it_is_dead(store: &impl Leases) {
    joined(store, [1, 2, 3]).await;
    let epoch = won(store, &intake(), 2).await;
    for _ in 0..2 {
        store.leave(node(2)).await.unwrap();
    }
    assert_eq!(store.beat(node(2), 1).await, Ok(true));
    let standings: Vec<_> =
        store.members().await.unwrap().iter().map(|member| (member.node, member.standing)).collect();
    assert_eq!(standings, [(node(1), Standing::Alive), (node(2), Standing::Leaving), (node(3), Standing::Alive)]);
    assert_eq!(store.take(&intake(), node(1)).await, Ok(Taken::HeldBy(node(2))));
    assert_eq!(store.bury(node(2), 1).await, Ok(true));
    assert!(won(store, &intake(), 1).await > epoch);
}

async fn the_dead_are_forgotten_when_they_hold_nothing(store: &impl Leases) {
    joined(store, [1, 2, 3]).await;
    won(store, &intake(), 1).await;
    let given = won(store, &number("200"), 2).await;
    store.give_up(&number("200"), node(2), given).await.unwrap();
    for n in [1, 2] {
        assert_eq!(store.bury(node(n), 0).await, Ok(true));
    }
    let left = async || store.members().await.unwrap().into_iter().map(|member| member.node).collect::<Vec<_>>();
    store.forget_dead().await.unwrap();
    assert_eq!(left().await, [node(1), node(3)]);
    won(store, &intake(), 3).await;
    store.forget_dead().await.unwrap();
    assert_eq!(left().await, [node(3)]);
}

async fn racing_takers_have_one_winner(store: &impl Leases) {
    joined(store, 0..10).await;
    for name in [intake(), number("200")] {
        let outcomes = join_all((0..10).map(|n| store.take(&name, node(n)))).await;
        // A crowd may be told to come again; nobody is told a lie.
        let won = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Taken::Won(_)))).count();
        assert_eq!(won, 1, "{outcomes:?}");
        let (holder, epoch) = store.holder(&name).await.unwrap().unwrap();
        assert_eq!((epoch, store.take(&name, holder).await), (Epoch(1), Ok(Taken::Won(epoch))));
    }
}

async fn racing_heirs_have_one_winner(store: &impl Leases) {
    joined(store, 0..=10).await;
    won(store, &intake(), 10).await;
    assert_eq!(store.bury(node(10), 0).await, Ok(true));
    let name = intake();
    let outcomes = join_all((0..10).map(|n| store.take(&name, node(n)))).await;
    let won = outcomes.iter().filter(|outcome| **outcome == Ok(Taken::Won(Epoch(2)))).count();
    assert_eq!(won, 1, "{outcomes:?}");
}

async fn a_burial_and_a_beat_at_once_have_one_winner(store: &impl Leases) {
    for n in 0..20 {
        joined(store, [n]).await;
        let (beat, buried) = tokio::join!(store.beat(node(n), 1), store.bury(node(n), 0));
        assert_ne!(beat.unwrap(), buried.unwrap(), "it lives or it is dead");
        let alive =
            store.members().await.unwrap().iter().any(|it| it.node == node(n) && it.standing == Standing::Alive);
        assert_eq!(store.beat(node(n), 2).await, Ok(alive));
    }
}

/// Everything a node does, with the answer of one of its compare-and-sets lost.
#[tokio::test]
async fn a_lost_answer_changes_nothing() {
    for nth in 1..=10 {
        let installation = Installation::new();
        let (losing, other) = (installation.node().await, installation.node().await);
        joined(&other, [2]).await;
        won(&other, &number("200"), 2).await;
        losing.faults().lose_answer(nth);
        let told = format!("without answer {nth}");
        losing.join(node(1)).await.unwrap();
        assert_eq!(losing.beat(node(1), 1).await, Ok(true), "{told}");
        assert_eq!(won(&losing, &intake(), 1).await, Epoch(1), "{told}");
        losing.give_up(&intake(), node(1), Epoch(1)).await.unwrap();
        assert_eq!(other.holder(&intake()).await, Ok(None), "{told}");
        assert_eq!(won(&losing, &intake(), 1).await, Epoch(2), "{told}");
        assert_eq!(losing.bury(node(2), 0).await, Ok(true), "{told}");
        assert_eq!(won(&losing, &number("200"), 1).await, Epoch(2), "{told}");
        losing.leave(node(1)).await.unwrap();
        losing.forget_dead().await.unwrap();
        let left = Member { node: node(1), beat: 1, standing: Standing::Leaving };
        assert_eq!(other.members().await, Ok(vec![left]), "{told}");
    }
}

/// A node that died between any two physical writes of taking and giving up: another one goes on.
#[tokio::test]
async fn a_death_between_two_writes_leaves_a_lease_that_can_be_taken() {
    for writes in 0..6 {
        let installation = Installation::new();
        let (dying, heir) = (installation.node().await, installation.node().await);
        joined(&heir, [1, 2]).await;
        dying.faults().die_after(writes);
        let done = take_and_give_up(&dying).await;
        assert_eq!(done.is_err(), dying.faults().is_dead(), "after {writes} writes");
        let before = heir.holder(&intake()).await.unwrap();
        assert_eq!(heir.bury(node(1), 0).await, Ok(true));
        let epoch = won(&heir, &intake(), 2).await;
        assert!(before.is_none_or(|(_, before)| epoch > before), "after {writes} writes");
        heir.forget_dead().await.unwrap();
        assert_eq!(heir.members().await.unwrap().len(), 1, "after {writes} writes");
    }
}

async fn take_and_give_up(store: &CqlStore) -> Result<(), engine::ports::StoreError> {
    for _ in 0..2 {
        if let Taken::Won(epoch) = store.take(&intake(), node(1)).await? {
            store.give_up(&intake(), node(1), epoch).await?;
        }
    }
    Ok(())
}
