//! What WhatsApp holds until it knows how people like the template.

use engine::campaign::{Class, PauseReason, Phase, SendState};
use engine::ports::{Clock as _, MetaSend};

use crate::campaign::{MARKETING, times};
use crate::stage::{Stage, TENANT, play, status_line};

const HELD: u32 = 5;

fn held(n: u32) -> MetaSend {
    MetaSend::Held { wamid: format!("wamid.held{n}").parse().unwrap(), wa_id: None }
}

/// How the message with this place in the order of sends was answered is over.
async fn told(stage: &Stage, n: usize, code: Option<i64>) {
    let callback = stage.meta.sends.lock().unwrap()[n].callback.to_string();
    let line = status_line(&format!("wamid.held{n}"), &callback, stage.clock.now());
    let code = code.map(|code| code.to_string()).unwrap_or_default();
    stage.receive(&[format!("{line}{code}")]).await;
}

#[test]
fn what_is_held_is_counted_until_it_is_let_go_and_a_drop_pauses_what_still_runs() {
    play(|stage| async move {
        stage.meta.will_answer((0..HELD).map(held));
        let ids = stage.with_contacts(0..100).await;
        let audience = engine::campaign::Audience::Contacts { ids };
        let id = stage.launched(1, MARKETING, audience, |plan| plan.per_second = Some(1)).await;
        stage.actors.campaign_changed(TENANT, id);
        let tallies = async || stage.tallies(id).await;
        stage.until("some are held", async || tallies().await.of(Class::Held) == u64::from(HELD)).await;
        told(&stage, 0, None).await;
        stage.until("one is let go", async || tallies().await.of(Class::Held) == u64::from(HELD) - 1).await;
        assert_eq!(tallies().await.of(Class::Delivered), 1);
        told(&stage, 1, Some(132_015)).await;
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it pauses", paused).await;
        let Phase::Paused { reason: PauseReason::Refused { code, .. } } = stage.campaign(id).await.phase else {
            panic!("for another reason")
        };
        assert_eq!(code, Some(132_015));
        let rows = stage.recipients(id).await;
        assert_eq!(rows.iter().filter(|row| row.send == SendState::Held).count(), HELD as usize - 2);
        assert!(times(&stage.meta.bodies()).values().all(|count| *count == 1), "nobody twice");
    });
}
