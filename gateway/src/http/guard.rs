//! The one door of the API: origin, client header, session, permission. Handlers get a [`Principal`] or are not reached.

use std::future::{Ready, ready};

use actix_web::body::BoxBody;
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, web};
use engine::access::Principal;
use engine::audit::Origin;
use engine::permission::Permission;
use engine::rejection::Rejection;

use crate::app::App;
use crate::auth::{api_keys, origin, sessions};
use crate::http::problem::Problem;
use crate::http::routes::{self, Needs};
use crate::masking;

/// Any site can make a browser send a form; none can make it send this header without asking us first.
pub const CLIENT_HEADER: &str = "X-Jetto-Client";

/// The signed-in member of this request.
pub struct Signed(pub Principal);

impl FromRequest for Signed {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(request.extensions().get::<Principal>().cloned().map(Self).ok_or_else(Problem::signed_out))
    }
}

pub async fn guard(request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    match admit(&request).await {
        Ok(()) => masking::shown(next.call(request).await?).await,
        Err(problem) => Ok(request.error_response(problem)),
    }
}

async fn admit(request: &ServiceRequest) -> Result<(), Problem> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Problem::internal(&"no app"))?;
    let pattern = request.match_pattern().ok_or_else(Problem::not_found)?;
    let rule = routes::rule(request.method().as_str(), &pattern).ok_or_else(Problem::not_found)?;
    let key = api_keys::presented(request.request());
    if request.method() != Method::GET && key.is_none() {
        same_origin(app, request.request())?;
        if request.headers().get(CLIENT_HEADER).is_none_or(HeaderValue::is_empty) {
            return Err(Problem::new(
                actix_web::http::StatusCode::FORBIDDEN,
                "client_header",
                format!("The header {CLIENT_HEADER} is missing. Nothing was changed."),
            ));
        }
    }
    let allowed: &[Permission] = match rule.needs {
        Needs::Nobody => return Ok(()),
        Needs::SignedIn => &[],
        Needs::AnyOf(allowed) => allowed,
    };
    let principal = match key {
        Some(_) if routes::is_for_people_only(rule.pattern) => return Err(people_only()),
        Some(key) => api_keys::admit(app, key).await?,
        None => {
            let admitted = sessions::admit(app, request.request()).await?;
            if admitted.must_enroll && !routes::is_ones_own(rule.pattern) {
                return Err(second_factor_required());
            }
            admitted.principal
        }
    };
    if let Some(wanted) = allowed.first()
        && !allowed.iter().any(|permission| principal.grants.allow(*permission))
    {
        return Err(Rejection::Forbidden(*wanted).into());
    }
    request.extensions_mut().insert(principal);
    Ok(())
}

fn people_only() -> Problem {
    let text = "An API key cannot be used for this. Nothing was changed.";
    Problem::new(actix_web::http::StatusCode::FORBIDDEN, "people_only", text).with_action("Sign in as a person.")
}

fn second_factor_required() -> Problem {
    let text = "Your organization wants a second factor, and you have none yet. Nothing was changed.";
    Problem::new(actix_web::http::StatusCode::FORBIDDEN, "second_factor_required", text)
        .with_action("Set it up under your account.")
}

/// Where this request comes from, as the audit log keeps it.
pub fn origin_of(app: &App, request: &HttpRequest) -> Origin {
    origin::of(request, &app.config.trusted_proxies)
}

/// A request that says where it comes from must come from our own address.
pub fn same_origin(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().get(ORIGIN) {
        Some(origin) if origin.as_bytes() != app.origin.as_bytes() => Err(Problem::foreign_origin()),
        Some(_) | None => Ok(()),
    }
}

/// A live connection is not protected by the browser's same-origin rule, so here the Origin must be there and exact.
pub fn exact_origin(app: &App, request: &HttpRequest) -> Result<(), Problem> {
    match request.headers().get(ORIGIN) {
        Some(origin) if origin.as_bytes() == app.origin.as_bytes() => Ok(()),
        Some(_) | None => Err(Problem::foreign_origin()),
    }
}
