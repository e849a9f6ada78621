//! The two cookies of a signed-in browser.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use engine::time::Span;

use crate::app::App;

/// The short-lived token.
pub const TOKEN: &str = "auth_token";
/// What brings the next one; sent to one address only.
pub const REFRESH: &str = "auth_refresh";
const REFRESH_PATH: &str = "/api/v1/sessions/refresh";

/// A session's token and refresh token, as long as the session lives.
pub fn pair(app: &App, token: String, refresh: String, life: Span) -> [Cookie<'static>; 2] {
    [cookie(app, TOKEN, "/", token, life), cookie(app, REFRESH, REFRESH_PATH, refresh, life)]
}

/// Takes both away.
pub fn none(app: &App) -> [Cookie<'static>; 2] {
    pair(app, String::new(), String::new(), Span(0)).map(|mut cookie| {
        cookie.make_removal();
        cookie
    })
}

fn cookie(app: &App, name: &'static str, path: &'static str, value: String, life: Span) -> Cookie<'static> {
    Cookie::build(name, value)
        .path(path)
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(app.origin.starts_with("https://"))
        .max_age(Duration::milliseconds(life.0.max(0)))
        .finish()
}
