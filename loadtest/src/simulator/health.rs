//! `health_status`: whether a node can send, and which of the nodes behind it says no (§7).

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph_error::GraphError;

/// From good to bad; the worst entity decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CanSend {
    #[default]
    Available,
    /// It sends, and something is to be done.
    Limited,
    /// Sends answer 131031.
    Blocked,
}

/// What was switched for one number or account.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Health {
    pub can_send_message: CanSend,
    /// Why: an error of a blocked one, an information of a limited one.
    #[serde(default)]
    pub reason: String,
}

/// One line of the answer.
pub(super) struct Entity<'a> {
    pub(super) kind: &'static str,
    pub(super) id: &'a str,
    pub(super) health: &'a Health,
    /// Of its error, when it is blocked.
    pub(super) code: u32,
}

impl<'a> Entity<'a> {
    pub(super) fn new(kind: &'static str, id: &'a str, health: &'a Health) -> Self {
        Self { kind, id, health, code: 131_031 }
    }
}

impl Health {
    pub(super) fn check(&self) -> Result<(), GraphError> {
        if self.can_send_message == CanSend::Blocked {
            return Err(GraphError::new(131_031, self.reason.clone()));
        }
        Ok(())
    }
}

pub(super) fn describe(entities: &[Entity<'_>]) -> Value {
    let worst = entities.iter().map(|entity| entity.health.can_send_message).max().unwrap_or_default();
    let entities: Vec<Value> = entities.iter().map(line).collect();
    json!({"can_send_message": worst, "entities": entities})
}

fn line(entity: &Entity<'_>) -> Value {
    let Health { can_send_message, reason } = entity.health;
    let mut line = json!({"entity_type": entity.kind, "id": entity.id, "can_send_message": can_send_message});
    if let Some(line) = line.as_object_mut() {
        match can_send_message {
            CanSend::Available => {}
            CanSend::Limited => {
                line.insert("additional_info".into(), json!([reason]));
            }
            CanSend::Blocked => {
                let error = json!({"error_code": entity.code, "error_description": reason,
                    "possible_solution": "Follow the instructions in WhatsApp Manager."});
                line.insert("errors".into(), json!([error]));
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_entity_decides() {
        let good = Health::default();
        let limited = Health { can_send_message: CanSend::Limited, reason: "The display name is not approved.".into() };
        let entity = |kind, health| Entity::new(kind, "1", health);
        let described = describe(&[entity("PHONE_NUMBER", &good), entity("WABA", &limited)]);
        assert_eq!(described["can_send_message"], "LIMITED");
        assert_eq!(
            described["entities"][0],
            json!({"entity_type": "PHONE_NUMBER", "id": "1", "can_send_message": "AVAILABLE"})
        );
        assert_eq!(described["entities"][1]["additional_info"][0], "The display name is not approved.");
    }
}
