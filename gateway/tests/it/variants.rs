//! A broadcast with two messages through the binary: a check says who gets what, a person chooses, and the list shows it.

use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, finished, plan, progress, received, with_people};
use crate::harness::{Agent, Jetto, NUMBER, ORGANIZATION, eventually};

/// B greets everybody the same way.
fn tested() -> Value {
    let mut plan = plan(NUMBER);
    let mut other = plan.clone();
    for variable in other["variables"].as_array_mut().unwrap().iter_mut().filter(|one| one["place"] == "body") {
        variable["source"] = json!({"kind": "text", "text": "neighbour"});
    }
    let others = json!([{"template": other["template"], "language": "en", "variables": other["variables"]}]);
    plan["test"] = json!({"others": others, "sample": 40, "winner": {"kind": "person"}});
    plan["hold_out"] = 15.into();
    plan
}

async fn csv(agent: &Agent, id: &str) -> Vec<Vec<String>> {
    let file = agent.read(&format!("campaigns/{id}/recipients.csv")).await.expect(200);
    let text = String::from_utf8(file.body.to_vec()).unwrap();
    text.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}

#[tokio::test]
async fn a_sample_gets_two_messages_and_the_rest_what_somebody_chose() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let made = agent.post("campaigns", &json!({"name": "Two", "plan": tested()})).await.expect(201).json();
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("campaigns/{id}");
    let check = agent.post(&format!("{path}/check"), &json!({})).await.expect(200).json();
    let people = |value: &Value| value.as_u64().unwrap();
    let count = people(&check["will_be_sent"]);
    let held = people(&check["skipped"]["hold_out"]);
    assert_eq!((count + held, held > 0), (PEOPLE, true), "{check}");
    let variants = check["test"]["variants"].as_array().unwrap();
    let sample: u64 = variants.iter().map(|one| people(&one["people"])).sum();
    assert_eq!((variants.len(), sample + people(&check["test"]["waiting"])), (2, count), "{check}");
    let start = json!({"revision": made["revision"], "confirm_recipient_count": count});
    agent.post(&format!("{path}/launch"), &start).await.expect(200);
    let waits = eventually("the sample has left", async || {
        let progress = progress(&agent, &id).await;
        (!progress["test"]["sampled_at"].is_null()).then_some(progress)
    })
    .await;
    assert_eq!(waits["test"]["waiting"], count - sample);
    assert_eq!(received(&jetto).len() as u64, sample);
    let choose = |revision: &Value, variant: &str| json!({"revision": revision, "variant": variant});
    let winner = format!("{path}/winner");
    agent.post(&winner, &choose(&1.into(), "B")).await.expect(409);
    agent.post(&winner, &choose(&waits["revision"], "D")).await.expect(422);
    let chosen = agent.post(&winner, &choose(&waits["revision"], "B")).await.expect(200).json();
    let again = agent.post(&winner, &choose(&waits["revision"], "B")).await.expect(200).json();
    assert_eq!(again["launch"]["winner"], chosen["launch"]["winner"]);
    agent.post(&winner, &choose(&again["revision"], "A")).await.expect(422);
    let over = finished(&agent, &id).await;
    assert_eq!(over["test"]["winner"]["reason"]["kind"], "person");
    assert_eq!((people(&over["test"]["held_out"]), people(&over["test"]["rest"]["sent"])), (held, count - sample));
    let got = received(&jetto);
    assert_eq!((got.len() as u64, got.values().max()), (count, Some(&1)));
    let lines = csv(&agent, &id).await;
    let (columns, rows) = lines.split_first().unwrap();
    assert_eq!(columns[columns.len() - 2..], ["variant", "group"]);
    let of =
        |variant: &str, group: &str| rows.iter().filter(|row| row[row.len() - 2..] == [variant, group]).count() as u64;
    assert_eq!((of("A", "sample") + of("B", "sample"), of("B", "rest"), of("A", "rest")), (sample, count - sample, 0));
    jetto.stop().await;
    let record = &jetto.audit_records(ORGANIZATION, "campaign.winner_chosen").await[0];
    assert!(format!("{record:?}").contains("variant"), "{record:?}");
}

#[tokio::test]
async fn each_message_is_tried_out_and_a_test_that_cannot_be_is_refused_in_plain_words() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let made = agent.post("campaigns", &json!({"name": "Two", "plan": tested()})).await.expect(201).json();
    let path = format!("campaigns/{}", made["id"].as_str().unwrap());
    let contact = agent.all("contacts").await[0]["id"].clone();
    let body = json!({"contact_id": contact, "variant": "B"});
    let sent = agent.send_to(&format!("{path}/test"), "try-b", &body).await.expect(202).json();
    assert!(sent["content"]["body"].as_str().unwrap().starts_with("Hello neighbour"), "{sent}");
    let body = json!({"contact_id": contact, "variant": "C"});
    agent.send_to(&format!("{path}/test"), "try-c", &body).await.expect(422);
    let mut plan = tested();
    plan["test"]["others"][0]["template"] = "no_such_template".into();
    let edit = json!({"revision": made["revision"], "name": "Two", "plan": plan});
    let edited = agent.put(&path, &edit).await.expect(200).json();
    let check = agent.post(&format!("{path}/check"), &json!({})).await.expect(200).json();
    assert_eq!(
        (&check["findings"][0]["severity"], &check["findings"][0]["key"]),
        (&json!("must_fix"), &json!("template"))
    );
    plan["test"]["sample"] = 0.into();
    let edit = json!({"revision": edited["revision"], "name": "Two", "plan": plan});
    let refused = agent.put(&path, &edit).await.expect(422);
    assert!(String::from_utf8_lossy(&refused.body).contains("1 to 100 percent"));
}
