//! What WhatsApp told about the account and nobody put away yet.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::alert::Alert;
use engine::audit::Action;
use engine::id::AlertId;
use engine::ports::{ALERTS_MAX, Bus as _};

use super::administration::entry;
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::limits::count_reached;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/alerts", web::get().to(list)).route("/alerts/{id}", web::delete().to(dismiss));
}

/// Alerts, newest first
#[utoipa::path(get, path = "/api/v1/alerts", responses((status = 200, body = List<Alert>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<Alert>>, Problem> {
    let alerts = app.store.alerts(signed.0.tenant).await?;
    if alerts.len() >= ALERTS_MAX as usize {
        count_reached("alerts");
    }
    Ok(web::Json(alerts.into()))
}

/// Puts an alert away, for everybody
#[utoipa::path(delete, path = "/api/v1/alerts/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn dismiss(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<AlertId>,
) -> Result<HttpResponse, Problem> {
    let known = app.store.alerts(signed.0.tenant).await?;
    let alert = known.iter().find(|alert| alert.id == *id).ok_or_else(Problem::not_found)?;
    let said = entry(&app, &signed, &request, Action::AlertDismissed).on(&*id).with("name", &alert.title);
    if !app.store.dismiss_alert(signed.0.tenant, *id, vec![said]).await? {
        return Err(Problem::not_found());
    }
    app.hub.alerts_changed(signed.0.tenant);
    Ok(HttpResponse::NoContent().finish())
}
