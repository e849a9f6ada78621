//! One HTTP/1.1 connection, kept alive, that posts ready-made bytes: so light that the generator does not eat the cores that it
//! measures.

use std::net::SocketAddr;

use bytes::{Buf, BytesMut};
use loadtest::payload::wire;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::error::LoadError;

const HEAD_LIMIT: usize = 16 * 1024;

/// Where webhooks are posted.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    path: String,
}

impl Target {
    /// `http://host:port[/path]`; without a path it is Jetto's webhook endpoint.
    pub(crate) async fn parse(url: &str) -> Result<Self, LoadError> {
        let wrong = || LoadError::refused(format!("not an address of the form http://host:port: {url}"));
        let rest = url.strip_prefix("http://").ok_or_else(wrong)?;
        let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
        let host = if host.contains(':') { host.to_owned() } else { format!("{host}:80") };
        let address = tokio::net::lookup_host(host).await?.next().ok_or_else(wrong)?;
        let path = if path.is_empty() { "/webhooks/whatsapp".to_owned() } else { format!("/{path}") };
        Ok(Self { address, path })
    }

    /// The whole request with its signature.
    pub(crate) fn request(&self, secret: &str, body: &[u8]) -> Vec<u8> {
        self.with_header("X-Hub-Signature-256", &wire::signature(secret, body), body)
    }

    pub(crate) fn with_header(&self, name: &str, value: &str, body: &[u8]) -> Vec<u8> {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             {name}: {value}\r\n\r\n",
            self.path,
            self.address,
            body.len(),
        );
        [head.as_bytes(), body].concat()
    }
}

#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: BytesMut,
}

impl Connection {
    pub(crate) async fn open(target: &Target) -> std::io::Result<Self> {
        let stream = TcpStream::connect(target.address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: BytesMut::with_capacity(4_096) })
    }

    /// Sends the request and answers the status.
    pub(crate) async fn post(&mut self, request: &[u8]) -> std::io::Result<u16> {
        self.stream.write_all(request).await?;
        loop {
            if let Some((status, length)) = parse_head(&self.buffer)? {
                while self.buffer.len() < length {
                    self.read_more().await?;
                }
                self.buffer.advance(length);
                return Ok(status);
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> std::io::Result<()> {
        if self.buffer.len() > HEAD_LIMIT {
            return Err(std::io::Error::other("the answer is too large"));
        }
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

/// Status and length of head and body together, once the head is complete.
fn parse_head(buffer: &[u8]) -> std::io::Result<Option<(u16, usize)>> {
    let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = std::str::from_utf8(buffer.get(..end).unwrap_or_default());
    let head = head.map_err(|_| std::io::Error::other("the answer is not HTTP"))?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status = status.ok_or_else(|| std::io::Error::other("the answer has no status"))?;
    let header =
        lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let length: usize = header.and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    Ok(Some((status, end + 4 + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        assert_eq!(parse_head(b"HTTP/1.1 200 OK\r\nContent-Le").unwrap(), None);
        let whole = b"HTTP/1.1 503 Busy\r\ncontent-length: 2\r\n\r\nno";
        assert_eq!(parse_head(whole).unwrap(), Some((503, whole.len())));
    }
}
