//! Templates, as WhatsApp lists them.

use actix_web::web;
use engine::id::PhoneNumberId;
use engine::template::Template;
use serde::Deserialize;

use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/templates", web::get().to(list));
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// The number to send from.
    #[param(value_type = String)]
    phone_number_id: PhoneNumberId,
}

/// Templates of a number's account
#[utoipa::path(get, path = "/api/v1/templates", params(TemplateQuery),
    responses((status = 200, body = List<Template>), (status = 404, body = Problem), (status = 502, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    query: web::Query<TemplateQuery>,
) -> Result<web::Json<List<Template>>, Problem> {
    let found = app.store.number(&query.phone_number_id).await?;
    let (_, number) = found.filter(|(tenant, _)| *tenant == signed.0.tenant).ok_or_else(Problem::not_found)?;
    let list = app.templates.list(app.graph.as_ref(), signed.0.tenant, &number, app.clock.now()).await?;
    Ok(web::Json(list.as_ref().clone().into()))
}
