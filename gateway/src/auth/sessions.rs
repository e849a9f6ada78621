//! Sessions: opened by signing in, found by every request, ended by people.

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use dashmap::DashMap;
use engine::access::Principal;
use engine::account::{Account, Session};
use engine::audit::{Action, AuditActor, AuditEntry};
use engine::household::Household;
use engine::id::{MemberId, SessionId, TenantId};
use engine::ports::{Hint, StoreError};
use engine::time::{IdSource as _, Span, Timestamp};

use super::keys::{Claims, TOKEN_LIFE};
use super::{CACHE_MAX, cookies, origin, refresh};
use crate::app::App;
use crate::http::problem::Problem;
use crate::shell;

/// How long an answer of the store about a session is believed.
const CACHE_LIFE: Span = Span::seconds(5);

/// What this process knows of sessions.
#[derive(Default)]
pub struct Known {
    believed: DashMap<SessionId, Believed>,
    /// Ended here, until their last token has expired: whatever a slow reader of the store still says of them.
    ended: DashMap<SessionId, Timestamp>,
}

#[derive(Clone, Copy)]
struct Believed {
    tenant: TenantId,
    member: MemberId,
    /// Whether the account has a second factor.
    enrolled: bool,
    ends_at: Timestamp,
    until: Timestamp,
}

/// A request of a signed-in browser.
pub struct Admitted {
    pub principal: Principal,
    /// The organization wants a second factor and this person has none: they may set it up, and nothing else.
    pub must_enroll: bool,
}

/// A browser that has just come in.
pub struct Entry {
    pub principal: Principal,
    pub cookies: [Cookie<'static>; 2],
}

impl Known {
    /// Its tokens are worth nothing from now on.
    fn end(&self, session: SessionId, now: Timestamp) {
        self.ended.insert(session, now.plus(TOKEN_LIFE));
        self.believed.remove(&session);
    }

    /// For who came in just before it was ended, and was not there yet to be told.
    pub fn has_ended(&self, session: SessionId) -> bool {
        self.ended.contains_key(&session)
    }

    /// Asks the store again about all of somebody's at their next requests.
    pub(super) fn doubt_member(&self, member: MemberId) {
        self.believed.retain(|_, believed| believed.member != member);
    }

    pub(super) fn forget_old(&self, now: Timestamp) {
        self.ended.retain(|_, until| now < *until);
        self.believed.retain(|_, believed| now < believed.until);
    }
}

/// Opens a session of the account as this member.
pub async fn open(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    (tenant, member): (TenantId, MemberId),
) -> Result<Entry, Problem> {
    let now = app.clock.now();
    let household = app.households.of(app.store.as_ref(), tenant).await?.ok_or_else(Problem::signed_out)?;
    let person = household.member(member).ok_or_else(Problem::signed_out)?.person();
    let origin = origin::of(request, &app.config.trusted_proxies);
    let secret = refresh::new_secret();
    let session = Session {
        id: SessionId::from_bytes(shell::RandomIds.next()),
        tenant,
        account: account.id,
        member,
        token_version: account.token_version,
        refresh_hash: refresh::hash(&secret),
        previous_refresh_hash: None,
        rotated_at: now,
        created_at: now,
        expires_at: now.plus(Span::hours(household.settings.session_hours.into())),
        last_seen_at: now,
        ip: origin.ip.clone(),
        browser: origin.browser.clone(),
        device: origin.device.clone(),
    };
    let who = AuditActor::Member { id: member, name: person.name };
    let entry = AuditEntry::new(now, who, Action::SessionOpened).on(&session.id).from(Some(&origin));
    let entered = entered(app, &household, &session, is_enrolled(account), &secret, now)?;
    app.store.open_session(session, vec![entry]).await?;
    Ok(entered)
}

/// The session with a fresh token, and this refresh token.
pub(super) fn entered(
    app: &App,
    household: &Household,
    session: &Session,
    enrolled: bool,
    secret: &[u8; 32],
    now: Timestamp,
) -> Result<Entry, Problem> {
    let claims = Claims {
        sub: session.member,
        org: session.tenant,
        sid: session.id,
        iat: now.0 / 1000,
        exp: now.plus(TOKEN_LIFE).0 / 1000,
    };
    let token = app.auth.keys.sign(&claims).map_err(|error| Problem::internal(&error))?;
    let cookies = cookies::pair(app, token, refresh::text(session.id, secret), session.expires_at.since(now));
    let principal = principal_of(household, session.member, session.id, session.expires_at, enrolled)?;
    Ok(Entry { principal, cookies })
}

/// The grants are those of the newest household there is, so that a change of a role counts with the next request.
fn principal_of(
    household: &Household,
    member: MemberId,
    session: SessionId,
    until: Timestamp,
    enrolled: bool,
) -> Result<Principal, Problem> {
    let active = household.member(member).filter(|member| member.is_active()).ok_or_else(Problem::signed_out)?;
    Ok(Principal {
        tenant: household.organization.id,
        person: active.person(),
        session,
        api_key: None,
        until: Some(until),
        enrolled,
        grants: household.grants(member),
        teams: active.teams.iter().copied().collect(),
    })
}

/// Who sends this request.
pub async fn admit(app: &App, request: &HttpRequest) -> Result<Admitted, Problem> {
    let cookie = request.cookie(cookies::TOKEN).ok_or_else(Problem::signed_out)?;
    let now = app.clock.now();
    let claims = app.auth.keys.claims(cookie.value(), now).ok_or_else(Problem::signed_out)?;
    let known = &app.auth.sessions;
    let believed = known.believed.get(&claims.sid).map(|believed| *believed).filter(|believed| now < believed.until);
    let believed = match believed {
        Some(believed) => believed,
        None => look_up(app, claims.sid, now).await?,
    };
    if (believed.tenant, believed.member) != (claims.org, claims.sub) || known.has_ended(claims.sid) {
        return Err(Problem::signed_out());
    }
    let household = app.households.of(app.store.as_ref(), claims.org).await?.ok_or_else(Problem::signed_out)?;
    let principal = principal_of(&household, claims.sub, claims.sid, believed.ends_at, believed.enrolled)?;
    let must_enroll = household.must_enroll(&principal);
    Ok(Admitted { principal, must_enroll })
}

/// The principal with what the store says of their second factor now, where it matters.
pub async fn look_again(app: &App, household: &Household, principal: Principal) -> Principal {
    if !household.must_enroll(&Principal { enrolled: false, ..principal.clone() }) || principal.api_key.is_some() {
        return principal;
    }
    let now = app.clock.now();
    let known = app.auth.sessions.believed.get(&principal.session).map(|believed| *believed);
    let enrolled = match known.filter(|believed| now < believed.until) {
        Some(believed) => believed.enrolled,
        // Who cannot be looked up is not let in for it.
        None => look_up(app, principal.session, now).await.is_ok_and(|believed| believed.enrolled),
    };
    Principal { enrolled, ..principal }
}

/// Asks the store whether the session still stands, and believes it for a while.
async fn look_up(app: &App, id: SessionId, now: Timestamp) -> Result<Believed, Problem> {
    find(app, id, now).await?.ok_or_else(Problem::signed_out)
}

/// `None`: it is over.
async fn find(app: &App, id: SessionId, now: Timestamp) -> Result<Option<Believed>, StoreError> {
    let Some(session) = app.store.session(id).await? else { return Ok(None) };
    let Some(account) = standing(app, &session, now).await? else { return Ok(None) };
    let believed = Believed {
        tenant: session.tenant,
        member: session.member,
        enrolled: is_enrolled(&account),
        ends_at: session.expires_at,
        until: now.plus(CACHE_LIFE).min(session.expires_at),
    };
    if app.auth.sessions.believed.len() >= CACHE_MAX {
        app.auth.sessions.believed.clear();
    }
    app.auth.sessions.believed.insert(id, believed);
    if app.auth.used.due(*id.as_bytes(), now)
        && let Err(error) = app.store.touch_session(id, now).await
    {
        tracing::debug!(%error, "when a session was last seen was not kept");
    }
    Ok(Some(believed))
}

/// Whom to look at again.
#[derive(Debug, Clone, Copy)]
pub enum Doubted {
    Session(SessionId),
    Member(MemberId),
    Everybody,
}

/// Another node may have ended sessions: those that are connected here are looked up again. Who is out is told to come
/// back and refused at the door, because whose session goes on under another name is told the same.
pub async fn look_at_connected(app: &App, tenant: TenantId, doubted: Doubted) -> Result<(), StoreError> {
    let now = app.clock.now();
    match doubted {
        Doubted::Session(session) => drop(app.auth.sessions.believed.remove(&session)),
        Doubted::Member(member) => app.auth.doubt_member(member),
        Doubted::Everybody => {}
    }
    for (session, (member, enrolled)) in app.hub.sessions(tenant) {
        let meant = match doubted {
            Doubted::Session(one) => one == session,
            Doubted::Member(one) => one == member,
            Doubted::Everybody => true,
        };
        if !meant {
            continue;
        }
        match find(app, session, now).await? {
            Some(believed) if believed.enrolled != enrolled => app.hub.enrolled(tenant, member, believed.enrolled),
            Some(_) => {}
            None => {
                app.auth.sessions.end(session, now);
                app.hub.reconnect(tenant, session);
            }
        }
    }
    Ok(())
}

/// The session's account, as long as the session counts.
pub(super) async fn standing(app: &App, session: &Session, now: Timestamp) -> Result<Option<Account>, StoreError> {
    let account = app.store.account(session.account).await?;
    Ok(account.filter(|account| now < session.expires_at && session.token_version == account.token_version))
}

pub fn is_enrolled(account: &Account) -> bool {
    account.second_factor.as_ref().is_some_and(|factor| factor.confirmed)
}

/// Ends sessions everywhere: tokens at once, and sockets within a second. `audit` goes to the log of each tenant.
pub async fn end(
    app: &App,
    sessions: &[(TenantId, SessionId)],
    audit: Vec<(TenantId, AuditEntry)>,
) -> Result<(), Problem> {
    let ids = sessions.iter().map(|(_, id)| *id).collect();
    app.store.end_sessions(ids, audit).await?;
    for (tenant, id) in sessions {
        cut_off(app, *tenant, *id);
    }
    Ok(())
}

/// Of a session that the store has ended.
pub fn cut_off(app: &App, tenant: TenantId, session: SessionId) {
    app.auth.sessions.end(session, app.clock.now());
    app.hub.end_session(tenant, session);
    app.peers.tell(Hint::SessionEnded { tenant, session });
}

/// What the log says when somebody ends this session.
pub fn ended(session: &Session, who: AuditActor, now: Timestamp) -> (TenantId, AuditEntry) {
    (session.tenant, AuditEntry::new(now, who, Action::SessionEnded).on(&session.id))
}
