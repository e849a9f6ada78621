//! A browser that loses its connection misses nothing and gets nothing twice.

use loadtest::payload::Update;

use crate::harness::{Jetto, Live, customer, now_s, text, webhook};

const CUTS: usize = 100;

fn burst(name: &str, from: u64, count: u64) -> Vec<Update> {
    (from..from + count).map(|index| text(&customer(index % 40), &format!("{name}{index}"), now_s(), "Hello")).collect()
}

#[tokio::test]
async fn a_client_killed_a_hundred_times_under_load_misses_and_doubles_nothing() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let load = async {
        for round in 0..100 {
            jetto.post(&webhook(&burst("load", round * 20, 20))).await;
        }
    };
    // `Live` insists on the next number at every frame, over all cuts.
    let reader = async {
        let (mut after, mut cuts, mut events) = (0, 0, 0);
        while events < 2_000 {
            let mut live: Live = agent.live(Some(after)).await;
            let until = if cuts < CUTS { (after + 1 + (cuts as u64 * 7) % 23).min(2_000) } else { 2_000 };
            events += live.up_to(until).await.len();
            after = live.last.unwrap();
            cuts += 1;
        }
        (cuts, events, after)
    };
    let ((), (cuts, events, after)) = futures_util::future::join(load, reader).await;
    assert!(cuts >= CUTS, "{cuts}");
    assert_eq!((events, after), (2_000, 2_000));
    assert_eq!(agent.live(None).await.head, 2_000);
}

#[tokio::test]
async fn one_who_is_far_behind_gets_every_page_in_order() {
    let mut jetto = Jetto::prepared().await;
    // The first half must come from the log and not from memory.
    jetto.set("JETTO_LIMITS__LIVE_RING_EVENTS", "1000");
    jetto.start().await;
    let agent = jetto.owner().await;
    let mut first = agent.live(Some(0)).await;
    let bodies: Vec<_> = (0..5).map(|round| webhook(&burst("far", round * 1_000, 1_000))).collect();
    for body in &bodies {
        jetto.post(body).await;
    }
    let events = first.up_to(5_000).await;
    assert_eq!(events.len(), 5_000);
    let again = agent.live(Some(0)).await.up_to(5_000).await;
    assert!(again == events, "the same events, whether they came as they happened or from the log");
    let mut late = agent.live(Some(4_990)).await;
    assert_eq!(late.up_to(5_000).await.len(), 10);
    drop(late);
    jetto.restart().await;
    let kept = agent.live(Some(0)).await.up_to(5_000).await;
    assert!(kept == events, "the log outlives the process");
}
