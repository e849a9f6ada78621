//! A person whom WhatsApp showed by its own id first, and a file by their number.

use std::collections::BTreeMap;

use engine::audit::{Action, AuditActor, AuditEntry};
use engine::campaign::{Audience, Class, FailureClass, Phase, Skip};
use engine::consent::{ConsentEntry, Opted};
use engine::contact::Contact;
use engine::id::{CampaignId, ContactId};
use engine::intake::IntakeOutcome;
use engine::ports::{
    AuditLog as _, Clock as _, ContactStore as _, ConversationStore as _, Merging as _, PageRequest, Parted,
};
use engine::time::Span;

use crate::campaign::{MARKETING, UTILITY, phone};
use crate::stage::{Stage, TENANT, line, owner, play};

impl Stage {
    async fn hears(&self, wamid: &str, who: &str) {
        self.receive(&[line(wamid, who, self.clock.now(), "Hello")]).await;
        self.until("it is taken in", async || self.count(IntakeOutcome::Stored).await == 0).await;
    }

    async fn contacts(&self) -> Vec<Contact> {
        self.store.contacts(TENANT, PageRequest { after: None, limit: 9 }).await.unwrap().items
    }

    async fn audited(&self) -> Vec<AuditEntry> {
        self.store.audit_chain(TENANT, 0, 99).await.unwrap().into_iter().map(|record| record.entry).collect()
    }

    async fn has_everyone(&self, n: u8, category: engine::template::Category) -> CampaignId {
        let id = self.launched(n, category, Audience::Everyone, |_| {}).await;
        self.actors.campaign_changed(TENANT, id);
        self.until("it is finished", async || self.is_finished(id).await).await;
        id
    }

    fn messages_of(&self, name: &str) -> usize {
        self.meta.bodies().iter().filter(|body| body.starts_with(name)).count()
    }
}

/// By its number, from a file.
async fn imported(stage: &Stage, n: u32, opted_out: bool) -> ContactId {
    let id = stage.with_contacts(n..n + 1).await.remove(0);
    if opted_out {
        let entry = ConsentEntry::recorded(id, Opted::Out, "on the phone", owner().person, stage.clock.now()).unwrap();
        stage.store.record_consent(TENANT, entry, vec![]).await.unwrap();
    }
    id
}

#[test]
fn who_wrote_by_their_id_and_then_with_an_imported_number_is_one_person_for_broadcasts() {
    for (opted_out, messages) in [(true, 0), (false, 1)] {
        play(|stage| async move {
            let id = imported(&stage, 1, opted_out).await;
            let (conversation, both) = (stage.opened("US.1").await, format!("US.1+{}", phone(1)));
            assert_eq!(stage.contacts().await.len(), 2);
            // As a process leaves it that dies before it has done anything about it.
            let told = engine::identity::Identities {
                bsuid: Some("US.1".parse().unwrap()),
                wa_id: Some(phone(1).parse().unwrap()),
                ..Default::default()
            };
            assert_eq!(stage.store.resolve(TENANT, "default", &told, None).await.unwrap().clashes.len(), 1);

            for wamid in ["w1", "w2"] {
                stage.hears(wamid, &both).await;
                let contacts = stage.contacts().await;
                let found: Vec<_> = contacts.iter().map(|one| (one.id, one.bsuid.clone(), one.phone.clone())).collect();
                assert_eq!(found, [(id, told.bsuid.clone(), told.wa_id.clone())]);
                assert_eq!(stage.conversations().await, [conversation]);
                let audited: Vec<_> = stage.audited().await.into_iter().map(|one| (one.action, one.actor)).collect();
                assert_eq!(audited, [(Action::ContactsMerged, AuditActor::System)]);
            }
            let is_told = stage.bus.0.lock().unwrap().iter().any(|event| {
                let frame = String::from_utf8_lossy(&event.frame);
                frame.contains("conversation_changed") && frame.contains("opted_out")
            });
            assert_eq!(is_told, opted_out, "whoever has it open sees whom it is with");

            let sent = stage.has_everyone(1, MARKETING).await;
            assert_eq!(stage.messages_of("c1:"), messages);
            let skips = opted_out.then_some((Skip::OptedOut, 1));
            assert_eq!(stage.skipped(sent).await, skips.into_iter().collect::<BTreeMap<_, _>>());
        });
    }
}

#[test]
fn whom_a_person_has_parted_are_two_of_whom_one_has_the_number() {
    play(|stage| async move {
        let (id, both) = (imported(&stage, 1, false).await, format!("US.1+{}", phone(1)));
        stage.opened("US.1").await;
        stage.hears("w1", &both).await;
        let merged = stage.contacts().await.remove(0).merged.remove(0);
        let parted = stage.store.part_contacts(TENANT, (id, merged.contact), stage.clock.now(), vec![]).await;
        assert!(matches!(parted, Ok(Parted::Parted { .. })), "{parted:?}");
        stage.actors.contact_changed();
        assert_eq!(stage.contacts().await.iter().filter(|one| one.phone.is_some()).count(), 1);

        for wamid in ["w2", "w3"] {
            stage.hears(wamid, &both).await;
            let phones: Vec<_> = stage.contacts().await.into_iter().map(|one| (one.id, one.phone)).collect();
            assert_eq!(phones, [(merged.contact, Some(phone(1).parse().unwrap())), (id, None)]);
        }
        let actions: Vec<_> = stage.audited().await.into_iter().map(|one| one.action).collect();
        assert_eq!(actions, [Action::ContactsMerged, Action::ContactNumberMoved]);
        let sent = stage.has_everyone(1, UTILITY).await;
        assert_eq!(
            (stage.messages_of("c1:"), stage.skipped(sent).await),
            (1, BTreeMap::from([(Skip::Unreachable, 1)]))
        );
    });
}

#[test]
fn a_number_that_moved_is_written_to_for_nobody_who_had_it() {
    play(|stage| async move {
        let had = stage.opened(&format!("US.2+{}", phone(1))).await;
        stage.opened("US.1").await;
        let later = stage.clock.now().plus(Span::seconds(600));
        let waits = stage.launched(1, UTILITY, Audience::Everyone, |plan| plan.start_at = Some(later)).await;
        stage.actors.campaign_changed(TENANT, waits);
        stage.until("it is written down", async || stage.campaign(waits).await.phase == Phase::Running).await;

        stage.hears("w1", &format!("US.1+{}", phone(1))).await;
        let card = stage.store.conversation(TENANT, had).await.unwrap().unwrap().contact;
        assert_eq!((card.phone, card.bsuid.unwrap().as_str()), (None, "US.2"), "nobody writes to them there");
        stage.until("it is finished", async || stage.is_finished(waits).await).await;
        assert_eq!(
            (stage.messages_of("c1:"), stage.tallies(waits).await.of(Class::Failed(FailureClass::Permanent))),
            (1, 1)
        );
        stage.has_everyone(2, UTILITY).await;
        assert_eq!(stage.messages_of("c2:"), 2, "each by their own");
    });
}
