//! Files that a send names by `link`: fetched from this machine only, and kept for ten minutes per address (§2.2). Any other
//! address counts as fetched: nothing leaves the machine.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::{Client, Url};
use serde_json::Value;

use super::graph_error::GraphError;
use super::outgoing::text_of;
use super::{Shared, media};

const LIFE_MS: u64 = 10 * 60_000;
/// Addresses that are remembered; more than this and all are fetched anew.
const REMEMBERED_MAX: usize = 1_000;
/// Links of one send; Meta takes a header and ten cards.
const LINKS_MAX: usize = 11;
const PATIENCE: Duration = Duration::from_secs(5);

/// What was fetched lately.
#[derive(Debug, Default)]
pub(crate) struct Links {
    fetched: HashMap<String, Fetched>,
}

#[derive(Clone, Debug)]
struct Fetched {
    mime: String,
    size: usize,
    until_ms: u64,
}

/// A link of a send, and the type of message that it is to become.
#[derive(Debug, PartialEq, Eq)]
struct Link<'a> {
    kind: &'a str,
    url: &'a str,
}

impl Links {
    fn find(&self, url: &str, now_ms: u64) -> Option<Fetched> {
        self.fetched.get(url).filter(|fetched| fetched.until_ms > now_ms).cloned()
    }

    fn keep(&mut self, url: &str, fetched: Fetched) {
        if self.fetched.len() >= REMEMBERED_MAX {
            self.fetched.clear();
        }
        self.fetched.insert(url.to_owned(), fetched);
    }
}

/// What Meta finds out only after it has accepted the message: the first link that gives no file of the right type and size.
pub(super) async fn fetch_all(shared: &Shared, client: &Client, body: &Value) -> Option<GraphError> {
    let mut links = Vec::new();
    collect(body, &mut links);
    for link in links {
        if is_near(link.url)
            && let Err(error) = check(shared, client, &link).await
        {
            return Some(error);
        }
    }
    None
}

async fn check(shared: &Shared, client: &Client, link: &Link<'_>) -> Result<(), GraphError> {
    let now_ms = shared.clock.now_ms();
    let known = shared.world().links.find(link.url, now_ms);
    let fetched = if let Some(fetched) = known {
        fetched
    } else {
        let failed = |why: String| GraphError::new(131_053, format!("Downloading media from weblink failed: {why}"));
        let fetched = fetch(client, link.url, now_ms + LIFE_MS).await.map_err(failed)?;
        shared.world().links.keep(link.url, fetched.clone());
        fetched
    };
    media::check_upload(&fetched.mime, fetched.size)?;
    if media::fits(&fetched.mime, link.kind) {
        return Ok(());
    }
    Err(GraphError::new(131_053, format!("A file of type {} cannot be sent as {}.", fetched.mime, link.kind)))
}

async fn fetch(client: &Client, url: &str, until_ms: u64) -> Result<Fetched, String> {
    let fetching = async {
        let mut answer = client.get(url).send().await.map_err(|error| error.without_url().to_string())?;
        if answer.status().as_u16() != 200 {
            return Err(format!("status {}", answer.status().as_u16()));
        }
        let mime = answer.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (mime, mut size) = (mime.to_owned(), 0);
        // One byte more than any type takes is enough to refuse it.
        while size <= media::LARGEST
            && let Some(chunk) = answer.chunk().await.map_err(|error| error.without_url().to_string())?
        {
            size += chunk.len();
        }
        Ok(Fetched { mime, size, until_ms })
    };
    tokio::time::timeout(PATIENCE, fetching).await.unwrap_or_else(|_| Err("it took too long".into()))
}

/// Wherever it stands in the body: `"image": {"link": …}` and its like. An id beside it wins.
fn collect<'a>(value: &'a Value, links: &mut Vec<Link<'a>>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                let is_file = matches!(key.as_str(), "image" | "video" | "audio" | "document" | "sticker");
                if let Some(url) = text_of(value, "link").filter(|_| is_file && links.len() < LINKS_MAX)
                    && value.get("id").is_none()
                {
                    links.push(Link { kind: key, url });
                }
                collect(value, links);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, links)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_near(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|address: std::net::IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_this_machine_is_near() {
        for (url, near) in [
            ("http://127.0.0.1:8080/a.png", true),
            ("http://localhost/a.png", true),
            ("http://[::1]:80/a.png", true),
            ("http://192.168.0.1/a.png", false),
            ("https://localhost.evil.example/a.png", false),
            ("https://127.0.0.1@evil.example/a.png", false),
            ("nonsense", false),
        ] {
            assert_eq!(is_near(url), near, "{url}");
        }
    }

    #[test]
    fn links_are_found_in_messages_and_in_the_header_of_a_template() {
        let header = json!({"type": "image", "image": {"link": "http://b"}});
        let body = json!({"image": {"link": "http://a"}, "audio": {"link": "http://c", "id": "7"}, "text": {"link": "http://d"},
            "template": {"components": [{"type": "header", "parameters": [header]}]}});
        let mut links = Vec::new();
        collect(&body, &mut links);
        links.sort_by_key(|link| link.url);
        assert_eq!(links, [Link { kind: "image", url: "http://a" }, Link { kind: "image", url: "http://b" }]);
    }
}
