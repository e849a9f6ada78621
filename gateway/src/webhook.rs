//! Meta's door. A webhook is answered 200 only after everything in it is committed; then it is processed.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::id::TenantId;
use engine::intake::IntakeRecord;
use serde::Deserialize;

use crate::app::App;
use crate::http::problem::Problem;
use crate::meta::signature;
use crate::meta::split::{Route, split};
use crate::metric;

/// Meta's own limit for a body, with a little room.
pub const BODY_MAX: usize = 3 * 1024 * 1024 + 1024;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::resource("/webhooks/whatsapp")
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .route(web::get().to(verify))
            .route(web::post().to(receive)),
    );
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
    let expected = &app.config.meta.verify_token;
    let known =
        !expected.is_empty() && query.token.as_deref().is_some_and(|token| constant_time_equal(token, expected));
    match (&query.challenge, query.mode.as_deref()) {
        (Some(challenge), Some("subscribe")) if known => {
            Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(challenge.clone()))
        }
        (_, _) => {
            let text = "The verify token is not the one that is set here.";
            Err(Problem::new(StatusCode::FORBIDDEN, "verify_token", text)
                .with_action("Put the value of meta.verify_token into Meta's webhook settings."))
        }
    }
}

async fn receive(
    app: web::Data<App>,
    request: HttpRequest,
    body: Result<web::Bytes, actix_web::Error>,
) -> Result<HttpResponse, Problem> {
    let body = body.map_err(|error| too_large(&error))?;
    let header = request.headers().get("X-Hub-Signature-256").and_then(|value| value.to_str().ok());
    if !signature::verify(&body, header.unwrap_or_default(), &app.config.meta.app_secrets) {
        metrics::counter!(metric::WEBHOOKS_REFUSED).increment(1);
        app.refused.fetch_add(1, Ordering::Relaxed);
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "signature",
            "The signature does not match. Nothing was stored.",
        )
        .with_action("Check that meta.app_secrets holds the secret of the app that sends this."));
    }
    if !app.keeps_up() {
        metrics::counter!(metric::WEBHOOKS_DEFERRED).increment(1);
        return Err(Problem::busy());
    }
    let records: Arc<[IntakeRecord]> =
        split(&body, app.ids.as_ref(), app.clock.now(), |route: &Route| owner(&app, route)).into();
    metrics::counter!(metric::WEBHOOKS_ACCEPTED).increment(1);
    metrics::counter!(metric::INTAKE_ITEMS).increment(records.len() as u64);
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
    app.store.append(records.clone()).await?;
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

fn too_large(error: &actix_web::Error) -> Problem {
    if error.as_response_error().status_code() == StatusCode::PAYLOAD_TOO_LARGE {
        return Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than 3 MB. Nothing was stored.",
        );
    }
    Problem::new(StatusCode::BAD_REQUEST, "unreadable", "The body could not be read. Nothing was stored.")
}

fn constant_time_equal(one: &str, other: &str) -> bool {
    let differing = one.bytes().zip(other.bytes()).fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differing == 0
}
