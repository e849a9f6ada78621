//! Probes and metrics.

use actix_web::{HttpResponse, web};

use crate::app::App;
use crate::limits;

/// The process is there.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// It can take work: the store answers and keeps up.
pub async fn readyz(app: web::Data<App>) -> HttpResponse {
    if app.is_ready().await {
        HttpResponse::Ok().content_type("text/plain").body("ready\n")
    } else {
        HttpResponse::ServiceUnavailable().content_type("text/plain").body("the store does not keep up\n")
    }
}

pub async fn metrics(app: web::Data<App>) -> HttpResponse {
    match &app.metrics {
        Some(handle) => {
            limits::measure(&app);
            HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(handle.render())
        }
        None => HttpResponse::ServiceUnavailable().body("the metrics recorder was installed elsewhere\n"),
    }
}
