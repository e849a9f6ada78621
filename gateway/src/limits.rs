//! How full what is bounded is, and how often a limit was reached: for `/metrics`. Which metric tells of which limit stands
//! in `deploy/metrics.md`.

use crate::app::{App, CHECKUPS_AT_ONCE};
use crate::metric;

/// Where a limit has no gauge and no counter of its own.
pub(crate) fn count_reached(limit: &'static str) {
    metrics::counter!(metric::LIMITS_REACHED, "limit" => limit).increment(1);
}

/// Looks at everything that would cost too much to write down at each change. Called when somebody reads the metrics.
pub fn measure(app: &App) {
    metrics::gauge!(metric::WRITE_LAG).set(app.footing.lag().as_secs_f64());
    if let Some((writes, reads)) = app.footing.waiting() {
        set(metric::WRITES_WAITING, writes);
        set(metric::READS_WAITING, reads);
    }
    set(metric::CHECKS, CHECKUPS_AT_ONCE - app.checkups.available_permits());
    set(metric::MAILS_WAITING, app.post.waiting());
    set(metric::ERRANDS_WAITING, app.clerk.waiting());
    if let Some(hints) = app.peers.standing() {
        set(metric::HINTS_CONNECTED, usize::from(hints.is_connected));
        metrics::counter!(metric::HINTS_CONNECTIONS).absolute(hints.connected);
        metrics::counter!(metric::HINTS_DROPPED).absolute(hints.dropped);
        metrics::counter!(metric::HINTS_UNREADABLE).absolute(hints.unreadable);
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing that is bounded comes near 2^52")]
fn set(gauge: &'static str, value: usize) {
    metrics::gauge!(gauge).set(value as f64);
}
