//! Getting in other than with a password alone, and what only the store of a stopped server shows.

use engine::administration::{Actor, Command};
use engine::audit::{AuditActor, AuditEntry};
use engine::directory::Organization;
use gateway::households::Households;
use gateway::store::Opened;
use loadtest::clock::unix_millis;
use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::{Agent, Answer, DEADLINE, Jetto, PASSWORD, plant};

impl Agent {
    /// A browser that nobody is signed in with.
    pub(crate) fn stranger(url: &str) -> Self {
        let client = Client::builder().no_proxy().timeout(DEADLINE).build().unwrap();
        Self {
            client,
            url: url.to_owned(),
            origin: url.to_owned(),
            cookie: String::new(),
            refresh_cookie: String::new(),
            me: Value::Null,
        }
    }

    /// This browser after an answer that let it in.
    pub(crate) fn entered(&self, answer: &Answer) -> Self {
        let mut agent = self.clone();
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let cookie = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            plant(cookie.split_once('=').unwrap_or_default().1);
            if cookie.starts_with("auth_refresh=") {
                agent.refresh_cookie = cookie;
            } else {
                agent.cookie = cookie;
            }
        }
        if !answer.body.is_empty() {
            agent.me = answer.json();
        }
        agent
    }

    pub(crate) async fn try_sign_in(&self, email: &str, password: &str, code: Option<&str>) -> Answer {
        self.post("sessions", &json!({"email": email, "password": password, "code": code})).await
    }

    pub(crate) async fn refresh(&self) -> Answer {
        let request = self.bare(Method::POST, "sessions/refresh").header(COOKIE, &self.refresh_cookie);
        Answer::to(request.header("X-Jetto-Client", "test")).await
    }

    pub(crate) async fn delete_with(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::DELETE, path).json(body)).await
    }

    /// The id of this browser's session.
    pub(crate) async fn session(&self) -> String {
        let sessions = self.get("sessions").await;
        let mine = sessions["items"].as_array().unwrap().iter().find(|session| session["current"] == true);
        mine.unwrap()["id"].as_str().unwrap().to_owned()
    }
}

/// The code that a phone with this secret shows so many steps of 30 s from now.
pub(crate) fn phone(secret: &str, steps: u64) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret).unwrap();
    let builder = totp_rs::Builder::new().with_algorithm(totp_rs::Algorithm::SHA1).with_digits(6).with_skew(1);
    let totp = builder.with_step_duration(30).with_secret(secret).build().unwrap();
    totp.generate(unix_millis() / 1000 + steps * 30).to_string()
}

impl Jetto {
    /// Only while the server does not run.
    pub(super) async fn store(&self, name: &str) -> (Opened, Organization) {
        let opened = self.opened().await;
        let organizations = opened.store().organizations().await.unwrap();
        let found = organizations.into_iter().find(|organization| organization.name == name);
        (opened, found.expect("the organization"))
    }

    /// What the organization's owner does, before the server starts.
    pub(crate) async fn owner_decides(&self, organization: &str, command: Command) {
        let (opened, organization) = self.store(organization).await;
        let store = opened.store();
        let households = Households::default();
        let household = households.of(store.as_ref(), organization.id).await.unwrap().unwrap();
        let owner = household.active_owners().next().unwrap();
        let who = AuditActor::Member { id: owner.id, name: owner.name.clone() };
        let now = engine::time::Timestamp(i64::try_from(unix_millis()).unwrap());
        let actor = Actor { who, origin: None };
        households.change(store.as_ref(), organization.id, &actor, command, now).await.unwrap();
        opened.close().await.unwrap();
    }

    /// When the key was last used, while the server does not run.
    pub(crate) async fn last_used(&self, organization: &str, key: u8) -> Option<engine::time::Timestamp> {
        let (opened, organization) = self.store(organization).await;
        let store = opened.store();
        let household = store.household(organization.id).await.unwrap().unwrap();
        opened.close().await.unwrap();
        household.api_keys[&engine::id::ApiKeyId::from_bytes([key; 16])].last_used_at
    }

    /// The audit log, oldest first. The server is stopped for it.
    pub(crate) async fn audited(&mut self, organization: &str) -> Vec<AuditEntry> {
        assert!(self.stop().await.success());
        let (opened, organization) = self.store(organization).await;
        let store = opened.store();
        let records = store.audit_chain(organization.id, 0, 1000).await.unwrap();
        let ends = store.audit_ends(organization.id).await.unwrap();
        assert_eq!(engine::audit::follow(ends.anchor, &records), Ok(ends.head), "the chain holds");
        opened.close().await.unwrap();
        records.into_iter().map(|record| record.entry).collect()
    }

    /// A stranger's sign-in with the usual password.
    pub(crate) async fn stranger_signs_in(&self, email: &str) -> Answer {
        Agent::stranger(self.url()).try_sign_in(email, PASSWORD, None).await
    }
}

/// The keys of what was done, with the reason where there is one.
pub(crate) fn told(entries: &[AuditEntry]) -> Vec<String> {
    let line = |entry: &AuditEntry| match entry.details.get("reason") {
        Some(reason) => format!("{} {reason}", entry.action.key()),
        None => entry.action.key().to_owned(),
    };
    entries.iter().map(line).collect()
}
