//! What a running broadcast keeps to: hours, shares of a day, and when it stops by itself.

use std::collections::BTreeMap;
use std::time::Duration;

use actors::LaneState;
use engine::campaign::{Audience, Class, PauseReason, Phase, Plan, QuietHours, StopRule};
use engine::contact::Contact;
use engine::delivery::Failure;
use engine::id::{CampaignId, ContactId};
use engine::ports::{Alerts as _, ContactStore as _, MetaSend};
use engine::price::Country;
use engine::time::{Span, Timestamp};

use crate::campaign::{MARKETING, by_person, resumed, times};
use crate::stage::{START, Stage, TENANT, play};

const NIGHT: QuietHours = QuietHours { from: 21 * 60, to: 8 * 60 };

fn quiet(plan: &mut Plan) {
    plan.quiet = Some(NIGHT);
    plan.zone = Some("UTC".into());
}

impl Stage {
    /// So many of each country, in turn.
    /// `codes`: of the countries that they live in, as one calls there.
    async fn people_of(&self, codes: &[u32], people: u32) -> Vec<ContactId> {
        let codes = (0..people).zip(codes.iter().cycle());
        let contact = |(n, code): (u32, &u32)| {
            let mut contact = Contact::new(ContactId::derive(&[&n.to_be_bytes()]));
            contact.phone = Some(format!("{code}30{n:07}").parse().unwrap());
            contact
        };
        let contacts: Vec<_> = codes.map(contact).collect();
        self.store.import_contacts(TENANT, "default", contacts.clone()).await.unwrap();
        contacts.into_iter().map(|contact| contact.id).collect()
    }

    async fn begun(&self, ids: Vec<ContactId>, change: impl FnOnce(&mut Plan)) -> CampaignId {
        let id = self.launched(1, MARKETING, Audience::Contacts { ids }, change).await;
        self.actors.campaign_changed(TENANT, id);
        id
    }

    pub(crate) async fn hours(&self, hours: u64) {
        let pass = tokio::time::timeout(Duration::from_hours(hours), std::future::pending::<()>());
        pass.await.unwrap_err();
    }

    fn at(&self) -> Vec<Timestamp> {
        let sends = self.meta.sends.lock().unwrap();
        sends.iter().map(|send| START.plus(Span(i64::try_from(send.at.as_millis()).unwrap()))).collect()
    }
}

const ARGENTINA: u32 = 54;
const GERMANY: u32 = 49;
const JAPAN: u32 = 81;
const NEW_ZEALAND: u32 = 64;

/// The play begins at midnight in UTC.
#[test]
fn everybody_gets_it_in_their_own_day_and_nobody_is_left_out() {
    play(|stage| async move {
        assert_eq!(START.0 % 86_400_000, 0);
        let ids = stage.people_of(&[JAPAN, GERMANY, NEW_ZEALAND, ARGENTINA], 1_000).await;
        let id = stage.begun(ids, quiet).await;
        stage.hours(1).await;
        // 09:00 in Tokyo, 13:00 in Auckland; 01:00 in Berlin and 21:00 in Buenos Aires.
        assert_eq!(stage.meta.bodies().len(), 500);
        let lane = stage.actors.campaign_pace(TENANT, id).unwrap()[0].state;
        assert_eq!(lane, LaneState::Asleep { until: START.plus(Span::hours(7)) });
        stage.hours(5).await;
        assert_eq!(stage.meta.bodies().len(), 500);
        stage.hours(2).await;
        assert_eq!(stage.meta.bodies().len(), 750);
        stage.hours(4).await;
        assert!(stage.is_finished(id).await);
        let recipients = stage.recipients(id).await;
        let homes: BTreeMap<_, _> =
            recipients.iter().map(|row| (format!("c1:{}", row.recipient.no), row.recipient.country)).collect();
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (1_000, 1_000));
        for (body, at) in bodies.iter().zip(stage.at()) {
            let begins = match homes[body].as_ref().map(Country::as_str) {
                Some("DE") => 7,
                Some("AR") => 11,
                _ => 0,
            };
            assert!(at >= START.plus(Span::hours(begins)), "{body} of {:?} left at {}", homes[body], at.0);
        }
    });
}

/// A slow broadcast at nightfall: whoever is in the lane already is not written to in the night either.
#[test]
fn what_waits_in_the_lane_when_night_falls_waits_for_the_morning() {
    play(|stage| async move {
        let ids = stage.people_of(&[ARGENTINA], 600).await;
        let id = stage
            .begun(ids, |plan| {
                quiet(plan);
                // 21:00 to 21:02 in Buenos Aires is awake.
                plan.quiet = Some(QuietHours { from: 21 * 60 + 2, to: 8 * 60 });
                plan.per_second = Some(1);
            })
            .await;
        stage.hours(10).await;
        let sent = stage.meta.bodies().len();
        assert!((118..=121).contains(&sent), "{sent} in two minutes at one a second");
        assert!(stage.at().iter().all(|at| *at < START.plus(Span::seconds(120))));
        stage.hours(2).await;
        assert!(stage.is_finished(id).await);
        assert_eq!(times(&stage.meta.bodies()).len(), 600);
    });
}

#[test]
fn a_start_by_everybodys_own_time_follows_the_sun() {
    play(|stage| async move {
        let ids = stage.people_of(&[GERMANY, JAPAN], 20).await;
        let id = stage
            .begun(ids, |plan| {
                plan.zone = Some("UTC".into());
                plan.start_at = Some(START.plus(Span::hours(10)));
                plan.start_is_local = true;
            })
            .await;
        stage.hours(11).await;
        let at = stage.at();
        assert!(at[..10].iter().all(|at| *at >= START.plus(Span::hours(1)) && *at < START.plus(Span::hours(2))));
        assert!(at[10..].iter().all(|at| *at >= START.plus(Span::hours(9)) && *at < START.plus(Span::hours(10))));
        assert!(stage.is_finished(id).await);
    });
}

#[test]
fn a_pause_in_the_night_holds_and_the_morning_after_it_sends() {
    play(|stage| async move {
        let ids = stage.people_of(&[GERMANY], 20).await;
        let id = stage.begun(ids, quiet).await;
        stage.hours(1).await;
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(8).await;
        assert_eq!(stage.meta.bodies().len(), 0);
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(stage.meta.bodies().len(), 20);
    });
}

#[test]
fn no_day_has_more_than_its_share_and_the_rest_goes_out_on_the_next() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..700).await;
        stage.meta.will_answer(vec![MetaSend::Slower { after: Duration::from_secs(1), pair: false }; 3]);
        let id = stage.begun(ids, |plan| plan.per_day = Some(300)).await;
        stage.hours(1).await;
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 300);
        let state = stage.actors.campaign_pace(TENANT, id).unwrap()[0].state;
        assert!(
            matches!(state, LaneState::DayIsFull { until } if until <= START.plus(Span::hours(24)).plus(Span(2_000))),
            "{state:?}"
        );
        stage.hours(22).await;
        // A pause changes nothing about the day.
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_secs(5)).await;
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_mins(30)).await;
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 300);
        stage.hours(2).await;
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 600);
        stage.hours(25).await;
        assert!(stage.is_finished(id).await);
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 700);
        for window in stage.at().windows(304) {
            assert!(window[303].since(window[0]) >= Span::hours(24), "{window:?}");
        }
    });
}

#[test]
fn too_many_failures_stop_it_and_it_goes_on_when_somebody_says_so() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..1_000).await;
        let failure = Failure { code: Some(131_026), text: "Not on WhatsApp.".into(), action: None };
        let accepted = |n: usize| MetaSend::Accepted { wamid: format!("ok{n}").parse().unwrap(), wa_id: None };
        let answers = (0..300).map(|n| if n % 10 == 9 { MetaSend::Never(failure.clone()) } else { accepted(n) });
        stage.meta.will_answer(answers);
        let id = stage.begun(ids, |plan| plan.stop = Some(StopRule { failed_percent: 5, after: 200 })).await;
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", paused).await;
        let Phase::Paused { reason: PauseReason::Failures { failed, of } } = stage.campaign(id).await.phase else {
            panic!("for another reason")
        };
        assert!((200..=280).contains(&of) && failed >= of / 10, "{failed} of {of}");
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(times(&stage.meta.bodies()).len(), 1_000);
    });
}
