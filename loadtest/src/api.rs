//! Jetto's HTTP API, as an agent's browser uses it.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use bytes::Bytes;
use loadtest::session::Session;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use crate::error::LoadError;

/// To start a broadcast, its whole audience is looked at.
const PATIENCE: Duration = Duration::from_mins(2);

/// A signed-in member.
#[derive(Clone, Debug)]
pub(crate) struct Api(Session);

impl Api {
    pub(crate) async fn sign_in(url: &str, email: &str, password: &str) -> Result<Self, LoadError> {
        Ok(Self(Session::sign_in(url, email, password).await?))
    }

    pub(crate) fn session(&self) -> &Session {
        &self.0
    }

    pub(crate) fn url(&self) -> &str {
        self.0.url()
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, LoadError> {
        let answer = self.0.send(|client| client.get(format!("{}/api/v1/{path}", self.url()))).await?;
        if !answer.status().is_success() {
            return Err(LoadError::refused(format!("GET {path} answered {}", answer.status())));
        }
        Ok(answer.json().await?)
    }

    /// A text reply; the same key again answers the same message.
    pub(crate) async fn reply(&self, conversation: &str, key: &str, text: &str) -> Result<StatusCode, LoadError> {
        let url = format!("{}/api/v1/conversations/{conversation}/messages", self.url());
        let body = json!({"content": {"type": "text", "body": text}});
        let answer = self.0.send(|client| client.post(&url).header("Idempotency-Key", key).json(&body)).await?;
        Ok(answer.status())
    }

    /// What a person does who then waits for it.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, LoadError> {
        let url = format!("{}/api/v1/{path}", self.url());
        read("POST", path, self.0.send(|client| client.post(&url).timeout(PATIENCE).json(body)).await?).await
    }

    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, LoadError> {
        let url = format!("{}/api/v1/{path}", self.url());
        read("PUT", path, self.0.send(|client| client.put(&url).json(body)).await?).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, LoadError> {
        let url = format!("{}/api/v1/{path}", self.url());
        read("PATCH", path, self.0.send(|client| client.patch(&url).json(body)).await?).await
    }

    /// A file of comma-separated values.
    pub(crate) async fn upload(&self, path: &str, file: String) -> Result<Value, LoadError> {
        let (url, file) = (format!("{}/api/v1/{path}", self.url()), Bytes::from(file));
        let send = |client: &Client| {
            let request = client.post(&url).timeout(PATIENCE).header(CONTENT_TYPE, "text/csv");
            request.body(file.clone())
        };
        read("POST", path, self.0.send(send).await?).await
    }

    /// What takes the server long to find out.
    pub(crate) async fn look(&self, path: &str) -> Result<Value, LoadError> {
        let url = format!("{}/api/v1/{path}", self.url());
        read("GET", path, self.0.send(|client| client.get(&url).timeout(PATIENCE)).await?).await
    }

    /// How many lines a file has.
    pub(crate) async fn lines(&self, path: &str) -> Result<u64, LoadError> {
        let url = format!("{}/api/v1/{path}", self.url());
        let mut answer = self.0.send(|client| client.get(&url).timeout(PATIENCE)).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(LoadError::refused(format!("GET {path} answered {status}")));
        }
        let mut lines = 0;
        while let Some(chunk) = answer.chunk().await? {
            lines += chunk.iter().filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>();
        }
        Ok(lines)
    }

    /// All items of a list, page by page.
    pub(crate) async fn all(&self, path: &str) -> Result<Vec<Value>, LoadError> {
        self.first(path, usize::MAX).await
    }

    /// The first items of a list: whole pages, until there are at least so many.
    pub(crate) async fn first(&self, path: &str, count: usize) -> Result<Vec<Value>, LoadError> {
        let mut items = Vec::new();
        self.pages(path, |page| {
            items.extend(page);
            Ok(items.len() < count)
        })
        .await?;
        Ok(items)
    }

    /// All items of a list that is too long to be held whole.
    pub(crate) async fn each(
        &self,
        path: &str,
        mut note: impl FnMut(Value) -> Result<(), LoadError>,
    ) -> Result<(), LoadError> {
        self.pages(path, |page| page.into_iter().try_for_each(&mut note).map(|()| true)).await
    }

    /// `note` says whether it wants another one.
    async fn pages(
        &self,
        path: &str,
        mut note: impl FnMut(Vec<Value>) -> Result<bool, LoadError>,
    ) -> Result<(), LoadError> {
        let mut cursor = String::new();
        let separator = if path.contains('?') { '&' } else { '?' };
        loop {
            let mut page = self.get(&format!("{path}{separator}limit=100{cursor}")).await?;
            let wants_more = match page.get_mut("items").map(Value::take) {
                Some(Value::Array(items)) => note(items)?,
                Some(_) | None => true,
            };
            match page.get("next").and_then(Value::as_str) {
                Some(next) if wants_more => cursor = format!("&cursor={}", escaped(next)),
                Some(_) | None => return Ok(()),
            }
        }
    }

    /// Every message of every conversation.
    pub(crate) async fn history(&self) -> Result<Vec<Value>, LoadError> {
        let mut messages = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        for view in ["all", "closed"] {
            for conversation in self.all(&format!("conversations?view={view}")).await? {
                let Some(id) = conversation.get("id").and_then(Value::as_str) else { continue };
                if seen.insert(id.to_owned()) {
                    messages.extend(self.all(&format!("conversations/{id}/messages")).await?);
                }
            }
        }
        Ok(messages)
    }
}

async fn read(method: &str, path: &str, answer: Response) -> Result<Value, LoadError> {
    let status = answer.status();
    if !status.is_success() {
        let why = answer.text().await?;
        return Err(LoadError::refused(format!("{method} {path} answered {status}: {why}")));
    }
    Ok(answer.json().await?)
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// How often each wamid is in the history.
pub(crate) fn count_wamids(history: &[Value]) -> HashMap<&str, u32> {
    let mut counts = HashMap::new();
    for wamid in history.iter().filter_map(|message| message.get("wamid")?.as_str()) {
        *counts.entry(wamid).or_default() += 1;
    }
    counts
}
