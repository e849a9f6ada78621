//! Everything at once: nodes that are killed, paused, cut off and started while customers and agents write.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::delivery::DeliveryState;
use engine::id::ConversationId;
use engine::intake::IntakeOutcome;
use engine::message::Direction;
use engine::ports::Clock as _;
use tokio::time::Instant;

use crate::nodes::{Fleet, Node, play_with};
use crate::stage::line;

const SEEDS: u64 = 12;
const STEPS: u64 = 240;
const CUSTOMERS: u32 = 12;

#[test]
fn whatever_happens_to_nodes_everything_is_processed_once_and_nobody_is_written_to_twice() {
    let (first, count) = match std::env::var("JETTO_TEST_SEED") {
        Ok(seed) => (seed.parse().unwrap(), 1),
        Err(_) => (0, SEEDS),
    };
    for seed in first..first + count {
        println!("again: JETTO_TEST_SEED={seed} cargo test -p actors --test it -- storm");
        play_with(3, seed, |fleet| async move {
            fleet.network.loses_percent.store(30, Ordering::SeqCst);
            let node = fleet.settled().await;
            let conversations = fleet.opened(&node, 0..CUSTOMERS).await;
            let done = rage(&fleet, &conversations).await;
            calm(&fleet).await;
            judge(&fleet, &done).await;
        });
    }
}

/// What was accepted of both sides.
#[derive(Default)]
struct Done {
    items: u64,
    replies: BTreeSet<String>,
}

async fn rage(fleet: &Fleet, conversations: &[ConversationId]) -> Done {
    let (chance, mut done, mut healed) = (&fleet.network.chance, Done::default(), BTreeMap::new());
    for step in 0..STEPS {
        healed.retain(|_, (node, at): &mut (Rc<Node>, Instant)| {
            let over = Instant::now() >= *at;
            if over {
                heal(node);
            }
            !over
        });
        trouble(fleet, step, &mut healed).await;
        let nodes = fleet.nodes();
        let serving: Vec<_> = nodes.iter().filter(|node| node.serves()).collect();
        for n in 0..chance.below(8) {
            let Some(node) = serving.get(usize::try_from(chance.below(1 + serving.len() as u64)).unwrap()) else {
                continue;
            };
            let which = usize::try_from(chance.below(conversations.len() as u64)).unwrap();
            if chance.percent(50) {
                let phone = format!("120255{which:05}");
                let said = line(&format!("w{step}-{n}"), &phone, fleet.archive.clock.now(), "Hello");
                done.items += u64::from(fleet.receive(node, &said).await.is_some());
            } else {
                let key = format!("k{step}-{n}");
                // Without an answer it may be committed all the same; the agent lets it be.
                if node.reply(conversations[which], &key).await.is_ok() {
                    done.replies.insert(key);
                }
            }
        }
        fleet.pass(Duration::from_millis(chance.below(500))).await;
    }
    done
}

fn heal(node: &Node) {
    node.go_on();
    node.store.set_cut_off(false);
    node.line.hangs.store(false, Ordering::SeqCst);
    node.line.loses_answers.store(false, Ordering::SeqCst);
}

async fn trouble(fleet: &Fleet, step: u64, healed: &mut BTreeMap<u64, (Rc<Node>, Instant)>) {
    let chance = &fleet.network.chance;
    let nodes = fleet.nodes();
    if nodes.len() < 3 && chance.percent(20) {
        fleet.start().await;
    }
    if !chance.percent(12) {
        return;
    }
    let node = &nodes[usize::try_from(chance.below(nodes.len() as u64)).unwrap()];
    let mut until = |seconds: u64| {
        let at = Instant::now() + Duration::from_millis(1 + chance.below(1_000 * seconds));
        healed.insert(step, (node.clone(), at));
    };
    match chance.below(7) {
        0 if nodes.len() > 1 => node.kill(),
        1 if nodes.len() > 1 && node.serves() => {
            heal(node);
            node.stop().await;
        }
        2 => {
            node.pause();
            until(60);
        }
        3 => {
            node.store.set_cut_off(true);
            until(20);
        }
        4 => {
            node.line.hangs.store(true, Ordering::SeqCst);
            until(10);
        }
        5 => {
            node.line.loses_answers.store(true, Ordering::SeqCst);
            until(5);
        }
        _ => node.store.set_claims_late(Duration::from_millis(chance.below(3_000))),
    }
}

async fn calm(fleet: &Fleet) {
    fleet.nodes().iter().for_each(|node| heal(node));
    if fleet.nodes().is_empty() {
        fleet.start().await;
    }
    let quiet = async || fleet.archive.count(IntakeOutcome::Stored).await == 0;
    fleet.until("everything is processed", quiet).await;
    let nothing_waits = async || {
        let mut waits = false;
        for conversation in fleet.archive.conversations().await {
            for message in fleet.archive.history(conversation).await {
                waits |= message.delivery.is_some_and(|delivery| delivery.state == DeliveryState::Queued);
            }
        }
        !waits
    };
    fleet.until("nothing waits to be sent", nothing_waits).await;
}

async fn judge(fleet: &Fleet, done: &Done) {
    let sent = fleet.sent_within(80);
    let mut times = BTreeMap::<&str, u32>::new();
    for body in &sent {
        *times.entry(body).or_default() += 1;
    }
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "written to twice: {twice:?}");
    let (mut came, mut states) = (0, BTreeMap::new());
    for conversation in fleet.archive.conversations().await {
        let mut wamids = BTreeSet::new();
        for message in fleet.archive.history(conversation).await {
            match message.direction {
                Direction::In => {
                    came += 1;
                    assert!(wamids.insert(message.wamid), "shown twice");
                }
                Direction::Out => {
                    states.insert(message.client_id.unwrap().as_str().to_owned(), message.delivery.unwrap().state);
                }
            }
        }
    }
    assert_eq!(came, done.items + u64::from(CUSTOMERS), "every item that was accepted is shown, once");
    for key in &done.replies {
        match states.get(key) {
            Some(DeliveryState::Sent) => assert!(times.contains_key(key.as_str()), "{key} was never sent"),
            Some(DeliveryState::Unknown) => {}
            other => panic!("{key} is {other:?}"),
        }
    }
    assert!(sent.len() > 100, "a storm with {} sends is none", sent.len());
}
