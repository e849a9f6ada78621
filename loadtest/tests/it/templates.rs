use loadtest::simulator::{Simulator, SimulatorConfig};
use serde_json::{Value, json};

use crate::{get, send};

fn template(name: &str, language: &str, components: &Value) -> Value {
    json!({"messaging_product": "whatsapp", "to": "+12025550123", "type": "template",
        "template": {"name": name, "language": {"code": language}, "components": components}})
}

fn body(texts: &[&str]) -> Value {
    let parameters: Vec<Value> = texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

fn track(suffix: &str) -> Value {
    json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": suffix}]})
}

fn named(name: &str, text: &str) -> Value {
    json!({"type": "text", "parameter_name": name, "text": text})
}

#[tokio::test]
async fn parameter_errors_have_metas_codes() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let appointment = |second: Value| {
        let parameters = [named("name", "Avery"), second, named("time", "16:00")];
        template("appointment_reminder", "en", &json!([{"type": "body", "parameters": parameters}]))
    };
    let sale = |header: Value| template("spring_sale", "en", &json!([header, body(&["Avery", "31 May"])]));
    let cases = [
        (template("order_shipped", "en", &json!([body(&["Avery", "4821", "12/05"]), track("4821")])), 0),
        (template("order_shipped", "ar", &json!([body(&["ليلى", "4821", "12/05"]), track("4821")])), 0),
        (template("order_shipped", "en", &json!([body(&["Avery"]), track("4821")])), 132_000),
        (template("order_shipped", "en", &json!([body(&["Avery", "4821", "12/05"])])), 131_008),
        (template("order_shipped", "fr", &json!([body(&["Avery", "4821", "12/05"])])), 132_001),
        (template("no_such_template", "en", &json!([])), 132_001),
        (template("hello_world", "en_US", &json!([])), 0),
        (template("hello_world", "en_US", &json!([body(&["extra"])])), 132_000),
        (appointment(named("day", "12/05")), 0),
        (appointment(json!({"type": "text", "text": "12/05"})), 132_012),
        (
            sale(
                json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://x.example/a.png"}}]}),
            ),
            0,
        ),
        (sale(json!({"type": "header", "parameters": [{"type": "text", "text": "x"}]})), 132_012),
        (sale(json!({"type": "header", "parameters": []})), 132_012),
        (template("winter_clearance", "en", &json!([body(&["31 May"])])), 132_015),
        (template("garden_news", "en", &json!([])), 0),
        (template("member_offer", "en", &json!([body(&["Avery"])])), 0),
        (template("price_list", "en", &json!([body(&["x"])])), 132_001),
    ];
    for (body, code) in cases {
        let answer = send(&simulator, &body).await.1;
        assert_eq!(answer["error"]["code"].as_u64().unwrap_or(0), code, "{body} -> {answer}");
    }
}

#[tokio::test]
async fn an_accepted_template_says_so() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let answer = send(&simulator, &template("hello_world", "en_US", &json!([]))).await.1;
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
}

#[tokio::test]
async fn the_list_is_read_page_by_page() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let all = get(&simulator, "v26.0/100000000000001/message_templates?limit=100").await.1;
    let count = all["data"].as_array().unwrap().len();
    assert!(count > 15 && all["paging"].get("next").is_none());
    let mut path = "v26.0/100000000000001/message_templates?limit=7".to_owned();
    let mut read = 0;
    loop {
        let page = get(&simulator, &path).await.1;
        read += page["data"].as_array().unwrap().len();
        let Some(next) = page["paging"]["next"].as_str() else { break };
        path = next.strip_prefix(&format!("{}/", simulator.url())).unwrap().to_owned();
    }
    assert_eq!(read, count);
    let arabic = get(&simulator, "v26.0/100000000000001/message_templates?name=order_shipped&language=ar").await.1;
    assert_eq!(arabic["data"].as_array().unwrap().len(), 1);
    assert_eq!(arabic["data"][0]["category"], "UTILITY");
}
