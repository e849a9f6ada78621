//! The web app, embedded in the binary.

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

/// What `npm run build` made. Missing: the server still works, and the page says how to build it.
#[derive(RustEmbed)]
#[folder = "inbox/dist"]
#[allow_missing = true]
struct Files;

const NOT_BUILT: &str =
    "The web app is not built into this binary. Run `make build`, or `npm ci && npm run build` in gateway/inbox.\n";

/// Files by their path; every other path is the app itself, whose router knows it.
pub async fn serve(request: HttpRequest) -> HttpResponse {
    let path = request.path().trim_start_matches('/');
    let (path, file) = match Files::get(path) {
        Some(file) if !path.is_empty() => (path, file),
        // A missing asset is an error, not a page.
        Some(_) | None if path.starts_with("assets/") => return HttpResponse::NotFound().finish(),
        Some(_) | None => match Files::get("index.html") {
            Some(file) => ("index.html", file),
            None => return HttpResponse::NotFound().content_type("text/plain").body(NOT_BUILT),
        },
    };
    let tag = format!("\"{}\"", hex::encode(file.metadata.sha256_hash()));
    let known = request.headers().get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    // Names of assets carry a hash of their content.
    let cache = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    if known {
        return HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, cache)).finish();
    }
    HttpResponse::Ok()
        .content_type(mime_guess::from_path(path).first_or_octet_stream().to_string())
        .insert_header((ETAG, tag))
        .insert_header((CACHE_CONTROL, cache))
        .body(file.data.into_owned())
}
