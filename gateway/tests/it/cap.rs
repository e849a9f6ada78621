//! How much advertising a person gets from all broadcasts together, through the binary.

use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, finished, launch, received, with_people};
use crate::harness::{Agent, Jetto, NUMBER};

async fn advert(agent: &Agent, name: &str) -> Value {
    let plan = json!({"template": "garden_news", "language": "en", "numbers": [NUMBER],
                      "audience": {"kind": "everyone"}, "variables": []});
    agent.post("campaigns", &json!({"name": name, "plan": plan})).await.expect(201).json()
}

async fn check(agent: &Agent, draft: &Value) -> Value {
    let path = format!("campaigns/{}/check", draft["id"].as_str().unwrap());
    agent.post(&path, &json!({})).await.expect(200).json()
}

#[tokio::test]
pub(crate) async fn a_person_gets_only_so_much_advertising_over_all_broadcasts() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    for wrong in [json!({"messages": 0, "days": 7}), json!({"messages": 2, "days": 91}), json!({"messages": 2})] {
        agent.patch("organization", &json!({"campaign_cap": wrong})).await.expect(422);
    }
    let cap = json!({"messages": 1, "days": 7});
    let now = agent.patch("organization", &json!({"campaign_cap": cap})).await.expect(200).json();
    assert_eq!(now["campaign_cap"], cap);
    let entry = &agent.all("audit?action=settings.changed").await[0];
    assert_eq!(entry["details"]["campaign_cap"], "none → 1 in 7 days");
    let first = advert(&agent, "First").await;
    finished(&agent, &launch(&agent, &first).await).await;
    let second = advert(&agent, "Second").await;
    let would = check(&agent, &second).await;
    assert_eq!((&would["will_be_sent"], &would["skipped"]), (&json!(0), &json!({"capped": PEOPLE})), "{would}");
    // What is not said stays as it is; nothing takes the cap away.
    let renamed = agent.patch("organization", &json!({"name": "Garden & Sons"})).await.expect(200).json();
    assert_eq!(renamed["campaign_cap"], cap);
    agent.patch("organization", &json!({"campaign_cap": null})).await.expect(200);
    assert_eq!(check(&agent, &second).await["will_be_sent"], json!(PEOPLE));
    assert!(received(&jetto).values().all(|count| *count == 1));
}
