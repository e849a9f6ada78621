//! The simulator over real HTTP, and the payload builders against Meta's samples.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "in a test's helper a panic is the report"
)]

mod delivery;
mod fuzz_api;
mod introduction;
mod limits;
mod management;
mod media;
mod pacing;
mod payload_shapes;
mod receiver;
mod review;
mod sending;
mod templates;

use loadtest::payload::{Content, Phone, PhoneNumberId};
use loadtest::simulator::{Simulator, SimulatorConfig};
use serde_json::{Value, json};

const TOKEN: &str = "simulator-token";
const CUSTOMER: &str = "12025550123";

fn number() -> PhoneNumberId {
    PhoneNumberId::from("200000000000001")
}

fn customer() -> Phone {
    Phone::from(CUSTOMER)
}

fn text(body: &str) -> Content {
    Content::Text { body: body.into() }
}

/// A customer's message has opened the window.
fn with_open_window(config: SimulatorConfig) -> Simulator {
    let simulator = Simulator::start(config).unwrap();
    simulator.customer_says(&number(), &customer(), text("hello")).unwrap();
    simulator
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

async fn send(simulator: &Simulator, body: &Value) -> (u16, Value) {
    let url = format!("{}/v26.0/{}/messages", simulator.url(), number());
    let answer = client().post(url).bearer_auth(TOKEN).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn get(simulator: &Simulator, path: &str) -> (u16, Value) {
    let answer = client().get(format!("{}/{path}", simulator.url())).bearer_auth(TOKEN).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

fn text_to(to: &str, body: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": to, "type": "text", "text": {"body": body}})
}
