//! The refresh token: good once. Whoever presents one that was used before has a copy, or was copied from; nobody can
//! tell which, so the session ends for both.

use std::str::FromStr as _;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use engine::audit::{Action, AuditActor, AuditEntry};
use engine::id::SessionId;
use engine::ports::Rotated;
use sha2::{Digest as _, Sha256};

use super::sessions::{Entry, cut_off, entered, is_enrolled, standing};
use super::{cookies, origin};
use crate::app::App;
use crate::http::problem::Problem;
use crate::limits::count_reached;
use crate::shell;

pub(super) fn new_secret() -> [u8; 32] {
    let mut secret = [0; 32];
    shell::fill(&mut secret);
    secret
}

pub(super) fn hash(secret: &[u8; 32]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Names the session, so that a copy that was used can be told from nonsense.
pub(super) fn text(session: SessionId, secret: &[u8; 32]) -> String {
    format!("{session}.{}", URL_SAFE_NO_PAD.encode(secret))
}

fn parse(text: &str) -> Option<(SessionId, [u8; 32])> {
    let (session, secret) = text.split_once('.')?;
    let secret = URL_SAFE_NO_PAD.decode(secret).ok()?;
    Some((SessionId::from_str(session).ok()?, secret.try_into().ok()?))
}

fn session_ended() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "session_ended", "Your session has ended. Nothing was changed.")
        .with_action("Sign in again.")
}

/// Takes the refresh token of the request for the next pair.
pub async fn refresh(app: &App, request: &HttpRequest) -> Result<Entry, Problem> {
    let cookie = request.cookie(cookies::REFRESH).ok_or_else(session_ended)?;
    let (id, secret) = parse(cookie.value()).ok_or_else(session_ended)?;
    let now = app.clock.now();
    let session = app.store.session(id).await?.ok_or_else(session_ended)?;
    let account = standing(app, &session, now).await?.ok_or_else(session_ended)?;
    let household = app.households.of(app.store.as_ref(), session.tenant).await?.ok_or_else(session_ended)?;
    let member = household.member(session.member).filter(|member| member.is_active()).ok_or_else(session_ended)?;
    let who = AuditActor::Member { id: member.id, name: member.name.clone() };
    let origin = origin::of(request, &app.config.trusted_proxies);
    let reuse = AuditEntry::new(now, who, Action::SessionReused).on(&id).from(Some(&origin));
    let next = app.auth.keys.successor(&secret);
    match app.store.rotate_session(id, hash(&secret), hash(&next), now, reuse).await? {
        Rotated::Fresh(session) => entered(app, &household, &session, is_enrolled(&account), &next, now),
        Rotated::Reused(session) => {
            count_reached("rotation_grace");
            tracing::warn!("a refresh token was used twice: its session is ended");
            cut_off(app, session.tenant, session.id);
            Err(session_ended())
        }
        Rotated::Ended => Err(session_ended()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_names_its_session() {
        let (session, secret) = (SessionId::from_bytes([3; 16]), new_secret());
        assert_eq!(parse(&text(session, &secret)), Some((session, secret)));
        for nonsense in ["", ".", "abc.def", &text(session, &secret)[1..], &format!("{session}.AAAA")] {
            assert_eq!(parse(nonsense), None, "{nonsense}");
        }
    }
}
