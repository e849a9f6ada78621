//! A live connection that insists on the promise of every frame: `n` is gapless.

use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::header::{COOKIE, HeaderName, ORIGIN};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Agent, DEADLINE};

pub(crate) struct Live {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The `n` of the newest event.
    pub(crate) last: Option<u64>,
    /// How far the server was at the start.
    pub(crate) head: u64,
    /// With what the server closed it.
    pub(crate) code: Option<u16>,
}

impl Live {
    /// `Err` is the status of the refusal.
    pub(crate) async fn open(agent: &Agent, after: Option<u64>) -> Result<Self, u16> {
        Self::open_as(agent, &agent.cookie, &agent.url, after).await
    }

    pub(crate) async fn open_as(agent: &Agent, cookie: &str, origin: &str, after: Option<u64>) -> Result<Self, u16> {
        Self::open_with(agent, &[(COOKIE, cookie), (ORIGIN, origin)], after).await
    }

    pub(crate) async fn open_with(
        agent: &Agent,
        headers: &[(HeaderName, &str)],
        after: Option<u64>,
    ) -> Result<Self, u16> {
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let url = format!("{}/api/v1/live{query}", agent.url.replace("http://", "ws://"));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            if !value.is_empty() {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        let socket = match connect_async(request).await {
            Ok((socket, _)) => socket,
            Err(Error::Http(answer)) => return Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        };
        let mut live = Self { socket, last: after, head: 0, code: None };
        let hello = live.next().await.expect("a first frame");
        assert_eq!(hello["type"], "hello", "{hello}");
        live.head = hello["head"].as_u64().unwrap();
        live.last = live.last.or(Some(live.head));
        Ok(live)
    }

    /// `None` when the connection has ended.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        loop {
            let message = timeout(DEADLINE, self.socket.next()).await.expect("a frame in time")?;
            let Ok(Message::Text(text)) = message else {
                if let Ok(Message::Close(close)) = &message {
                    self.code = close.as_ref().map(|close| close.code.into());
                }
                if message.is_err() || matches!(message, Ok(Message::Close(_))) {
                    return None;
                }
                continue;
            };
            let frame: Value = serde_json::from_str(&text).unwrap();
            if let Some(n) = frame["n"].as_u64() {
                assert_eq!(Some(n), self.last.map(|last| last + 1), "n is gapless: {frame}");
                self.last = Some(n);
            }
            return Some(frame);
        }
    }

    /// The first frame that is `wanted`; the others pass by.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let search = async {
            loop {
                let frame = self.next().await.unwrap_or_else(|| panic!("the connection ended before: {what}"));
                if wanted(&frame) {
                    return frame;
                }
            }
        };
        timeout(DEADLINE, search).await.unwrap_or_else(|_| panic!("not within {DEADLINE:?}: {what}"))
    }

    pub(crate) async fn added(&mut self, words: &str) -> Value {
        let is_it = |frame: &Value| frame["type"] == "message_added" && frame["message"]["content"]["body"] == words;
        self.until(&format!("{words:?} is added"), is_it).await
    }

    /// Everything up to the event `n`.
    pub(crate) async fn up_to(&mut self, n: u64) -> Vec<Value> {
        let mut events = Vec::new();
        while self.last.is_none_or(|last| last < n) {
            let frame = self.next().await.expect("the connection holds");
            if frame["n"].is_u64() {
                events.push(frame);
            }
        }
        events
    }

    /// What comes until the server has closed it.
    pub(crate) async fn rest(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        while let Some(frame) = self.next().await {
            frames.push(frame);
        }
        frames
    }

    pub(crate) async fn say(&mut self, frame: &Value) {
        self.socket.send(Message::text(frame.to_string())).await.unwrap();
    }
}
