//! Do webhooks find their way? A signed request to our own public address, which answers with what only who can check the
//! signature says; failing that, the last webhook that came.

use std::time::Duration;

use engine::time::{Span, Timestamp};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::time::Instant;

use super::{ActionKind, Check, CheckName};

const BEFORE: &[u8] = b"{\"object\":\"jetto_probe\",\"nonce\":\"";
const AFTER: &[u8] = b"\"}";
const NONCE: usize = 32;
/// Meta itself gives up later than this, but a customer waits.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// A webhook this recent shows that the way is open, even where this machine cannot reach its own public address.
const RECENT: Span = Span::hours(24);

/// What was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoundTrip {
    /// How long it took; otherwise what came instead.
    pub probe: Result<Duration, String>,
    pub last_webhook_at: Option<Timestamp>,
}

/// The nonce of a probe's body. Whether it was signed is known by then.
pub fn nonce(body: &[u8]) -> Option<&str> {
    let nonce = body.strip_prefix(BEFORE)?.strip_suffix(AFTER)?;
    let is_nonce = nonce.len() == NONCE && nonce.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(nonce).ok().filter(|_| is_nonce)
}

/// Knocks at our own door from outside. No token goes along: the address is the operator's, not Meta's.
pub async fn probe(url: &str, secret: &str, nonce: [u8; 16]) -> Result<Duration, String> {
    let nonce = hex::encode(nonce);
    let body = [BEFORE, nonce.as_bytes(), AFTER].concat();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map_err(|error| error.to_string())?;
    mac.update(&body);
    let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).timeout(ANSWER_MAX);
    let client = if url.starts_with("http://") { client.no_proxy() } else { client };
    let client = client.build().map_err(|error| error.to_string())?;
    let began = Instant::now();
    let request = client.post(url).header("X-Hub-Signature-256", signature).body(body);
    let answer = request.send().await.map_err(|error| format!("no answer ({})", error.without_url()))?;
    let status = answer.status().as_u16();
    let too_long = answer.content_length().is_none_or(|length| length > 4 * NONCE as u64);
    let said = if too_long { String::new() } else { answer.text().await.unwrap_or_default() };
    match status {
        200 if said == nonce => Ok(began.elapsed()),
        200 => Err("something else answers there".to_owned()),
        status => Err(format!("the answer is {status}")),
    }
}

pub(super) fn answered(trip: &RoundTrip, now: Timestamp) -> Check {
    let name = CheckName::WebhookRoundTrip;
    let problem = match &trip.probe {
        Ok(took) => return Check::fine(name, format!("The webhook answers, round trip in {} ms", took.as_millis())),
        Err(problem) => problem,
    };
    if trip.last_webhook_at.is_some_and(|at| now.since(at) < RECENT) {
        return Check::fine(name, "Webhooks come in: the last one is less than a day old");
    }
    Check::broken(
        name,
        format!("The webhook does not answer at its public address: {problem}"),
        "Messages of customers do not arrive here. WhatsApp repeats them for up to 7 days.",
    )
    .button(ActionKind::CheckAgain)
    .by_hand(
        "Check public_url and the reverse proxy: POST on the callback address must reach Jetto unchanged, without a \
         log-in or a bot check before it.",
    )
}

#[cfg(test)]
mod tests {
    use engine::directory::CheckState;

    use super::*;

    #[test]
    fn only_a_whole_probe_has_a_nonce() {
        let body = format!("{{\"object\":\"jetto_probe\",\"nonce\":\"{}\"}}", "0a".repeat(16));
        assert_eq!(nonce(body.as_bytes()), Some("0a".repeat(16).as_str()));
        for odd in [body.replace("0a0a", "0a"), body.replace("0a0a0a", "<b>0a0"), format!(" {body}"), String::new()] {
            assert_eq!(nonce(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn a_recent_webhook_stands_in_for_an_answer() {
        let now = Timestamp(1_795_392_000_000);
        let trip = |last: Option<i64>| {
            let last_webhook_at = last.map(|hours| now.minus(Span::hours(hours)));
            answered(&RoundTrip { probe: Err("the answer is 502".into()), last_webhook_at }, now)
        };
        assert_eq!(trip(Some(1)).state, CheckState::Fine);
        for last in [Some(25), None] {
            let check = trip(last);
            assert_eq!(check.state, CheckState::Broken);
            assert!(check.title.contains("502") && check.by_hand.contains("public_url"), "{check:?}");
        }
    }
}
