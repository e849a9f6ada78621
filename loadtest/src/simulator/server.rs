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
use super::templates::TemplateQuery;
use super::world::{Account, Number};
use super::{Shared, Speech, content_of, control, messages};
use crate::clock::pause;
use crate::payload::{MediaId, PhoneNumberId, WabaId};

const BODY_LIMIT: usize = 1024 * 1024;
/// The largest upload that Meta takes, and the multipart around it.
const UPLOAD_LIMIT: usize = 101 * 1024 * 1024;
const CUSTOMER_TICK: Duration = Duration::from_millis(100);

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

pub(super) fn run(shared: Arc<Shared>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    actix_web::rt::System::new().block_on(serve(shared, listener, stop));
}

async fn serve(shared: Arc<Shared>, listener: TcpListener, stop: oneshot::Receiver<()>) {
    let state = Data::from(Arc::clone(&shared));
    let build = move || {
        App::new()
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(UPLOAD_LIMIT))
            .service(web::scope("/_sim").configure(control::routes))
            .configure(graph_routes)
            .default_service(web::to(unknown_path))
    };
    let server = HttpServer::new(build).workers(1).backlog(4_096).disable_signals().on_connect(keep_cable);
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
    tasks.spawn_local(let_customers_speak(Arc::clone(&shared)));
    // The sender is dropped to ask for the end.
    drop(stop.await);
    handle.stop(false).await;
    tasks.shutdown().await;
}

async fn let_customers_speak(shared: Arc<Shared>) {
    loop {
        pause(CUSTOMER_TICK).await;
        let now_ms = shared.clock.now_ms();
        let (speeches, answers) = {
            let mut world = shared.world();
            let chance = world.chance;
            let speeches = world.customers.speeches(chance, now_ms, CUSTOMER_TICK.as_secs_f64());
            (speeches, world.acquaintances.speeches(now_ms))
        };
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
        .route(r"/{version:v\d+\.\d+}/{id}/message_templates", web::get().to(list_templates))
        .route(r"/{version:v\d+\.\d+}/{id}/phone_numbers", web::get().to(list_numbers))
        .service(
            web::resource(r"/{version:v\d+\.\d+}/{id}/subscribed_apps")
                .route(web::get().to(list_subscriptions))
                .route(web::post().to(subscribe))
                .route(web::delete().to(unsubscribe)),
        )
        .service(
            web::resource(r"/{version:v\d+\.\d+}/{id}")
                .route(web::get().to(node))
                .route(web::delete().to(delete_media)),
        );
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

    fn answer(&self, request: &HttpRequest, find: impl FnOnce(&str) -> Result<Value, GraphError>) -> HttpResponse {
        let id = request.match_info().get("id").unwrap_or_default();
        match self.authorize(request).and_then(|()| find(id)) {
            Ok(body) => HttpResponse::Ok().json(body),
            Err(error) => self.refuse(&error),
        }
    }

    fn with_account(
        &self,
        id: &str,
        method: &str,
        change: impl FnOnce(&mut Account) -> Value,
    ) -> Result<Value, GraphError> {
        let mut world = self.world();
        let account = world.accounts.get_mut(&WabaId::from(id));
        account.map(change).ok_or_else(|| GraphError::no_object(id, method))
    }
}

async fn unknown_path(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let title = format!("Unknown path components: {}", request.path());
    shared.refuse(&GraphError { code: 2_500, subcode: None, title, details: None })
}

async fn debug_token(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let input = request.query_string().split('&').find_map(|pair| pair.strip_prefix("input_token="));
    let is_valid = input.is_some_and(|token| shared.config.access_tokens.iter().any(|known| known == token));
    let wabas: Vec<WabaId> = shared.world().accounts.keys().cloned().collect();
    let scopes = ["whatsapp_business_management", "whatsapp_business_messaging"];
    let granular: Vec<Value> = scopes.iter().map(|scope| json!({"scope": scope, "target_ids": wabas})).collect();
    HttpResponse::Ok().json(json!({"data": {
        "app_id": shared.config.app_id, "type": "SYSTEM_USER", "application": "Jetto", "is_valid": is_valid,
        "data_access_expires_at": 0, "expires_at": 0, "issued_at": 1_795_305_600,
        "scopes": if is_valid { scopes.as_slice() } else { &[] },
        "granular_scopes": if is_valid { granular } else { Vec::new() },
    }}))
}

async fn list_templates(shared: Data<Shared>, request: HttpRequest, query: web::Query<TemplateQuery>) -> HttpResponse {
    let version = request.match_info().get("version").unwrap_or("v26.0");
    let base = format!("{}/{version}", shared.url);
    shared.answer(&request, |id| {
        shared.with_account(id, "get", |account| account.catalogue.page(&WabaId::from(id), &query, &base))
    })
}

async fn list_numbers(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    shared.answer(&request, |id| {
        let world = shared.world();
        if !world.accounts.contains_key(&WabaId::from(id)) {
            return Err(GraphError::no_object(id, "get"));
        }
        let mut numbers: Vec<&Number> =
            world.numbers.values().filter(|number| number.config.waba_id.as_str() == id).collect();
        numbers.sort_by(|one, other| one.config.phone_number_id.cmp(&other.config.phone_number_id));
        let data: Vec<Value> = numbers.into_iter().map(describe_number).collect();
        Ok(json!({"data": data, "paging": {"cursors": {"before": "QVFI", "after": "QVFJ"}}}))
    })
}

fn describe_number(number: &Number) -> Value {
    json!({
        "id": number.config.phone_number_id,
        "display_phone_number": format!("+{}", number.config.display),
        "verified_name": number.config.verified_name,
        "status": "CONNECTED", "quality_rating": number.quality,
        "code_verification_status": "VERIFIED", "name_status": "APPROVED", "account_mode": "LIVE",
        "host_platform": "CLOUD_API", "platform_type": "CLOUD_API",
        "throughput": {"level": if number.rate.is_high() { "HIGH" } else { "STANDARD" }},
    })
}

async fn list_subscriptions(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let app = json!({"id": shared.config.app_id, "link": "https://www.facebook.com/games/?app_id=1", "name": "Jetto"});
    shared.answer(&request, |id| {
        shared.with_account(id, "get", |account| {
            let mut item = json!({"whatsapp_business_api_data": app});
            if let (Some(url), Some(item)) = (&account.override_callback, item.as_object_mut()) {
                item.insert("override_callback_uri".into(), json!(url));
            }
            json!({"data": if account.is_subscribed { vec![item] } else { Vec::new() }})
        })
    })
}

#[derive(Debug, Default, serde::Deserialize)]
struct Subscription {
    override_callback_uri: Option<String>,
}

async fn subscribe(shared: Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let subscription: Subscription = serde_json::from_slice(&body).unwrap_or_default();
    let url = subscription.override_callback_uri;
    shared.answer(&request, |id| {
        let answer = shared.with_account(id, "post", |account| {
            account.is_subscribed = true;
            account.override_callback.clone_from(&url);
            json!({"success": true})
        })?;
        let mut route = shared.outbox.route.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        match url {
            Some(url) => route.overrides.insert(id.into(), url),
            None => route.overrides.remove(id),
        };
        Ok(answer)
    })
}

async fn unsubscribe(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    shared.answer(&request, |id| {
        shared.with_account(id, "delete", |account| {
            account.is_subscribed = false;
            json!({"success": true})
        })
    })
}

/// A number, an account or a file, whichever has the id.
async fn node(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| {
        let world = shared.world();
        if let Some(number) = world.numbers.get(&PhoneNumberId::from(id)) {
            let tier = world.reaches.get(&number.portfolio).map_or("TIER_250", |reach| reach.tier.as_str());
            let mut described = describe_number(number);
            if let Some(described) = described.as_object_mut() {
                described.insert("whatsapp_business_manager_messaging_limit".into(), json!(tier));
            }
            return Ok(only_fields(described, request.query_string()));
        }
        if world.accounts.contains_key(&WabaId::from(id)) {
            return Ok(
                json!({"id": id, "name": "Example Ltd", "currency": "USD", "timezone_id": "1", "status": "ACTIVE"}),
            );
        }
        let description = world.media.description(&MediaId::from(id), &shared.url, now_ms);
        description.ok_or_else(|| GraphError::no_object(id, "get"))
    })
}

/// `?fields=a,b` leaves those and the id.
fn only_fields(mut described: Value, query: &str) -> Value {
    let fields = query.split('&').find_map(|pair| pair.strip_prefix("fields="));
    if let (Some(fields), Some(object)) = (fields, described.as_object_mut()) {
        let fields = fields.replace("%2C", ",");
        object.retain(|key, _| key == "id" || fields.split(',').any(|field| field == key));
    }
    described
}

async fn delete_media(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    shared.answer(&request, |id| {
        let was_there = shared.world().media.delete(&MediaId::from(id));
        if was_there { Ok(json!({"success": true})) } else { Err(GraphError::no_object(id, "delete")) }
    })
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
