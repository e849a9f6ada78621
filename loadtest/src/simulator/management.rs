//! The management endpoints: accounts, numbers, subscriptions, registration. Each call counts against its account's hour.

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{self, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::Shared;
use super::graph_error::GraphError;
use super::health::{self, CanSend, Entity, Health};
use super::outgoing::text_of;
use super::server::json_body;
use super::templates::TemplateQuery;
use super::usage::Used;
use super::world::{Account, Number, World};
use crate::payload::{MediaId, PhoneNumberId, WabaId};

const USAGE: HeaderName = HeaderName::from_static("x-business-use-case-usage");

pub(super) fn routes(routes: &mut web::ServiceConfig) {
    routes
        .service(
            web::resource(r"/{version:v\d+\.\d+}/{id}/message_templates")
                .route(web::get().to(list_templates))
                .route(web::post().to(submit_template))
                .route(web::delete().to(delete_templates)),
        )
        .route(r"/{version:v\d+\.\d+}/{id}/uploads", web::post().to(begin_upload))
        .route(r"/{version:v\d+\.\d+}/{id}/unpause", web::post().to(unpause_template))
        .route(r"/{version:v\d+\.\d+}/{id}/phone_numbers", web::get().to(list_numbers))
        .route(r"/{version:v\d+\.\d+}/{id}/register", web::post().to(register))
        .route(r"/{version:v\d+\.\d+}/{id}/deregister", web::post().to(deregister))
        .service(
            web::resource(r"/{version:v\d+\.\d+}/{id}/subscribed_apps")
                .route(web::get().to(list_subscriptions))
                .route(web::post().to(subscribe))
                .route(web::delete().to(unsubscribe)),
        )
        .service(
            web::resource(r"/{version:v\d+\.\d+}/{id}")
                .route(web::get().to(node))
                .route(web::post().to(change_node))
                .route(web::delete().to(delete_media)),
        );
}

impl Shared {
    fn answer(&self, request: &HttpRequest, find: impl FnOnce(&str) -> Result<Value, GraphError>) -> HttpResponse {
        let id = request.match_info().get("id").unwrap_or_default();
        if let Err(error) = self.authorize(request) {
            return self.refuse(&error);
        }
        let now_ms = self.clock.now_ms();
        let used = self.world().note_call(id, now_ms);
        let found = match &used {
            Some((_, used)) if used.regain_minutes > 0 => {
                Err(GraphError::new(80_007, "The account has reached its limit of API calls per hour."))
            }
            Some(_) | None => find(id),
        };
        let mut answer = match found {
            Ok(body) => HttpResponse::Ok().json(body),
            Err(error) => self.refuse(&error),
        };
        if let Some((waba, used)) = used
            && let Ok(value) = HeaderValue::from_str(&used.header(waba.as_str()))
        {
            answer.headers_mut().insert(USAGE, value);
        }
        answer
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

    fn with_number(
        &self,
        id: &str,
        change: impl FnOnce(&mut Number) -> Result<(), GraphError>,
    ) -> Result<Value, GraphError> {
        let mut world = self.world();
        let number = world.numbers.get_mut(&PhoneNumberId::from(id));
        change(number.ok_or_else(|| GraphError::no_object(id, "post"))?)?;
        Ok(json!({"success": true}))
    }

    fn set_override(&self, id: &str, url: Option<String>) {
        let mut route = self.outbox.route.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        match url {
            Some(url) => route.overrides.insert(id.into(), url),
            None => route.overrides.remove(id),
        };
    }
}

impl World {
    /// Counts the call against the account of this number, or this account; files belong to none.
    fn note_call(&mut self, id: &str, now_ms: u64) -> Option<(WabaId, Used)> {
        let number = self.numbers.get(&PhoneNumberId::from(id));
        let waba = match number {
            Some(number) => number.config.waba_id.clone(),
            None => self.template_at(id).map_or_else(|| WabaId::from(id), |(waba, _)| waba),
        };
        let mut of_account = self.numbers.values().filter(|number| number.config.waba_id == waba);
        let is_registered = of_account.any(|number| number.registration.is_registered());
        let used = self.accounts.get_mut(&waba)?.usage.note_call(is_registered, now_ms);
        Some((waba, used))
    }

    /// Of a number or an account; `false` when there is neither.
    pub(super) fn set_health(&mut self, id: &str, health: Health) -> bool {
        let number = self.numbers.get_mut(&PhoneNumberId::from(id)).map(|number| &mut number.health);
        let place = number.or_else(|| self.accounts.get_mut(&WabaId::from(id)).map(|account| &mut account.health));
        place.map(|place| *place = health).is_some()
    }
}

async fn list_templates(shared: Data<Shared>, request: HttpRequest, query: web::Query<TemplateQuery>) -> HttpResponse {
    let version = request.match_info().get("version").unwrap_or("v26.0");
    let base = format!("{}/{version}", shared.url);
    shared.answer(&request, |id| {
        shared.with_account(id, "get", |account| account.catalogue.page(&WabaId::from(id), &query, &base))
    })
}

async fn submit_template(shared: Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| shared.world().submit_template(&WabaId::from(id), &json_body(&body)?, now_ms))
}

#[derive(Debug, serde::Deserialize)]
struct Deletion {
    name: String,
    /// One language of it.
    hsm_id: Option<u64>,
}

async fn delete_templates(shared: Data<Shared>, request: HttpRequest, query: web::Query<Deletion>) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| shared.world().delete_templates(&WabaId::from(id), &query.name, query.hsm_id, now_ms))
}

/// A sample for the reviewer of a template.
async fn begin_upload(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let session = shared.next_request();
    shared.answer(&request, |id| {
        if id != shared.config.app_id {
            return Err(GraphError::no_object(id, "post"));
        }
        Ok(json!({"id": format!("upload:sim{session}?sig=s{session}")}))
    })
}

async fn unpause_template(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| {
        let (answer, update) = shared.world().unpause_template(id, now_ms)?;
        shared.post(update, 0, 0);
        Ok(answer)
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
        "status": if number.registration.is_registered() { "CONNECTED" } else { "DISCONNECTED" },
        "quality_rating": number.quality,
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
        shared.set_override(id, url);
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
        let (world, query) = (shared.world(), request.query_string());
        if let Some(number) = world.numbers.get(&PhoneNumberId::from(id)) {
            let tier = world.reaches.get(&number.portfolio).map_or("TIER_250", |reach| reach.tier.as_str());
            let mut described = describe_number(number);
            if let Some(described) = described.as_object_mut() {
                described.insert("whatsapp_business_manager_messaging_limit".into(), json!(tier));
                described.insert("health_status".into(), number_health(&world, number, &shared.config.app_id));
            }
            return Ok(only_fields(described, query));
        }
        if let Some(account) = world.accounts.get(&WabaId::from(id)) {
            let health = health::describe(&[Entity::new("WABA", id, &account.health)]);
            let described = json!({"id": id, "name": "Example Ltd", "currency": "USD", "timezone_id": "1",
                "status": "ACTIVE", "health_status": health});
            return Ok(only_fields(described, query));
        }
        if let Some((waba, template)) = world.template_at(id) {
            let templates = world.accounts.get(&waba).map(|account| account.catalogue.templates.as_slice());
            let found = templates.unwrap_or_default().iter().find(|one| one.id == template);
            return found.map(|one| only_fields(one.to_json(), query)).ok_or_else(|| GraphError::no_object(id, "get"));
        }
        let description = world.media.description(&MediaId::from(id), &shared.url, now_ms);
        description.ok_or_else(|| GraphError::no_object(id, "get"))
    })
}

fn number_health(world: &World, number: &Number, app: &str) -> Value {
    let well = Health::default();
    let account = world.accounts.get(&number.config.waba_id).map_or(&well, |account| &account.health);
    let unregistered = Health { can_send_message: CanSend::Blocked, reason: "The number is not registered.".into() };
    let id = number.config.phone_number_id.as_str();
    let own = if number.registration.is_registered() {
        Entity::new("PHONE_NUMBER", id, &number.health)
    } else {
        Entity { code: 133_010, ..Entity::new("PHONE_NUMBER", id, &unregistered) }
    };
    health::describe(&[
        own,
        Entity::new("WABA", number.config.waba_id.as_str(), account),
        Entity::new("BUSINESS", number.portfolio.as_str(), &well),
        Entity::new("APP", app, &well),
    ])
}

/// `?fields=a,b` leaves those and the id. Whoever names none gets everything but the health, which is only told when asked.
fn only_fields(mut described: Value, query: &str) -> Value {
    let fields = query.split('&').find_map(|pair| pair.strip_prefix("fields=")).map(|list| list.replace("%2C", ","));
    if let Some(object) = described.as_object_mut() {
        object.retain(|key, _| match &fields {
            Some(fields) => key == "id" || fields.split(',').any(|field| field == key),
            None => key != "health_status",
        });
    }
    described
}

async fn delete_media(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    shared.answer(&request, |id| {
        let was_there = shared.world().media.delete(&MediaId::from(id));
        if was_there { Ok(json!({"success": true})) } else { Err(GraphError::no_object(id, "delete")) }
    })
}

async fn register(shared: Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| {
        let body = json_body(&body)?;
        if text_of(&body, "messaging_product") != Some("whatsapp") {
            return Err(GraphError::new(100, "The parameter messaging_product is required."));
        }
        let pin = text_of(&body, "pin").ok_or_else(|| GraphError::new(100, "The parameter pin is required."))?;
        shared.with_number(id, |number| number.registration.register(pin, now_ms))
    })
}

async fn deregister(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| shared.with_number(id, |number| number.registration.deregister(now_ms)))
}

/// Of a template, its parts. Of a number, the PIN of the two-step verification, or the address that its messages go to; an
/// empty one takes it back.
async fn change_node(shared: Data<Shared>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let now_ms = shared.clock.now_ms();
    shared.answer(&request, |id| {
        if let Some(session) = id.strip_prefix("upload:") {
            return if body.is_empty() {
                Err(GraphError::new(100, "The upload is empty."))
            } else {
                Ok(json!({"h": format!("4::{session}:{}", body.len())}))
            };
        }
        let body = json_body(&body)?;
        if let Some(edited) = shared.world().edit_template(id, &body, now_ms) {
            return edited;
        }
        let url = body.pointer("/webhook_configuration/override_callback_uri").and_then(Value::as_str);
        match (text_of(&body, "pin"), url) {
            (Some(pin), _) => shared.with_number(id, |number| number.registration.change_pin(pin)),
            (None, Some(url)) => {
                let changed = shared.with_number(id, |_| Ok(()))?;
                shared.set_override(id, (!url.is_empty()).then(|| url.to_owned()));
                Ok(changed)
            }
            (None, None) => Err(GraphError::new(100, "Nothing of this number is to be changed.")),
        }
    })
}
