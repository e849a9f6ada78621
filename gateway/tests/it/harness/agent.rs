//! A signed-in member and the API as their browser uses it.

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::{CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::canary::plant_secrets;
use super::{Live, eventually, plant};

#[derive(Clone)]
pub(crate) struct Agent {
    pub(crate) client: reqwest::Client,
    pub(crate) url: String,
    /// What its browser believes to be the server's address.
    pub(super) origin: String,
    pub(crate) cookie: String,
    pub(crate) refresh_cookie: String,
    /// `Me`.
    pub(crate) me: Value,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}", self.body);
        self
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The code of a well-formed RFC 9457 problem.
    pub(crate) fn problem(&self) -> String {
        assert_eq!(self.header(CONTENT_TYPE.as_str()), "application/problem+json", "{:?}", self.body);
        let problem = self.json();
        assert_eq!(problem["status"], self.status.as_u16());
        assert!(problem["detail"].as_str().is_some_and(|text| text.ends_with('.')), "{problem}");
        assert!(problem["title"].is_string() && problem["type"].is_string(), "{problem}");
        problem["code"].as_str().unwrap().to_owned()
    }
}

impl Agent {
    pub(crate) async fn sign_in(url: &str, email: &str, password: &str) -> Self {
        Self::sign_in_at(url, url, email, password).await
    }

    /// As through a proxy: `origin` is the public address.
    pub(crate) async fn sign_in_at(origin: &str, url: &str, email: &str, password: &str) -> Self {
        let stranger = Self { origin: origin.to_owned(), ..Self::stranger(url) };
        let answer = stranger.post("sessions", &json!({"email": email, "password": password})).await.expect(201);
        stranger.entered(&answer)
    }

    pub(crate) fn id(&self) -> &str {
        self.me["member"]["id"].as_str().unwrap()
    }

    /// With everything that a browser of ours sends.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare(method, path).header(COOKIE, &self.cookie);
        request.header("X-Jetto-Client", "test").header(ORIGIN, &self.origin)
    }

    /// With nothing.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/api/v1/{path}") };
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn read(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.read(path).await.expect(200).json()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        body["password"].as_str().map(plant);
        let answer = Answer::to(self.request(Method::POST, path).json(body)).await;
        if answer.status.is_success() {
            plant_secrets(&serde_json::from_slice(&answer.body).unwrap_or_default());
        }
        answer
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PATCH, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::DELETE, path)).await
    }

    /// All pages of a list.
    pub(crate) async fn all(&self, path: &str) -> Vec<Value> {
        let mut items = Vec::new();
        let first = format!("{path}{}limit=100", if path.contains('?') { '&' } else { '?' });
        let mut page = self.get(&first).await;
        loop {
            items.extend(page["items"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next"].as_str() else { return items };
            page = self.get(&format!("{first}&cursor={}", utf8_percent_encode(next, NON_ALPHANUMERIC))).await;
        }
    }

    /// The id of the only conversation, as soon as it is there.
    pub(crate) async fn conversation(&self) -> String {
        let conversation = eventually("a conversation", async || {
            self.get("conversations").await["items"].as_array().unwrap().first().cloned()
        });
        conversation.await["id"].as_str().unwrap().to_owned()
    }

    /// The history, oldest first.
    pub(crate) async fn history(&self, conversation: &str) -> Vec<Value> {
        let mut messages = self.all(&format!("conversations/{conversation}/messages")).await;
        messages.reverse();
        messages
    }

    /// Direction and words of the history, oldest first.
    pub(crate) async fn words(&self, conversation: &str) -> Vec<(String, String)> {
        let said = |message: &Value, pointer: &str| message.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let history = self.history(conversation).await;
        let word = |message: &Value| {
            (said(message, "/direction").unwrap(), said(message, "/content/body").unwrap_or_default())
        };
        history.iter().map(word).collect()
    }

    pub(crate) async fn message(&self, conversation: &str, id: &str) -> Value {
        let history = self.history(conversation).await;
        history.into_iter().find(|message| message["id"] == id).expect("the message is in the history")
    }

    /// Waits until the message is in one of these states.
    pub(crate) async fn delivered(&self, conversation: &str, id: &str, states: &[&str]) -> Value {
        eventually(&format!("{id} is {states:?}"), async || {
            let message = self.message(conversation, id).await;
            let state = message["delivery"]["state"].as_str().unwrap().to_owned();
            states.contains(&state.as_str()).then_some(message)
        })
        .await
    }

    pub(crate) async fn send(&self, conversation: &str, key: &str, body: &Value) -> Answer {
        body["content"]["body"].as_str().map(plant);
        self.send_to(&format!("conversations/{conversation}/messages"), key, body).await
    }

    pub(crate) async fn send_to(&self, path: &str, key: &str, body: &Value) -> Answer {
        Answer::to(self.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
    }

    /// Sends a text; answers the message.
    pub(crate) async fn reply(&self, conversation: &str, key: &str, words: &str) -> Value {
        self.send(conversation, key, &json!({"content": {"type": "text", "body": words}})).await.expect(202).json()
    }

    pub(crate) async fn upload(&self, mime: &str, name: &str, bytes: &[u8]) -> Value {
        let request = self.request(Method::POST, "media").header(CONTENT_TYPE, mime).header("X-Filename", name);
        Answer::to(request.body(bytes.to_vec())).await.expect(201).json()
    }

    /// The webhook log once nothing in it waits any more, oldest first.
    pub(crate) async fn log(&self) -> Vec<Value> {
        eventually("every item of the webhook log has an outcome", async || {
            self.all("webhook-log?outcome=stored").await.is_empty().then_some(())
        })
        .await;
        let mut log = self.all("webhook-log").await;
        log.reverse();
        log
    }

    /// The outcomes of the webhook log, oldest first.
    pub(crate) async fn outcomes(&self) -> Vec<String> {
        self.log().await.iter().map(|entry| entry["outcome"].as_str().unwrap().to_owned()).collect()
    }

    pub(crate) async fn live(&self, after: Option<u64>) -> Live {
        Live::open(self, after).await.expect("a live connection")
    }
}
