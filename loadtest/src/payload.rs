//! Builders of every webhook that Meta posts, in the shapes of `meta-cloud-api.md` §1.4–1.9. Used by the simulator and by the
//! load generator; they decide nothing, they only spell.

pub mod account;
pub mod coexistence;
pub mod content;
pub mod ids;
pub mod inbound;
pub mod status;
pub mod wamid;
pub mod wire;

use serde_json::{Map, Value, json};

pub use content::{Content, MediaReference};
pub use ids::{Bsuid, MediaId, Phone, PhoneNumberId, PortfolioId, WabaId, Wamid};
pub use inbound::{Context, Inbound, Referral};
pub use status::{State, Status};

/// Our business number, as webhooks name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub waba: WabaId,
    pub number: PhoneNumberId,
    /// Digits only.
    pub display: Phone,
}

/// What a webhook may show of a customer; an absent part is an absent key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    pub name: Option<String>,
    pub username: Option<String>,
    pub phone: Option<Phone>,
    pub bsuid: Option<Bsuid>,
}

impl Sender {
    pub fn contact(&self) -> Value {
        let mut contact = Map::new();
        if self.name.is_some() || self.username.is_some() {
            let mut profile = Map::new();
            put(&mut profile, "name", self.name.as_deref());
            put(&mut profile, "username", self.username.as_deref());
            contact.insert("profile".into(), Value::Object(profile));
        }
        put(&mut contact, "wa_id", self.phone.as_ref());
        put(&mut contact, "user_id", self.bsuid.as_ref());
        Value::Object(contact)
    }
}

/// One change of one account: the unit that is queued, batched, repeated and reordered.
#[derive(Clone, Debug, PartialEq)]
pub struct Update {
    /// `entry.id`: the WABA, except in `account_update` with `waba_info`.
    pub entry: String,
    /// `entry.time`, only on account-level fields.
    pub time: Option<u64>,
    pub field: String,
    pub value: Value,
}

impl Update {
    /// A change of `line` with the common head of number-level fields.
    pub fn of_line(line: &Line, field: &str, parts: Map<String, Value>) -> Self {
        let mut value = parts;
        value.insert("messaging_product".into(), json!("whatsapp"));
        value.insert(
            "metadata".into(),
            json!({"display_phone_number": line.display.as_str(), "phone_number_id": line.number.as_str()}),
        );
        Self { entry: line.waba.to_string(), time: None, field: field.into(), value: Value::Object(value) }
    }
}

/// The body of one POST: neighbours of one account share an entry.
pub fn webhook<'a>(updates: impl IntoIterator<Item = &'a Update>) -> Value {
    let mut entries: Vec<Value> = Vec::new();
    let mut open: Option<(&str, Option<u64>, Vec<Value>)> = None;
    for update in updates {
        let change = json!({"value": update.value, "field": update.field});
        match &mut open {
            Some((entry, time, changes)) if *entry == update.entry && *time == update.time => changes.push(change),
            Some(_) | None => {
                entries.extend(open.take().map(closed_entry));
                open = Some((&update.entry, update.time, vec![change]));
            }
        }
    }
    entries.extend(open.map(closed_entry));
    json!({"object": "whatsapp_business_account", "entry": entries})
}

fn closed_entry((id, time, changes): (&str, Option<u64>, Vec<Value>)) -> Value {
    let mut entry = Map::new();
    entry.insert("id".into(), json!(id));
    if let Some(time) = time {
        entry.insert("time".into(), json!(time));
    }
    entry.insert("changes".into(), Value::Array(changes));
    Value::Object(entry)
}

fn put(map: &mut Map<String, Value>, key: &str, text: Option<impl AsRef<str>>) {
    if let Some(text) = text {
        map.insert(key.into(), json!(text.as_ref()));
    }
}
