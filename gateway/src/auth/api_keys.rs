//! Programs. An API key acts as its service member, and may what it was given as far as its maker still may that.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use dashmap::DashMap;
use engine::access::Principal;
use engine::directory::Person;
use engine::id::{ApiKeyId, SessionId, TenantId};

use super::{CACHE_MAX, links};
use crate::app::App;
use crate::http::problem::Problem;

/// What every key begins with, so that people and scanners of leaked secrets know it.
pub const PREFIX: &str = "jetto_";

/// Whose a key is never changes; whether it still counts stands in the household. So this is not doubted.
#[derive(Default)]
pub struct Known(DashMap<[u8; 32], (TenantId, ApiKeyId)>);

fn wrong_key() -> Problem {
    let text = "This API key is not known, has expired or was deleted. Nothing was changed.";
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_key", text).with_action("Make a new key in the settings.")
}

/// The key of a request that comes with one. No browser sends it by itself, so it needs no proof of where it comes from.
pub fn presented(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && key.starts_with(PREFIX)).then_some(key)
}

/// Live connections of a key end under this name.
pub fn session_of(key: ApiKeyId) -> SessionId {
    SessionId::derive(&[b"api key", key.as_bytes()])
}

pub async fn admit(app: &App, key: &str) -> Result<Principal, Problem> {
    let hash = links::hash(key);
    let now = app.clock.now();
    let (tenant, id) = whose(app, hash).await?;
    let household = app.households.of(app.store.as_ref(), tenant).await?.ok_or_else(wrong_key)?;
    let key = household.api_keys.get(&id).filter(|key| key.hash == hash).ok_or_else(wrong_key)?;
    if key.expires_at.is_some_and(|end| end <= now) {
        return Err(wrong_key());
    }
    if app.auth.used.due(*id.as_bytes(), now)
        && let Err(error) = app.store.touch_api_key(tenant, id, now).await
    {
        tracing::debug!(%error, "when an API key was last used was not kept");
    }
    Ok(Principal {
        tenant,
        person: Person { id: key.member, name: key.name.clone() },
        session: session_of(id),
        api_key: Some(id),
        until: key.expires_at,
        enrolled: true,
        grants: household.grants_of_key(id, now),
        teams: household.member(key.member).map(|member| member.teams.iter().copied().collect()).unwrap_or_default(),
    })
}

async fn whose(app: &App, hash: [u8; 32]) -> Result<(TenantId, ApiKeyId), Problem> {
    let known = &app.auth.api_keys.0;
    if let Some(whose) = known.get(&hash) {
        return Ok(*whose);
    }
    let found = app.store.api_key_by_hash(hash).await?.ok_or_else(wrong_key)?;
    if known.len() >= CACHE_MAX {
        known.clear();
    }
    known.insert(hash, found);
    Ok(found)
}
