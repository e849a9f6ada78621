//! The HTTP side: routes of the Graph API with any version, the file host, `/_sim/`, and the loops that run beside them.

use std::net::TcpListener;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::dev::Extensions;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::graph_error::GraphError;
use super::{Shared, Speech, content_of, control, management, messages};
use crate::clock::pause;
use crate::payload::{MediaId, PhoneNumberId, WabaId};

const BODY_LIMIT: usize = 1024 * 1024;
/// The largest upload that Meta takes, and the multipart around it.
const UPLOAD_LIMIT: usize = 101 * 1024 * 1024;
const TICK: Duration = Duration::from_millis(100);

/// A second handle of the connection's socket, to cut it without an answer.
pub(super) struct Cable(std::net::TcpStream);

impl Cable {
    /// An orderly end without an answer.
    pub(super) fn cut(&self) {
        // Already closed by the other side is as good.
        drop(self.0.shutdown(std::net::Shutdown::Both));
    }

    /// RST, as from a host that crashed: connecting to nowhere ends a connection like a close that does not linger, but at
    /// once and whoever else holds the socket.
    pub(super) fn reset(&self) {
        if rustix::net::connect_unspec(&self.0).is_err() {
            self.cut();
        }
    }
}

/// Longer than a client keeps a connection that it does not use: to send into one that is just being closed leaves that send in doubt, and
/// how often that happens is asked for by the profile, not by chance.
const KEEP_ALIVE: Duration = Duration::from_mins(1);

pub(super) fn run(shared: Arc<Shared>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    actix_web::rt::System::new().block_on(serve(shared, listener, stop));
}

async fn serve(shared: Arc<Shared>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    let state = Data::from(Arc::clone(&shared));
    let fetcher = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build();
    let fetcher = Data::new(fetcher.unwrap_or_default());
    let build = move || {
        App::new()
            .app_data(state.clone())
            .app_data(fetcher.clone())
            .app_data(web::PayloadConfig::new(UPLOAD_LIMIT))
            .service(web::scope("/_sim").configure(control::routes))
            .configure(graph_routes)
            .default_service(web::to(unknown_path))
    };
    let server = HttpServer::new(build).workers(1).backlog(4_096).keep_alive(KEEP_ALIVE).disable_signals();
    let server = server.on_connect(keep_cable);
    let Ok(server) = server.listen(listener) else { return };
    let server = server.run();
    let handle = server.handle();
    let mut tasks = JoinSet::new();
    tasks.spawn_local(async move {
        // Ends when it is stopped; there is nothing left to do for its error.
        drop(server.await);
    });
    let client = reqwest::Client::builder().no_proxy().timeout(shared.config.webhook_timeout).build();
    for index in 0..shared.outbox.lane_count() {
        let (shared, client) = (Arc::clone(&shared), client.as_ref().map(Clone::clone).unwrap_or_default());
        tasks.spawn_local(async move { shared.outbox.run_lane(index, client).await });
    }
    tasks.spawn_local(let_time_pass(Arc::clone(&shared)));
    // The sender is dropped to ask for the end.
    drop(stop.await);
    handle.stop(false).await;
    tasks.shutdown().await;
}

/// What happens at Meta without being asked for: customers write, assessments and reviews end, limits grow.
async fn let_time_pass(shared: Arc<Shared>) {
    loop {
        pause(TICK).await;
        let now_ms = shared.clock.now_ms();
        let (speeches, answers, released, told) = {
            let mut world = shared.world();
            let chance = world.chance;
            let speeches = world.customers.speeches(chance, now_ms, TICK.as_secs_f64());
            let told = [world.grow(now_ms), world.review(now_ms)].concat();
            (speeches, world.acquaintances.speeches(now_ms), world.assess(now_ms), told)
        };
        for one in released {
            shared.post(one.update, one.after_ms, one.lane_key);
        }
        for update in told {
            shared.post(update, 0, 0);
        }
        for answer in answers {
            drop(shared.customer_says(answer));
        }
        for speech in speeches {
            let content = content_of(&shared, &speech.utterance);
            let speech =
                Speech { number: speech.number, customer: speech.phone, content, context: None, referral: None };
            // A full queue silences the customers until the receiver has caught up.
            drop(shared.customer_says(speech));
        }
    }
}

fn keep_cable(connection: &dyn std::any::Any, extensions: &mut Extensions) {
    if let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>()
        && let Ok(socket) = stream.as_fd().try_clone_to_owned()
    {
        extensions.insert(Cable(std::net::TcpStream::from(socket)));
    }
}

fn graph_routes(routes: &mut web::ServiceConfig) {
    routes
        .route("/whatsapp_business/attachments/", web::get().to(download))
        .route(r"/{version:v\d+\.\d+}/debug_token", web::get().to(debug_token))
        .route(r"/{version:v\d+\.\d+}/{id}/messages", web::post().to(messages::post))
        .route(r"/{version:v\d+\.\d+}/{id}/media", web::post().to(upload))
        .configure(management::routes);
}

impl Shared {
    pub(super) fn next_request(&self) -> u64 {
        self.requests.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn refuse(&self, error: &GraphError) -> HttpResponse {
        error.response(self.next_request())
    }

    pub(super) fn authorize(&self, request: &HttpRequest) -> Result<(), GraphError> {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = header.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("OAuth ")));
        let query = request.query_string().split('&').find_map(|pair| pair.strip_prefix("access_token="));
        let is_known =
            token.or(query).is_some_and(|token| self.config.access_tokens.iter().any(|known| known == token));
        if is_known { Ok(()) } else { Err(GraphError::no_token()) }
    }
}

async fn unknown_path(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let title = format!("Unknown path components: {}", request.path());
    shared.refuse(&GraphError { code: 2_500, subcode: None, title, details: None })
}

async fn debug_token(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    shared.token_questions.fetch_add(1, Ordering::Relaxed);
    let input = request.query_string().split('&').find_map(|pair| pair.strip_prefix("input_token="));
    let is_valid = input.is_some_and(|token| shared.config.access_tokens.iter().any(|known| known == token));
    let ends = shared.config.token_ends.iter().find(|(token, _)| input == Some(token)).map_or(0, |(_, end)| *end);
    let wabas: Vec<WabaId> = shared.world().accounts.keys().cloned().collect();
    let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
    let granular: Vec<Value> = scopes.iter().map(|scope| json!({"scope": scope, "target_ids": wabas})).collect();
    HttpResponse::Ok().json(json!({"data": {
        "app_id": shared.config.app_id, "type": "SYSTEM_USER", "application": "Jetto", "is_valid": is_valid,
        "data_access_expires_at": 0, "expires_at": ends, "issued_at": 1_795_305_600,
        "scopes": if is_valid { scopes.as_slice() } else { &[] },
        "granular_scopes": if is_valid { granular } else { Vec::new() },
    }}))
}

async fn upload(shared: Data<Shared>, request: HttpRequest, form: actix_multipart::Multipart) -> HttpResponse {
    if let Err(error) = shared.authorize(&request) {
        return shared.refuse(&error);
    }
    let number = PhoneNumberId::from(request.match_info().get("id").unwrap_or_default());
    if shared.world().line(&number).is_none() {
        return shared.refuse(&GraphError::no_object(number.as_str(), "post"));
    }
    let stored = messages::read_upload(form, UPLOAD_LIMIT).await.and_then(|file| {
        let now_ms = shared.clock.now_ms();
        shared.world().media.upload(&file.mime, file.bytes, now_ms)
    });
    match stored {
        Ok(id) => HttpResponse::Ok().json(json!({"id": id})),
        Err(error) => shared.refuse(&error),
    }
}

#[derive(Debug, serde::Deserialize)]
struct Address {
    mid: MediaId,
    ext: u64,
    hash: String,
}

async fn download(shared: Data<Shared>, request: HttpRequest, address: web::Query<Address>) -> HttpResponse {
    if let Err(error) = shared.authorize(&request) {
        return shared.refuse(&error);
    }
    let now_ms = shared.clock.now_ms();
    let lot = shared.next_request().to_string();
    let world = shared.world();
    let is_lost = world.chance.hits(world.faults.media_missing_percent, "media-missing", &lot);
    match world.media.download(&address.mid, address.ext, &address.hash, now_ms) {
        Some(file) if !is_lost => HttpResponse::Ok().content_type(file.mime.clone()).body(file.bytes.clone()),
        Some(_) | None => HttpResponse::NotFound().finish(),
    }
}

pub(super) fn json_body(body: &[u8]) -> Result<Value, GraphError> {
    if body.len() > BODY_LIMIT {
        return Err(GraphError::new(100, "The request body is too large."));
    }
    serde_json::from_slice(body).map_err(|error| GraphError::new(100, format!("The request body is not JSON: {error}")))
}
