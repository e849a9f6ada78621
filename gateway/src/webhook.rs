//! Meta's door. A webhook is answered 200 only after everything in it is committed; then it is processed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use actors::JOURNEY;
use engine::directory::MetaApp;
use engine::id::TenantId;
use engine::intake::IntakeRecord;
use futures_util::StreamExt;
use serde::Deserialize;
use tracing::Instrument as _;
use tracing::field::Empty;

use crate::app::App;
use crate::checks::round_trip;
use crate::http::problem::Problem;
use crate::meta::signature;
use crate::meta::split::{NOT_CONNECTED, Route, split};
use crate::metric;

/// Meta's own limit for a body, with a little room.
pub const BODY_MAX: usize = 3 * 1024 * 1024 + 1024;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(web::resource("/webhooks/whatsapp").route(web::get().to(verify)).route(web::post().to(receive)));
    config.service(
        web::resource("/webhooks/whatsapp/{key}").route(web::get().to(verify_own)).route(web::post().to(receive_own)),
    );
}

/// Why an item lies in the quarantine of the organization at whose own address it came.
const NOT_OURS: &str = "The number or account is not one of this organization.";

/// Where a webhook came in: who signs there, and for whom it may be.
enum Door {
    /// The installation's own app, for everybody.
    Shared,
    /// One organization's app: whatever it signs is that organization's, whatever it says.
    Own(TenantId, Arc<MetaApp>),
    /// No organization has this address. Answered as if the signature were wrong.
    Nobodys,
}

impl Door {
    fn of(app: &App, key: &str) -> Self {
        let found = key.parse().ok().and_then(|key| app.routing.door(key));
        found.map_or(Self::Nobodys, |(tenant, meta)| Self::Own(tenant, meta))
    }

    fn has_signed(&self, app: &App, body: &[u8], header: &str) -> bool {
        match self {
            Self::Shared => signature::verify(body, header, &app.config.meta.app_secrets),
            Self::Own(_, meta) => signature::verify(body, header, &[&meta.app_secret]),
            Self::Nobodys => false,
        }
    }

    fn verify_token<'a>(&'a self, app: &'a App) -> &'a str {
        match self {
            Self::Shared => &app.config.meta.verify_token,
            Self::Own(_, meta) => &meta.verify_token,
            Self::Nobodys => "",
        }
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Shared => "Check that meta.app_secrets holds the secret of the app that sends this.",
            Self::Own(..) | Self::Nobodys => "Check the address and the app secret on the page Numbers.",
        }
    }

    fn cut(&self, app: &App, body: &web::Bytes) -> Vec<IntakeRecord> {
        let (ids, now) = (app.ids.as_ref(), app.clock.now());
        match self {
            Self::Shared => split(body, ids, now, |route: &Route| owner(app, route)),
            Self::Own(tenant, _) => {
                let records = split(body, ids, now, |route: &Route| owns(app, *tenant, route).then_some(*tenant));
                records.into_iter().map(|record| keep(record, *tenant)).collect()
            }
            Self::Nobodys => Vec::new(),
        }
    }
}

/// What names somebody else's number waits in the quarantine of who sent it: nobody else ever takes it over.
fn keep(mut record: IntakeRecord, tenant: TenantId) -> IntakeRecord {
    if record.tenant.is_none() {
        record.tenant = Some(tenant);
        record.quarantined = match record.quarantined {
            Some(odd) if odd != NOT_CONNECTED => Some(odd),
            Some(_) | None => Some(NOT_OURS.to_owned()),
        };
    }
    record
}

fn owns(app: &App, tenant: TenantId, route: &Route) -> bool {
    match &route.number {
        Some(number) => app.routing.of_number(number) == Some(tenant),
        None => route.waba.as_ref().is_some_and(|account| app.routing.has_account(tenant, account)),
    }
}

#[derive(Deserialize)]
struct Verification {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    token: Option<String>,
}

/// Meta asks whether the address is ours before it sends anything to it.
async fn verify(app: web::Data<App>, query: web::Query<Verification>) -> Result<HttpResponse, Problem> {
    answer_challenge(&app, &Door::Shared, &query)
}

async fn verify_own(
    app: web::Data<App>,
    key: web::Path<String>,
    query: web::Query<Verification>,
) -> Result<HttpResponse, Problem> {
    answer_challenge(&app, &Door::of(&app, &key), &query)
}

fn answer_challenge(app: &App, door: &Door, query: &Verification) -> Result<HttpResponse, Problem> {
    let expected = door.verify_token(app);
    let known =
        !expected.is_empty() && query.token.as_deref().is_some_and(|token| constant_time_equal(token, expected));
    match (&query.challenge, query.mode.as_deref()) {
        (Some(challenge), Some("subscribe")) if known => {
            Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(challenge.clone()))
        }
        (_, _) => {
            let text = "The verify token is not the one that is set here.";
            Err(Problem::new(StatusCode::FORBIDDEN, "verify_token", text)
                .with_action("Put the verify token that is set here into Meta's webhook settings."))
        }
    }
}

async fn receive(app: web::Data<App>, request: HttpRequest, body: web::Payload) -> Result<HttpResponse, Problem> {
    take(app, &Door::Shared, &request, body).await
}

async fn receive_own(
    app: web::Data<App>,
    request: HttpRequest,
    key: web::Path<String>,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let door = Door::of(&app, &key);
    take(app, &door, &request, body).await
}

async fn take(
    app: web::Data<App>,
    door: &Door,
    request: &HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let body = whole(request, body).await?;
    let header = request.headers().get("X-Hub-Signature-256").and_then(|value| value.to_str().ok());
    if !door.has_signed(&app, &body, header.unwrap_or_default()) {
        metrics::counter!(metric::WEBHOOKS_REFUSED).increment(1);
        app.refused.fetch_add(1, Ordering::Relaxed);
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "signature",
            "The signature does not match. Nothing was stored.",
        )
        .with_action(door.advice()));
    }
    if let Some(nonce) = round_trip::nonce(&body) {
        return Ok(HttpResponse::Ok().content_type("text/plain").body(nonce.to_owned()));
    }
    if !app.keeps_up() {
        metrics::counter!(metric::WEBHOOKS_DEFERRED).increment(1);
        return Err(Problem::busy());
    }
    // Its items are processed within it too, after the answer: it ends with the last of them.
    let span = tracing::info_span!(target: JOURNEY, parent: None, "webhook", bytes = body.len(), items = Empty);
    keep_and_hand_over(app, door, &body).instrument(span).await
}

async fn keep_and_hand_over(app: web::Data<App>, door: &Door, body: &web::Bytes) -> Result<HttpResponse, Problem> {
    let mut records = door.cut(&app, body);
    if app.peers.may_be() && app.routing.look_for(app.store.as_ref(), &records).await? {
        records = door.cut(&app, body);
    }
    let records: Arc<[IntakeRecord]> = records.into();
    metrics::counter!(metric::WEBHOOKS_ACCEPTED).increment(1);
    metrics::counter!(metric::INTAKE_ITEMS).increment(records.len() as u64);
    tracing::Span::current().record("items", records.len());
    #[cfg(feature = "seeded-bugs")]
    if std::env::var("JETTO_SEEDED_BUG").is_ok_and(|bug| bug == "log_the_body") {
        // As everybody does it once, to see what comes in.
        tracing::debug!(body = %String::from_utf8_lossy(body), "a webhook came");
    }
    #[cfg(feature = "seeded-bugs")]
    if std::env::var("JETTO_SEEDED_BUG").is_ok_and(|bug| bug == "answer_before_commit") {
        // As the peers do it: answered, and stored by a worker that has its own backlog.
        drop(actix_web::rt::spawn(async move {
            let backlog = tokio::time::timeout(std::time::Duration::from_millis(50), std::future::pending::<()>());
            drop(backlog.await);
            drop(app.store.append(records.clone()).await);
            hand_over(&app, &records);
        }));
        return Ok(HttpResponse::Ok().finish());
    }
    app.store.append(records.clone()).instrument(tracing::info_span!(target: JOURNEY, "append")).await?;
    app.routing.note(&records);
    hand_over(&app, &records);
    Ok(HttpResponse::Ok().finish())
}

fn owner(app: &App, route: &Route) -> Option<TenantId> {
    match &route.number {
        Some(number) => app.routing.of_number(number),
        None => route.waba.as_ref().and_then(|account| app.routing.of_account(account)),
    }
}

/// Committed items go to their organizations' actors; those in quarantine wait for a person.
fn hand_over(app: &App, records: &Arc<[IntakeRecord]>) {
    let ready = records.iter().filter(|record| record.quarantined.is_none());
    let tenants: BTreeSet<TenantId> = ready.filter_map(|record| record.tenant).collect();
    for tenant in tenants {
        app.actors.arrived(tenant, records.clone());
    }
}

/// The body in one piece. Nearly always it came as one, which is taken as it is; actix-web's own way sets 8 KiB aside for
/// each request and copies it there, which costs as much as cutting it.
async fn whole(request: &HttpRequest, mut body: web::Payload) -> Result<web::Bytes, Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > BODY_MAX) {
        return Err(too_large());
    }
    let mut whole = web::Bytes::new();
    while let Some(piece) = body.next().await {
        let piece = piece.map_err(|_| unreadable())?;
        if whole.len() + piece.len() > BODY_MAX {
            return Err(too_large());
        }
        whole = if whole.is_empty() { piece } else { joined(whole, &piece) };
    }
    Ok(whole)
}

fn joined(start: web::Bytes, piece: &[u8]) -> web::Bytes {
    let mut joined = web::BytesMut::from(start);
    joined.extend_from_slice(piece);
    joined.freeze()
}

fn too_large() -> Problem {
    let text = "The body is larger than 3 MB. Nothing was stored.";
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", text)
}

fn unreadable() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "The body could not be read. Nothing was stored.")
}

fn constant_time_equal(one: &str, other: &str) -> bool {
    let differing = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differing == 0
}
