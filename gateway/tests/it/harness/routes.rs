//! A well-formed request for every route of the table, so that a new route without one fails the tests about all routes.

use gateway::http::routes::Rule;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Agent, Jetto, NUMBER, eventually};

/// One of each kind that a path can name.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) conversation: String,
    pub(crate) message: String,
    pub(crate) media: String,
    pub(crate) contact: String,
    pub(crate) entry: String,
    pub(crate) alert: String,
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

impl Things {
    /// Of the agent's organization, whose customer writes a text and sends a picture.
    pub(crate) async fn of(jetto: &Jetto, agent: &Agent) -> Self {
        use loadtest::payload::Content;
        let media = jetto.meta.received_file(loadtest::simulator::Specimen::Image);
        jetto.customer_writes("Hello");
        jetto.customer_says(Content::Image { media, caption: None });
        let conversation = agent.conversation().await;
        let picture = eventually("the picture", async || {
            let history = agent.history(&conversation).await;
            history.into_iter().find(|message| message["content"]["media"]["state"] == "ready")
        })
        .await;
        let restricted = loadtest::payload::account::account_restricted(
            &super::WABA.into(),
            super::now_s(),
            "RESTRICTED_BIZ_INITIATED_MESSAGING",
            super::now_s() + 3600,
        );
        let entry = id(&agent.log().await[0]);
        jetto.meta.post(restricted).unwrap();
        let alert = eventually("the alert", async || agent.all("alerts").await.first().map(id));
        Self {
            alert: alert.await,
            message: id(&picture),
            media: id(&picture["content"]["media"]),
            contact: id(&agent.get(&format!("conversations/{conversation}")).await["contact"]),
            entry,
            conversation,
        }
    }

    pub(crate) fn request(&self, agent: &Agent, rule: &Rule) -> RequestBuilder {
        let method: Method = rule.method.parse().unwrap();
        let request = agent.request(method, &self.path(rule.pattern));
        match self.body(rule) {
            Some(body) => request.header("Idempotency-Key", "every-route").json(&body),
            None if rule.pattern == "/api/v1/media" => request.header("content-type", "image/png").body("png"),
            None => request,
        }
    }

    fn path(&self, pattern: &str) -> String {
        let of_path = match pattern.split('/').nth(3) {
            Some("media") => &self.media,
            Some("contacts") => &self.contact,
            Some("webhook-log") => &self.entry,
            Some("alerts") => &self.alert,
            Some("channels") => NUMBER,
            _ => &self.conversation,
        };
        let path = pattern.replace("{conversation_id}", &self.conversation).replace("{message_id}", &self.message);
        let query = if pattern == "/api/v1/templates" { format!("?phone_number_id={NUMBER}") } else { String::new() };
        path.replace("{id}", of_path) + &query
    }

    fn body(&self, rule: &Rule) -> Option<Value> {
        let body = match (rule.method, rule.pattern) {
            ("GET" | "DELETE", _)
            | (
                _,
                "/api/v1/media"
                | "/api/v1/webhook-log/{id}/replay"
                | "/api/v1/channels/{id}/checks"
                | "/api/v1/contacts/{id}/reveal",
            ) => return None,
            (_, "/api/v1/channels") => {
                json!({"name": "Again", "waba_id": super::WABA, "phone_number_id": NUMBER, "token": super::TOKEN})
            }
            (_, "/api/v1/channels/app") => json!({"verify_token": "a word of some length"}),
            (_, "/api/v1/channels/{id}") => json!({"name": "Front desk"}),
            (_, "/api/v1/sessions") => json!({"email": "nobody@nowhere.example", "password": "not this one"}),
            (_, "/api/v1/demo/sessions") => json!({"member_id": "0".repeat(32)}),
            (_, "/api/v1/conversations/{id}") => json!({"status": "open"}),
            (_, "/api/v1/conversations/{id}/messages") => json!({"content": {"type": "text", "body": "Every route"}}),
            (_, "/api/v1/conversations/{id}/read") => json!({"upto": self.message}),
            (_, "/api/v1/conversations/{id}/typing") => json!({}),
            (_, "/api/v1/messages/{conversation_id}/{message_id}/resolve") => json!({"action": "dismiss"}),
            other => panic!("no request is known for {other:?}"),
        };
        Some(body)
    }
}
