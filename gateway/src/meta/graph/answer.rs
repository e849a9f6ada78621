//! What came back, and what follows from it. Meta has no idempotency key: only what it provably refused before looking
//! at it, or what never left, may be sent again.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use engine::delivery::{Failure, FailureAction};
use engine::ports::{FetchError, MetaSend};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::limits::count_reached;
use crate::meta::failure::{self, Retry};

/// Answers are small; a page of templates is the largest.
const ANSWER_MAX: u64 = 8 * 1024 * 1024;
/// A hint beyond this would stop a number for longer than a person would understand.
const SLOWER_MAX: Duration = Duration::from_mins(15);
const SLOWER_MIN: Duration = Duration::from_millis(250);
/// One message to the same person each 6 s.
const PAIR_PAUSE: Duration = Duration::from_secs(6);
const RATE_PAUSE: Duration = Duration::from_secs(2);
/// Too many calls per hour, or the minute in which a number is made faster.
const LONG_PAUSE: Duration = Duration::from_mins(1);

/// Of a template that WhatsApp does not trust yet, or of a young portfolio.
const HELD: &str = "held_for_quality_assessment";
const PAIR_RATE: i64 = 131_056;
const NUMBER_RATE: i64 = 130_429;

pub(super) struct Answer {
    status: StatusCode,
    retry_after: Option<Duration>,
    /// `None` when it broke off or was too long.
    body: Option<Bytes>,
}

/// No answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lost {
    /// No connection: not a byte of the request left.
    NotSent,
    /// A byte may have arrived.
    InDoubt,
    /// It cannot be written as a request: the token has a line break or the like.
    Unsendable,
}

/// Meta's error envelope.
struct Refusal {
    code: i64,
    details: Option<String>,
    is_transient: bool,
}

/// Why there is nothing to read.
pub(super) enum Missed {
    Later(String),
    Refused(Failure),
}

/// A body that was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    TooLong,
    BrokenOff,
}

impl Answer {
    pub(super) async fn to(request: RequestBuilder) -> Result<Self, Lost> {
        let response = response(request).await?;
        let (status, retry_after) = (response.status(), retry_after(response.headers()));
        Ok(Self { status, retry_after, body: body(response, ANSWER_MAX).await.ok() })
    }

    fn json(&self) -> Option<Value> {
        serde_json::from_slice(self.body.as_ref()?).ok()
    }
}

pub(super) async fn response(request: RequestBuilder) -> Result<Response, Lost> {
    request.send().await.map_err(|error| {
        let lost = if error.is_builder() {
            Lost::Unsendable
        } else if error.is_connect() {
            Lost::NotSent
        } else {
            Lost::InDoubt
        };
        // Addresses of files carry a hash that opens them.
        tracing::warn!(error = %error.without_url(), ?lost, "no answer from WhatsApp");
        lost
    })
}

pub(super) async fn body(mut response: Response, max: u64) -> Result<Bytes, Unread> {
    if response.content_length().is_some_and(|length| length > max) {
        return Err(Unread::TooLong);
    }
    let mut bytes = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if (bytes.len() + chunk.len()) as u64 > max => return Err(Unread::TooLong),
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => return Ok(bytes.freeze()),
            Err(_broken) => return Err(Unread::BrokenOff),
        }
    }
}

/// The outcome of a request to send.
pub(super) fn sent(answer: Result<Answer, Lost>) -> MetaSend {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Lost::NotSent) => return MetaSend::NotSent,
        Err(Lost::InDoubt) => return MetaSend::InDoubt,
        Err(Lost::Unsendable) => return MetaSend::Never(unsendable()),
    };
    let Some(json) = answer.json() else { return MetaSend::InDoubt };
    if let Some(refusal) = refusal(&json, answer.status) {
        return refused(&refusal, &answer);
    }
    let said = |pointer: &str| json.pointer(pointer).and_then(Value::as_str);
    match said("/messages/0/id").and_then(|id| id.parse().ok()) {
        Some(wamid) if answer.status.is_success() => {
            let number = said("/contacts/0/wa_id").and_then(|id| id.parse().ok());
            if said("/messages/0/message_status") == Some(HELD) {
                return MetaSend::Held { wamid, wa_id: number };
            }
            MetaSend::Accepted { wamid, wa_id: number }
        }
        Some(_) | None => MetaSend::InDoubt,
    }
}

fn refused(refusal: &Refusal, answer: &Answer) -> MetaSend {
    let doubtful = refusal.is_transient || answer.status.is_server_error();
    let retry =
        failure::code(refusal.code).map_or(if doubtful { Retry::InDoubt } else { Retry::Never }, |row| row.retry);
    match retry {
        Retry::Slower => MetaSend::Slower { after: pause(refusal, answer), pair: refusal.code == PAIR_RATE },
        Retry::InDoubt => MetaSend::InDoubt,
        Retry::Later | Retry::Never => MetaSend::Never(refusal.failure()),
    }
}

/// As [`sent`], for what shows nothing to anybody and is never in doubt.
pub(super) fn sent_file(answer: Result<Answer, Lost>) -> Result<Value, MetaSend> {
    let json = answer.as_ref().ok().filter(|answer| answer.status.is_success()).and_then(Answer::json);
    match json.filter(|json| json.get("error").is_none()) {
        Some(json) => Ok(json),
        None => Err(match sent(answer) {
            MetaSend::Accepted { .. } | MetaSend::Held { .. } | MetaSend::NotSent | MetaSend::InDoubt => {
                MetaSend::NotSent
            }
            refused @ (MetaSend::Slower { .. } | MetaSend::Never(_)) => refused,
        }),
    }
}

fn pause(refusal: &Refusal, answer: &Answer) -> Duration {
    let usual = match refusal.code {
        PAIR_RATE => PAIR_PAUSE,
        NUMBER_RATE => RATE_PAUSE,
        _ => LONG_PAUSE,
    };
    let wanted = answer.retry_after.unwrap_or(usual);
    if wanted > SLOWER_MAX {
        count_reached("slower");
    }
    wanted.clamp(SLOWER_MIN, SLOWER_MAX)
}

/// The outcome of a request that reads, or that does no harm when it is repeated.
pub(super) fn read(answer: Result<Answer, Lost>) -> Result<Value, Missed> {
    let answer = answer.map_err(Missed::from)?;
    let Some(json) = answer.json() else {
        return Err(Missed::Later(format!("WhatsApp answered {} without a readable body.", answer.status.as_u16())));
    };
    if let Some(refusal) = refusal(&json, answer.status) {
        let later = match failure::code(refusal.code) {
            Some(row) => matches!(row.action, FailureAction::Retry | FailureAction::RetryLater),
            None => refusal.is_transient || answer.status.is_server_error(),
        };
        let failure = refusal.failure();
        return Err(if later { Missed::Later(failure.text) } else { Missed::Refused(failure) });
    }
    if answer.status.is_success() {
        Ok(json)
    } else {
        Err(Missed::Later(format!("WhatsApp answered {}.", answer.status.as_u16())))
    }
}

/// `None` when the body is not an error, or not one of Meta's.
fn refusal(json: &Value, status: StatusCode) -> Option<Refusal> {
    let error = json.get("error")?;
    let code = error.get("code")?;
    let code = code.as_i64().or_else(|| code.as_str()?.parse().ok())?;
    let details = error.pointer("/error_data/details").or_else(|| error.get("message")).and_then(Value::as_str);
    // `(#100) Invalid parameter`: the code is said already.
    let details = details
        .map(|text| text.strip_prefix("(#").and_then(|rest| rest.split_once(") ")).map_or(text, |(_, rest)| rest));
    let subcode = error.get("error_subcode").and_then(Value::as_i64);
    let trace = error.get("fbtrace_id").and_then(Value::as_str);
    tracing::info!(code, subcode, trace, status = status.as_u16(), "WhatsApp refused a request");
    let is_transient = error.get("is_transient").and_then(Value::as_bool) == Some(true);
    Some(Refusal { code, details: details.map(str::to_owned), is_transient })
}

impl Refusal {
    fn failure(&self) -> Failure {
        failure::describe(Some(self.code), self.details.as_deref())
    }
}

impl From<Lost> for Missed {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::NotSent => Self::Later("WhatsApp cannot be reached.".to_owned()),
            Lost::InDoubt => Self::Later("WhatsApp did not answer.".to_owned()),
            Lost::Unsendable => Self::Refused(unsendable()),
        }
    }
}

impl From<Missed> for FetchError {
    fn from(missed: Missed) -> Self {
        match missed {
            Missed::Later(text) => Self::Later(text),
            Missed::Refused(failure) => Self::Never(failure.text),
        }
    }
}

fn unsendable() -> Failure {
    let text = "The access token of this number has characters that no token has. Nothing was sent. Enter it again in \
                Settings.";
    Failure { code: None, text: text.to_owned(), action: Some(FailureAction::FixAccount) }
}

/// Seconds in `Retry-After`, or the minutes in which Meta's own header gives access again.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(seconds) = text(RETRY_AFTER.as_str()).and_then(|text| text.trim().parse().ok()) {
        return Some(Duration::from_secs(seconds));
    }
    let usage: Value = serde_json::from_str(text("x-business-use-case-usage")?).ok()?;
    let each = usage.as_object()?.values().filter_map(Value::as_array).flatten();
    let minutes = each.filter_map(|usage| usage.get("estimated_time_to_regain_access")?.as_u64()).max()?;
    (minutes > 0).then(|| Duration::from_secs(minutes.saturating_mul(60)))
}
