//! A Graph API of a few lines: answers what it is told, one connection at a time, and keeps what it was asked.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn has_token(&self) -> bool {
        self.headers.contains("authorization: Bearer secret-token")
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Full {
        status: u16,
        headers: String,
        body: Vec<u8>,
    },
    /// Closes without a word.
    Reset,
    /// Promises more than it says.
    Broken {
        status: u16,
        body: Vec<u8>,
    },
    /// Says nothing for longer than anybody waits.
    Silence,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::Full { status, headers: String::new(), body: body.to_string().into_bytes() }
    }
}

pub(crate) struct FakeGraph {
    pub(crate) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeGraph {
    /// Answers with `reply`, which sees the request and how many came before it.
    pub(crate) fn start(reply: impl Fn(&Asked, usize) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&asked);
        std::thread::spawn(move || {
            // Kept open, so that silence lasts.
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let Some(request) = read(&mut stream) else { continue };
                let before = {
                    let mut kept = kept.lock().unwrap();
                    kept.push(request.clone());
                    kept.len() - 1
                };
                match reply(&request, before) {
                    Reply::Full { status, headers, body } => write(&mut stream, status, &headers, body.len(), &body),
                    Reply::Broken { status, body } => write(&mut stream, status, "", body.len() + 10, &body),
                    Reply::Reset => {}
                    Reply::Silence => silent.push(stream),
                }
            }
        });
        Self { address, asked }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&buffer[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let (line, headers) = head.split_once("\r\n")?;
    let length = headers.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let length: usize = length.unwrap_or(0);
    let mut body = bytes[end + 4..].to_vec();
    while body.len() < length {
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        body.extend_from_slice(&buffer[..read]);
    }
    Some(Asked { line: line.to_owned(), headers: headers.to_owned(), body })
}

fn write(stream: &mut TcpStream, status: u16, headers: &str, length: usize, body: &[u8]) {
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n");
    // The client may have gone; what it was told is in its own answer.
    drop(stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)));
}
