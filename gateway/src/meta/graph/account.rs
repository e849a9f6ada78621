//! What `jetto doctor` asks about a number: is the token good, is the number ready, does Meta send us its webhooks.

use engine::directory::Number;
use engine::ports::FetchError;
use engine::time::Timestamp;
use serde_json::Value;

use super::GraphClient;
use super::answer;
use crate::meta::text::{LABEL_MAX, clean, label};

/// Meta's default rate of a number, messages per second in both directions together.
pub const RATE_STANDARD: u32 = 80;
/// Messages per second of a number with `HIGH` throughput.
pub const RATE_HIGH: u32 = 1_000;

const REASONS_MAX: usize = 5;

const NUMBER_FIELDS: &str = "display_phone_number,verified_name,status,quality_rating,name_status,throughput,\
                             whatsapp_business_manager_messaging_limit";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    pub is_valid: bool,
    pub app_id: Option<String>,
    /// `None`: never, or not said.
    pub expires_at: Option<Timestamp>,
    pub scopes: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFacts {
    pub display: Option<String>,
    pub verified_name: Option<String>,
    /// `CONNECTED` when it can send.
    pub status: Option<String>,
    pub quality: Option<String>,
    pub name_status: Option<String>,
    /// `STANDARD` (80 a second) or `HIGH` (1,000).
    pub throughput: Option<String>,
    /// `TIER_250` and so on.
    pub messaging_limit: Option<String>,
}

impl NumberFacts {
    /// Messages per second.
    pub fn rate(&self) -> Option<u32> {
        match self.throughput.as_deref()? {
            "HIGH" => Some(RATE_HIGH),
            "STANDARD" => Some(RATE_STANDARD),
            _ => None,
        }
    }
}

/// Whether a number can send, in Meta's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// `AVAILABLE`, `LIMITED` or `BLOCKED`.
    pub can_send: String,
    /// Why not.
    pub reasons: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribedApp {
    pub id: String,
    pub name: Option<String>,
}

impl GraphClient {
    /// A token may look at itself.
    pub async fn token_facts(&self, number: &Number) -> Result<TokenFacts, FetchError> {
        let mut url = self.url(&["debug_token"]);
        url.query_pairs_mut().append_pair("input_token", &number.token);
        let json = answer::read(self.get(url, number).await)?;
        let data = json.get("data").unwrap_or(&Value::Null);
        let expires = data.get("expires_at").and_then(Value::as_i64).filter(|seconds| *seconds > 0);
        let scopes = data.get("scopes").and_then(Value::as_array).into_iter().flatten();
        Ok(TokenFacts {
            is_valid: data.get("is_valid").and_then(Value::as_bool) == Some(true),
            app_id: said(data, "app_id"),
            expires_at: expires.map(Timestamp::from_seconds),
            scopes: scopes.filter_map(|scope| scope.as_str().map(str::to_owned)).collect(),
        })
    }

    pub async fn number_facts(&self, number: &Number) -> Result<NumberFacts, FetchError> {
        let mut url = self.url(&[number.phone_number_id.as_str()]);
        url.query_pairs_mut().append_pair("fields", NUMBER_FIELDS);
        let json = answer::read(self.get(url, number).await)?;
        Ok(NumberFacts {
            display: said(&json, "display_phone_number"),
            verified_name: said(&json, "verified_name"),
            status: said(&json, "status"),
            quality: said(&json, "quality_rating"),
            name_status: said(&json, "name_status"),
            throughput: json.get("throughput").and_then(|throughput| said(throughput, "level")),
            messaging_limit: said(&json, "whatsapp_business_manager_messaging_limit"),
        })
    }

    /// Ids of the numbers of the account, as far as the token may see it.
    pub async fn account_numbers(&self, number: &Number) -> Result<Vec<String>, FetchError> {
        let mut url = self.url(&[number.waba_id.as_str(), "phone_numbers"]);
        url.query_pairs_mut().append_pair("fields", "id").append_pair("limit", "100");
        let json = answer::read(self.get(url, number).await)?;
        let numbers = json.get("data").and_then(Value::as_array).into_iter().flatten();
        Ok(numbers.filter_map(|number| said(number, "id")).collect())
    }

    /// `None` when Meta does not say.
    pub async fn health(&self, number: &Number) -> Result<Option<Health>, FetchError> {
        let mut url = self.url(&[number.phone_number_id.as_str()]);
        url.query_pairs_mut().append_pair("fields", "health_status");
        let json = answer::read(self.get(url, number).await)?;
        let Some(can_send) = json.pointer("/health_status/can_send_message").and_then(Value::as_str) else {
            return Ok(None);
        };
        let entities = json.pointer("/health_status/entities").and_then(Value::as_array).into_iter().flatten();
        let reasons = entities.flat_map(|entity| {
            let errors = entity.get("errors").and_then(Value::as_array).into_iter().flatten();
            let errors = errors.filter_map(|error| error.get("error_description"));
            let notes = entity.get("additional_info").and_then(Value::as_array).into_iter().flatten();
            errors.chain(notes).filter_map(Value::as_str).filter_map(|text| label(text, LABEL_MAX))
        });
        Ok(Some(Health { can_send: clean(can_send, LABEL_MAX), reasons: reasons.take(REASONS_MAX).collect() }))
    }

    /// Asks Meta to send this account's webhooks to the app of the token.
    pub async fn subscribe(&self, number: &Number) -> Result<(), FetchError> {
        let request = self.http.post(self.url(&[number.waba_id.as_str(), "subscribed_apps"]));
        answer::read(self.call(request, number, self.config.send_timeout).await)?;
        Ok(())
    }

    /// Empty: Meta sends no webhooks for this account to anybody.
    pub async fn subscribed_apps(&self, number: &Number) -> Result<Vec<SubscribedApp>, FetchError> {
        let url = self.url(&[number.waba_id.as_str(), "subscribed_apps"]);
        let json = answer::read(self.get(url, number).await)?;
        let apps = json.get("data").and_then(Value::as_array).into_iter().flatten();
        let app = |entry: &Value| {
            let app = entry.get("whatsapp_business_api_data").unwrap_or(entry);
            Some(SubscribedApp { id: said(app, "id")?, name: said(app, "name") })
        };
        Ok(apps.filter_map(app).collect())
    }
}

fn said(json: &Value, key: &str) -> Option<String> {
    let value = json.get(key)?;
    value.as_str().map(|text| clean(text, LABEL_MAX)).or_else(|| value.as_i64().map(|number| number.to_string()))
}
