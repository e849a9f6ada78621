//! What a broadcast costs, through the binary: estimated before, told by WhatsApp's statuses afterwards.

use loadtest::payload::Content;
use serde_json::{Value, json};

use crate::harness::{Agent, Jetto, NUMBER, customer, eventually};

const AMERICANS: u64 = 12;
const BRAZILIANS: u64 = 5;
const PEOPLE: u64 = AMERICANS + BRAZILIANS;

/// Of Brazil no price is known.
const PRICES: &str = "
price, 2025-07-01, North America, utility, USD, 0.004
price, 2025-07-01, North America, marketing, USD, 0.025
price, 2025-07-01, Brazil, marketing, USD, 0.0625
";

async fn with_prices() -> Jetto {
    let mut jetto = Jetto::prepared().await;
    let file = jetto.path().join("prices.csv");
    std::fs::write(&file, PRICES).unwrap();
    jetto.set("JETTO_PRICES_FILE", file.to_str().unwrap());
    jetto.start().await;
    jetto
}

async fn draft(jetto: &Jetto, agent: &Agent) -> Value {
    for n in 0..AMERICANS {
        jetto.meta.customer_says(&NUMBER.into(), &customer(n), Content::Text { body: format!("Hello {n}") }).unwrap();
    }
    for n in 0..BRAZILIANS {
        let brazilian = format!("551198765{n:04}");
        let said = Content::Text { body: format!("Bom dia {n}") };
        jetto.meta.customer_says(&NUMBER.into(), &brazilian.as_str().into(), said).unwrap();
    }
    eventually("all people", async || (agent.all("contacts").await.len() as u64 == PEOPLE).then_some(())).await;
    let text = |name: &str, place: &str, index: Value| json!({"name": name, "place": place, "index": index, "source": {"kind": "text", "text": "4821"}});
    let variables = json!([
        text("1", "body", Value::Null),
        text("2", "body", Value::Null),
        text("3", "body", Value::Null),
        text("1", "button", json!(0)),
    ]);
    let plan = json!({"template": "order_shipped", "language": "en", "numbers": [NUMBER],
                      "audience": {"kind": "everyone"}, "variables": variables});
    agent.post("campaigns", &json!({"name": "Kasturi turns six", "plan": plan})).await.expect(201).json()
}

fn people(rows: &Value) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row["people"].as_u64().unwrap()).sum()
}

#[tokio::test]
pub(crate) async fn a_broadcast_costs_what_its_statuses_say_and_nothing_is_guessed() {
    let jetto = with_prices().await;
    let agent = jetto.owner().await;
    let draft = draft(&jetto, &agent).await;
    let id = draft["id"].as_str().unwrap();
    let check = agent.post(&format!("campaigns/{id}/check"), &json!({})).await.expect(200).json();
    let estimate = &check["cost"];
    assert_eq!(estimate["totals"], json!([{"micros": 4_000 * AMERICANS, "currency": "USD"}]), "{estimate}");
    assert_eq!((&estimate["unpriced"], people(&estimate["rows"])), (&BRAZILIANS.into(), PEOPLE), "{estimate}");
    assert_eq!((&estimate["rows"][0]["country"], &estimate["rows"][1]["cost"]), (&"US".into(), &Value::Null));
    let start = json!({"revision": draft["revision"], "confirm_recipient_count": PEOPLE});
    agent.post(&format!("campaigns/{id}/launch"), &start).await.expect(200);
    // Every message has arrived, and its price with one status or the other.
    let done = eventually("everybody's price is known", async || {
        let progress = agent.get(&format!("campaigns/{id}/progress")).await;
        (people(&progress["cost"]["rows"]) == PEOPLE).then_some(progress)
    })
    .await;
    let cost = &done["cost"];
    let of_kind = |kind: &str| -> Vec<&Value> {
        cost["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == kind).collect()
    };
    assert!(of_kind("regular").iter().all(|row| row["category"] == "utility"), "{cost}");
    let americans = of_kind("regular").into_iter().find(|row| row["country"] == "US").unwrap();
    let micros = 4_000 * americans["people"].as_u64().unwrap();
    assert_eq!(cost["billed"], json!([{"micros": micros, "currency": "USD"}]), "{cost}");
    let unpriced: u64 =
        of_kind("regular").iter().filter(|row| row["country"] == "BR").map(|row| people(&json!([row]))).sum();
    assert_eq!((&cost["unpriced"], &cost["expected"]), (&unpriced.into(), &json!([])), "{cost}");
    let countries = done["countries"].as_array().unwrap();
    let seen: Vec<_> = countries.iter().map(|one| (one["country"].clone(), one["delivered"].clone())).collect();
    assert_eq!(seen, [("US".into(), AMERICANS.into()), ("BR".into(), BRAZILIANS.into())]);
    let file = agent.read(&format!("campaigns/{id}/recipients.csv")).await.expect(200);
    let text = String::from_utf8(file.body.to_vec()).unwrap();
    let priced = text.lines().filter(|line| line.contains(",US,utility,")).count() as u64;
    assert_eq!(priced, AMERICANS, "{text}");
}
