//! `POST /{phone_number_id}/messages`: faults first, then the rules, then the statuses; and reading an upload's form.

use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use bytes::BytesMut;
use futures_util::TryStreamExt;
use serde_json::json;

use super::faults::Faults;
use super::graph_error::GraphError;
use super::server::{Cable, json_body};
use super::world::{Accepted, Sent};
use super::{Answer, Shared, links};
use crate::clock::pause;
use crate::payload::PhoneNumberId;

/// No message has more statuses than sent, delivered, read, played.
const STATUSES_PER_SEND: usize = 4;
/// How long an answer is held back so that its first status is there before it.
const STATUS_FIRST_HOLD: Duration = Duration::from_millis(150);

pub(super) async fn post(
    shared: Data<Shared>,
    fetcher: Data<reqwest::Client>,
    request: HttpRequest,
    body: Bytes,
) -> HttpResponse {
    let lot = shared.next_request();
    let faults = shared.world().faults.clone();
    if faults.delay_ms > 0 {
        pause(Duration::from_millis(faults.delay_ms)).await;
    }
    let id = PhoneNumberId::from(request.match_info().get("id").unwrap_or_default());
    let taken = shared.authorize(&request).and_then(|()| {
        let body = json_body(&body)?;
        if hits(&shared, faults.reset_percent, "reset", lot) {
            shared.world().note_reset(&id, &body, shared.clock.now_ms());
            return Ok(None);
        }
        if hits(&shared, faults.error_percent, "error", lot) {
            return Err(GraphError::new(131_000, "Something went wrong, nothing was sent."));
        }
        if !shared.outbox.has_room(STATUSES_PER_SEND) {
            return Err(GraphError::new(131_016, "The simulator's webhook queue is full."));
        }
        Ok(Some(body))
    });
    let body = match taken {
        Ok(Some(body)) => body,
        Ok(None) => return end(&request, Cable::reset),
        Err(error) => return refuse(&shared, &error, lot),
    };
    let broken_link = links::fetch_all(&shared, &fetcher, &body).await;
    let now_ms = shared.clock.now_ms();
    let accepted = shared.world().accept(&id, &body, broken_link, now_ms);
    match accepted {
        Ok(Accepted::Marked) => HttpResponse::Ok().json(json!({"success": true})),
        Ok(Accepted::Sent(sent)) => answer_send(&shared, &request, *sent, &faults, lot).await,
        Err(error) => refuse(&shared, &error, lot),
    }
}

fn refuse(shared: &Shared, error: &GraphError, lot: u64) -> HttpResponse {
    *shared.world().refused.entry(error.code).or_default() += 1;
    error.response(lot)
}

async fn answer_send(shared: &Shared, request: &HttpRequest, sent: Sent, faults: &Faults, lot: u64) -> HttpResponse {
    let status_first_percent = shared.world().profile.status_first_percent;
    let status_first = hits(shared, status_first_percent, "status-first", lot);
    for (position, planned) in sent.planned.into_iter().enumerate() {
        let after_ms = if status_first && position == 0 { 0 } else { planned.after_ms };
        shared.post(planned.update, after_ms, sent.lane_key);
    }
    if status_first {
        pause(STATUS_FIRST_HOLD).await;
    }
    if hits(shared, faults.drop_answer_percent, "drop-answer", lot) {
        shared.world().ledger.note_answer(&sent.wamid, Answer::Dropped);
        return end(request, Cable::cut);
    }
    HttpResponse::Ok().json(sent.answer)
}

fn hits(shared: &Shared, percent: f64, purpose: &str, lot: u64) -> bool {
    percent > 0.0 && shared.world().chance.hits(percent, purpose, &lot.to_string())
}

/// The answer is written into a closed socket: the caller sees the connection end.
fn end(request: &HttpRequest, how: impl FnOnce(&Cable)) -> HttpResponse {
    if let Some(cable) = request.conn_data::<Cable>() {
        how(cable);
    }
    HttpResponse::ServiceUnavailable().force_close().finish()
}

pub(super) struct Upload {
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

/// The fields of an upload: `messaging_product`, `type`, and `file` with its own MIME type, which wins.
pub(super) async fn read_upload(mut form: Multipart, limit: usize) -> Result<Upload, GraphError> {
    let broken = |error: actix_multipart::MultipartError| GraphError::new(100, format!("The form is broken: {error}"));
    let (mut product, mut declared, mut file) = (None, None, None);
    while let Some(mut field) = form.try_next().await.map_err(broken)? {
        let name = field.name().unwrap_or_default().to_owned();
        let part_mime = field.content_type().map(ToString::to_string);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = field.try_next().await.map_err(broken)? {
            if bytes.len() + chunk.len() > limit {
                return Err(GraphError::new(131_053, "The file is too large."));
            }
            bytes.extend_from_slice(&chunk);
        }
        match name.as_str() {
            "messaging_product" => product = Some(bytes),
            "type" => declared = String::from_utf8(bytes.to_vec()).ok(),
            "file" => file = Some((part_mime, bytes.freeze())),
            _ => {}
        }
    }
    if product.as_deref() != Some(b"whatsapp") {
        return Err(GraphError::new(100, "The parameter messaging_product is required."));
    }
    let (part_mime, bytes) = file.ok_or_else(|| GraphError::new(100, "The parameter file is required."))?;
    let part_mime = part_mime.filter(|mime| mime != "application/octet-stream");
    Ok(Upload { mime: part_mime.or(declared).unwrap_or_default(), bytes })
}
