//! Two contacts that turn out to be one person while messages are on their way to both.

use engine::campaign::{Audience, Class, FailedOf, FailureClass, ReachedOf, Silent, Skip};
use engine::contact::Contact;
use engine::delivery::{Failure, FailureAction};
use engine::id::{CampaignId, ContactId};
use engine::intake::IntakeOutcome;
use engine::ports::{Clock as _, ContactStore as _, Merged, Merger, Merging as _, MetaSend, PageRequest};
use engine::time::{Span, Timestamp};

use crate::campaign::{MARKETING, UTILITY};
use crate::stage::{Stage, TENANT, line, owner, play};

async fn merge(stage: &Stage, kept: ContactId, other: ContactId) {
    let wish = Merger { kept, other, by: owner().person, at: stage.clock.now() };
    let merged = stage.store.merge_contacts(TENANT, wish, vec![]).await;
    assert!(matches!(merged, Ok(Merged::Merged(_))), "{merged:?}");
    stage.actors.contact_changed();
}

#[test]
fn two_contacts_that_are_merged_while_a_broadcast_runs_get_it_once() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..100).await;
        let launch = async |n, category| {
            let slow = |plan: &mut engine::campaign::Plan| plan.per_second = Some(10);
            let id = stage.launched(n, category, Audience::Contacts { ids: ids.clone() }, slow).await;
            stage.actors.campaign_changed(TENANT, id);
            id
        };
        let sent =
            |name: &str| stage.meta.bodies().into_iter().filter(|body| body.starts_with(name)).collect::<Vec<_>>();
        let running = [(launch(1, MARKETING).await, "c1:"), (launch(2, UTILITY).await, "c2:")];
        stage.until("both are under way", async || running.iter().all(|(_, name)| sent(name).len() > 5)).await;
        // One was sent already; of the others both wait.
        merge(&stage, ids[0], ids[97]).await;
        merge(&stage, ids[99], ids[98]).await;
        for (id, name) in running {
            stage.until("it is finished", async || stage.is_finished(id).await).await;
            let bodies = sent(name);
            let got = |no: u32| bodies.iter().filter(|body| **body == format!("{name}{no}")).count();
            assert_eq!((bodies.len(), got(0), got(97), got(98) + got(99)), (98, 1, 0, 1), "{bodies:?}");
            assert_eq!(stage.tallies(id).await.of(Class::Failed(FailureClass::Permanent)), 2);
        }
        let later = launch(3, UTILITY).await;
        stage.until("it is finished", async || stage.is_finished(later).await).await;
        assert_eq!(sent("c3:").len(), 98);
        assert_eq!(stage.tallies(later).await.of(Class::Failed(FailureClass::Permanent)), 0);
        assert_eq!(duplicates(&stage, later).await, Some(2));
    });
}

async fn duplicates(stage: &Stage, id: CampaignId) -> Option<u64> {
    stage.skipped(id).await.get(&Skip::Duplicate).copied()
}

#[test]
fn who_is_in_an_audience_twice_is_in_it_once_and_counted() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..5).await;
        let goes_to = async |n, audience| {
            let id = stage.launched(n, UTILITY, audience, |_| {}).await;
            stage.actors.campaign_changed(TENANT, id);
            stage.until("it is finished", async || stage.is_finished(id).await).await;
            (id, stage.recipients(id).await.len(), duplicates(&stage, id).await)
        };
        let named = [ids.as_slice(), &ids[..2]].concat();
        let (sent, people, twice) = goes_to(1, Audience::Contacts { ids: named }).await;
        assert_eq!((people, twice), (5, Some(2)));
        let failure = Failure { code: None, text: "Later.".into(), action: Some(FailureAction::RetryLater) };
        stage.meta.will_answer(vec![MetaSend::Never(failure); 5]);
        let (failed, ..) = goes_to(2, Audience::Everyone).await;
        merge(&stage, ids[3], ids[1]).await;
        let reached = Audience::Reached(ReachedOf { campaign: sent, who: Silent::NotRead });
        let (_, people, twice) = goes_to(3, reached).await;
        assert_eq!((people, twice), (4, Some(1)));
        let (from, until) = (Timestamp(0), stage.clock.now().plus(Span::seconds(1)));
        let again = FailedOf { campaign: failed, class: FailureClass::TryLater, from, until };
        let (_, people, twice) = goes_to(4, Audience::Failed(again)).await;
        assert_eq!((people, twice), (4, Some(1)));
    });
}

#[test]
fn who_is_several_contacts_goes_on_in_the_conversation_that_there_is() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        let page = || PageRequest { after: None, limit: 9 };
        let other: Contact = stage.store.contacts(TENANT, page()).await.unwrap().items.remove(0);
        let kept = stage.with_contacts(50..51).await.remove(0);
        merge(&stage, kept, other.id).await;
        stage.receive(&[line("w1", "12025550123", stage.clock.now(), "Me again")]).await;
        stage.until("it is taken in", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        assert_eq!(stage.conversations().await, [conversation]);
        assert_eq!(stage.store.contacts(TENANT, page()).await.unwrap().items.len(), 1);
    });
}
