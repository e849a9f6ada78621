//! Stands in for a collector of traces, and keeps every byte that it was sent.

use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;

use super::DEADLINE;

/// Shorter runs of letters are what bytes of chance make.
const LENGTH_MIN: usize = 8;

pub(crate) struct Collector {
    address: SocketAddr,
    received: Arc<Mutex<Vec<Vec<u8>>>>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Collector {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (received, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (keep, end) = (received.clone(), ended.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                // A server that was killed breaks off.
                if let Ok(body) = take(&stream) {
                    keep.lock().unwrap().push(body);
                }
            }
        });
        Self { address, received, ended, thread: Some(thread) }
    }

    /// Every journey is traced, and what it tells comes soon.
    pub(super) fn settings(&self) -> [(String, String); 3] {
        let endpoint = format!("http://{}", self.address);
        let settings = [
            ("JETTO_TRACING__OTLP_ENDPOINT", endpoint.as_str()),
            ("JETTO_TRACING__SAMPLE", "1"),
            ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ];
        settings.map(|(key, value)| (key.to_owned(), value.to_owned()))
    }

    /// What can be read in what came, a run of letters a line.
    pub(crate) fn text(&self) -> String {
        let received = self.received.lock().unwrap();
        let all: Vec<_> = received.iter().map(|body| String::from_utf8_lossy(body)).collect();
        let unreadable = |char: char| char.is_control() || char == char::REPLACEMENT_CHARACTER;
        let runs = all.iter().flat_map(|body| body.split(unreadable)).filter(|run| run.len() >= LENGTH_MIN);
        runs.collect::<Vec<_>>().join("\n")
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let requests = received.iter().map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| resource.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// One request, answered.
fn take(mut stream: &TcpStream) -> std::io::Result<Vec<u8>> {
    stream.set_read_timeout(Some(DEADLINE))?;
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")?;
    Ok(body)
}
