//! The API's description, made from the code. The web app's types are generated from it.

use actix_web::HttpResponse;
use utoipa::OpenApi;

use super::{contacts, conversations, demo, media, messages, sessions, templates, webhook_log};
use crate::live::frames::{ClientFrame, EventFrame, ServerFrame};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jetto",
        description = "Every write needs the header X-Jetto-Client. Errors are RFC 9457 problems.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        sessions::sign_in,
        sessions::sign_out,
        sessions::me,
        sessions::members,
        conversations::list,
        conversations::counts,
        conversations::one,
        conversations::change,
        conversations::read,
        conversations::typing,
        messages::history,
        messages::send,
        messages::resolve,
        media::upload,
        media::download,
        contacts::list,
        contacts::one,
        templates::list,
        webhook_log::list,
        webhook_log::summary,
        webhook_log::one,
        webhook_log::replay,
        demo::people,
        demo::sign_in,
    ),
    components(schemas(EventFrame, ServerFrame, ClientFrame))
)]
struct Document;

/// The document as JSON, with a line break at its end.
pub fn json() -> String {
    Document::openapi().to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json())
}
