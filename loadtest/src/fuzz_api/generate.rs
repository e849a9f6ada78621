//! One request: mostly as the description wants it, with ids of either organization; sometimes not at all.

use rand::Rng as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use super::document::{Document, Operation};
use super::knowledge::Knowledge;

/// Deeper schemas end in `null`.
const DEPTH_MAX: u32 = 6;

pub(super) struct Generator<'a> {
    pub(super) chance: &'a mut StdRng,
    pub(super) document: &'a Document,
    pub(super) mine: &'a Knowledge,
    pub(super) theirs: &'a Knowledge,
}

pub(super) struct Request {
    pub(super) method: String,
    /// With its query.
    pub(super) path: String,
    pub(super) mime: &'static str,
    pub(super) body: Option<String>,
    /// What a successful answer names.
    pub(super) kind: String,
}

/// What people and machines type wrongly. No word of these is a secret.
const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "Front desk",
    "ü→🎉",
    "null",
    "0",
    "-1",
    "'; DROP TABLE audit; --",
    "<script>alert(1)</script>",
    "../../etc/passwd",
    "%00",
    "\u{0}",
    "\u{202e}txt",
    "a@b.example",
    "=1+1",
    "{{7*7}}",
    "r_",
    "owner",
    "viewer",
];
const NUMBERS: &[i64] = &[0, 1, -1, 12, 50, 101, 400, 4_102_444_800_000, i64::MAX, i64::MIN];

impl Generator<'_> {
    pub(super) fn request(mut self) -> Request {
        let operations = &self.document.operations;
        let place = self.chance.random_range(0..operations.len().max(1));
        let Some(operation) = operations.get(place) else {
            return Request { method: "GET".into(), path: "/api".into(), mime: "", body: None, kind: String::new() };
        };
        let mut request = Request {
            method: operation.method.clone(),
            path: self.path(operation) + &self.query(operation),
            mime: "application/json",
            body: operation.body.as_ref().map(|schema| self.value(schema, "", 0).to_string()),
            kind: operation.kind().to_owned(),
        };
        match self.chance.random_range(0..40) {
            0 => self.one_of(&["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]).clone_into(&mut request.method),
            1 => request.body = Some(self.text().to_owned()),
            2 => request.body = Some("[".repeat(self.chance.random_range(1..2_000))),
            3 => request.body = request.body.map(|body| body.chars().take(body.len() / 2).collect()),
            4 => request.mime = "text/plain",
            _ => {}
        }
        request
    }

    fn one_of<'b, T: ?Sized>(&mut self, all: &[&'b T]) -> &'b T {
        #[expect(clippy::indexing_slicing, reason = "the lists are constants with something in them")]
        all[self.chance.random_range(0..all.len())]
    }

    fn text(&mut self) -> &'static str {
        self.one_of(TEXTS)
    }

    fn path(&mut self, operation: &Operation) -> String {
        let mut kind = "";
        let mut parts = Vec::new();
        for part in operation.parts() {
            if let Some(name) = part.strip_prefix('{') {
                let of_name = kind_of(name.trim_end_matches('}'));
                parts.push(escaped(&self.id(of_name.unwrap_or(kind))));
            } else {
                kind = part;
                parts.push(part.to_owned());
            }
        }
        parts.join("/")
    }

    fn query(&mut self, operation: &Operation) -> String {
        let mut pairs = Vec::new();
        for name in &operation.query {
            let value = match name.as_str() {
                "format" => self.one_of(&["csv", "ndjson", "xml"]).to_owned(),
                // Kept in the log of who asks, so it is one's own.
                "actor" => self.mine.ids("members").first().cloned().unwrap_or_default(),
                "limit" | "from" | "to" => self.number().to_string(),
                "view" => self.one_of(&["mine", "unassigned", "all", "closed", "x"]).to_owned(),
                "action" => self.one_of(&["role.", "member.deactivated", "%", "_"]).to_owned(),
                _ => self.text().to_owned(),
            };
            let asked = matches!(name.as_str(), "format" | "phone_number_id") || self.chance.random_bool(0.4);
            if asked {
                pairs.push(format!("{name}={}", escaped(&value)));
            }
        }
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn number(&mut self) -> i64 {
        let place = self.chance.random_range(0..NUMBERS.len());
        NUMBERS.get(place).copied().unwrap_or_default()
    }

    /// An id of this kind: one's own, the other's, another kind's, or none at all.
    fn id(&mut self, kind: &str) -> String {
        let knowledge = if self.chance.random_bool(0.5) { self.mine } else { self.theirs };
        let of_kind = knowledge.ids(kind);
        let roll = self.chance.random_range(0..20);
        if roll == 0 {
            return self.text().to_owned();
        }
        if roll == 1 {
            return format!("{:032x}", self.chance.random::<u128>());
        }
        if roll > 3 && !of_kind.is_empty() {
            let place = self.chance.random_range(0..of_kind.len());
            return of_kind.get(place).cloned().unwrap_or_default();
        }
        let count = knowledge.all_ids().count();
        let place = self.chance.random_range(0..count.max(1));
        knowledge.all_ids().nth(place).cloned().unwrap_or_default()
    }

    /// Something that the schema allows; now and then something else.
    fn value(&mut self, schema: &Value, field: &str, depth: u32) -> Value {
        let document = self.document;
        let schema = document.resolved(schema);
        if depth > DEPTH_MAX || self.chance.random_bool(0.02) {
            return Value::Null;
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array) {
            let place = self.chance.random_range(0..allowed.len().max(1));
            return allowed.get(place).cloned().unwrap_or_default();
        }
        if let Some(ways) = schema.get("oneOf").or(schema.get("anyOf")).and_then(Value::as_array) {
            let place = self.chance.random_range(0..ways.len().max(1));
            return ways.get(place).map(|way| self.value(way, field, depth + 1)).unwrap_or_default();
        }
        if let Some(parts) = schema.get("allOf").and_then(Value::as_array) {
            let mut whole = Map::new();
            for part in parts {
                if let Value::Object(fields) = self.value(part, field, depth + 1) {
                    whole.extend(fields);
                }
            }
            return whole.into();
        }
        match self.kind_of_value(schema).as_str() {
            "object" => self.object(schema, depth),
            "array" => {
                let items = schema.get("items").unwrap_or(&Value::Null);
                let count = self.chance.random_range(0..3);
                (0..count).map(|_| self.value(items, field, depth + 1)).collect()
            }
            "boolean" => {
                // A second factor that nobody has would end the run.
                json!(field != "require_second_factor" && self.chance.random_bool(0.5))
            }
            "integer" | "number" => json!(self.number()),
            "null" => Value::Null,
            _ => json!(self.string(field)),
        }
    }

    fn kind_of_value(&mut self, schema: &Value) -> String {
        match schema.get("type") {
            Some(Value::Array(ways)) => {
                let place = self.chance.random_range(0..ways.len().max(1));
                ways.get(place).and_then(Value::as_str).unwrap_or("string").to_owned()
            }
            Some(Value::String(one)) => one.clone(),
            _ if schema.get("properties").is_some() => "object".to_owned(),
            _ => "string".to_owned(),
        }
    }

    fn object(&mut self, schema: &Value, depth: u32) -> Value {
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .map_or(Vec::new(), |names| names.iter().filter_map(Value::as_str).collect());
        let mut object = Map::new();
        for (name, field) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if required.contains(&name.as_str()) || self.chance.random_bool(0.5) {
                object.insert(name.clone(), self.value(field, name, depth + 1));
            }
        }
        object.into()
    }

    /// Ids where ids belong; only harmless words where people read them.
    fn string(&mut self, field: &str) -> String {
        match kind_of(field) {
            Some("permissions") => {
                self.one_of(&["contacts.read", "conversations.read_all", "members.manage", "everything"]).to_owned()
            }
            Some(kind) => self.id(kind),
            None if field == "password" => "not the right password".to_owned(),
            None => self.text().to_owned(),
        }
    }
}

/// What a field or a parameter of this name holds; `None` for words.
fn kind_of(name: &str) -> Option<&'static str> {
    match name {
        "conversation_id" => Some("conversations"),
        "message_id" | "upto" | "reply_to" => Some("messages"),
        "media_id" => Some("media"),
        "contact_id" => Some("contacts"),
        "assignee_id" | "member" | "members" | "to" | "member_id" => Some("members"),
        "team" | "teams" | "team_id" => Some("teams"),
        "role" => Some("roles"),
        "organization_id" => Some("organization"),
        "permissions" => Some("permissions"),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
    text.as_bytes()
        .iter()
        .map(|byte| if plain(byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
