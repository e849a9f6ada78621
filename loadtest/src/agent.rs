//! A browser's live connection, reduced to what is measured: the numbers of the events, and when they came.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use futures_util::{SinkExt, StreamExt};
use loadtest::session::Session;
use serde::Deserialize;
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::{COOKIE, ORIGIN};
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::error::LoadError;

/// Connections per source address: below the range of local ports.
const PER_ADDRESS: usize = 20_000;

/// Where and as whom to connect.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    /// `/api/v1/live`.
    pub(crate) path: String,
    pub(crate) origin: String,
    /// `None` where nobody asks who one is.
    pub(crate) session: Option<Session>,
}

#[derive(Debug)]
pub(crate) struct Live {
    socket: WebSocketStream<TcpStream>,
}

/// The parts of a frame that matter here.
#[derive(Debug, Deserialize)]
pub(crate) struct Frame {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) n: Option<u64>,
    #[serde(default)]
    pub(crate) head: Option<u64>,
}

impl Live {
    /// The `index` spreads many connections over the addresses of the loopback network.
    pub(crate) async fn open(door: &Door, after: Option<u64>, index: usize) -> Result<Self, LoadError> {
        let Some(session) = &door.session else { return Self::attempt(door, "", after, index).await };
        let cookie = session.cookie();
        match Self::attempt(door, &cookie, after, index).await {
            Err(error) if error.is_unauthorized() && session.renew(&cookie).await? => {
                Self::attempt(door, &session.cookie(), after, index).await
            }
            opened => opened,
        }
    }

    async fn attempt(door: &Door, cookie: &str, after: Option<u64>, index: usize) -> Result<Self, LoadError> {
        let socket = TcpSocket::new_v4()?;
        if door.address.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST) {
            let last = u8::try_from(2 + index / PER_ADDRESS).unwrap_or(2);
            socket.bind(SocketAddr::from((Ipv4Addr::new(127, 0, 0, last), 0)))?;
        }
        let stream = socket.connect(door.address).await?;
        stream.set_nodelay(true)?;
        let query = after.map(|after| format!("?after={after}")).unwrap_or_default();
        let mut request = format!("ws://{}{}{query}", door.address, door.path).into_client_request()?;
        let header = |text: &str| HeaderValue::from_str(text).map_err(|error| LoadError::refused(error.to_string()));
        request.headers_mut().insert(ORIGIN, header(&door.origin)?);
        if !cookie.is_empty() {
            request.headers_mut().insert(COOKIE, header(cookie)?);
        }
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Self { socket })
    }

    /// This side's end of the connection, by which the server's end is found.
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.socket.get_ref().local_addr()
    }

    /// The bytes of the next text frame; none at the end.
    pub(crate) async fn next(&mut self) -> Option<Bytes> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(text.into()),
                Ok(Message::Ping(payload)) => {
                    if self.socket.send(Message::Pong(payload)).await.is_err() {
                        return None;
                    }
                }
                Ok(Message::Binary(_) | Message::Pong(_) | Message::Frame(_)) => {}
                Ok(Message::Close(_)) | Err(_) => return None,
            }
        }
    }
}

/// Which numbers one client has seen: gapless and without doubles is the promise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) first: Option<u64>,
    pub(crate) last: Option<u64>,
    pub(crate) missed: u64,
    pub(crate) doubled: u64,
}

impl Sequence {
    /// The client has everything up to here and wants the rest.
    pub(crate) fn after(n: u64) -> Self {
        Self { last: Some(n), ..Self::default() }
    }

    pub(crate) fn note(&mut self, n: u64) {
        self.first = self.first.or(Some(n));
        match self.last {
            Some(last) if n <= last => self.doubled += 1,
            Some(last) => {
                self.missed += n - last - 1;
                self.last = Some(n);
            }
            None => self.last = Some(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_and_doubles_are_counted() {
        let mut sequence = Sequence::after(0);
        for n in [1, 2, 2, 5] {
            sequence.note(n);
        }
        assert_eq!(sequence, Sequence { first: Some(1), last: Some(5), missed: 2, doubled: 1 });
    }
}
