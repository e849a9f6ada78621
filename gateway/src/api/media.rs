//! Files: upload by members, download by whoever sees the conversation.

use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, RANGE};
use actix_web::{HttpRequest, HttpResponse, web};
use engine::content::{ContentKind, Media, MediaState};
use engine::id::MediaId;
use futures_util::StreamExt as _;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::conversations::visible;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::limits::count_reached;

pub const FILENAME_HEADER: &str = "X-Filename";
const FILENAME_MAX: usize = 240;
/// Bytes answered to one range request; a player asks for the next part.
const RANGE_MAX: u64 = 4 * 1024 * 1024;
const FILENAME_ESCAPES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/media", web::post().to(upload)).route("/media/{id}", web::get().to(download));
}

/// WhatsApp's kinds of files: MIME type, what it becomes, largest size in bytes.
const KINDS: &[(&str, ContentKind, usize)] = &[
    ("image/jpeg", ContentKind::Image, 5 << 20),
    ("image/png", ContentKind::Image, 5 << 20),
    ("image/webp", ContentKind::Sticker, 500 << 10),
    ("video/mp4", ContentKind::Video, 16 << 20),
    ("video/3gpp", ContentKind::Video, 16 << 20),
    ("audio/aac", ContentKind::Audio, 16 << 20),
    ("audio/amr", ContentKind::Audio, 16 << 20),
    ("audio/mpeg", ContentKind::Audio, 16 << 20),
    ("audio/mp4", ContentKind::Audio, 16 << 20),
    ("audio/ogg", ContentKind::Audio, 16 << 20),
    ("text/plain", ContentKind::Document, 100 << 20),
    ("application/pdf", ContentKind::Document, 100 << 20),
    ("application/msword", ContentKind::Document, 100 << 20),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ContentKind::Document, 100 << 20),
    ("application/vnd.ms-excel", ContentKind::Document, 100 << 20),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ContentKind::Document, 100 << 20),
    ("application/vnd.ms-powerpoint", ContentKind::Document, 100 << 20),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", ContentKind::Document, 100 << 20),
];

fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or(mime).trim()
}

/// `None`: WhatsApp does not take it.
pub fn kind_of(mime: &str) -> Option<ContentKind> {
    KINDS.iter().find(|(known, _, _)| *known == essence(mime)).map(|(_, kind, _)| *kind)
}

/// Upload a file to send
#[utoipa::path(post, path = "/api/v1/media", request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    params(("X-Filename" = Option<String>, Header, description = "Percent-encoded")),
    responses((status = 201, body = Media), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn upload(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    mut body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let mime = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let Some((_, _, size_max)) = KINDS.iter().find(|(known, _, _)| *known == essence(&mime)) else {
        return Err(Problem::invalid("WhatsApp does not take this kind of file. Nothing was stored.")
            .with_action("Send JPEG, PNG, WebP, MP4, OGG, MP3, PDF or an Office file."));
    };
    let size_max = (*size_max).min(app.config.limits.upload_bytes);
    let mut bytes = web::BytesMut::new();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::invalid("The upload was cut off. Nothing was stored."))?;
        if bytes.len() + chunk.len() > size_max {
            let detail = format!(
                "The file is larger than WhatsApp takes ({} KB for this kind). Nothing was stored.",
                size_max >> 10
            );
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
        }
        bytes.extend_from_slice(&chunk);
    }
    if bytes.is_empty() {
        return Err(Problem::invalid("The file is empty. Nothing was stored."));
    }
    let media = Media {
        id: MediaId::from_bytes(app.ids.next()),
        state: MediaState::Ready,
        mime,
        size: Some(bytes.len() as u64),
        filename: request.headers().get(FILENAME_HEADER).and_then(|value| value.to_str().ok()).and_then(filename),
        reason: None,
    };
    app.blobs.put(signed.0.tenant, media.id, bytes.freeze()).await?;
    app.store.put_upload(signed.0.tenant, media.clone(), signed.0.person.id).await?;
    Ok(HttpResponse::Created().json(media))
}

/// The last part of a path, without control characters.
fn filename(header: &str) -> Option<String> {
    let name = percent_decode_str(header).decode_utf8().ok()?;
    let name = name.rsplit(['/', '\\']).next()?;
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(FILENAME_MAX).collect();
    (!name.is_empty()).then_some(name)
}

/// Download
#[utoipa::path(get, path = "/api/v1/media/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/octet-stream"), (status = 404, body = Problem)))]
pub async fn download(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<MediaId>,
) -> Result<HttpResponse, Problem> {
    let principal = signed.0;
    let row = app.store.media(principal.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    match row.conversation {
        Some(conversation) => drop(visible(&app, &principal, conversation).await?),
        None if row.uploader == Some(principal.person.id) => {}
        None => return Err(Problem::not_found()),
    }
    if !row.is_ready() {
        return Err(Problem::new(StatusCode::NOT_FOUND, "not_ready", "The file has not arrived from WhatsApp yet."));
    }
    let size = row.media.size.unwrap_or_default();
    let wanted = request.headers().get(RANGE).and_then(|value| value.to_str().ok()).and_then(|text| range(text, size));
    let (offset, length) = wanted.unwrap_or((0, size));
    let bytes = if wanted.is_some() {
        app.blobs.read_range(principal.tenant, *id, offset, length).await?
    } else {
        app.blobs.read(principal.tenant, *id).await?
    };
    let bytes = bytes.ok_or_else(Problem::not_found)?;
    let mut response = if wanted.is_some() { HttpResponse::PartialContent() } else { HttpResponse::Ok() };
    if wanted.is_some() {
        let last = (offset + bytes.len() as u64).saturating_sub(1);
        response.insert_header((CONTENT_RANGE, format!("bytes {offset}-{last}/{size}")));
    }
    Ok(response
        .insert_header((CONTENT_TYPE, served_type(&row.media.mime)))
        .insert_header((CONTENT_DISPOSITION, disposition(&row.media)))
        .insert_header((ACCEPT_RANGES, "bytes"))
        .insert_header((CACHE_CONTROL, "private, max-age=86400, immutable"))
        .insert_header(("Content-Security-Policy", "sandbox; default-src 'none'"))
        .body(bytes))
}

/// A customer chooses the type of what they send: only what cannot run in a browser is served as what it says it is.
fn served_type(mime: &str) -> &str {
    let essence = essence(mime);
    let harmless = KINDS.iter().any(|(known, _, _)| *known == essence);
    if harmless { essence } else { "application/octet-stream" }
}

fn disposition(media: &Media) -> String {
    let kind = match kind_of(&media.mime) {
        Some(ContentKind::Image | ContentKind::Video | ContentKind::Audio | ContentKind::Sticker) => "inline",
        Some(_) | None => "attachment",
    };
    match &media.filename {
        Some(name) => format!("{kind}; filename*=UTF-8''{}", utf8_percent_encode(name, FILENAME_ESCAPES)),
        None => kind.to_owned(),
    }
}

/// `bytes=a-b`, one range; anything else is answered with the whole file.
fn range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) => (first, last),
        (Some(first), None) => (first, size.saturating_sub(1)),
        (None, Some(suffix)) => (size.saturating_sub(suffix), size.saturating_sub(1)),
        (None, None) => return None,
    };
    let last = last.min(size.checked_sub(1)?);
    let length = last.checked_sub(first)? + 1;
    if length > RANGE_MAX {
        count_reached("range");
    }
    Some((first, length.min(RANGE_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_says() {
        assert_eq!(range("bytes=0-9", 100), Some((0, 10)));
        assert_eq!(range("bytes=90-", 100), Some((90, 10)));
        assert_eq!(range("bytes=-5", 100), Some((95, 5)));
        assert_eq!(range("bytes=200-300", 100), None);
        assert_eq!(range("bytes=0-9", 0), None);
    }

    #[test]
    fn a_file_name_is_a_name_and_no_path() {
        assert_eq!(filename("..%2F..%2Fetc%2Fpasswd").as_deref(), Some("passwd"));
        assert_eq!(filename("r%C3%A9sultat.pdf").as_deref(), Some("résultat.pdf"));
    }

    #[test]
    fn what_could_run_in_a_browser_is_served_as_bytes() {
        assert_eq!(served_type("text/html"), "application/octet-stream");
        assert_eq!(served_type("image/svg+xml"), "application/octet-stream");
        assert_eq!(served_type("audio/ogg; codecs=opus"), "audio/ogg");
    }
}
