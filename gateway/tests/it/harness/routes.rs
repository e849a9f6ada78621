//! A well-formed request for every route of the table, so that a new route without one fails the tests about all routes.

use gateway::http::routes::Rule;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Agent, Jetto, NUMBER, PASSWORD, eventually};

/// One of each kind that a path can name.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) conversation: String,
    pub(crate) message: String,
    pub(crate) media: String,
    pub(crate) contact: String,
    pub(crate) note: String,
    pub(crate) entry: String,
    pub(crate) member: String,
    pub(crate) role: String,
    pub(crate) team: String,
    pub(crate) invitation: String,
    pub(crate) api_key: String,
    pub(crate) segment: String,
    pub(crate) import: String,
    pub(crate) alert: String,
    pub(crate) campaign: String,
    pub(crate) template: String,
    /// Of another browser of the same person.
    pub(crate) session: String,
    pub(crate) number: String,
}

/// A draft for everybody.
fn campaign(number: &str) -> Value {
    let plan = json!({"template": "hello_world", "language": "en_US", "numbers": [number],
                      "audience": {"kind": "everyone"}, "variables": []});
    json!({"name": "Every route", "plan": plan})
}

/// A file of contacts.
const FILE: &str = "Phone,Name\n+12025550190,Every Route\n";

async fn imported(agent: &Agent) -> String {
    let request = agent.request(Method::POST, "/api/v1/contact-imports").body(FILE);
    id(&super::Answer::to(request).await.expect(201).json()["import"])
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn is_of_contacts(pattern: &str) -> bool {
    ["contact", "segments"].iter().any(|part| pattern["/api/v1/".len()..].starts_with(part))
}

fn of_contacts(pattern: &str) -> Value {
    match pattern {
        "/api/v1/contacts" => json!({"phone": "+12025550188"}),
        "/api/v1/contacts/search" | "/api/v1/segments/count" => json!({"tree": {"all": []}}),
        "/api/v1/contacts/{id}" => json!({"add_tags": ["Every route"]}),
        "/api/v1/contacts/{id}/consents" => json!({"opted": "in", "evidence": "Every route"}),
        "/api/v1/contacts/{id}/notes" | "/api/v1/contacts/{id}/notes/{note_id}" => json!({"text": "Every route"}),
        "/api/v1/contact-imports/{id}/mapping" => json!({"columns": ["phone", "name"]}),
        "/api/v1/contact-settings" => json!({"confirmations": {"enabled": true}}),
        "/api/v1/segments" | "/api/v1/segments/{id}" => json!({"name": "Every route", "tree": {"all": []}}),
        other => panic!("no request is known for {other:?}"),
    }
}

impl Things {
    /// Of the agent's organization, whose customer writes a text and sends a picture.
    pub(crate) async fn of(jetto: &Jetto, agent: &Agent) -> Self {
        use loadtest::payload::Content;
        let media = jetto.meta.received_file(loadtest::simulator::Specimen::Image);
        let restricted = loadtest::payload::account::account_restricted(
            &super::WABA.into(),
            super::now_s(),
            "RESTRICTED_BIZ_INITIATED_MESSAGING",
            super::now_s() + 3600,
        );
        jetto.meta.post(restricted).unwrap();
        eventually("the alert", async || agent.all("alerts").await.first().map(id)).await;
        jetto.customer_writes("Hello");
        jetto.customer_says(Content::Image { media, caption: None });
        Self::in_sight(agent).await
    }

    /// As [`Things::of`], of a customer who has written and sent a picture already.
    pub(crate) async fn in_sight(agent: &Agent) -> Self {
        let conversation = agent.conversation().await;
        let picture = eventually("the picture", async || {
            let history = agent.history(&conversation).await;
            history.into_iter().find(|message| message["content"]["media"]["state"] == "ready")
        })
        .await;
        let made = async |path: &str, body: Value| id(&agent.post(path, &body).await.expect(201).json());
        let invited = json!({"email": "somebody@nowhere.example", "role": "viewer"});
        let email = agent.me["member"]["email"].as_str().unwrap();
        let second = Agent::sign_in(&agent.url, email, PASSWORD).await;
        let number = agent.me["numbers"][0]["phone_number_id"].as_str().unwrap().to_owned();
        let role = made("roles", json!({"name": "A role", "permissions": ["contacts.read"]})).await;
        // Another name with each call.
        let draft = json!({"phone_number_id": number, "name": role, "language": "en", "category": "UTILITY",
            "body": "Hello there."});
        let contact = id(&agent.get(&format!("conversations/{conversation}")).await["contact"]);
        Self {
            message: id(&picture),
            media: id(&picture["content"]["media"]),
            note: made(&format!("contacts/{contact}/notes"), json!({"text": "A note"})).await,
            contact,
            entry: id(&agent.log().await[0]),
            session: second.session().await,
            alert: agent.all("alerts").await.first().map_or_else(|| "0".repeat(32), id),
            campaign: made("campaigns", campaign(&number)).await,
            template: made("templates", draft).await,
            number,
            member: agent.id().to_owned(),
            conversation,
            role,
            team: made("teams", json!({"name": "A team", "members": [agent.id()]})).await,
            invitation: made("invitations", invited).await,
            segment: made("segments", json!({"name": "A segment", "tree": {"all": []}})).await,
            import: imported(agent).await,
            api_key: made("api-keys", json!({"name": "A key", "permissions": ["contacts.read"]})).await,
        }
    }

    /// Well-formed ids of nothing.
    pub(crate) fn nowhere() -> Self {
        let id = "0".repeat(32);
        Self {
            role: format!("r_{id}"),
            conversation: id.clone(),
            message: id.clone(),
            media: id.clone(),
            contact: id.clone(),
            note: id.clone(),
            entry: id.clone(),
            member: id.clone(),
            team: id.clone(),
            invitation: id.clone(),
            api_key: id.clone(),
            segment: id.clone(),
            import: id.clone(),
            alert: id.clone(),
            campaign: id.clone(),
            template: id.clone(),
            session: id,
            number: "299999999999999".to_owned(),
        }
    }

    /// All ids.
    pub(crate) fn ids(&self) -> [&str; 18] {
        [
            &self.conversation,
            &self.message,
            &self.media,
            &self.contact,
            &self.note,
            &self.entry,
            &self.member,
            &self.role,
            &self.team,
            &self.invitation,
            &self.api_key,
            &self.segment,
            &self.import,
            &self.alert,
            &self.campaign,
            &self.template,
            &self.session,
            &self.number,
        ]
    }

    pub(crate) fn request(&self, agent: &Agent, rule: &Rule) -> RequestBuilder {
        let method: Method = rule.method.parse().unwrap();
        let request = agent.request(method, &self.path(rule.pattern));
        match self.body(rule) {
            Some(body) => request.header("Idempotency-Key", "every-route").json(&body),
            None if rule.pattern == "/api/v1/contact-imports" && rule.method == "POST" => request.body(FILE),
            None if rule.pattern == "/api/v1/media" => request.header("content-type", "image/png").body("png"),
            None => request,
        }
    }

    fn path(&self, pattern: &str) -> String {
        let of_path = match pattern.split('/').nth(3) {
            Some("media") => &self.media,
            Some("members") => &self.member,
            Some("contacts") => &self.contact,
            Some("webhook-log") => &self.entry,
            Some("alerts") => &self.alert,
            Some("campaigns") => &self.campaign,
            Some("templates") => &self.template,
            Some("sessions") => &self.session,
            Some("channels") => &self.number,
            Some("conversations") => &self.conversation,
            Some("roles") => &self.role,
            Some("teams") => &self.team,
            Some("invitations") => &self.invitation,
            Some("api-keys") => &self.api_key,
            Some("segments") => &self.segment,
            Some("contact-imports") => &self.import,
            other => {
                assert!(!pattern.contains("{id}"), "it is not known what {other:?} names");
                ""
            }
        };
        let path = pattern.replace("{conversation_id}", &self.conversation).replace("{message_id}", &self.message);
        let path = path.replace("{note_id}", &self.note).replace("{other_id}", &self.contact);
        let query = match pattern {
            "/api/v1/templates" => format!("?phone_number_id={NUMBER}"),
            "/api/v1/audit/export" => "?format=csv".to_owned(),
            "/api/v1/campaigns/{id}" => "?revision=1".to_owned(),
            _ => String::new(),
        };
        path.replace("{id}", of_path).replace("{token}", &"x".repeat(43)).replace("{key}", "every-route") + &query
    }

    /// More than each of these routes asks for.
    fn of_campaigns(&self, pattern: &str) -> Value {
        let mut body = campaign(if pattern.ends_with("{id}") { NUMBER } else { &self.number });
        body["revision"] = 1.into();
        body["confirm_recipient_count"] = 0.into();
        body["per_second"] = 5.into();
        body["phone_number_id"] = self.number.clone().into();
        body["rests"] = true.into();
        body["class"] = "try_later".into();
        body["note"] = "Not yet.".into();
        body["contact_id"] = self.contact.clone().into();
        body["variant"] = "A".into();
        body
    }

    fn body(&self, rule: &Rule) -> Option<Value> {
        let body = match (rule.method, rule.pattern) {
            ("DELETE", "/api/v1/me/second-factor") => json!({"password": "not this one", "code": "000000"}),
            ("GET" | "DELETE", _)
            | (
                _,
                "/api/v1/sessions/refresh"
                | "/api/v1/me/second-factor"
                | "/api/v1/members/{id}/password-reset"
                | "/api/v1/members/{id}/reactivate"
                | "/api/v1/invitations/{id}/link"
                | "/api/v1/media"
                | "/api/v1/contact-imports"
                | "/api/v1/contact-imports/{id}/run"
                | "/api/v1/contact-imports/{id}/undo"
                | "/api/v1/webhook-log/{id}/replay"
                | "/api/v1/channels/{id}/checks"
                | "/api/v1/contacts/{id}/reveal"
                | "/api/v1/campaigns/{id}/check"
                | "/api/v1/campaigns/{id}/pause"
                | "/api/v1/campaigns/{id}/resume"
                | "/api/v1/campaigns/{id}/cancel"
                | "/api/v1/campaigns/{id}/finish"
                | "/api/v1/templates/{id}/submit"
                | "/api/v1/templates/{id}/unpause",
            ) => return None,
            (_, pattern) if pattern.starts_with("/api/v1/campaigns") => self.of_campaigns(pattern),
            (_, "/api/v1/contacts/{id}/merges") => json!({"other_id": self.contact}),
            (_, "/api/v1/members/{id}") => json!({"name": "Every Route"}),
            (_, "/api/v1/templates/sync") => json!({"phone_number_id": self.number}),
            (_, "/api/v1/templates" | "/api/v1/templates/lint" | "/api/v1/templates/{id}") => json!({
                "phone_number_id": self.number, "revision": 1, "name": "every_route", "language": "en",
                "category": "UTILITY", "body": "Hello there.",
            }),
            (_, "/api/v1/members/{id}/deactivate") => json!({"hand_over_to": null}),
            (_, "/api/v1/roles" | "/api/v1/roles/{id}" | "/api/v1/api-keys") => json!({"name": "A", "permissions": []}),
            (_, pattern) if is_of_contacts(pattern) => of_contacts(pattern),
            (_, "/api/v1/teams" | "/api/v1/teams/{id}") => json!({"name": "Every route", "members": []}),
            (_, "/api/v1/invitations") => json!({"email": "every@route.example", "role": "viewer"}),
            (_, "/api/v1/organization") => json!({"locale": "en"}),
            (_, "/api/v1/organization/transfer") => json!({"to": self.member, "password": PASSWORD}),
            (_, "/api/v1/channels") => {
                json!({"name": "Again", "waba_id": super::WABA, "phone_number_id": self.number, "token": super::TOKEN})
            }
            (_, "/api/v1/channels/app") => json!({"verify_token": "a word of some length"}),
            (_, "/api/v1/channels/{id}") => json!({"name": "Front desk"}),
            (_, "/api/v1/sessions") => json!({"email": "nobody@nowhere.example", "password": "not this one"}),
            (_, "/api/v1/demo/sessions") => json!({"member_id": "0".repeat(32)}),
            (_, "/api/v1/conversations/{id}/typing") => json!({}),
            (_, "/api/v1/conversations/{id}") => json!({"status": "open"}),
            (_, "/api/v1/conversations/{id}/messages") => json!({"content": {"type": "text", "body": "Every route"}}),
            (_, "/api/v1/conversations/{id}/read") => json!({"upto": self.message}),
            (_, "/api/v1/messages/{conversation_id}/{message_id}/resolve") => json!({"action": "dismiss"}),
            (_, "/api/v1/sessions/switch") => json!({"organization_id": "0".repeat(32)}),
            (_, "/api/v1/me") => json!({"phone": ""}),
            (_, "/api/v1/me/preferences") => json!({"theme": "dark"}),
            (_, "/api/v1/me/password") => json!({"current": "not this one", "new": "not this one"}),
            (_, "/api/v1/me/second-factor/confirm" | "/api/v1/me/second-factor/recovery-codes") => {
                json!({"code": "000000"})
            }
            (_, "/api/v1/password-resets") => json!({"email": "nobody@nowhere.example"}),
            (_, "/api/v1/password-resets/{token}" | "/api/v1/invitations/by-token/{token}") => {
                json!({"name": "Nobody", "password": "not this one"})
            }
            (_, "/api/v1/sign-ups") => {
                json!({"organization": "X", "name": "X", "email": "x@x.example", "password": "not this one"})
            }
            other => panic!("no request is known for {other:?}"),
        };
        Some(body)
    }
}
