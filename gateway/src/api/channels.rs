//! Business numbers of the organization, whether they work, and its own app at Meta.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::check_name;
use engine::audit::Action;
use engine::directory::{CheckState, MetaApp, Number, NumberChange, NumberStanding};
use engine::id::{CallbackKey, PhoneNumberId, TenantId, WabaId};
use engine::ports::{FetchError, IntakeQuery, PageRequest};
use engine::time::{IdSource as _, Timestamp};
use serde::{Deserialize, Serialize};

use super::administration::entry;
use super::lists::List;
use crate::app::App;
use crate::checks::round_trip::{RoundTrip, probe};
use crate::checks::{self, Check};
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::meta::graph::{NumberFacts, RATE_STANDARD};
use crate::{rounds, shell};

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/channels", web::get().to(list))
        .route("/channels", web::post().to(connect))
        .route("/channels/app", web::get().to(read_app))
        .route("/channels/app", web::put().to(write_app))
        .route("/channels/{id}", web::patch().to(change))
        .route("/channels/{id}", web::delete().to(disconnect))
        .route("/channels/{id}/checks", web::post().to(check));
}

/// In characters. Meta's tokens are about 200 long.
const TOKEN_MAX: usize = 1_024;
const SECRET_MAX: usize = 256;
const VERIFY_TOKEN_MIN: usize = 8;
/// Items of the webhook log that are looked through for the last webhook of a number, when none came since the start.
const LOOKED_THROUGH: u32 = 100;

/// A business number without its token.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Channel {
    phone_number_id: PhoneNumberId,
    waba_id: WabaId,
    /// The business portfolio as this organization names it: its numbers share customers' ids and the people of a day.
    portfolio: String,
    name: String,
    display: String,
    /// `GREEN`, `YELLOW`, `RED`; `null` when WhatsApp did not say.
    quality: Option<String>,
    /// `TIER_250` and so on: how many people may be written to first in 24 hours.
    tier: Option<String>,
    /// Messages per second that WhatsApp allows.
    throughput: u32,
    /// The worst that the last check found.
    state: CheckState,
    /// `null`: never.
    last_webhook_at: Option<Timestamp>,
    /// The last four characters of the token.
    token_hint: String,
}

impl Channel {
    fn of(number: Number, last_webhook_at: Option<Timestamp>) -> Self {
        let Number { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing } = number;
        let hidden = token.chars().count().saturating_sub(4).max(4);
        Self {
            phone_number_id,
            waba_id,
            portfolio,
            name,
            display,
            quality: standing.quality,
            tier: standing.tier,
            throughput: rate_per_second,
            state: standing.state.unwrap_or(CheckState::Fine),
            last_webhook_at,
            token_hint: token.chars().skip(hidden).collect(),
        }
    }
}

/// The number, if it is this organization's.
async fn own(app: &App, tenant: TenantId, id: &PhoneNumberId) -> Result<Number, Problem> {
    let found = app.store.number(id).await?.filter(|(owner, _)| *owner == tenant);
    found.map(|(_, number)| number).ok_or_else(Problem::not_found)
}

async fn last_webhook(app: &App, tenant: TenantId, number: &Number) -> Result<Option<Timestamp>, Problem> {
    let id = &number.phone_number_id;
    if let Some(at) = app.routing.last_heard(id) {
        return Ok(Some(at));
    }
    // A stop keeps it; what came in the last minute before a crash may be among the newest items.
    let query = IntakeQuery { outcome: None, page: PageRequest { after: None, limit: LOOKED_THROUGH } };
    let newest = app.store.entries(tenant, query).await?.items;
    let found = newest.iter().find(|entry| entry.phone_number_id.as_ref() == Some(id)).map(|entry| entry.received_at);
    Ok(found.max(number.standing.last_webhook_at))
}

async fn view(app: &App, tenant: TenantId, number: Number) -> Result<Channel, Problem> {
    let last = last_webhook(app, tenant, &number).await?;
    Ok(Channel::of(number, last))
}

/// Business numbers
#[utoipa::path(get, path = "/api/v1/channels", responses((status = 200, body = List<Channel>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<Channel>>, Problem> {
    let tenant = signed.0.tenant;
    let mut channels = Vec::new();
    for number in app.store.numbers(tenant).await? {
        channels.push(view(&app, tenant, number).await?);
    }
    Ok(web::Json(channels.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChannel {
    /// What agents call it.
    name: String,
    waba_id: WabaId,
    phone_number_id: PhoneNumberId,
    /// Only where the organization has several business portfolios: a word for this one, the same for all of its numbers.
    #[serde(default)]
    portfolio: Option<String>,
    /// Access token of a system user.
    token: String,
}

fn check_portfolio(portfolio: Option<String>) -> Result<String, Problem> {
    match portfolio {
        None => Ok(Number::SOLE_PORTFOLIO.to_owned()),
        Some(word) if Number::is_portfolio(&word) => Ok(word),
        Some(_) => Err(Problem::invalid(
            "A portfolio is a word of at most 64 letters, digits and hyphens. Nothing was changed.",
        )),
    }
}

fn check_token(token: &str) -> Result<String, Problem> {
    let token = token.trim();
    if token.is_empty() || token.len() > TOKEN_MAX || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::invalid("This is not an access token of Meta. Nothing was changed."));
    }
    Ok(token.to_owned())
}

fn are_digits(text: &str) -> bool {
    text.len() <= 32 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whatever Meta has against the token or the ids is the person's to put right.
fn refused(error: FetchError) -> Problem {
    match error {
        FetchError::Never(reason) => {
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "meta_refused", format!("{reason} Nothing was changed."))
                .with_action("Check the two ids and the token in Meta\u{2019}s Business settings.")
        }
        later @ FetchError::Later(_) => later.into(),
    }
}

fn taken(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "taken", detail)
}

/// Connects a number, after asking WhatsApp whether it is what it is said to be
#[utoipa::path(post, path = "/api/v1/channels", request_body = NewChannel,
    responses((status = 201, body = Channel), (status = 409, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn connect(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    new: web::Json<NewChannel>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let NewChannel { name, waba_id, phone_number_id, portfolio, token } = new.into_inner();
    if !are_digits(waba_id.as_str()) || !are_digits(phone_number_id.as_str()) {
        return Err(Problem::invalid("The ids of the account and of the number are digits. Nothing was changed."));
    }
    let mut number = Number {
        display: phone_number_id.to_string(),
        phone_number_id,
        waba_id,
        portfolio: check_portfolio(portfolio)?,
        name: check_name(&name)?,
        token: check_token(&token)?,
        rate_per_second: RATE_STANDARD,
        standing: NumberStanding::default(),
    };
    // Before anything is said of who has the number: only who holds a token for it learns that.
    let facts = ask_meta(&app, &number).await?;
    number.apply(heard(facts));
    if app.store.number(&number.phone_number_id).await?.is_some_and(|(owner, _)| owner == tenant) {
        return Err(taken("This number is connected already. Nothing was changed."));
    }
    let said = entry(&app, &signed, &request, Action::ChannelConnected)
        .on(&number.phone_number_id)
        .with("waba_id", &number.waba_id)
        .with("name", &number.name);
    if !app.store.connect_number(tenant, number.clone(), vec![said]).await? {
        return Err(taken("Another organization has this number. Nothing was changed."));
    }
    app.routing_changed().await?;
    // What came for it before it was connected.
    app.actors.look_into_log(tenant);
    Ok(HttpResponse::Created().json(view(&app, tenant, number).await?))
}

/// What Meta says of the number, if the number is one of the account and the token may see both.
async fn ask_meta(app: &App, number: &Number) -> Result<NumberFacts, Problem> {
    let facts = app.graph.number_facts(number).await.map_err(refused)?;
    let ids = app.graph.account_numbers(number).await.map_err(refused)?;
    if ids.iter().any(|id| id == number.phone_number_id.as_str()) {
        return Ok(facts);
    }
    let text = "WhatsApp says that this number does not belong to this account.".to_owned();
    Err(refused(FetchError::Never(text)))
}

fn heard(facts: NumberFacts) -> NumberChange {
    NumberChange {
        rate_per_second: facts.rate(),
        display: facts.display,
        quality: facts.quality,
        tier: facts.messaging_limit,
        ..NumberChange::default()
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChannelChange {
    name: Option<String>,
    token: Option<String>,
}

/// Another name, another token
#[utoipa::path(patch, path = "/api/v1/channels/{id}", params(("id" = String, Path)), request_body = ChannelChange,
    responses((status = 200, body = Channel), (status = 404, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn change(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<PhoneNumberId>,
    wanted: web::Json<ChannelChange>,
) -> Result<web::Json<Channel>, Problem> {
    let tenant = signed.0.tenant;
    let number = own(&app, tenant, &id).await?;
    let ChannelChange { name, token } = wanted.into_inner();
    let mut said = entry(&app, &signed, &request, Action::ChannelChanged).on(&*id);
    let mut change = NumberChange::default();
    if let Some(token) = token {
        let token = check_token(&token)?;
        let asked = Number { token: token.clone(), ..number.clone() };
        change = NumberChange { token: Some(token), ..heard(ask_meta(&app, &asked).await?) };
        said = said.with("token", "replaced");
    }
    if let Some(name) = name {
        let name = check_name(&name)?;
        said = said.with("name", &name);
        change.name = Some(name);
    }
    if change == NumberChange::default() {
        return Ok(web::Json(view(&app, tenant, number).await?));
    }
    let changed = app.store.change_number(tenant, &id, change, vec![said]).await?.ok_or_else(Problem::not_found)?;
    Ok(web::Json(view(&app, tenant, changed).await?))
}

/// Its conversations stay; nothing is sent and nothing comes in any more
#[utoipa::path(delete, path = "/api/v1/channels/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn disconnect(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<PhoneNumberId>,
) -> Result<HttpResponse, Problem> {
    let said = entry(&app, &signed, &request, Action::ChannelDisconnected).on(&*id);
    if !app.store.disconnect_number(signed.0.tenant, &id, vec![said]).await? {
        return Err(Problem::not_found());
    }
    rounds::tell(&app, signed.0.tenant, checks::over(&id)).await?;
    app.routing_changed().await?;
    Ok(HttpResponse::NoContent().finish())
}

/// May be left out as a whole.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRequest {
    /// Done before the checks.
    repair: Option<Repair>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    Subscribe,
}

/// Whether the number works; asks WhatsApp, so it takes seconds
#[utoipa::path(post, path = "/api/v1/channels/{id}/checks", params(("id" = String, Path)), request_body = Option<CheckRequest>,
    responses((status = 200, body = List<Check>), (status = 404, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem), (status = 503, body = Problem)))]
pub async fn check(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<PhoneNumberId>,
    body: web::Bytes,
) -> Result<web::Json<List<Check>>, Problem> {
    let tenant = signed.0.tenant;
    let number = own(&app, tenant, &id).await?;
    let wanted: CheckRequest = if body.is_empty() {
        CheckRequest::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            Problem::invalid(format!("The body is not what this route takes: {error}. Nothing was changed."))
        })?
    };
    let _turn = app.checkups.try_acquire().map_err(|_| Problem::busy())?;
    if wanted.repair == Some(Repair::Subscribe) {
        app.graph.subscribe(&number).await.map_err(refused)?;
        let said = entry(&app, &signed, &request, Action::ChannelChanged).on(&*id).with("subscription", "made");
        app.store.record(tenant, vec![said]).await?;
    }
    let trip = round_trip(&app, tenant, &number).await?;
    let found = checks::run(&app.graph, &number, Some(trip), app.clock.now()).await;
    app.store.change_number(tenant, &id, found.heard, Vec::new()).await?;
    rounds::tell(&app, tenant, found.alerts).await?;
    Ok(web::Json(found.checks.into()))
}

/// At the address and with the secret by which this organization's webhooks come.
async fn round_trip(app: &App, tenant: TenantId, number: &Number) -> Result<RoundTrip, Problem> {
    let own = app.store.meta_app(tenant).await?.filter(|meta| !meta.app_secret.is_empty());
    let (url, secret) = if let Some(meta) = &own {
        (callback_url(app, tenant), meta.app_secret.as_str())
    } else {
        let secret = app.config.meta.app_secrets.first().map(String::as_str).unwrap_or_default();
        (format!("{}/webhooks/whatsapp", app.origin), secret)
    };
    let probe = probe(&url, secret, shell::RandomIds.next()).await;
    Ok(RoundTrip { probe, last_webhook_at: last_webhook(app, tenant, number).await? })
}

fn callback_url(app: &App, tenant: TenantId) -> String {
    format!("{}/webhooks/whatsapp/{}", app.origin, CallbackKey::of(tenant))
}

/// The organization's own app at Meta. Without a secret, its webhooks come by the installation's app.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AppSettings {
    /// What to enter at Meta.
    callback_url: String,
    has_secret: bool,
    /// What to enter at Meta; empty until it is set.
    verify_token: String,
}

fn describe(app: &App, tenant: TenantId, meta: Option<MetaApp>) -> AppSettings {
    let MetaApp { app_secret, verify_token } =
        meta.unwrap_or(MetaApp { app_secret: String::new(), verify_token: String::new() });
    AppSettings { callback_url: callback_url(app, tenant), has_secret: !app_secret.is_empty(), verify_token }
}

/// The organization's own app
#[utoipa::path(get, path = "/api/v1/channels/app", responses((status = 200, body = AppSettings), (status = 403, body = Problem)))]
pub async fn read_app(app: web::Data<App>, signed: Signed) -> Result<web::Json<AppSettings>, Problem> {
    let tenant = signed.0.tenant;
    Ok(web::Json(describe(&app, tenant, app.store.meta_app(tenant).await?)))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppChange {
    /// Replaces the one before at once. `""`: no own app any more.
    app_secret: Option<String>,
    /// At least 8 visible characters; made up when a secret is set and there is none.
    verify_token: Option<String>,
}

/// Sets the secret that signs and the word that Meta repeats
#[utoipa::path(put, path = "/api/v1/channels/app", request_body = AppChange,
    responses((status = 200, body = AppSettings), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn write_app(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<AppChange>,
) -> Result<web::Json<AppSettings>, Problem> {
    let tenant = signed.0.tenant;
    let AppChange { app_secret, verify_token } = wanted.into_inner();
    let known = app.store.meta_app(tenant).await?;
    let mut meta = known.clone().unwrap_or(MetaApp { app_secret: String::new(), verify_token: String::new() });
    let mut said = entry(&app, &signed, &request, Action::ChannelChanged).on("app");
    let visible = |text: &str, min: usize| {
        (min..=SECRET_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if let Some(secret) = app_secret.map(|secret| secret.trim().to_owned()) {
        if !visible(&secret, 0) {
            return Err(Problem::invalid("This is not an app secret of Meta. Nothing was changed."));
        }
        said = said.with("app_secret", if secret.is_empty() { "removed" } else { "replaced" });
        meta.app_secret = secret;
    }
    if let Some(word) = verify_token.map(|word| word.trim().to_owned()) {
        if !visible(&word, VERIFY_TOKEN_MIN) {
            return Err(Problem::invalid("The verify token has 8 to 256 visible characters. Nothing was changed."));
        }
        said = said.with("verify_token", "replaced");
        meta.verify_token = word;
    } else if meta.verify_token.is_empty() && !meta.app_secret.is_empty() {
        meta.verify_token = hex::encode(shell::RandomIds.next());
    }
    if known.as_ref() != Some(&meta) {
        app.store.put_meta_app(tenant, meta.clone(), vec![said]).await?;
        app.routing_changed().await?;
    }
    Ok(web::Json(describe(&app, tenant, Some(meta))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_is_never_the_whole_token() {
        let hint = |token: &str| {
            let number = Number {
                phone_number_id: "1".parse().unwrap(),
                waba_id: "2".parse().unwrap(),
                portfolio: String::new(),
                name: String::new(),
                display: String::new(),
                token: token.to_owned(),
                rate_per_second: 80,
                standing: NumberStanding::default(),
            };
            Channel::of(number, None).token_hint
        };
        assert_eq!(hint("EAAGsecret9f2c"), "9f2c");
        assert_eq!(hint("abcdef"), "ef");
        assert_eq!(hint("abcd"), "");
    }

    #[test]
    fn a_token_is_one_visible_word() {
        assert_eq!(check_token(" EAAG1 \n").ok().as_deref(), Some("EAAG1"));
        for odd in ["", "  ", "two words", "line\nbreak", "é", &"x".repeat(TOKEN_MAX + 1)] {
            assert!(check_token(odd).is_err(), "{odd:?}");
        }
    }
}
