//! Who one is, and what one may change about oneself.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::access::Principal;
use engine::account::{Account, check_email, check_name, check_preferences};
use engine::audit::{Action, AuditEntry};
use engine::directory::{Member, Number};
use engine::id::{MemberId, PhoneNumberId, TeamId, TenantId, WabaId};
use engine::permission::Permission;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::administration::{RoleRef, household};
use crate::app::App;
use crate::auth::sessions::{Entry, is_enrolled};
use crate::auth::sign_in::{ask_again, wrong_password};
use crate::auth::{accounts, sessions};
use crate::http::guard::{Signed, origin_of};
use crate::http::problem::Problem;

/// Digits of a phone number, at least and at most (E.164).
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/me", web::get().to(me))
        .route("/me", web::patch().to(change))
        .route("/me/password", web::put().to(password))
        .route("/me/preferences", web::put().to(preferences));
}

/// The signed-in member.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    member: MeMember,
    account: MeAccount,
    organization: MeOrganization,
    /// All that the person is active in, this one too.
    organizations: Vec<MySeat>,
    /// Keys of `permissions.json`.
    permissions: Vec<&'static str>,
    numbers: Vec<NumberView>,
    /// The organization wants a second factor and there is none: until it is set up, only `/me` and `/sessions` answer.
    must_enroll_second_factor: bool,
    /// Whether this is `jetto demo`.
    demo: bool,
    /// The browser's own.
    #[schema(value_type = Object)]
    preferences: Map<String, Value>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MeMember {
    id: MemberId,
    name: String,
    email: String,
    role: RoleRef,
    teams: Vec<TeamRef>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MeAccount {
    email: String,
    name: String,
    phone: Option<String>,
    second_factor: MeSecondFactor,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MeSecondFactor {
    enabled: bool,
    recovery_codes_left: usize,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MeOrganization {
    #[schema(value_type = String)]
    id: TenantId,
    name: String,
    mask_phones: bool,
    approve_broadcasts: bool,
    require_second_factor: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MySeat {
    #[schema(value_type = String)]
    id: TenantId,
    name: String,
    role: RoleRef,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamRef {
    #[schema(value_type = String)]
    pub id: TeamId,
    pub name: String,
}

/// A number without its token.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NumberView {
    phone_number_id: PhoneNumberId,
    waba_id: WabaId,
    name: String,
    display: String,
    /// People whom its account may begin to write to in 24 hours; `null`: as many as there are, or it is not known.
    per_day: Option<u64>,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct MeChange {
    name: Option<String>,
    /// Empty: none.
    phone: Option<String>,
    /// Another one needs the password.
    email: Option<String>,
    password: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct PasswordChange {
    current: String,
    new: String,
}

impl From<Number> for NumberView {
    fn from(number: Number) -> Self {
        let Number { phone_number_id, waba_id, name, display, standing, .. } = number;
        let per_day = standing.tier.as_deref().and_then(engine::outreach::people_of);
        Self { phone_number_id, waba_id, name, display, per_day }
    }
}

/// Who am I
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn me(app: web::Data<App>, signed: Signed) -> Result<web::Json<Me>, Problem> {
    Ok(web::Json(describe(&app, &signed.0).await?))
}

/// Change name, phone or e-mail
#[utoipa::path(patch, path = "/api/v1/me", request_body = MeChange,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn change(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    change: web::Json<MeChange>,
) -> Result<web::Json<Me>, Problem> {
    let MeChange { name, phone, email, password } = change.into_inner();
    let account = account_of(&app, &signed.0).await?;
    let name = name.map(|name| check_name(&name)).transpose()?;
    let phone = phone.map(|phone| check_phone(&phone)).transpose()?;
    let email = email.map(|email| check_email(&email)).transpose()?.filter(|email| *email != account.email);
    if email.is_some() {
        ask_again(&app, &request, &account, password.ok_or_else(wrong_password)?).await?;
    }
    let (now, origin) = (app.clock.now(), origin_of(&app, &request));
    let changes = [
        (name.as_ref().is_some_and(|name| *name != account.name), "name"),
        (phone.as_ref().is_some_and(|phone| *phone != account.phone), "phone"),
    ];
    let fields: Vec<_> = changes.iter().filter(|(changed, _)| *changed).map(|(_, field)| *field).collect();
    let action = if email.is_some() { Action::AccountEmailChanged } else { Action::AccountChanged };
    let entry = |member: &Member| {
        let entry = AuditEntry::new(now, accounts::themselves(member), action).on(&member.id).from(Some(&origin));
        let entry = if fields.is_empty() { entry } else { entry.with("fields", &fields.join(", ")) };
        email.iter().fold(entry, |entry, email| entry.with("from", &account.email).with("to", email))
    };
    let audit = accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?;
    let edit = |account: &mut Account| {
        if let Some(name) = &name {
            account.name.clone_from(name);
        }
        if let Some(phone) = &phone {
            account.phone.clone_from(phone);
        }
        if let Some(email) = &email {
            account.email.clone_from(email);
        }
        Ok(())
    };
    accounts::update(&app, account.id, audit, edit).await?;
    Ok(web::Json(describe(&app, &signed.0).await?))
}

/// `+` and digits, however they are grouped; empty is none.
fn check_phone(text: &str) -> Result<Option<String>, Problem> {
    let plain: String = text.chars().filter(|character| !" ()-.".contains(*character)).take(64).collect();
    if plain.is_empty() {
        return Ok(None);
    }
    let digits = plain.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits {
        Some(digits) if PHONE_DIGITS.contains(&digits.len()) => Ok(Some(plain)),
        Some(_) | None => Err(Problem::invalid("A phone number has + and 8 to 15 digits. Nothing was saved.")),
    }
}

/// Change the password; every other browser is signed out
#[utoipa::path(put, path = "/api/v1/me/password", request_body = PasswordChange,
    responses((status = 204), (status = 401, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn password(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    change: web::Json<PasswordChange>,
) -> Result<HttpResponse, Problem> {
    let PasswordChange { current, new } = change.into_inner();
    let account = account_of(&app, &signed.0).await?;
    ask_again(&app, &request, &account, current).await?;
    let hash = app.auth.passwords.hash(new).await?;
    let seat = (signed.0.tenant, signed.0.person.id);
    let (now, origin) = (app.clock.now(), origin_of(&app, &request));
    let entry = |member: &Member| {
        let action = Action::AccountPasswordChanged;
        AuditEntry::new(now, accounts::themselves(member), action).on(&member.id).from(Some(&origin))
    };
    let audit = accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?;
    let known = account.password_hash.clone();
    // Its tabs come back with the new cookie; whoever has a copy of the old one does not.
    app.hub.reconnect(signed.0.tenant, signed.0.session);
    let account = set_password(&app, &account, &hash, audit, |now| {
        // Somebody else set another one since it was asked for.
        if now.password_hash == known { Ok(()) } else { Err(wrong_password()) }
    })
    .await?;
    // Every session was of the old password; this browser goes on with a new one.
    let entry = sessions::open(&app, &request, &account, seat).await?;
    let mut response = HttpResponse::NoContent();
    for cookie in entry.cookies {
        response.cookie(cookie);
    }
    Ok(response.finish())
}

/// A new password: every session of the account ends, with the tokens and sockets of each.
pub(super) async fn set_password(
    app: &App,
    account: &Account,
    hash: &str,
    audit: Vec<(TenantId, AuditEntry)>,
    check: impl Fn(&Account) -> Result<(), Problem>,
) -> Result<Account, Problem> {
    let edit = |account: &mut Account| {
        check(account)?;
        account.password_hash = Some(hash.to_owned());
        account.token_version += 1;
        Ok(())
    };
    let account = accounts::update(app, account.id, audit, edit).await?;
    let open = app.store.sessions_of(account.id).await?;
    let old = open.iter().filter(|session| session.token_version < account.token_version);
    let old: Vec<_> = old.map(|session| (session.tenant, session.id)).collect();
    sessions::end(app, &old, Vec::new()).await?;
    Ok(account)
}

/// Keep the browser's own settings
#[utoipa::path(put, path = "/api/v1/me/preferences", request_body = Object,
    responses((status = 200, body = Object), (status = 401, body = Problem), (status = 422, body = Problem)))]
pub async fn preferences(
    app: web::Data<App>,
    signed: Signed,
    wanted: web::Json<Map<String, Value>>,
) -> Result<web::Json<Map<String, Value>>, Problem> {
    let account = account_of(&app, &signed.0).await?;
    let text = serde_json::to_string(&*wanted).map_err(|error| Problem::internal(&error))?;
    check_preferences(&text)?;
    accounts::update(&app, account.id, Vec::new(), |account| {
        account.preferences.clone_from(&text);
        Ok(())
    })
    .await?;
    Ok(wanted)
}

/// The person behind the member.
pub(super) async fn account_of(app: &App, principal: &Principal) -> Result<Account, Problem> {
    let household = household(app, principal).await?;
    let account = household.member(principal.person.id).and_then(|member| member.account);
    app.store.account(account.ok_or_else(Problem::signed_out)?).await?.ok_or_else(Problem::signed_out)
}

/// The answer to a browser that has come in.
pub(super) async fn welcome(app: &App, status: StatusCode, entry: Entry) -> Result<HttpResponse, Problem> {
    let me = describe(app, &entry.principal).await?;
    let mut response = HttpResponse::build(status);
    for cookie in entry.cookies {
        response.cookie(cookie);
    }
    Ok(response.json(me))
}

async fn describe(app: &App, principal: &Principal) -> Result<Me, Problem> {
    let household = household(app, principal).await?;
    let account = account_of(app, principal).await?;
    let member = household.member(principal.person.id).ok_or_else(Problem::signed_out)?;
    let numbers = app.store.numbers(principal.tenant).await?;
    let enrolled = is_enrolled(&account);
    let codes = account.second_factor.as_ref().filter(|_| enrolled).map_or(0, |factor| factor.recovery.len());
    let teams = member.teams.iter().filter_map(|team| household.teams.get(team));
    let settings = &household.settings;
    Ok(Me {
        member: MeMember {
            id: member.id,
            name: member.name.clone(),
            email: member.email.clone(),
            role: RoleRef::of(&household, member.role),
            teams: teams.map(|team| TeamRef { id: team.id, name: team.name.clone() }).collect(),
        },
        organization: MeOrganization {
            id: household.organization.id,
            name: household.organization.name.clone(),
            mask_phones: settings.mask_phones,
            approve_broadcasts: settings.approve_broadcasts,
            require_second_factor: settings.require_second_factor,
        },
        organizations: seats(app, &account).await?,
        permissions: principal.grants.iter().map(Permission::key).collect(),
        numbers: numbers.into_iter().map(NumberView::from).collect(),
        must_enroll_second_factor: settings.require_second_factor && !enrolled,
        demo: app.demo.is_some(),
        preferences: serde_json::from_str(&account.preferences).unwrap_or_default(),
        account: MeAccount {
            email: account.email,
            name: account.name,
            phone: account.phone,
            second_factor: MeSecondFactor { enabled: enrolled, recovery_codes_left: codes },
        },
    })
}

async fn seats(app: &App, account: &Account) -> Result<Vec<MySeat>, Problem> {
    let mut seats = Vec::new();
    for (tenant, member) in app.store.memberships(account.id).await? {
        let Some(household) = app.households.of(app.store.as_ref(), tenant).await? else { continue };
        if let Some(member) = household.member(member).filter(|member| member.is_active()) {
            let role = RoleRef::of(&household, member.role);
            seats.push(MySeat { id: tenant, name: household.organization.name.clone(), role });
        }
    }
    Ok(seats)
}
