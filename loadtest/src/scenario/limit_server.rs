//! The barest servers that could keep the promises, as a child process: what Jetto is compared with.

use std::io::Write;
use std::sync::mpsc as channel;
use std::sync::{Mutex, PoisonError};

use actix::{Actor, ActorContext, AsyncContext, Handler, Message, Recipient, StreamHandler};
use actix_web::web::{self, Bytes, Data, Payload};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use actix_web_actors::ws;
use bytestring::ByteString;
use loadtest::payload::wire;
use rusqlite::Connection;
use serde_json::json;
use tokio::sync::oneshot;

use crate::cli::LimitServer;
use crate::error::LoadError;

pub(crate) const SECRET: &str = "limit_secret";
/// Operations of one COMMIT.
const GROUP: usize = 256;
/// Full: the connection waits, as it would for the disk.
const QUEUE: usize = 8_192;
const MAILBOX: usize = 1_024;

pub(crate) async fn serve(what: LimitServer) -> Result<bool, LoadError> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}", listener.local_addr()?);
    let server = match what {
        LimitServer::Ingest => {
            let directory = tempfile::tempdir()?;
            let (sender, receiver) = channel::sync_channel(QUEUE);
            let writer = writer(&directory.path().join("limit.db"))?;
            std::thread::Builder::new()
                .name("writer".into())
                .spawn(move || write_groups(writer, &receiver, directory))?;
            let state = Data::new(sender);
            HttpServer::new(move || {
                App::new().app_data(state.clone()).route("/webhooks/whatsapp", web::post().to(intake))
            })
            .backlog(4_096)
            .listen(listener)?
            .run()
        }
        LimitServer::Fanout => {
            let state = Data::new(Sessions::default());
            HttpServer::new(move || {
                App::new()
                    .app_data(state.clone())
                    .route("/webhooks/whatsapp", web::post().to(publish))
                    .route("/live", web::get().to(live))
            })
            .backlog(4_096)
            .listen(listener)?
            .run()
        }
    };
    {
        let mut out = std::io::stdout().lock();
        writeln!(out, "listening on {url}")?;
        out.flush()?;
    }
    server.await?;
    Ok(true)
}

struct Insert {
    body: Bytes,
    done: oneshot::Sender<()>,
}

fn writer(path: &std::path::Path) -> Result<Connection, LoadError> {
    let database = Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.pragma_update(None, "synchronous", "FULL")?;
    database.pragma_update(None, "wal_autocheckpoint", 8_000)?;
    database.execute_batch("CREATE TABLE inbox (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")?;
    Ok(database)
}

/// Ends when the server has dropped its senders, or at the first error: then nothing is answered any more.
fn write_groups(database: Connection, receiver: &channel::Receiver<Insert>, directory: tempfile::TempDir) {
    while let Ok(first) = receiver.recv() {
        let group: Vec<Insert> = std::iter::once(first).chain(receiver.try_iter().take(GROUP - 1)).collect();
        if write_group(&database, &group).is_err() {
            break;
        }
        for insert in group {
            // Committed whether or not the caller is still there.
            let _is_heard = insert.done.send(()).is_ok();
        }
    }
    drop(database);
    drop(directory);
}

fn write_group(database: &Connection, group: &[Insert]) -> rusqlite::Result<()> {
    database.execute_batch("BEGIN IMMEDIATE")?;
    let mut statement = database.prepare_cached("INSERT INTO inbox (body) VALUES (?1)")?;
    for insert in group {
        statement.execute([insert.body.as_ref()])?;
    }
    database.execute_batch("COMMIT")
}

fn is_signed(request: &HttpRequest, body: &[u8]) -> bool {
    let header = request.headers().get("X-Hub-Signature-256").and_then(|value| value.to_str().ok());
    header == Some(wire::signature(SECRET, body).as_str())
}

async fn intake(sender: Data<channel::SyncSender<Insert>>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !is_signed(&request, &body) {
        return HttpResponse::Unauthorized().finish();
    }
    let (done, committed) = oneshot::channel();
    if sender.try_send(Insert { body, done }).is_err() || committed.await.is_err() {
        return HttpResponse::ServiceUnavailable().finish();
    }
    HttpResponse::Ok().finish()
}

/// Encoded once, shared by every socket.
#[derive(Clone, Message)]
#[rtype(result = "()")]
struct Event(ByteString);

type Sessions = Mutex<Vec<Recipient<Event>>>;

struct Session {
    sessions: Data<Sessions>,
}

impl Actor for Session {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, context: &mut Self::Context) {
        context.set_mailbox_capacity(MAILBOX);
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).push(context.address().recipient());
    }
}

impl Handler<Event> for Session {
    type Result = ();

    fn handle(&mut self, event: Event, context: &mut Self::Context) {
        context.text(event.0);
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, context: &mut Self::Context) {
        match message {
            Ok(ws::Message::Ping(payload)) => context.pong(&payload),
            Ok(ws::Message::Close(_)) | Err(_) => context.stop(),
            Ok(
                ws::Message::Text(_)
                | ws::Message::Binary(_)
                | ws::Message::Continuation(_)
                | ws::Message::Pong(_)
                | ws::Message::Nop,
            ) => {}
        }
    }
}

async fn publish(sessions: Data<Sessions>, request: HttpRequest, body: Bytes) -> HttpResponse {
    if !is_signed(&request, &body) {
        return HttpResponse::Unauthorized().finish();
    }
    let parsed: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let message = parsed.pointer("/entry/0/changes/0/value/messages/0").cloned().unwrap_or_default();
    let event = Event(ByteString::from(json!({"type": "message_added", "message": message}).to_string()));
    // A session that has gone, or cannot follow, is forgotten.
    sessions.lock().unwrap_or_else(PoisonError::into_inner).retain(|session| session.try_send(event.clone()).is_ok());
    HttpResponse::Ok().finish()
}

async fn live(
    sessions: Data<Sessions>,
    request: HttpRequest,
    stream: Payload,
) -> Result<HttpResponse, actix_web::Error> {
    ws::start(Session { sessions }, &request, stream)
}
