//! `/_sim/…`: the switches, outside the versioned paths, so that the engine never meets them.

use std::time::Duration;

use actix_web::web::{self, Data, Json, Query};
use actix_web::{HttpResponse, ResponseError};
use serde::Deserialize;
use serde_json::json;

use super::config::{NumberConfig, Policy, Profile};
use super::customers;
use super::faults::Faults;
use super::health::Health;
use super::introduction::Introduction;
use super::pricing::Category;
use super::reach::Tier;
use super::review::Verdict;
use super::specimens::Specimen;
use super::templates::Quality;
use super::{Shared, SimulatorError, Speech, ledger_page, preference_update};
use crate::clock::whole_millis;
use crate::payload::{Content, Phone, PhoneNumberId, PortfolioId, Update, WabaId, Wamid, account};

pub(super) fn routes(routes: &mut web::ServiceConfig) {
    routes
        .route("/stats", web::get().to(stats))
        .route("/ledger", web::get().to(ledger))
        .route("/faults", web::get().to(read_faults))
        .route("/faults", web::put().to(write_faults))
        .route("/profile", web::get().to(read_profile))
        .route("/profile", web::put().to(write_profile))
        .route("/policy", web::put().to(write_policy))
        .route("/callback", web::put().to(write_callback))
        .route("/clock", web::post().to(advance))
        .route("/numbers", web::post().to(add_number))
        .route("/media", web::post().to(receive_media))
        .route("/customer-says", web::post().to(says))
        .route("/customer-calls", web::post().to(call))
        .route("/introduction", web::post().to(introduce))
        .route("/customers", web::post().to(start))
        .route("/customers", web::delete().to(stop))
        .route("/preference", web::post().to(write_preference))
        .route("/number-change", web::post().to(write_number_change))
        .route("/throughput-upgrade", web::post().to(write_upgrade))
        .route("/tier", web::post().to(write_tier))
        .route("/template-quality", web::post().to(write_template_quality))
        .route("/template", web::post().to(write_template))
        .route("/verdict", web::post().to(write_verdict))
        .route("/health", web::put().to(write_health))
        .route("/webhook", web::post().to(webhook));
}

impl ResponseError for SimulatorError {
    fn error_response(&self) -> HttpResponse {
        let body = json!({"error": self.to_string()});
        match self {
            Self::QueueFull => HttpResponse::ServiceUnavailable().json(body),
            Self::UnknownNumber(_)
            | Self::UnknownCustomer(_)
            | Self::UnknownPortfolio(_)
            | Self::UnknownTemplate(_) => HttpResponse::NotFound().json(body),
            Self::Challenge(_) => HttpResponse::BadRequest().json(body),
            Self::Start(_) => HttpResponse::InternalServerError().json(body),
        }
    }
}

async fn stats(shared: Data<Shared>) -> HttpResponse {
    let delivery = shared.outbox.counts();
    let world = shared.world();
    HttpResponse::Ok().json(json!({
        "now_ms": shared.clock.now_ms(), "delivery": delivery, "sends": world.ledger.counts().0,
        "marked_read": world.marked_read.len(), "typing_shown": world.typing_shown,
        "customers": world.customers.count(), "seed": shared.config.seed, "refused": world.refused,
    }))
}

#[derive(Deserialize)]
struct LedgerQuery {
    after: Option<u64>,
    limit: Option<usize>,
}

async fn ledger(shared: Data<Shared>, query: Query<LedgerQuery>) -> HttpResponse {
    HttpResponse::Ok().json(ledger_page(&shared.world(), query.after, query.limit.unwrap_or(1_000)))
}

async fn read_faults(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&shared.world().faults)
}

#[derive(Deserialize)]
struct FaultsBody {
    #[serde(flatten)]
    faults: Faults,
    /// 130429 for so many seconds from now.
    throttle_seconds: Option<u64>,
}

async fn write_faults(shared: Data<Shared>, body: Json<FaultsBody>) -> HttpResponse {
    let mut body = body.into_inner();
    if let Some(seconds) = body.throttle_seconds {
        body.faults.throttled_until_ms = shared.clock.now_ms() + seconds * 1_000;
    }
    shared.set_faults(body.faults.clone());
    HttpResponse::Ok().json(body.faults)
}

async fn read_profile(shared: Data<Shared>) -> HttpResponse {
    HttpResponse::Ok().json(&shared.world().profile)
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ProfileBody {
    Named { name: String },
    Knobs(Box<Profile>),
}

async fn write_profile(shared: Data<Shared>, body: Json<ProfileBody>) -> HttpResponse {
    let profile = match body.into_inner() {
        ProfileBody::Named { name } => Profile::named(&name),
        ProfileBody::Knobs(profile) => Some(*profile),
    };
    let Some(profile) = profile else {
        return HttpResponse::BadRequest().json(json!({"error": "profiles: clean, realistic, hostile"}));
    };
    shared.set_profile(profile.clone());
    HttpResponse::Ok().json(profile)
}

async fn write_policy(shared: Data<Shared>, body: Json<Policy>) -> HttpResponse {
    shared.world().policy = *body;
    HttpResponse::Ok().json(*body)
}

#[derive(Deserialize)]
struct CallbackBody {
    url: String,
    /// With it, the handshake is made first.
    verify_token: Option<String>,
}

async fn write_callback(shared: Data<Shared>, body: Json<CallbackBody>) -> Result<HttpResponse, SimulatorError> {
    match &body.verify_token {
        Some(token) => verify_callback(&shared, &body.url, token).await?,
        None => shared.outbox.set_callback(&body.url),
    }
    Ok(HttpResponse::NoContent().finish())
}

pub(super) async fn verify_callback(shared: &Shared, url: &str, verify_token: &str) -> Result<(), SimulatorError> {
    let failed = |error: reqwest::Error| SimulatorError::Challenge(error.to_string());
    let challenge = shared.world().chance.number("challenge", url).to_string();
    let client =
        reqwest::Client::builder().no_proxy().timeout(shared.config.webhook_timeout).build().map_err(failed)?;
    let query = [("hub.mode", "subscribe"), ("hub.challenge", &challenge), ("hub.verify_token", verify_token)];
    let target =
        reqwest::Url::parse_with_params(url, query).map_err(|error| SimulatorError::Challenge(error.to_string()))?;
    let answer = client.get(target).send().await.map_err(failed)?;
    let status = answer.status();
    let body = answer.text().await.map_err(failed)?;
    if status.as_u16() != 200 || body != challenge {
        return Err(SimulatorError::Challenge(format!("status {status}")));
    }
    shared.outbox.set_callback(url);
    Ok(())
}

#[derive(Deserialize)]
struct ClockBody {
    advance_seconds: u64,
}

async fn advance(shared: Data<Shared>, body: Json<ClockBody>) -> HttpResponse {
    shared.clock.advance(Duration::from_secs(body.advance_seconds));
    HttpResponse::Ok().json(json!({"now_ms": shared.clock.now_ms()}))
}

#[derive(Deserialize)]
struct NumberBody {
    portfolio_id: PortfolioId,
    #[serde(flatten)]
    number: NumberConfig,
}

async fn add_number(shared: Data<Shared>, body: Json<NumberBody>) -> HttpResponse {
    let body = body.into_inner();
    shared.world().add_number(&body.portfolio_id, body.number);
    HttpResponse::Created().finish()
}

#[derive(Deserialize)]
struct MediaBody {
    specimen: Specimen,
}

async fn receive_media(shared: Data<Shared>, body: Json<MediaBody>) -> HttpResponse {
    HttpResponse::Created().json(shared.receive(body.specimen))
}

async fn says(shared: Data<Shared>, body: Json<Speech>) -> Result<HttpResponse, SimulatorError> {
    let wamid = shared.customer_says(body.into_inner())?;
    Ok(HttpResponse::Created().json(json!({"wamid": wamid})))
}

#[derive(Deserialize)]
struct CallBody {
    phone_number_id: PhoneNumberId,
    customer: Phone,
}

async fn call(shared: Data<Shared>, body: Json<CallBody>) -> Result<HttpResponse, SimulatorError> {
    customer_calls(&shared, &body.phone_number_id, &body.customer)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn customer_calls(shared: &Shared, number: &PhoneNumberId, customer: &Phone) -> Result<(), SimulatorError> {
    let now_ms = shared.clock.now_ms();
    let update = shared.world().customer_calls(number, customer, now_ms);
    shared.post(update.ok_or_else(|| SimulatorError::UnknownNumber(number.clone()))?, 0, 0);
    Ok(())
}

async fn introduce(shared: Data<Shared>, body: Json<Introduction>) -> Result<HttpResponse, SimulatorError> {
    shared.introduce(body.into_inner())?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize)]
struct CustomersBody {
    count: usize,
    per_second: f64,
}

async fn start(shared: Data<Shared>, body: Json<CustomersBody>) -> HttpResponse {
    start_customers(&shared, body.count, body.per_second);
    HttpResponse::NoContent().finish()
}

async fn stop(shared: Data<Shared>) -> HttpResponse {
    shared.world().customers.stop();
    HttpResponse::NoContent().finish()
}

pub(super) fn start_customers(shared: &Shared, count: usize, per_second: f64) {
    let mut world = shared.world();
    let mut people = Vec::with_capacity(count);
    for phone in (0..count).map(customers::phone) {
        let id = world.people.with_phone(&phone);
        people.extend(world.people.person(id).map(|person| (id, person.phone.clone(), person.language)));
    }
    let mut numbers: Vec<PhoneNumberId> = world.numbers.keys().cloned().collect();
    numbers.sort();
    world.customers.start(people, &numbers, per_second);
}

#[derive(Deserialize)]
struct PreferenceBody {
    phone_number_id: PhoneNumberId,
    customer: Phone,
    stop: bool,
}

async fn write_preference(shared: Data<Shared>, body: Json<PreferenceBody>) -> Result<HttpResponse, SimulatorError> {
    prefer(&shared, &body.phone_number_id, &body.customer, body.stop)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn prefer(
    shared: &Shared,
    number: &PhoneNumberId,
    customer: &Phone,
    stop: bool,
) -> Result<(), SimulatorError> {
    let now_ms = shared.clock.now_ms();
    let update = preference_update(&mut shared.world(), number, customer, stop, now_ms);
    let update = update.ok_or_else(|| SimulatorError::UnknownNumber(number.clone()))?;
    shared.post(update, 0, 0);
    Ok(())
}

#[derive(Deserialize)]
struct NumberChangeBody {
    phone_number_id: PhoneNumberId,
    old: Phone,
    new: Phone,
}

async fn write_number_change(
    shared: Data<Shared>,
    body: Json<NumberChangeBody>,
) -> Result<HttpResponse, SimulatorError> {
    let wamid = change_number(&shared, &body.phone_number_id, &body.old, &body.new)?;
    Ok(HttpResponse::Created().json(json!({"wamid": wamid})))
}

pub(super) fn change_number(
    shared: &Shared,
    number: &PhoneNumberId,
    old: &Phone,
    new: &Phone,
) -> Result<Wamid, SimulatorError> {
    let now_ms = shared.clock.now_ms();
    let said = {
        let mut world = shared.world();
        let known = world.numbers.get(number).map(|entry| entry.portfolio.clone());
        let portfolio = known.ok_or_else(|| SimulatorError::UnknownNumber(number.clone()))?;
        let unknown = || SimulatorError::UnknownCustomer(old.clone());
        let person = world.people.with_phone(old);
        let before = world.people.bsuid(&portfolio, person).ok_or_else(unknown)?;
        let name = world.people.person(person).map(|person| person.name.clone()).ok_or_else(unknown)?;
        world.people.change_number(old, new).ok_or_else(unknown)?;
        let after = world.people.bsuid(&portfolio, person).ok_or_else(unknown)?;
        let content = Content::NumberChanged {
            body: format!("User {name} changed from {old} to {new}"),
            new_phone: new.clone(),
            new_bsuid: after,
            previous_bsuid: before.clone(),
        };
        let speech = Speech { number: number.clone(), customer: new.clone(), content, context: None, referral: None };
        let mut said = world.customer_says(speech, now_ms).ok_or_else(unknown)?;
        // The message still comes from the number that was left.
        for (key, text) in [("from", old.as_str()), ("from_user_id", before.as_str())] {
            if let Some(place) = said.update.value.pointer_mut(&format!("/messages/0/{key}")) {
                *place = json!(text);
            }
        }
        said
    };
    shared.post(said.update, 0, said.lane_key);
    Ok(said.wamid)
}

#[derive(Deserialize)]
struct UpgradeBody {
    phone_number_id: PhoneNumberId,
    outage_seconds: u64,
}

async fn write_upgrade(shared: Data<Shared>, body: Json<UpgradeBody>) -> Result<HttpResponse, SimulatorError> {
    upgrade_throughput(&shared, &body.phone_number_id, Duration::from_secs(body.outage_seconds))?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn upgrade_throughput(
    shared: &Shared,
    number: &PhoneNumberId,
    outage: Duration,
) -> Result<(), SimulatorError> {
    let until_ms = shared.clock.now_ms() + whole_millis(outage);
    let update = {
        let mut world = shared.world();
        let entry = world.numbers.get_mut(number).ok_or_else(|| SimulatorError::UnknownNumber(number.clone()))?;
        entry.upgrading_until_ms = until_ms;
        entry.rate.change_rate(1_000);
        account::throughput_upgraded(&entry.config.waba_id, until_ms / 1_000, &entry.config.display)
    };
    shared.post(update, whole_millis(outage), 0);
    Ok(())
}

#[derive(Deserialize)]
struct TierBody {
    portfolio_id: PortfolioId,
    tier: Tier,
}

async fn write_tier(shared: Data<Shared>, body: Json<TierBody>) -> Result<HttpResponse, SimulatorError> {
    set_tier(&shared, &body.portfolio_id, body.tier)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn set_tier(shared: &Shared, portfolio: &PortfolioId, tier: Tier) -> Result<(), SimulatorError> {
    let now_ms = shared.clock.now_ms();
    let updates = shared.world().set_tier(portfolio, tier, now_ms);
    for update in updates.ok_or_else(|| SimulatorError::UnknownPortfolio(portfolio.clone()))? {
        shared.post(update, 0, 0);
    }
    Ok(())
}

#[derive(Deserialize)]
struct TemplateQualityBody {
    waba_id: WabaId,
    name: String,
    language: String,
    score: Quality,
}

async fn write_template_quality(
    shared: Data<Shared>,
    body: Json<TemplateQualityBody>,
) -> Result<HttpResponse, SimulatorError> {
    let TemplateQualityBody { waba_id, name, language, score } = body.into_inner();
    rate_template(&shared, &waba_id, &name, &language, score)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn rate_template(
    shared: &Shared,
    waba: &WabaId,
    name: &str,
    language: &str,
    score: Quality,
) -> Result<(), SimulatorError> {
    let at_s = shared.clock.now_ms() / 1_000;
    let update = shared.world().rate(waba, name, language, score, at_s);
    shared.post(update.ok_or_else(|| SimulatorError::UnknownTemplate(format!("{name} in {language}")))?, 0, 0);
    Ok(())
}

#[derive(Deserialize)]
struct TemplateBody {
    waba_id: WabaId,
    name: String,
    language: String,
    /// APPROVED, PAUSED, DISABLED or REJECTED.
    status: Option<String>,
    category: Option<Category>,
}

async fn write_template(shared: Data<Shared>, body: Json<TemplateBody>) -> Result<HttpResponse, SimulatorError> {
    let TemplateBody { waba_id, name, language, status, category } = body.into_inner();
    let at_s = shared.clock.now_ms() / 1_000;
    let unknown = || SimulatorError::UnknownTemplate(format!("{name} in {language}"));
    if let Some(category) = category {
        let update = shared.world().recategorise_template(&waba_id, &name, &language, category, at_s);
        shared.post(update.ok_or_else(unknown)?, 0, 0);
    }
    if let Some(status) = status {
        let update = shared.world().set_template_status(&waba_id, &name, &language, &status, at_s);
        shared.post(update.ok_or_else(unknown)?, 0, 0);
    }
    Ok(HttpResponse::NoContent().finish())
}

async fn write_verdict(shared: Data<Shared>, body: Json<Verdict>) -> HttpResponse {
    shared.world().script_verdict(body.into_inner());
    HttpResponse::NoContent().finish()
}

#[derive(Deserialize)]
struct HealthBody {
    /// A number or an account.
    id: String,
    #[serde(flatten)]
    health: Health,
}

async fn write_health(shared: Data<Shared>, body: Json<HealthBody>) -> Result<HttpResponse, SimulatorError> {
    let body = body.into_inner();
    set_health(&shared, &body.id, body.health)?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn set_health(shared: &Shared, node: &str, health: Health) -> Result<(), SimulatorError> {
    let is_known = shared.world().set_health(node, health);
    if is_known { Ok(()) } else { Err(SimulatorError::UnknownNumber(node.into())) }
}

#[derive(Deserialize)]
struct WebhookBody {
    waba_id: WabaId,
    time: Option<u64>,
    field: String,
    value: serde_json::Value,
}

/// Any change as it is, for fields that have no builder.
async fn webhook(shared: Data<Shared>, body: Json<WebhookBody>) -> Result<HttpResponse, SimulatorError> {
    if !shared.outbox.has_room(1) {
        return Err(SimulatorError::QueueFull);
    }
    let body = body.into_inner();
    let update = Update { entry: body.waba_id.to_string(), time: body.time, field: body.field, value: body.value };
    shared.post(update, 0, 0);
    Ok(HttpResponse::Accepted().finish())
}
