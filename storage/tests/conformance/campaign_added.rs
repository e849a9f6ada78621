//! People who are added to a campaign one by one.

use engine::campaign::{Addition, Audience, Campaign, Class, Given, PauseReason, Phase, Trigger, Waiters};
use engine::contact::Contact;
use engine::id::{AskedId, ClientKey, ContactId};
use engine::ports::{Added, Saved, Store};
use futures_util::future::{join, join_all};

use crate::campaign_fixture::*;
use crate::fixture::*;

pub(crate) fn send_key(n: u32) -> ClientKey {
    format!("order-{n}").parse().unwrap()
}

/// Somebody of their own for each `n`, by a key of their own.
pub(crate) fn addition(campaign: &Campaign, n: u32) -> Addition {
    let mut contact = Contact::new(ContactId::derive(&[&n.to_be_bytes()]));
    contact.phone = Some(format!("1202555{n:04}").parse().unwrap());
    let trigger = Trigger { key: send_key(n), asked: AskedId::derive(&[&n.to_be_bytes()]) };
    campaign.addition(&contact, false, &Given::new(), trigger, seconds(i64::from(n))).unwrap()
}

/// Launched, and nobody added yet.
pub(crate) async fn triggered(store: &impl Store, n: u8) -> Campaign {
    let mut draft = draft(n);
    draft.plan.audience = Audience::Triggered;
    save(store, TENANT, &draft).await;
    let campaign = launched(&draft);
    save(store, TENANT, &campaign).await;
    assert_eq!(campaign.phase, Phase::Running);
    campaign
}

pub(crate) async fn who_is_added_gets_the_next_number_and_their_key_leads_to_them(store: &impl Store) {
    let campaign = triggered(store, 1).await;
    let other = triggered(store, 2).await;
    for n in 0..3 {
        assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&campaign, n)).await, Ok(Added::New(n)));
    }
    assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&campaign, 1)).await, Ok(Added::Known(1)));
    assert_eq!(store.add_recipient(TENANT, other.id, addition(&other, 1)).await, Ok(Added::New(0)), "its own keys");
    let found = store.added_by(TENANT, campaign.id, &send_key(2)).await.unwrap().unwrap();
    assert_eq!(found, row(store, 1, 2).await);
    assert_eq!(found.recipient, addition(&campaign, 2).numbered(2));
    assert_eq!((found.recipient.lane, found.delivery.queued_at), (0, seconds(2)));
    for (tenant, id) in [(TENANT, campaign_id(9)), (OTHER, campaign.id)] {
        assert_eq!(store.added_by(tenant, id, &send_key(2)).await, Ok(None));
        assert_eq!(store.add_recipient(tenant, id, addition(&campaign, 7)).await, Ok(Added::Closed));
    }
    assert_eq!(store.added_by(TENANT, campaign.id, &send_key(9)).await, Ok(None));
    assert_eq!(counted(store, TENANT, campaign.id).await.of(Class::Waiting), 3);
    let lanes = [
        store.waiting(TENANT, campaign.id, (0, Waiters::Ready), None, 9),
        store.waiting(TENANT, campaign.id, (1, Waiters::Ready), Some(0), 9),
    ];
    let lanes: Vec<Vec<_>> =
        join_all(lanes).await.into_iter().map(|lane| lane.unwrap().iter().map(|one| one.no).collect()).collect();
    assert_eq!(lanes, [vec![0, 2], vec![1]]);
    assert_eq!(store.campaign(TENANT, campaign.id).await, Ok(Some(campaign)), "nobody needs another revision");
}

pub(crate) async fn who_was_added_is_sent_to_as_anybody(store: &impl Store) {
    let campaign = triggered(store, 1).await;
    for n in 0..3 {
        store.add_recipient(TENANT, campaign.id, addition(&campaign, n)).await.unwrap();
    }
    let claimed = store.claim_recipients(TENANT, campaign.id, &[0, 1, 7], token(1), NOW).await;
    assert_eq!(claimed, Ok(vec![0, 1]));
    store.record_sent(TENANT, key(1, 0), token(1), accepted(0), NOW).await.unwrap();
    // One more while some have left.
    assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&campaign, 3)).await, Ok(Added::New(3)));
    assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&campaign, 0)).await, Ok(Added::Known(0)));
    let tallies = counted(store, TENANT, campaign.id).await;
    assert_eq!((tallies.of(Class::Waiting), tallies.of(Class::UnderWay), tallies.of(Class::Sent)), (2, 1, 1));
    assert_eq!(store.locate_recipient(TENANT, &wamid(0)).await, Ok(Some(key(1, 0))));
}

pub(crate) async fn a_campaign_that_was_ended_takes_nobody_more_and_knows_who_came(store: &impl Store) {
    let campaign = triggered(store, 1).await;
    let late = addition(&campaign, 2);
    store.add_recipient(TENANT, campaign.id, addition(&campaign, 0)).await.unwrap();
    let paused = campaign.paused(PauseReason::Person { by: person(MINA) }).unwrap();
    save(store, TENANT, &paused).await;
    assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&paused, 1)).await, Ok(Added::New(1)));
    let closed = paused.closed().unwrap();
    save(store, TENANT, &closed).await;
    assert_eq!(store.add_recipient(TENANT, campaign.id, late.clone()).await, Ok(Added::Closed));
    assert_eq!(store.add_recipient(TENANT, campaign.id, addition(&campaign, 1)).await, Ok(Added::Known(1)));
    assert_eq!(counted(store, TENANT, campaign.id).await.total(), 2);
    let frozen = running(store, TENANT, 2, 1).await;
    assert_eq!(store.add_recipient(TENANT, frozen.id, late).await, Ok(Added::Closed), "its people are fixed");
}

pub(crate) async fn racing_additions_share_no_number_and_no_key_adds_two(store: &impl Store) {
    let campaign = triggered(store, 1).await;
    // Each key three times; a person changes the campaign meanwhile.
    let adds = join_all((0..60).map(|n| store.add_recipient(TENANT, campaign.id, addition(&campaign, n % 20))));
    let paced = campaign.paced(Some(5)).unwrap();
    let (added, saved) = join(adds, store.save_campaign(TENANT, paced, vec![])).await;
    assert_eq!(saved, Ok(Saved::Applied));
    let mut new = Vec::new();
    for (n, added) in (0..).zip(added) {
        let no = match added.unwrap() {
            Added::New(no) => {
                new.push(no);
                no
            }
            Added::Known(no) => no,
            Added::Closed => panic!("{n} was refused"),
        };
        assert_eq!(row(store, 1, no).await.recipient.trigger.unwrap().key, send_key(n % 20));
    }
    new.sort_unstable();
    assert_eq!(new, (0..20).collect::<Vec<_>>());
    assert_eq!(counted(store, TENANT, campaign.id).await.of(Class::Waiting), 20);
}
