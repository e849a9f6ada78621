//! At most so much advertising per person, over all broadcasts.

use std::collections::BTreeMap;

use engine::campaign::{Audience, CampaignCap, Class, FailureClass, Skip};
use engine::directory::{Number, Settings};
use engine::household::Write;
use engine::id::{CampaignId, ContactId, PhoneNumberId};
use engine::ports::{Administration as _, Directory as _};

use crate::campaign::{MARKETING, UTILITY, times};
use crate::stage::{NUMBER, Stage, TENANT, play};

const PEOPLE: u32 = 50;
const CAPPED: Class = Class::Failed(FailureClass::Capped);

async fn capped_at(stage: &Stage, cap: Option<CampaignCap>) {
    let household = stage.store.household(TENANT).await.unwrap().unwrap();
    let writes = vec![Write::Settings(Settings { campaign_cap: cap, ..household.settings })];
    stage.store.change(TENANT, household.revision, writes, vec![]).await.unwrap();
}

/// Another number of the same account.
async fn second_number(stage: &Stage) -> PhoneNumberId {
    let (_, number) = stage.store.number(&NUMBER.parse().unwrap()).await.unwrap().unwrap();
    let second = Number { phone_number_id: "200000000000002".parse().unwrap(), ..number };
    stage.store.put_number(TENANT, second.clone()).await.unwrap();
    second.phone_number_id
}

async fn started(stage: &Stage, id: CampaignId) -> CampaignId {
    stage.actors.campaign_changed(TENANT, id);
    stage.finished(id).await;
    id
}

async fn got(stage: &Stage, ids: &[ContactId], campaigns: &[CampaignId]) -> BTreeMap<ContactId, usize> {
    let mut got: BTreeMap<_, _> = ids.iter().map(|id| (*id, 0)).collect();
    for campaign in campaigns {
        for row in stage.recipients(*campaign).await.iter().filter(|row| row.delivery.accepted_at.is_some()) {
            *got.get_mut(&row.recipient.contact).unwrap() += 1;
        }
    }
    got
}

#[test]
fn two_broadcasts_that_come_to_the_same_people_at_once_count_each_other() {
    play(|stage| async move {
        capped_at(&stage, Some(CampaignCap { messages: 1, days: 7 })).await;
        let other = second_number(&stage).await;
        let ids = stage.with_contacts(0..PEOPLE).await;
        let audience = || Audience::Contacts { ids: ids.clone() };
        let first = stage.launched(1, MARKETING, audience(), |_| ()).await;
        let second = stage.launched(2, MARKETING, audience(), |plan| plan.numbers = vec![other]).await;
        let notice = stage.launched(3, UTILITY, audience(), |_| ()).await;
        for id in [first, second, notice] {
            stage.actors.campaign_changed(TENANT, id);
        }
        for id in [first, second, notice] {
            stage.finished(id).await;
        }
        assert_eq!((stage.skipped(first).await, stage.skipped(second).await), (BTreeMap::new(), BTreeMap::new()));
        assert!(got(&stage, &ids, &[first, second]).await.values().all(|count| *count == 1));
        let held = stage.tallies(first).await.of(CAPPED) + stage.tallies(second).await.of(CAPPED);
        assert_eq!((held, stage.tallies(notice).await.of(Class::Sent)), (u64::from(PEOPLE), u64::from(PEOPLE)));
    });
}

#[test]
fn who_had_enough_is_left_out_until_what_they_had_is_old_enough() {
    play(|stage| async move {
        capped_at(&stage, Some(CampaignCap { messages: 2, days: 7 })).await;
        let ids = stage.with_contacts(0..PEOPLE).await;
        let few = || Audience::Contacts { ids: ids[..10].to_vec() };
        for n in 1..=2 {
            let id = stage.launched(n, MARKETING, few(), |_| ()).await;
            started(&stage, id).await;
            stage.hours(24).await;
        }
        let all = || Audience::Contacts { ids: ids.clone() };
        let third = stage.launched(3, MARKETING, all(), |_| ()).await;
        started(&stage, third).await;
        assert_eq!(stage.skipped(third).await, BTreeMap::from([(Skip::Capped, 10)]));
        let notice = stage.launched(4, UTILITY, all(), |_| ()).await;
        started(&stage, notice).await;
        assert_eq!(stage.skipped(notice).await, BTreeMap::new());
        // The first of the two is a week old now, the second is not.
        stage.hours(5 * 24).await;
        let fourth = stage.launched(5, MARKETING, all(), |_| ()).await;
        started(&stage, fourth).await;
        assert_eq!(stage.skipped(fourth).await, BTreeMap::new());
        assert_eq!(stage.tallies(fourth).await.of(Class::Sent), u64::from(PEOPLE));
    });
}

#[test]
fn a_cap_holds_from_when_it_is_set_also_for_what_runs() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..PEOPLE).await;
        let audience = || Audience::Contacts { ids: ids.clone() };
        let first = stage.launched(1, MARKETING, audience(), |_| ()).await;
        started(&stage, first).await;
        let second = stage.launched(2, MARKETING, audience(), |plan| plan.per_second = Some(5)).await;
        stage.actors.campaign_changed(TENANT, second);
        stage.until("it is under way", async || stage.meta.bodies().len() > PEOPLE as usize + 5).await;
        capped_at(&stage, Some(CampaignCap { messages: 1, days: 1 })).await;
        stage.finished(second).await;
        let tallies = stage.tallies(second).await;
        let (sent, held) = (tallies.of(Class::Sent), tallies.of(CAPPED));
        assert!(sent + held == u64::from(PEOPLE) && (6..=20).contains(&sent), "{sent} got it, {held} did not");
        assert!(times(&stage.meta.bodies()).values().all(|count| *count == 1));
    });
}
