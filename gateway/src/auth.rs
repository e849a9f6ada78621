//! Passwords, sessions and the cookie. The cookie holds a short-lived signed token that names a session; the session lies
//! in the store, and ending it ends every token and socket of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::cookie::{Cookie, SameSite};
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Argon2, PasswordHash};
use dashmap::DashMap;
use engine::access::Principal;
use engine::account::{Account, Session};
use engine::audit::{Action, AuditActor, AuditEntry, Origin};
use engine::id::{MemberId, SessionId, TenantId};
use engine::time::{IdSource as _, Span, Timestamp};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::http::problem::Problem;
use crate::shell;

pub const COOKIE: &str = "auth_token";
/// A stolen token is worth this long at most; `GET /api/v1/me` renews it.
const TOKEN_LIFE: Span = Span::seconds(15 * 60);
/// The longest session that an organization can choose; what is in the cookie ends earlier by itself.
const COOKIE_LIFE: Duration = Duration::from_hours(720);
/// How long an answer of the store about a session is believed.
const CACHE_LIFE: Span = Span::seconds(5);
const CACHE_MAX: usize = 20_000;
/// Password checks at once: each costs 19 MiB and tens of milliseconds of a core.
const HASHES_AT_ONCE: usize = 2;
const PASSWORD_MIN: usize = 10;
const PASSWORD_MAX: usize = 256;

#[derive(Serialize, Deserialize)]
struct Claims {
    /// Member.
    sub: MemberId,
    org: TenantId,
    sid: SessionId,
    /// Seconds since the epoch.
    iat: i64,
    exp: i64,
}

/// Signs and checks.
pub struct Auth {
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    sessions: DashMap<SessionId, Cached>,
    hashing: Arc<Semaphore>,
    /// Checked against when the e-mail is unknown, so that both take equally long.
    nobody: String,
}

#[derive(Clone)]
struct Cached {
    tenant: TenantId,
    member: MemberId,
    believed_until: Timestamp,
}

impl Auth {
    /// `key_file` holds 32 random bytes; it is made when it is missing.
    pub fn open(key_file: &Path) -> std::io::Result<Self> {
        let key = match std::fs::read(key_file) {
            Ok(key) => key,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_key(key_file)?,
            Err(error) => return Err(error),
        };
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.leeway = 0;
        // The time is compared with the process's own clock, which tests may set.
        validation.validate_exp = false;
        Ok(Self {
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
            validation,
            sessions: DashMap::new(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            nobody: hash("nobody knows this one").map_err(std::io::Error::other)?,
        })
    }

    fn sign(&self, tenant: TenantId, member: MemberId, session: SessionId, now: Timestamp) -> Result<String, Problem> {
        let claims =
            Claims { sub: member, org: tenant, sid: session, iat: now.0 / 1000, exp: now.plus(TOKEN_LIFE).0 / 1000 };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)
            .map_err(|error| Problem::internal(&error))
    }

    fn claims(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).ok()?.claims;
        (now.0 / 1000 < claims.exp).then_some(claims)
    }

    /// Whether this is the account's password. Runs on a thread of its own, two at a time.
    pub async fn verify(&self, account: Option<&Account>, password: String) -> bool {
        if password.len() > PASSWORD_MAX {
            return false;
        }
        let Ok(_slot) = self.hashing.acquire().await else { return false };
        let hash = account.and_then(|account| account.password_hash.clone());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let right = actix_web::web::block(move || {
            let Ok(hash) = PasswordHash::new(&hash) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        });
        right.await.unwrap_or(false) && known
    }

    /// The tokens of all of the member's sessions are looked up again.
    pub fn forget_member(&self, member: MemberId) {
        self.sessions.retain(|_, cached| cached.member != member);
    }

    /// The session's tokens are worth nothing from now on.
    pub fn forget(&self, session: SessionId) {
        self.sessions.remove(&session);
    }
}

fn make_key(path: &Path) -> std::io::Result<Vec<u8>> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut key = vec![0; 32];
    shell::fill(&mut key);
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&key)?;
    file.sync_all()?;
    Ok(key)
}

/// A PHC string of argon2id.
pub fn hash(password: &str) -> Result<String, String> {
    Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// What is wrong with a new password, in words.
pub fn check_new_password(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < PASSWORD_MIN {
        return Err("The password is too short: at least 10 characters.");
    }
    if password.len() > PASSWORD_MAX { Err("The password is too long: at most 256 bytes.") } else { Ok(()) }
}

/// Opens a session of the account as this member; the answer is the cookie to set.
pub async fn sign_in(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    (tenant, member): (TenantId, MemberId),
) -> Result<(Principal, Cookie<'static>), Problem> {
    let now = app.clock.now();
    let household = app.households.of(app.store.as_ref(), tenant).await?.ok_or_else(Problem::signed_out)?;
    let seated = household.member(member).ok_or_else(Problem::signed_out)?;
    let person = seated.person();
    let mut refresh_hash = [0; 32];
    // Of no token: a browser has nothing yet that could be rotated.
    shell::fill(&mut refresh_hash);
    let origin = Origin { ip: ip(request), ..Origin::default() };
    let session = Session {
        id: SessionId::from_bytes(shell::RandomIds.next()),
        tenant,
        account: account.id,
        member,
        token_version: account.token_version,
        refresh_hash,
        previous_refresh_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus(Span::hours(household.settings.session_hours.into())),
        last_seen_at: now,
        ip: origin.ip.clone(),
        browser: origin.browser.clone(),
        device: origin.device.clone(),
    };
    let token = app.auth.sign(tenant, member, session.id, now)?;
    let who = AuditActor::Member { id: member, name: person.name.clone() };
    let entry = AuditEntry::new(now, who, Action::SessionOpened).on(&session.id).from(Some(&origin));
    let teams = seated.teams.iter().copied().collect();
    let principal = Principal { tenant, person, session: session.id, grants: household.grants(member), teams };
    app.store.open_session(session, vec![entry]).await?;
    Ok((principal, cookie(app, token)))
}

/// Of the connection: behind a proxy that is the proxy's.
pub fn ip(request: &HttpRequest) -> String {
    request.peer_addr().map(|address| address.ip().to_string()).unwrap_or_default()
}

/// The same session with a fresh token.
pub fn renew(app: &App, principal: &Principal) -> Result<Cookie<'static>, Problem> {
    let token = app.auth.sign(principal.tenant, principal.person.id, principal.session, app.clock.now())?;
    Ok(cookie(app, token))
}

/// Ends the session everywhere: tokens, and sockets within a second.
pub async fn sign_out(app: &App, principal: &Principal) -> Result<Cookie<'static>, Problem> {
    let who = AuditActor::Member { id: principal.person.id, name: principal.person.name.clone() };
    let entry = AuditEntry::new(app.clock.now(), who, Action::SessionEnded).on(&principal.session);
    app.store.end_sessions(vec![principal.session], vec![(principal.tenant, entry)]).await?;
    app.auth.forget(principal.session);
    app.hub.end_session(principal.tenant, principal.session);
    let mut gone = cookie(app, String::new());
    gone.make_removal();
    Ok(gone)
}

/// Who sends this request.
pub async fn principal(app: &App, request: &HttpRequest) -> Result<Principal, Problem> {
    let cookie = request.cookie(COOKIE).ok_or_else(Problem::signed_out)?;
    let now = app.clock.now();
    let claims = app.auth.claims(cookie.value(), now).ok_or_else(Problem::signed_out)?;
    let believed = app.auth.sessions.get(&claims.sid).is_some_and(|cached| {
        now < cached.believed_until && cached.tenant == claims.org && cached.member == claims.sub
    });
    if !believed {
        look_up(app, &claims, now).await?;
    }
    let household = app.households.of(app.store.as_ref(), claims.org).await?.ok_or_else(Problem::signed_out)?;
    let member = household.member(claims.sub).filter(|member| member.is_active()).ok_or_else(Problem::signed_out)?;
    // The household is the newest there is, so that a change of a role counts with the next request.
    let grants = household.grants(claims.sub);
    let teams = member.teams.iter().copied().collect();
    Ok(Principal { tenant: claims.org, person: member.person(), session: claims.sid, grants, teams })
}

/// Asks the store whether the session still stands, and believes it for a while.
async fn look_up(app: &App, claims: &Claims, now: Timestamp) -> Result<(), Problem> {
    let session = app.store.session(claims.sid).await?.ok_or_else(Problem::signed_out)?;
    let account = app.store.account(session.account).await?.ok_or_else(Problem::signed_out)?;
    let stands = now < session.expires_at
        && session.token_version == account.token_version
        && (session.tenant, session.member) == (claims.org, claims.sub);
    if !stands {
        return Err(Problem::signed_out());
    }
    if app.auth.sessions.len() >= CACHE_MAX {
        app.auth.sessions.clear();
    }
    let believed_until = now.plus(CACHE_LIFE).min(session.expires_at);
    app.auth.sessions.insert(claims.sid, Cached { tenant: claims.org, member: claims.sub, believed_until });
    Ok(())
}

fn cookie(app: &App, token: String) -> Cookie<'static> {
    Cookie::build(COOKIE, token)
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.origin.starts_with("https://"))
        .max_age(actix_web::cookie::time::Duration::seconds(COOKIE_LIFE.as_secs().cast_signed()))
        .finish()
}
