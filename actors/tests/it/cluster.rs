//! Several nodes: one that ends, is paused, cut off or new, and what becomes of its work.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use engine::cluster::LeaseName;
use engine::delivery::DeliveryState;
use engine::directory::Organization;
use engine::household::Household;
use engine::id::{ClaimToken, PhoneNumberId, TenantId};
use engine::intake::IntakeOutcome;
use engine::outgoing::OutboxState;
use engine::ports::{Administration as _, Claim, Clock as _, Directory as _, Leases as _, MetaSend, Outbox as _};
use tokio::time::Instant;

use crate::nodes::{CHORES, Fleet, number, play_with};
use crate::stage::{NUMBER, TENANT, line};

/// From the end of a node until another one does its work.
const TAKE_OVER: Duration = Duration::from_secs(5);

async fn said(fleet: &Fleet, node: &crate::nodes::Node, wamid: &str) -> engine::id::IntakeId {
    let at = fleet.archive.clock.now();
    fleet.receive(node, &line(wamid, "12025500001", at, "Hello")).await.unwrap()
}

async fn is_processed(fleet: &Fleet, id: engine::id::IntakeId) -> bool {
    fleet.archive.outcome(id).await == IntakeOutcome::Processed
}

#[test]
fn whatever_comes_in_and_goes_out_at_any_node_is_done_once() {
    play_with(3, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let conversations = fleet.opened(&fleet.others(&holder)[0], 0..4).await;
        let mut replies = Vec::new();
        for (n, node) in fleet.nodes().into_iter().enumerate() {
            for (m, conversation) in conversations.iter().enumerate() {
                replies.push(node.reply(*conversation, &format!("k{n}-{m}")).await.unwrap());
            }
        }
        let began = Instant::now();
        for reply in &replies {
            let sent = async || fleet.archive.state_of(reply).await == DeliveryState::Sent;
            fleet.until("it is sent", sent).await;
        }
        assert!(began.elapsed() < Duration::from_secs(5), "hints are quick");
        let sent = fleet.sent_within(80);
        assert_eq!((sent.len(), sent.iter().collect::<BTreeSet<_>>().len()), (12, 12));
        for name in (0..CHORES).map(LeaseName::Chores) {
            fleet.until("somebody does the chores", async || fleet.holder(&name).is_some()).await;
        }
    });
}

#[test]
fn a_killed_nodes_work_goes_on_elsewhere_within_five_seconds() {
    for phase in 0..10 {
        play_with(3, phase, |fleet| async move {
            let holder = fleet.settled().await;
            let other = fleet.others(&holder).remove(0);
            let conversations = fleet.opened(&other, 0..3).await;
            fleet.pass(Duration::from_millis(1_000 + 100 * phase)).await;
            *fleet.meta.latency.lock().unwrap() = Duration::from_secs(100_000);
            let under_way = other.reply(conversations[0], "under-way").await.unwrap();
            fleet.until("it is out", async || !fleet.meta.bodies().is_empty()).await;
            let behind = other.reply(conversations[0], "behind-it").await.unwrap();
            fleet.pass(Duration::from_millis(50)).await;
            *fleet.meta.latency.lock().unwrap() = Duration::from_millis(50);
            holder.kill();
            let died = Instant::now();
            let item = said(&fleet, &other, "w1").await;
            fleet.until("the item is processed", async || is_processed(&fleet, item).await).await;
            let sent = async || fleet.archive.state_of(&behind).await == DeliveryState::Sent;
            fleet.until("what was queued is sent", sent).await;
            let doubtful = async || fleet.archive.state_of(&under_way).await == DeliveryState::Unknown;
            fleet.until("what was under way is in doubt", doubtful).await;
            assert!(died.elapsed() < TAKE_OVER, "{:?}", died.elapsed());
            fleet.pass(Duration::from_secs(20)).await;
            assert_eq!(fleet.sent_within(80), ["under-way", "behind-it"]);
        });
    }
}

/// A store that is busy takes 200 ms for a commit: one after the other, 40 claims of the dead would hold up everything for 8 s.
#[test]
fn many_claims_of_the_dead_hold_up_nothing() {
    play_with(2, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let other = fleet.others(&holder).remove(0);
        let conversations = fleet.opened(&other, 0..41).await;
        *fleet.meta.latency.lock().unwrap() = Duration::from_secs(100_000);
        let mut under_way = Vec::new();
        for (n, conversation) in conversations.iter().take(40).enumerate() {
            under_way.push(holder.reply(*conversation, &format!("k{n}")).await.unwrap());
        }
        fleet.until("all are out", async || fleet.meta.bodies().len() == 40).await;
        *fleet.meta.latency.lock().unwrap() = Duration::from_millis(50);
        holder.kill();
        other.store.set_commits_late(Duration::from_millis(200));
        let died = Instant::now();
        let behind = other.reply(conversations[40], "behind-them").await.unwrap();
        let sent = async || fleet.archive.state_of(&behind).await == DeliveryState::Sent;
        fleet.until("what was queued is sent", sent).await;
        assert!(died.elapsed() < TAKE_OVER, "{:?}", died.elapsed());
        for message in &under_way {
            let doubtful = async || fleet.archive.state_of(message).await == DeliveryState::Unknown;
            fleet.until("what was under way is in doubt", doubtful).await;
        }
        assert!(died.elapsed() < TAKE_OVER + Duration::from_secs(1), "{:?}", died.elapsed());
    });
}

#[test]
fn a_node_that_was_paused_before_a_send_sends_nothing_when_it_wakes() {
    play_with(3, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let other = fleet.others(&holder).remove(0);
        let conversations = fleet.opened(&other, 0..1).await;
        holder.store.set_claims_late(Duration::from_millis(100));
        let message = holder.reply(conversations[0], "once").await.unwrap();
        let claimed = async || {
            let entry = fleet.archive.store.outbox_entry(TENANT, message.id).await.unwrap().unwrap();
            matches!(entry.state, OutboxState::Claimed { .. })
        };
        fleet.until("it is claimed", claimed).await;
        holder.pause();
        fleet.pass(Duration::from_mins(1)).await;
        assert_eq!(fleet.archive.state_of(&message).await, DeliveryState::Unknown, "nobody knows whether it left");
        holder.go_on();
        fleet.pass(Duration::from_secs(30)).await;
        assert_eq!(fleet.meta.bodies(), Vec::<String>::new());
        assert_eq!(fleet.archive.state_of(&message).await, DeliveryState::Unknown);
    });
}

/// With nobody else there, nobody takes the lease: the message goes back, and out when the node counts on its lease again.
#[test]
fn what_was_in_hand_of_a_paused_node_is_sent_if_nobody_took_its_lease() {
    play_with(1, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let epoch = holder.actors.holds(&number());
        let conversations = fleet.opened(&holder, 0..1).await;
        holder.store.set_claims_late(Duration::from_millis(100));
        let message = holder.reply(conversations[0], "once").await.unwrap();
        fleet.pass(Duration::from_millis(50)).await;
        holder.pause();
        fleet.pass(Duration::from_mins(1)).await;
        assert_eq!(fleet.holder(&number()).map(|_| ()), None, "it does not count on its lease meanwhile");
        holder.go_on();
        let sent = async || fleet.archive.state_of(&message).await == DeliveryState::Sent;
        fleet.until("it is sent", sent).await;
        assert_eq!((fleet.meta.bodies(), holder.actors.holds(&number())), (vec!["once".to_owned()], epoch));
    });
}

#[test]
fn a_paused_node_comes_back_and_takes_its_part_again() {
    play_with(2, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let before = holder.actors.node();
        holder.pause();
        fleet.pass(Duration::from_mins(1)).await;
        let heir = fleet.settled().await;
        assert!(!std::rc::Rc::ptr_eq(&holder, &heir));
        holder.go_on();
        fleet.pass(Duration::from_secs(10)).await;
        assert_ne!(holder.actors.node(), before, "it was buried, and is somebody else now");
        let members = fleet.archive.store.members().await.unwrap();
        let alive = members.iter().filter(|member| member.standing == engine::cluster::Standing::Alive);
        assert_eq!(alive.count(), 2);
        fleet.pass(Duration::from_secs(90)).await;
        assert_eq!(fleet.archive.store.members().await.unwrap().len(), 2, "the dead are forgotten");
    });
}

#[test]
fn a_node_without_the_store_does_nothing_and_is_replaced() {
    play_with(3, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let other = fleet.others(&holder).remove(0);
        let conversations = fleet.opened(&other, 0..2).await;
        holder.store.set_cut_off(true);
        let began = Instant::now();
        let message = other.reply(conversations[0], "once").await.unwrap();
        let item = said(&fleet, &other, "w1").await;
        fleet.until("the item is processed", async || is_processed(&fleet, item).await).await;
        let sent = async || fleet.archive.state_of(&message).await == DeliveryState::Sent;
        fleet.until("it is sent", sent).await;
        assert!(began.elapsed() < TAKE_OVER, "{:?}", began.elapsed());
        holder.store.set_cut_off(false);
        fleet.pass(Duration::from_secs(30)).await;
        assert_eq!(fleet.meta.bodies(), ["once"]);
    });
}

/// The store answers everything but the leases: whoever cannot beat must stop by itself.
#[test]
fn a_node_that_cannot_beat_stops_before_others_begin() {
    play_with(3, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let conversations = fleet.opened(&holder, 0..1).await;
        holder.line.hangs.store(true, Ordering::SeqCst);
        for n in 0..60 {
            holder.reply(conversations[0], &format!("k{n}")).await.unwrap();
            fleet.pass(Duration::from_millis(100)).await;
        }
        holder.line.hangs.store(false, Ordering::SeqCst);
        fleet.until("all are out", async || fleet.meta.bodies().len() == 60).await;
        let sent = fleet.sent_within(80);
        assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), 60);
    });
}

#[test]
fn a_beat_whose_answer_was_lost_counts_from_when_it_was_made() {
    for phase in 0..10 {
        play_with(2, phase, |fleet| async move {
            let holder = fleet.settled().await;
            fleet.pass(Duration::from_millis(3_000 + 100 * phase)).await;
            holder.line.loses_answers.store(true, Ordering::SeqCst);
            // The next beat is made within a second, and repeated until it is answered …
            fleet.pass(Duration::from_millis(2_500)).await;
            holder.line.loses_answers.store(false, Ordering::SeqCst);
            fleet.pass(Duration::from_millis(210)).await;
            // … which was the last.
            holder.line.hangs.store(true, Ordering::SeqCst);
            fleet.pass(Duration::from_secs(10)).await;
        });
    }
}

#[test]
fn work_moves_to_a_new_node_without_a_doubt_and_within_the_rate() {
    let mut moved = 0;
    for seed in 0..12 {
        let did = std::rc::Rc::new(std::cell::Cell::new(false));
        let noted = did.clone();
        play_with(1, seed, |fleet| async move {
            let holder = fleet.settled().await;
            let conversations = fleet.opened(&holder, 0..20).await;
            let next = fleet.start().await;
            fleet.pass(Duration::from_millis(fleet.network.chance.below(500))).await;
            for n in 0..200 {
                holder.reply(conversations[n % 20], &format!("k{n}")).await.unwrap();
            }
            let all = async || {
                let open = fleet.archive.store.unsettled(TENANT, None, 1_000).await.unwrap();
                assert!(
                    !open.iter().any(|it| matches!(it.state, OutboxState::InDoubt { .. })),
                    "a move is no accident"
                );
                open.is_empty()
            };
            fleet.until("all are sent", all).await;
            assert_eq!(fleet.sent_within(80).iter().collect::<BTreeSet<_>>().len(), 200);
            noted.set(next.actors.holds(&number()).is_some());
        });
        moved += usize::from(did.get());
    }
    assert!(moved >= 3, "the new node got the work {moved} times");
}

/// At many moments: the bucket of whoever leaves was full, and that of whoever comes may not be.
#[test]
fn whoever_leaves_hands_its_work_over_at_once_and_the_rate_holds() {
    for seed in 0..40 {
        play_with(2, seed, |fleet| async move {
            let holder = fleet.settled().await;
            let other = fleet.others(&holder).remove(0);
            let conversations = fleet.opened(&holder, 0..20).await;
            *fleet.meta.latency.lock().unwrap() = Duration::from_millis(5);
            fleet.pass(Duration::from_millis(2_000 + fleet.network.chance.below(500))).await;
            let mut replies = Vec::new();
            for n in 0..100 {
                replies.push(holder.reply(conversations[n % 20], &format!("k{n}")).await.unwrap());
            }
            fleet.pass(Duration::from_millis(100)).await;
            let began = Instant::now();
            holder.stop().await;
            assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
            fleet.until("the work is taken", async || other.actors.holds(&number()).is_some()).await;
            assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
            for reply in &replies {
                let sent = async || fleet.archive.state_of(reply).await == DeliveryState::Sent;
                fleet.until("it is sent", sent).await;
            }
            assert_eq!(fleet.sent_within(80).iter().collect::<BTreeSet<_>>().len(), 100);
        });
    }
}

#[test]
fn what_is_under_way_is_finished_before_a_lease_moves() {
    play_with(2, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let conversations = fleet.opened(&holder, 0..10).await;
        *fleet.meta.latency.lock().unwrap() = Duration::from_secs(3);
        let mut replies = Vec::new();
        for n in 0..20 {
            replies.push(holder.reply(conversations[n % 10], &format!("k{n}")).await.unwrap());
        }
        fleet.pass(Duration::from_secs(1)).await;
        let (leaving, left) = (holder.clone(), std::rc::Rc::new(std::cell::Cell::new(false)));
        let noted = left.clone();
        drop(actix::spawn(async move {
            leaving.stop().await;
            noted.set(true);
        }));
        let all = async || {
            let open = fleet.archive.store.unsettled(TENANT, None, 1_000).await.unwrap();
            assert!(!open.iter().any(|it| matches!(it.state, OutboxState::InDoubt { .. })), "a move is no accident");
            open.is_empty()
        };
        fleet.until("all are sent", all).await;
        assert!(left.get());
        assert_eq!(fleet.sent_within(80).iter().collect::<BTreeSet<_>>().len(), 20);
    });
}

#[test]
fn without_a_single_hint_everything_is_found_within_seconds() {
    play_with(3, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let other = fleet.others(&holder).remove(0);
        let conversations = fleet.opened(&holder, 0..1).await;
        fleet.network.loses_percent.store(100, Ordering::SeqCst);
        let began = Instant::now();
        let message = other.reply(conversations[0], "once").await.unwrap();
        let item = said(&fleet, &other, "w1").await;
        fleet.until("the item is processed", async || is_processed(&fleet, item).await).await;
        let sent = async || fleet.archive.state_of(&message).await == DeliveryState::Sent;
        fleet.until("it is sent", sent).await;
        assert!(began.elapsed() < Duration::from_secs(6), "{:?}", began.elapsed());
    });
}

#[test]
fn a_new_organizations_first_item_is_taken_up_at_once() {
    play_with(3, 1, |fleet| async move {
        fleet.settled().await;
        fleet.pass(Duration::from_secs(5)).await;
        let tenant = TenantId::from_bytes([9; 16]);
        let household = Household::new(Organization { id: tenant, name: "Borealis".into() });
        fleet.archive.store.create_organization(household, vec![], vec![]).await.unwrap();
        let id: PhoneNumberId = "200000000000009".parse().unwrap();
        let known = fleet.archive.store.numbers(TENANT).await.unwrap().remove(0);
        let number = engine::directory::Number { phone_number_id: id.clone(), ..known };
        assert!(fleet.archive.store.put_number(tenant, number).await.unwrap());
        let node = fleet.nodes().remove(0);
        let actors = node.actors.clone();
        let began = Instant::now();
        node.run(async move { actors.look_into_log(tenant) }).await;
        for name in [LeaseName::Intake(tenant), LeaseName::Number(tenant, id)] {
            fleet.until("somebody takes it", async || fleet.holder(&name).is_some()).await;
            if name == LeaseName::Intake(tenant) {
                assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
            }
        }
        assert!(began.elapsed() < Duration::from_secs(35), "{:?}", began.elapsed());
    });
}

#[test]
fn what_waits_for_a_number_that_was_taken_away_is_refused() {
    play_with(2, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let conversations = fleet.opened(&holder, 0..1).await;
        let id: PhoneNumberId = NUMBER.parse().unwrap();
        assert!(fleet.archive.store.disconnect_number(TENANT, &id, vec![]).await.unwrap());
        fleet.pass(Duration::from_mins(1)).await;
        assert!(fleet.holder(&number()).is_none(), "nobody needs it");
        let other = fleet.others(&holder).remove(0);
        let message = other.reply(conversations[0], "too-late").await.unwrap();
        let failed = async || fleet.archive.state_of(&message).await == DeliveryState::Failed;
        fleet.until("it is refused", failed).await;
    });
}

/// A panic has taken its task along, or the claim was made after everybody had stopped waiting for the answer.
#[test]
fn a_claim_that_nobody_is_at_is_in_doubt() {
    play_with(1, 1, |fleet| async move {
        let holder = fleet.settled().await;
        let conversations = fleet.opened(&holder, 0..1).await;
        fleet.meta.will_answer([MetaSend::Slower { after: Duration::from_mins(1), pair: false }]);
        let message = holder.reply(conversations[0], "once").await.unwrap();
        fleet.until("it was tried", async || fleet.meta.bodies().len() == 1).await;
        fleet.pass(Duration::from_secs(1)).await;
        let token = ClaimToken::under(holder.actors.holds(&number()).unwrap(), [9; 16]);
        let claimed = fleet.archive.store.claim(TENANT, message.id, token, fleet.archive.clock.now()).await;
        assert_eq!(claimed, Ok(Claim::Won));
        fleet.pass(Duration::from_secs(10)).await;
        assert_eq!(fleet.archive.state_of(&message).await, DeliveryState::Unknown);
        fleet.pass(Duration::from_secs(90)).await;
        assert_eq!(fleet.meta.bodies(), ["once"]);
    });
}
