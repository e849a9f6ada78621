//! What one organization knows: ids by their kind, and the words that nobody else should read.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

/// Shorter words mean nothing.
const TOKEN_MIN: usize = 8;
/// Longer numbers are times, which both see.
const NUMBER_MAX: usize = 12;
/// Ids of one kind that are remembered.
const IDS_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Knowledge {
    ids: BTreeMap<String, Vec<String>>,
    /// Every word of what was read at first.
    pub(super) seen: HashSet<String>,
    pub(super) secrets: HashSet<String>,
}

/// The words of a text that could give something away: ids, phone numbers, names, long words.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric()).filter(|token| {
        let number = token.bytes().all(|byte| byte.is_ascii_digit());
        token.len() >= TOKEN_MIN && !(number && token.len() > NUMBER_MAX)
    })
}

fn is_id(token: &str) -> bool {
    token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Knowledge {
    pub(super) fn ids(&self, kind: &str) -> &[String] {
        self.ids.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn all_ids(&self) -> impl Iterator<Item = &String> {
        self.ids.values().flatten()
    }

    /// Before the first request: everything in the answer.
    pub(super) fn learn(&mut self, kind: &str, answer: &str) {
        self.seen.extend(tokens(answer).map(str::to_owned));
        self.collect(kind, answer);
    }

    /// What is left is nobody else's.
    pub(super) fn keep_secret(&mut self, both: &HashSet<String>) {
        self.secrets = self.seen.difference(both).cloned().collect();
    }

    /// Later on: new ids.
    pub(super) fn meet(&mut self, kind: &str, answer: &str) {
        self.secrets.extend(tokens(answer).filter(|token| is_id(token)).map(str::to_owned));
        self.collect(kind, answer);
    }

    fn collect(&mut self, kind: &str, answer: &str) {
        let Ok(answer) = serde_json::from_str::<Value>(answer) else { return };
        match answer.get("items").and_then(Value::as_array) {
            Some(items) => items.iter().for_each(|item| self.add(kind, item)),
            None => self.add(kind, &answer),
        }
        self.find_media(&answer);
    }

    fn add(&mut self, kind: &str, thing: &Value) {
        let Some(id) = thing.get("id").and_then(Value::as_str) else { return };
        let ids = self.ids.entry(kind.to_owned()).or_default();
        if ids.len() < IDS_MAX && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    }

    fn find_media(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.find_media(item)),
            Value::Object(fields) => {
                for (name, field) in fields {
                    if name == "media" {
                        self.add("media", field);
                    }
                    self.find_media(field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_give_something_away_are_told_from_the_rest() {
        let text =
            r#"{"id":"0123456789abcdef0123456789abcdef","at":1795392000123,"phone":"+1 12025550123","a":"Lina"}"#;
        let found: Vec<&str> = tokens(text).collect();
        assert_eq!(found, ["0123456789abcdef0123456789abcdef", "12025550123"]);
    }

    #[test]
    fn ids_are_known_by_the_list_that_they_stand_in() {
        let mut knowledge = Knowledge::default();
        knowledge.learn("messages", r#"{"items":[{"id":"m1","content":{"media":{"id":"f1"}}}],"next":null}"#);
        assert_eq!(
            (knowledge.ids("messages"), knowledge.ids("media")),
            (&["m1".to_owned()][..], &["f1".to_owned()][..])
        );
    }
}
