//! What people do because of a broadcast, through the binary: counted, told of each, and written to again who did nothing.

use std::collections::BTreeMap;

use loadtest::payload::{Content, Context, Phone};
use loadtest::simulator::Speech;
use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, draft, finished, launch, plan, progress, received, with_people};
use crate::harness::{Agent, Jetto, NUMBER, customer, eventually};

/// As we write it, with `+`.
fn is_to(written: &str, who: &Phone) -> bool {
    written.trim_start_matches('+') == who.as_str()
}

/// They tap a button of what the broadcast sent them.
fn taps(jetto: &Jetto, who: &Phone) {
    let sent = jetto.meta.ledger().into_iter().find(|one| one.kind == "template" && is_to(&one.to, who));
    let id = sent.unwrap().wamid.unwrap();
    let tap = Content::TemplateButton { payload: "more".into(), text: "See the collection".into() };
    let context = Some(Context::Reply { from: "12025550100".into(), id });
    jetto
        .meta
        .says(Speech { number: NUMBER.into(), customer: who.clone(), content: tap, context, referral: None })
        .unwrap();
}

fn says(jetto: &Jetto, who: &Phone, body: &str) {
    jetto.meta.customer_says(&NUMBER.into(), who, Content::Text { body: body.into() }).unwrap();
}

/// Everybody has it, one wrote, one tapped, one stopped.
async fn answered(jetto: &Jetto, agent: &Agent) -> String {
    with_people(jetto, agent).await;
    let draft = draft(agent).await;
    let id = launch(agent, &draft).await;
    finished(agent, &id).await;
    says(jetto, &customer(1), "STOP");
    taps(jetto, &customer(2));
    says(jetto, &customer(3), "When is it here?");
    says(jetto, &customer(3), "And how much is it?");
    id
}

#[tokio::test]
pub(crate) async fn stops_taps_and_answers_are_counted_once_each_in_figures_rows_and_file() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let id = answered(&jetto, &agent).await;
    let done = eventually("all are counted", async || {
        let progress = progress(&agent, &id).await;
        (progress["counts"]["replied"] == 3 && progress["counts"]["opted_out"] == 1).then_some(progress)
    })
    .await;
    assert_eq!(done["counts"]["clicked"], 1, "{done}");
    let in_all: u64 = done["countries"].as_array().unwrap().iter().map(|one| one["opted_out"].as_u64().unwrap()).sum();
    assert_eq!(in_all, 1, "{done}");
    assert_eq!(done["replies"], json!({"tapped": 1, "wrote": 1, "stopped": 1}));
    eventually("the hours say the same as the counts", async || {
        let progress = progress(&agent, &id).await;
        let hours = progress["hours"].as_array().unwrap();
        let sum = |step: &str| hours.iter().map(|hour| hour[step].as_u64().unwrap()).sum::<u64>();
        let read = progress["counts"]["read"].as_u64().unwrap();
        ([sum("delivered"), sum("read"), sum("replied")] == [PEOPLE, read, 3]).then_some(())
    })
    .await;
    let rows = agent.all(&format!("campaigns/{id}/recipients")).await;
    let with = |field: &str| rows.iter().filter(|row| !row[field].is_null()).count();
    assert_eq!(["replied_at", "clicked_at", "opted_out_at"].map(with), [3, 1, 1]);
    let file = agent.read(&format!("campaigns/{id}/recipients.csv")).await.expect(200);
    let text = String::from_utf8(file.body.to_vec()).unwrap();
    let place = |name: &str| text.lines().next().unwrap().split(',').position(|column| column == name).unwrap();
    let places = [place("opted_out_at"), place("clicked_at")];
    let lines = text.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split(',').collect();
        places.map(|place| cells[place])
    });
    let (stopped, tapped) = lines.fold((0, 0), |(stopped, tapped), cells| {
        (stopped + usize::from(!cells[0].is_empty()), tapped + usize::from(!cells[1].is_empty()))
    });
    assert_eq!((stopped, tapped), (1, 1), "{text}");
}

#[tokio::test]
pub(crate) async fn who_did_not_answer_is_written_to_once_more() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let first = answered(&jetto, &agent).await;
    eventually("all are counted", async || (progress(&agent, &first).await["counts"]["replied"] == 3).then_some(()))
        .await;
    let aimed = |campaign: &str| {
        let mut plan = plan(NUMBER);
        plan["audience"] = json!({"kind": "reached", "campaign": campaign, "who": "not_replied"});
        json!({"name": "Once more", "plan": plan})
    };
    let nowhere = agent.post("campaigns", &aimed(&"0".repeat(32))).await.expect(422);
    assert_eq!(nowhere.problem(), "invalid");
    let made: Value = agent.post("campaigns", &aimed(&first)).await.expect(201).json();
    let id = made["id"].as_str().unwrap();
    let check = agent.post(&format!("campaigns/{id}/check"), &json!({})).await.expect(200).json();
    assert_eq!(check["will_be_sent"], PEOPLE - 3, "{check}");
    let start = json!({"revision": made["revision"], "confirm_recipient_count": PEOPLE - 3});
    agent.post(&format!("campaigns/{id}/launch"), &start).await.expect(200);
    finished(&agent, id).await;
    let mut times = BTreeMap::new();
    for (to, times_sent) in received(&jetto) {
        *times.entry(times_sent).or_insert(0) += 1;
        let answered = [1, 2, 3].iter().any(|n| is_to(&to, &customer(*n)));
        assert_eq!(times_sent, if answered { 1 } else { 2 }, "{to}");
    }
    assert_eq!(times, BTreeMap::from([(1, 3), (2, PEOPLE - 3)]));
}
