//! A broadcast that repeats, through the binary.

use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, plan, with_people};
use crate::harness::{Agent, Jetto, NUMBER};

fn repeating(repeat: &Value) -> Value {
    let mut plan = plan(NUMBER);
    plan["zone"] = json!("America/Sao_Paulo");
    plan["repeat"] = repeat.clone();
    json!({"name": "Every Monday", "plan": plan})
}

async fn series(agent: &Agent, id: &str) -> Value {
    agent.get(&format!("campaigns/{id}")).await["campaign"].clone()
}

#[tokio::test]
async fn a_series_is_started_with_the_people_of_its_first_time_and_is_paused_and_ended_as_any_other() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    for wrong in [
        json!({"on": {"kind": "weekdays", "days": []}, "at": 540}),
        json!({"on": {"kind": "weekdays", "days": [8]}, "at": 540}),
        json!({"on": {"kind": "month_day", "day": 32}, "at": 540}),
        json!({"on": {"kind": "every_day"}, "at": 1440}),
        json!({"on": {"kind": "every_day"}, "at": 540, "times": 0}),
    ] {
        assert_eq!(agent.post("campaigns", &repeating(&wrong)).await.expect(422).problem(), "invalid", "{wrong}");
    }
    let weekly = json!({"on": {"kind": "weekdays", "days": [1]}, "at": 540, "times": 10});
    let draft = agent.post("campaigns", &repeating(&weekly)).await.expect(201).json();
    let id = draft["id"].as_str().unwrap();
    let check = agent.post(&format!("campaigns/{id}/check"), &json!({})).await.expect(200).json();
    assert_eq!(check["will_be_sent"], PEOPLE);
    let launch = format!("campaigns/{id}/launch");
    let other = agent.post(&launch, &json!({"revision": 1, "confirm_recipient_count": PEOPLE - 1})).await;
    assert_eq!(other.expect(409).problem(), "count_changed");
    agent.post(&launch, &json!({"revision": 1, "confirm_recipient_count": PEOPLE})).await.expect(200);
    let started = series(&agent, id).await;
    let standing = &started["launch"]["series"];
    assert_eq!((&started["phase"]["kind"], &standing["confirmed"]), (&json!("running"), &json!(PEOPLE)));
    // A Monday at nine in São Paulo, 12:00 in UTC.
    let next = standing["next"].as_i64().unwrap();
    assert_eq!((next.rem_euclid(86_400_000), (next / 86_400_000 + 3) % 7), (12 * 3_600_000, 0));
    let made = agent.get(&format!("campaigns/{id}/occurrences")).await;
    assert_eq!(made["items"], json!([]));
    agent.post(&format!("campaigns/{id}/pause"), &json!({})).await.expect(200);
    agent.post(&format!("campaigns/{id}/resume"), &json!({})).await.expect(200);
    assert_eq!(series(&agent, id).await["launch"]["series"]["next"], next);
    agent.post(&format!("campaigns/{id}/cancel"), &json!({})).await.expect(200);
    assert_eq!(series(&agent, id).await["phase"]["kind"], "cancelled");
}
