//! What Meta saw, for the tests of the checks.

use loadtest::simulator::{Answer, LedgerEntry};

/// Accepted and answered, and nothing else is said of it.
pub(crate) fn sent() -> LedgerEntry {
    LedgerEntry {
        sequence: 0,
        at_ms: 0,
        phone_number_id: "1".into(),
        to: "2".into(),
        kind: "text".into(),
        body_sha256: String::new(),
        text: None,
        biz_opaque_callback_data: None,
        wamid: None,
        answer: Answer::Given,
        outcome: None,
    }
}
