use engine::audit::AuditEntry;
use engine::campaign::{
    Campaign, CampaignRecipient, Class, FailureClass, Group, PauseReason, Reached, RecipientRow, SendState, Tallies,
    TallyKey, Verdict, Waiters,
};
use engine::delivery::Status;
use engine::inbound::StatusUpdate;
use engine::intake::IntakeOutcome;
use engine::outgoing::SendOutcome;
use engine::ports::{Cursor, ListError, PageRequest, Saved, Store};
use engine::price::{Charge, PriceKind};
use engine::time::{Span, Timestamp};
use futures_util::future::join_all;

use crate::campaign_fixture::*;
use crate::fixture::*;

fn nos(recipients: &[CampaignRecipient]) -> Vec<u32> {
    recipients.iter().map(|recipient| recipient.no).collect()
}

pub(crate) async fn a_campaign_is_saved_over_its_revision(store: &impl Store) {
    settle(store).await;
    let first = draft(1);
    let save = async |campaign: &Campaign, audit: Vec<AuditEntry>| {
        store.save_campaign(TENANT, campaign.clone(), audit).await.unwrap()
    };
    assert_eq!(save(&Campaign { revision: 2, ..first.clone() }, vec![]).await, Saved::Conflict, "there is none yet");
    for _ in 0..2 {
        assert_eq!(save(&first, vec![entry("made")]).await, Saved::Applied);
    }
    assert_eq!(audited(store, TENANT).await, 1, "a repeat writes nothing");
    let edited = first.edited("Kasturi turns seven", first.plan.clone(), person(MINA)).unwrap();
    let other = first.edited("Kasturi turns eight", first.plan.clone(), person(MINA)).unwrap();
    assert_eq!(save(&edited, vec![]).await, Saved::Applied);
    assert_eq!(save(&other, vec![entry("lost")]).await, Saved::Conflict);
    assert_eq!(save(&first, vec![entry("late")]).await, Saved::Conflict);
    assert_eq!(store.campaign(TENANT, first.id).await, Ok(Some(edited)));
    assert_eq!((audited(store, TENANT).await, store.campaign(TENANT, campaign_id(9)).await), (1, Ok(None)));
}

pub(crate) async fn only_a_draft_is_deleted_and_only_of_its_revision(store: &impl Store) {
    settle(store).await;
    running(store, TENANT, 1, 1).await;
    save(store, TENANT, &draft(2)).await;
    let delete = async |n, revision| {
        store.delete_campaign(TENANT, campaign_id(n), revision, vec![entry("deleted")]).await.unwrap()
    };
    assert_eq!((delete(1, 3).await, delete(2, 2).await), (Saved::Conflict, Saved::Conflict));
    assert_eq!((delete(2, 1).await, delete(2, 1).await), (Saved::Applied, Saved::Applied));
    assert_eq!(store.campaign(TENANT, campaign_id(2)).await, Ok(None));
    let left = store.campaigns(TENANT, page(9)).await.unwrap().items;
    assert_eq!((left.len(), audited(store, TENANT).await), (1, 1));
    // The same id may be used again.
    save(store, TENANT, &draft(2)).await;
    assert_eq!(store.campaigns(TENANT, page(9)).await.unwrap().items.len(), 2);
}

pub(crate) async fn campaigns_come_newest_first(store: &impl Store) {
    for n in [3, 1, 2] {
        save(store, TENANT, &draft(n)).await;
    }
    save(store, OTHER, &draft(7)).await;
    let first = store.campaigns(TENANT, page(2)).await.unwrap();
    let ids = |items: &[Campaign]| items.iter().map(|campaign| campaign.id.as_bytes()[0]).collect::<Vec<_>>();
    assert_eq!(ids(&first.items), [2, 1]);
    let rest = PageRequest { after: first.next, limit: 2 };
    let second = store.campaigns(TENANT, rest.clone()).await.unwrap();
    assert_eq!((ids(&second.items), second.next), (vec![3], None));
    assert_eq!(store.campaigns(OTHER, rest).await, Err(ListError::BadCursor));
    let unreadable = PageRequest { after: Some(Cursor("m.zz".into())), limit: 1 };
    assert_eq!(store.campaigns(TENANT, unreadable).await, Err(ListError::BadCursor));
}

pub(crate) async fn those_at_work_are_known(store: &impl Store) {
    save(store, TENANT, &draft(3)).await;
    let freezing = launched(&draft(2));
    save(store, TENANT, &draft(2)).await;
    save(store, TENANT, &freezing).await;
    let campaign = running(store, TENANT, 1, 1).await;
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![campaign_id(1), campaign_id(2)]));
    assert_eq!(store.campaigns_at_work(OTHER).await, Ok(vec![]));
    let paused = campaign.paused(PauseReason::Person { by: person(MINA) }).unwrap();
    save(store, TENANT, &paused).await;
    let cancelled = freezing.cancelled(NOW).unwrap();
    save(store, TENANT, &cancelled).await;
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![campaign_id(1), campaign_id(2)]));
    save(store, TENANT, &cancelled.settled().unwrap()).await;
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![campaign_id(1)]));
    let template = paused.launch.as_ref().map(|launch| launch.template.clone()).unwrap();
    let running = paused.resumed(&template, &[]).unwrap();
    save(store, TENANT, &running).await;
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![campaign_id(1)]));
    save(store, TENANT, &running.finished(NOW).unwrap()).await;
    assert_eq!(store.campaigns_at_work(TENANT).await, Ok(vec![]));
}

pub(crate) async fn an_audience_is_written_down_page_by_page(store: &impl Store) {
    save(store, TENANT, &draft(1)).await;
    let campaign = launched(&draft(1));
    save(store, TENANT, &campaign).await;
    let first = frozen(&campaign, 3, false);
    let recipients: Vec<_> = (0..3).map(recipient).collect();
    for _ in 0..2 {
        assert_eq!(store.freeze(TENANT, first.clone(), recipients.clone()).await, Ok(Saved::Applied));
    }
    // Another node that has read other people at the same place.
    let other = frozen(&campaign, 2, false);
    assert_eq!(store.freeze(TENANT, other, vec![recipient(7), recipient(8)]).await, Ok(Saved::Conflict));
    let whole = frozen(&first, 2, true);
    assert_eq!(store.freeze(TENANT, whole.clone(), vec![recipient(3), recipient(4)]).await, Ok(Saved::Applied));
    assert_eq!(store.campaign(TENANT, campaign.id).await, Ok(Some(whole)));
    let rows = listed(store, TENANT, campaign.id, None, 2).await;
    let expected: Vec<_> = (0..5).map(|no| RecipientRow::waiting(recipient(no), NOW)).collect();
    assert_eq!(rows, expected);
    assert_eq!(row(store, 1, 4).await, expected[4]);
    assert_eq!(store.recipient(TENANT, key(1, 5)).await, Ok(None));
    assert_eq!(counted(store, TENANT, campaign.id).await.of(Class::Waiting), 5);
}

pub(crate) async fn who_waits_is_listed_by_lane(store: &impl Store) {
    let id = running(store, TENANT, 1, 9).await.id;
    running(store, TENANT, 2, 3).await;
    let waiting =
        async |lane, after, limit| nos(&store.waiting(TENANT, id, (lane, Waiters::All), after, limit).await.unwrap());
    assert_eq!(waiting(0, None, 3).await, [0, 2, 4]);
    assert_eq!(waiting(0, Some(4), 9).await, [6, 8]);
    assert_eq!(waiting(1, Some(4), 1).await, [5]);
    assert_eq!(store.claim_recipients(TENANT, id, &[2, 6], token(1), NOW).await, Ok(vec![2, 6]));
    assert_eq!(waiting(0, None, 9).await, [0, 4, 8]);
    store.release_recipients(TENANT, id, &[6], token(1)).await.unwrap();
    assert_eq!(waiting(0, None, 9).await, [0, 4, 6, 8]);
    assert_eq!(store.waiting(TENANT, id, (0, Waiters::All), Some(5), 1).await.unwrap(), [recipient(6)]);
    assert_eq!(waiting(9, None, 9).await, [0; 0]);
}

pub(crate) async fn who_waits_for_a_winner_is_listed_only_where_they_are_asked_for(store: &impl Store) {
    let id = running(store, TENANT, 1, 18).await.id;
    let waiting =
        async |waiters, after, limit| nos(&store.waiting(TENANT, id, (0, waiters), after, limit).await.unwrap());
    assert_eq!(waiting(Waiters::Ready, None, 9).await, [0, 2, 6, 8, 12, 14]);
    assert_eq!(waiting(Waiters::Ready, Some(2), 2).await, [6, 8]);
    assert_eq!(waiting(Waiters::All, None, 4).await, [0, 2, 4, 6]);
    assert_eq!(waiting(Waiters::All, Some(6), 9).await, [8, 10, 12, 14, 16]);
    assert_eq!(store.waiting(TENANT, id, (0, Waiters::All), Some(3), 1).await.unwrap(), [recipient(4)]);
    let held = |key: &TallyKey| key.group == Some(Group::Rest) && key.class == Class::Waiting;
    assert_eq!(counted(store, TENANT, id).await.sum(held), 3);
    store.claim_recipients(TENANT, id, &[4], token(1), NOW).await.unwrap();
    store.record_sent(TENANT, key(1, 4), token(1), accepted(4), NOW).await.unwrap();
    let all = counted(store, TENANT, id).await;
    let sent = |key: &TallyKey| key.group == Some(Group::Rest) && key.class == Class::Sent;
    assert_eq!((all.sum(held), all.sum(sent), all.total()), (2, 1, 18));
    assert_eq!(row(store, 1, 4).await.recipient, recipient(4));
}

pub(crate) async fn a_claim_of_many_is_won_for_those_that_wait(store: &impl Store) {
    let id = running(store, TENANT, 1, 6).await.id;
    assert_eq!(store.claim_recipients(TENANT, id, &[1, 2], token(1), NOW).await, Ok(vec![1, 2]));
    let all = [0, 1, 2, 3, 9];
    assert_eq!(store.claim_recipients(TENANT, id, &all, token(2), seconds(1)).await, Ok(vec![0, 3]));
    assert_eq!(store.claim_recipients(TENANT, id, &[1, 2, 3], token(1), seconds(2)).await, Ok(vec![1, 2]), "again");
    assert_eq!(row(store, 1, 1).await.send, SendState::Claimed { token: token(1), at: NOW });
    assert_eq!(store.claim_recipients(TENANT, campaign_id(9), &[0], token(1), NOW).await, Ok(vec![]));
    store.release_recipients(TENANT, id, &[1, 3, 5, 9], token(1)).await.unwrap();
    assert_eq!(row(store, 1, 1).await, RecipientRow::waiting(recipient(1), NOW));
    assert_eq!(store.claim_recipients(TENANT, id, &[1, 3], token(1), seconds(3)).await, Ok(vec![1]));
    let tallies = counted(store, TENANT, id).await;
    assert_eq!((tallies.of(Class::Waiting), tallies.of(Class::UnderWay)), (2, 4));
}

pub(crate) async fn what_was_sent_is_counted_and_found(store: &impl Store) {
    let id = running(store, TENANT, 1, 4).await.id;
    store.claim_recipients(TENANT, id, &[0, 1, 2, 3], token(1), NOW).await.unwrap();
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), seconds(1)).await.unwrap();
    store.record_sent(TENANT, key(1, 1), token(1), refused(131_049), seconds(1)).await.unwrap();
    store.record_sent(TENANT, key(1, 2), token(1), SendOutcome::InDoubt, seconds(1)).await.unwrap();
    // Who does not hold the claim says nothing; but an id of Meta's is the truth.
    store.record_sent(TENANT, key(1, 3), token(2), refused(1), seconds(1)).await.unwrap();
    store.record_sent(TENANT, key(1, 9), token(1), accepted(9), seconds(1)).await.unwrap();
    let mut expected = RecipientRow::waiting(recipient(0), NOW);
    expected.claim(token(1), NOW);
    expected.record(token(1), accepted(0), seconds(1));
    assert_eq!(row(store, 1, 0).await, expected);
    assert_eq!(row(store, 1, 1).await.delivery.failure, Some(failure(131_049)));
    assert_eq!(row(store, 1, 2).await.send, SendState::InDoubt { since: seconds(1) });
    assert_eq!(row(store, 1, 3).await.send, SendState::Claimed { token: token(1), at: NOW });
    assert_eq!(store.locate_recipient(TENANT, &wamid(0)).await, Ok(Some(key(1, 0))));
    assert_eq!(store.locate_recipient(TENANT, &wamid(2)).await, Ok(None));
    assert_eq!(store.locate_recipient(OTHER, &wamid(0)).await, Ok(None));
    let tallies = counted(store, TENANT, id).await;
    let limited = tallies.sum(|at| at.class == Class::Failed(FailureClass::PersonLimit) && at.code == 131_049);
    assert_eq!((tallies.of(Class::Sent), limited, tallies.of(Class::Unknown)), (1, 1, 1));
    let open = store.campaign_under_way(TENANT, id, None, 9).await.unwrap();
    assert_eq!(open.iter().map(|row| row.recipient.no).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(store.campaign_under_way(TENANT, id, Some(2), 9).await.unwrap(), [row(store, 1, 3).await]);
    assert_eq!(store.campaign_under_way(TENANT, id, None, 1).await.unwrap(), [row(store, 1, 2).await]);
}

pub(crate) async fn statuses_settle_before_and_after_the_answer(store: &impl Store) {
    let id = running(store, TENANT, 1, 2).await.id;
    store.claim_recipients(TENANT, id, &[0, 1], token(1), NOW).await.unwrap();
    receipt(store, 1, 0, Status::Delivered, seconds(2)).await;
    assert_eq!(store.locate_recipient(TENANT, &wamid(0)).await, Ok(Some(key(1, 0))));
    store.record_sent(TENANT, key(1, 0), token(1), SendOutcome::InDoubt, seconds(3)).await.unwrap();
    assert_eq!(row(store, 1, 0).await.tally().class, Class::Delivered);
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), seconds(3)).await.unwrap();
    receipt(store, 1, 0, Status::Sent, seconds(1)).await;
    receipt(store, 1, 0, Status::Read, seconds(4)).await;
    receipt(store, 1, 0, Status::Read, seconds(9)).await;
    receipt(store, 1, 0, Status::Failed(failure(131_026)), seconds(5)).await;
    let delivery = row(store, 1, 0).await.delivery;
    assert_eq!((delivery.accepted_at, delivery.sent_at), (Some(seconds(3)), Some(seconds(1))));
    assert_eq!((delivery.read_at, delivery.failure), (Some(seconds(4)), Some(failure(131_026))));
    receipt(store, 1, 1, Status::Failed(failure(131_026)), seconds(1)).await;
    receipt(store, 1, 1, Status::Failed(failure(7)), seconds(2)).await;
    let tallies = counted(store, TENANT, id).await;
    let failed = tallies.of(Class::Failed(FailureClass::Permanent));
    assert_eq!((tallies.of(Class::Read), failed, tallies.is_done()), (1, 1, true));
}

pub(crate) async fn a_receipt_marks_its_item_once(store: &impl Store) {
    running(store, TENANT, 1, 1).await;
    store.append((1..=3).map(|n| intake(Some(TENANT), n)).collect()).await.unwrap();
    let processed = |n| Some(mark(n, IntakeOutcome::Processed));
    let read = update(0, Status::Read, seconds(1));
    store.record_receipt(TENANT, key(1, 0), &read, processed(1)).await.unwrap();
    store.record_receipt(TENANT, key(1, 0), &read, processed(2)).await.unwrap();
    store.record_receipt(TENANT, key(8, 0), &read, processed(3)).await.unwrap();
    let mut outcomes = Vec::new();
    for n in 1..=3 {
        outcomes.push(store.entry(TENANT, intake_id(n)).await.unwrap().unwrap().0.outcome);
    }
    assert_eq!(outcomes, [IntakeOutcome::Processed, IntakeOutcome::Duplicate, IntakeOutcome::Processed]);
    assert_eq!(row(store, 1, 0).await.tally().class, Class::Read);
}

pub(crate) async fn what_it_was_charged_as_is_counted_once_whatever_comes_again_or_late(store: &impl Store) {
    let id = running(store, TENANT, 1, 3).await.id;
    store.claim_recipients(TENANT, id, &[0, 1, 2], token(1), NOW).await.unwrap();
    let say = async |no, update: &StatusUpdate| {
        store.record_receipt(TENANT, key(1, no), update, None).await.unwrap();
    };
    // The later status first; the first price that came stays, however often another one comes.
    let read = priced(0, Status::Read, PriceKind::Regular, seconds(3));
    say(0, &read).await;
    for late in [Status::Sent, Status::Delivered, Status::Read] {
        say(0, &priced(0, late, PriceKind::FreeEntryPoint, seconds(1))).await;
    }
    say(0, &read).await;
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), seconds(4)).await.unwrap();
    store.record_answers(TENANT, key(1, 0), REPLIED, seconds(5)).await.unwrap();
    // One that says nothing of it, then one that does; and somebody who answered before anything went out.
    say(1, &update(1, Status::Delivered, seconds(1))).await;
    say(1, &priced(1, Status::Read, PriceKind::FreeCustomerService, seconds(2))).await;
    store.record_answers(TENANT, key(1, 2), REPLIED, NOW).await.unwrap();
    let tallies = counted(store, TENANT, id).await;
    let kinds = |kind| tallies.sum(|at| at.charge.is_some_and(|charge| charge.pricing.kind == kind));
    assert_eq!((kinds(PriceKind::Regular), kinds(PriceKind::FreeCustomerService)), (1, 1));
    assert_eq!((kinds(PriceKind::FreeEntryPoint), tallies.sum(|at| at.charge.is_none())), (0, 1));
    let charge = row(store, 1, 0).await.charge;
    assert_eq!(charge, Some(Charge::of(read.pricing.unwrap(), read.at)));
    let american = |no: u32| no.is_multiple_of(2);
    let expected = (0..3).filter(|no| american(*no)).count() as u64;
    assert_eq!(tallies.sum(|at| at.country == Some("US".parse().unwrap())), expected);
}

pub(crate) async fn a_doubt_is_decided_once(store: &impl Store) {
    let id = running(store, TENANT, 1, 3).await.id;
    store.claim_recipients(TENANT, id, &[0, 1, 2], token(1), NOW).await.unwrap();
    for no in 0..3 {
        store.record_sent(TENANT, key(1, no), token(1), SendOutcome::InDoubt, seconds(1)).await.unwrap();
    }
    receipt(store, 1, 2, Status::Sent, seconds(2)).await;
    for (no, verdict) in [(0, Verdict::Again), (1, Verdict::Park), (2, Verdict::Again)] {
        for at in [5, 6] {
            store.decide_doubt(TENANT, key(1, no), verdict, seconds(at)).await.unwrap();
        }
    }
    let again = row(store, 1, 0).await;
    assert_eq!((again.send, again.delivery.queued_at), (SendState::Waiting, seconds(5)));
    let parked = row(store, 1, 1).await;
    assert_eq!((parked.send, parked.delivery.doubted_at), (SendState::Parked, Some(seconds(1))));
    assert_eq!(row(store, 1, 2).await.tally().class, Class::Sent);
    assert_eq!(store.claim_recipients(TENANT, id, &[0, 1, 2], token(2), seconds(7)).await, Ok(vec![0]));
    // The answer to the first try, late.
    store.record_sent(TENANT, key(1, 1), token(1), accepted(1), seconds(8)).await.unwrap();
    store.record_sent(TENANT, key(1, 0), token(1), SendOutcome::InDoubt, seconds(8)).await.unwrap();
    let tallies = counted(store, TENANT, id).await;
    assert_eq!((tallies.of(Class::Sent), tallies.of(Class::UnderWay)), (2, 1));
}

pub(crate) async fn an_answer_is_counted_with_where_its_person_stands(store: &impl Store) {
    let id = running(store, TENANT, 1, 2).await.id;
    store.claim_recipients(TENANT, id, &[0], token(1), NOW).await.unwrap();
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), NOW).await.unwrap();
    for at in [5, 9, 3] {
        store.record_answers(TENANT, key(1, 0), REPLIED, seconds(at)).await.unwrap();
        store.record_answers(TENANT, key(1, 0), TAPPED, seconds(at + 1)).await.unwrap();
        store.record_answers(TENANT, key(1, 0), STOPPED, seconds(at + 2)).await.unwrap();
    }
    // A stop of the fourth day is not because of it.
    let fourth_day = NOW.plus(Span::hours(73));
    store.record_answers(TENANT, key(1, 1), STOPPED, fourth_day).await.unwrap();
    store.record_answers(TENANT, key(1, 9), REPLIED, NOW).await.unwrap();
    let answered = row(store, 1, 0).await;
    assert_eq!((answered.replied_at, answered.clicked_at), (Some(seconds(3)), Some(seconds(4))));
    assert_eq!(answered.opted_out_at, Some(seconds(5)));
    receipt(store, 1, 0, Status::Read, seconds(4)).await;
    // Before they got it: they had written anyway.
    store.record_answers(TENANT, key(1, 1), REPLIED, NOW).await.unwrap();
    store.claim_recipients(TENANT, id, &[1], token(2), NOW).await.unwrap();
    let tallies = counted(store, TENANT, id).await;
    assert_eq!(tallies.sum(|at| at.replied && at.class == Class::Read), 1);
    assert_eq!(tallies.sum(|at| at.replied && at.class == Class::UnderWay), 1);
    assert_eq!(tallies.sum(|at| at.clicked && at.opted_out && at.class == Class::Read), 1);
    assert_eq!(tallies.sum(|at| at.opted_out), 1);
    store.release_recipients(TENANT, id, &[1], token(2)).await.unwrap();
    counted(store, TENANT, id).await;
}

pub(crate) async fn recipients_are_listed_by_class(store: &impl Store) {
    let id = running(store, TENANT, 1, 20).await.id;
    let all: Vec<_> = (0..18).collect();
    store.claim_recipients(TENANT, id, &all, token(1), NOW).await.unwrap();
    for no in 0..16 {
        let outcome = match no % 4 {
            0 => SendOutcome::InDoubt,
            1 => refused(if no < 8 { 131_049 } else { 4 }),
            _ => accepted(no),
        };
        store.record_sent(TENANT, key(1, no), token(1), outcome, NOW).await.unwrap();
        if no % 4 == 3 {
            receipt(store, 1, no, if no < 8 { Status::Read } else { Status::Delivered }, NOW).await;
        }
    }
    store.decide_doubt(TENANT, key(1, 0), Verdict::Park, NOW).await.unwrap();
    let rows = listed(store, TENANT, id, None, 7).await;
    assert_eq!(rows.len(), 20);
    let tallies = counted(store, TENANT, id).await;
    for class in Class::ALL {
        let expected: Vec<_> = rows.iter().filter(|row| row.tally().class == *class).cloned().collect();
        assert_eq!(expected.len() as u64, tallies.of(*class), "{class:?}");
        for limit in [1, 2, 9] {
            assert_eq!(listed(store, TENANT, id, Some(*class), limit).await, expected, "{class:?} by {limit}");
        }
    }
}

pub(crate) async fn what_was_sent_to_a_contact_comes_newest_first(store: &impl Store) {
    for (n, at) in [(1, 5), (2, 9), (3, 5), (4, 0)] {
        let id = running(store, TENANT, n, 3).await.id;
        store.claim_recipients(TENANT, id, &[0, 1], token(1), NOW).await.unwrap();
        if n < 4 {
            store.record_sent(TENANT, key(n, 1), token(1), accepted(u32::from(n)), seconds(at)).await.unwrap();
        }
    }
    running(store, OTHER, 5, 3).await;
    store.claim_recipients(OTHER, campaign_id(5), &[1], token(1), NOW).await.unwrap();
    store.record_sent(OTHER, key(5, 1), token(1), accepted(5), seconds(7)).await.unwrap();
    let contact = recipient(1).contact;
    let sent = store.sent_to(TENANT, contact, 9).await.unwrap();
    assert_eq!(sent.iter().map(|(id, _)| id.as_bytes()[0]).collect::<Vec<_>>(), [2, 3, 1]);
    assert_eq!(sent[0].1, row(store, 2, 1).await);
    assert_eq!(store.sent_to(TENANT, contact, 1).await.unwrap(), sent[..1]);
    assert_eq!(store.sent_to(TENANT, recipient(0).contact, 9).await, Ok(vec![]), "claimed, not accepted");
    assert_eq!(store.sent_to(OTHER, contact, 9).await.unwrap().len(), 1);
}

pub(crate) async fn what_reached_people_of_late_is_told_for_many_at_once(store: &impl Store) {
    for (n, at) in [(1, 5), (2, 9), (3, 7)] {
        let id = running(store, TENANT, n, 4).await.id;
        store.claim_recipients(TENANT, id, &[0, 1, 2], token(1), NOW).await.unwrap();
        for no in 1..3 {
            let outcome = accepted(u32::from(n) * 10 + no);
            store.record_sent(TENANT, key(n, no), token(1), outcome, seconds(at)).await.unwrap();
        }
    }
    let asked: Vec<_> = (0..4).map(|no| recipient(no).contact).collect();
    let found = async |after| store.reached_after(TENANT, &asked, seconds(after)).await.unwrap();
    let reached = |no, n, at| Reached { contact: recipient(no).contact, at: seconds(at), campaign: campaign_id(n) };
    let in_order = |mut all: Vec<Reached>| {
        all.sort_unstable();
        all
    };
    let all = [(1, 1, 5), (1, 3, 7), (1, 2, 9), (2, 1, 5), (2, 3, 7), (2, 2, 9)].map(|(no, n, at)| reached(no, n, at));
    assert_eq!(found(4).await, in_order(all.to_vec()));
    assert_eq!(found(7).await, in_order(vec![reached(1, 2, 9), reached(2, 2, 9)]), "later than that");
    receipt(store, 2, 1, Status::Failed(failure(131_049)), seconds(10)).await;
    receipt(store, 2, 2, Status::Read, seconds(10)).await;
    assert_eq!(found(7).await, [reached(2, 2, 9)], "who got it after all");
    assert_eq!(store.reached_after(TENANT, &asked[..2], seconds(7)).await, Ok(vec![]));
    assert_eq!(store.reached_after(OTHER, &asked, NOW).await, Ok(vec![]));
}

pub(crate) async fn what_whatsapp_holds_is_counted_until_a_status_lets_it_go(store: &impl Store) {
    let id = running(store, TENANT, 1, 4).await.id;
    store.claim_recipients(TENANT, id, &[0, 1, 2], token(1), NOW).await.unwrap();
    for no in 0..3 {
        let outcome = SendOutcome::Held { wamid: wamid(no), wa_id: None };
        store.record_sent(TENANT, key(1, no), token(1), outcome, seconds(1)).await.unwrap();
    }
    assert_eq!(counted(store, TENANT, id).await.of(Class::Held), 3);
    assert_eq!(listed(store, TENANT, id, Some(Class::Held), 2).await.len(), 3);
    assert_eq!(store.locate_recipient(TENANT, &wamid(1)).await, Ok(Some(key(1, 1))));
    let contacts: Vec<_> = (0..3).map(|no| recipient(no).contact).collect();
    assert_eq!(store.reached_after(TENANT, &contacts, NOW).await.unwrap().len(), 3);
    receipt(store, 1, 0, Status::Sent, seconds(2)).await;
    receipt(store, 1, 1, Status::Failed(failure(132_015)), seconds(2)).await;
    let tallies = counted(store, TENANT, id).await;
    assert_eq!((tallies.of(Class::Held), tallies.of(Class::Sent)), (1, 1));
    assert_eq!(row(store, 1, 2).await.send, SendState::Held);
    assert_eq!(store.claim_recipients(TENANT, id, &[0, 1, 2], token(2), NOW).await, Ok(vec![]));
}

pub(crate) async fn racing_claims_of_many_have_one_winner_each(store: &impl Store) {
    let id = running(store, TENANT, 1, 40).await.id;
    let nos: Vec<u32> = (0..40).collect();
    let claims = (0..12_u8).map(|n| {
        let mine: Vec<u32> = nos.iter().copied().filter(|no| no % 3 != u32::from(n) % 3).collect();
        async move { store.claim_recipients(TENANT, id, &mine, token(n + 1), NOW).await.unwrap() }
    });
    let mut won: Vec<u32> = join_all(claims).await.into_iter().flatten().collect();
    won.sort_unstable();
    assert_eq!(won, nos);
    assert_eq!(counted(store, TENANT, id).await.of(Class::UnderWay), 40);
}

pub(crate) async fn another_tenants_campaigns_are_not_there(store: &impl Store) {
    let campaign = running(store, TENANT, 1, 2).await;
    store.claim_recipients(TENANT, campaign.id, &[0], token(1), NOW).await.unwrap();
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), NOW).await.unwrap();
    let before = listed(store, TENANT, campaign.id, None, 9).await;
    assert_eq!(store.campaign(OTHER, campaign.id).await, Ok(None));
    assert!(store.campaigns(OTHER, page(9)).await.unwrap().items.is_empty());
    assert_eq!(store.recipient(OTHER, key(1, 0)).await, Ok(None));
    assert_eq!(listed(store, OTHER, campaign.id, None, 9).await, []);
    assert_eq!(store.waiting(OTHER, campaign.id, (0, Waiters::All), None, 9).await, Ok(vec![]));
    assert_eq!(store.campaign_under_way(OTHER, campaign.id, None, 9).await, Ok(vec![]));
    assert_eq!(store.tallies(OTHER, campaign.id).await, Ok(Tallies::default()));
    assert_eq!(store.sent_to(OTHER, recipient(0).contact, 9).await, Ok(vec![]));
    assert_eq!(store.reached_after(OTHER, &[recipient(0).contact], Timestamp(0)).await, Ok(vec![]));
    assert_eq!(store.claim_recipients(OTHER, campaign.id, &[1], token(1), NOW).await, Ok(vec![]));
    store.release_recipients(OTHER, campaign.id, &[0], token(1)).await.unwrap();
    store.record_sent(OTHER, key(1, 1), token(1), accepted(1), NOW).await.unwrap();
    store.record_receipt(OTHER, key(1, 0), &update(0, Status::Read, NOW), None).await.unwrap();
    store.record_answers(OTHER, key(1, 0), REPLIED, NOW).await.unwrap();
    store.decide_doubt(OTHER, key(1, 0), Verdict::Again, NOW).await.unwrap();
    assert_eq!(store.delete_campaign(OTHER, campaign.id, 3, vec![]).await, Ok(Saved::Applied));
    let stolen = campaign.paced(Some(1)).unwrap();
    assert_eq!(store.save_campaign(OTHER, stolen, vec![]).await, Ok(Saved::Conflict));
    assert_eq!(listed(store, TENANT, campaign.id, None, 9).await, before);
    assert_eq!(store.campaign(TENANT, campaign.id).await, Ok(Some(campaign)));
    // The same id is another campaign there.
    running(store, OTHER, 1, 1).await;
    assert_eq!((counted(store, OTHER, campaign_id(1)).await.total(), before.len()), (1, 2));
    assert_eq!(store.locate_recipient(OTHER, &wamid(0)).await, Ok(None));
}
