//! What Meta posts, made by hand where a test needs it odd.

use loadtest::clock::unix_millis;
use loadtest::payload::{self, Content, Inbound, Line, Phone, Sender, State, Status, Update, Wamid, wire};
use serde_json::Value;

use super::{NUMBER, SECRET, WABA, eventually, plant};

pub(crate) async fn post(url: &str, body: &[u8]) -> u16 {
    signed(url, body, &wire::signature(SECRET, body)).await
}

/// With any signature; `""` is none.
pub(crate) async fn signed(url: &str, body: &[u8], signature: &str) -> u16 {
    signed_at(&format!("{url}/webhooks/whatsapp"), body, signature).await
}

/// At any address. A server that is too busy is asked again, as Meta does.
pub(crate) async fn signed_at(url: &str, body: &[u8], signature: &str) -> u16 {
    let client = reqwest::Client::new();
    eventually("an answer to the webhook", async || {
        let mut request = client.post(url).body(body.to_vec());
        if !signature.is_empty() {
            request = request.header("X-Hub-Signature-256", signature);
        }
        let status = request.send().await.unwrap().status().as_u16();
        (status != 503).then_some(status)
    })
    .await
}

pub(crate) fn now_s() -> u64 {
    unix_millis() / 1000
}

fn line() -> Line {
    Line { waba: WABA.into(), number: NUMBER.into(), display: "12025550100".into() }
}

/// The n-th customer.
pub(crate) fn customer(n: u64) -> Phone {
    Phone::from(format!("1202555{:04}", 2000 + n))
}

pub(crate) fn wamid(name: &str) -> Wamid {
    Wamid::from(format!("wamid.{name}"))
}

/// A customer's text message.
pub(crate) fn text(from: &Phone, id: &str, at_s: u64, body: &str) -> Update {
    plant(body);
    let sender = Sender { name: Some(format!("Customer {from}")), phone: Some(from.clone()), ..Sender::default() };
    Inbound::new(line(), sender, wamid(id), at_s, Content::Text { body: body.into() }).update()
}

/// A status without our echo, as for a message that another program sent.
pub(crate) fn status(id: &Wamid, state: State, at_s: u64) -> Update {
    let status = Status {
        line: line(),
        id: id.clone(),
        state,
        at_s,
        recipient_id: Some(Phone::from(super::CUSTOMER)),
        recipient_bsuid: None,
        contact: None,
        pricing: None,
        conversation: None,
        failure: None,
        callback_data: None,
    };
    status.update()
}

pub(crate) fn webhook<'a>(updates: impl IntoIterator<Item = &'a Update>) -> Value {
    payload::webhook(updates)
}

/// Name and bytes of each sample.
pub(crate) fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(folder()).unwrap().map(|file| file.unwrap());
    let mut samples: Vec<_> = folder
        .map(|file| file.file_name().into_string().unwrap())
        .filter(|name| !name.starts_with("raw_"))
        .map(|name| (name.clone(), sample(&name)))
        .collect();
    samples.sort();
    samples
}

pub(crate) fn sample(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn folder() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/webhooks")
}

/// A message id as people of an organization that masks numbers see it.
pub(crate) fn shown(wamid: &Wamid) -> String {
    engine::mask::wamid(wamid.as_str())
}
