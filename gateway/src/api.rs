//! `/api/v1`: thin handlers over the store (reads) and the actors (changes). What a route needs stands in
//! [`crate::http::routes`].

pub mod administration;
pub mod alerts;
pub mod api_keys;
pub mod audit;
pub mod campaign_messages;
pub mod campaigns;
pub mod channels;
pub mod consents;
pub mod contact_export;
pub mod contact_settings;
pub mod contacts;
pub mod conversations;
pub mod demo;
pub mod imports;
pub mod invitations;
pub mod joining;
pub mod lists;
pub mod me;
pub mod media;
pub mod members;
pub mod merges;
pub mod messages;
pub mod notes;
pub mod openapi;
pub mod organization;
pub mod password_resets;
pub mod roles;
pub mod second_factor;
pub mod segments;
pub mod sessions;
pub mod sheet;
pub mod sign_ups;
pub mod teams;
pub mod templates;
pub mod timeline;
pub mod webhook_log;

use actix_web::middleware::from_fn;
use actix_web::web;

use crate::http::guard::guard;
use crate::http::headers;
use crate::http::problem::Problem;
use crate::live::socket;

pub fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/api")
            .wrap(from_fn(guard))
            .wrap(headers::security())
            .route("/openapi.json", web::get().to(openapi::document))
            .service(
                web::scope("/v1")
                    .configure(sessions::routes)
                    .configure(me::routes)
                    .configure(second_factor::routes)
                    .configure(password_resets::routes)
                    .configure(sign_ups::routes)
                    .configure(joining::routes)
                    .configure(conversations::routes)
                    .configure(messages::routes)
                    .configure(media::routes)
                    .configure(contacts::routes)
                    .configure(consents::routes)
                    .configure(notes::routes)
                    .configure(merges::routes)
                    .configure(timeline::routes)
                    .configure(contact_settings::routes)
                    .configure(segments::routes)
                    .configure(imports::routes)
                    .configure(templates::routes)
                    .configure(campaigns::routes)
                    .configure(webhook_log::routes)
                    .configure(channels::routes)
                    .configure(alerts::routes)
                    .configure(demo::routes)
                    .configure(members::routes)
                    .configure(roles::routes)
                    .configure(teams::routes)
                    .configure(invitations::routes)
                    .configure(api_keys::routes)
                    .configure(organization::routes)
                    .configure(audit::routes)
                    .route("/live", web::get().to(socket::live)),
            ),
    );
}

/// Errors of reading a body, a path or a query, in our form.
pub fn extractors(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(64 * 1024).error_handler(|error, _| {
            Problem::invalid(format!("The body is not what this route takes: {error}. Nothing was changed.")).into()
        }))
        .app_data(web::PathConfig::default().error_handler(|_, _| Problem::not_found().into()))
        .app_data(web::QueryConfig::default().error_handler(|error, _| {
            Problem::invalid(format!("The query is not what this route takes: {error}.")).into()
        }));
}
