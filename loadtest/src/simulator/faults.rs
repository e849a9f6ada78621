//! Faults on demand, switched over `/_sim/faults`.

use serde::{Deserialize, Serialize};

/// All off by default; what is absent in a request stays off.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Faults {
    /// The send is accepted and delivered, but the connection is closed without an answer: the outcome is in doubt.
    pub drop_answer_percent: f64,
    /// The connection is reset (RST) before anything was accepted.
    pub reset_percent: f64,
    /// 500 with 131000, nothing accepted.
    pub error_percent: f64,
    /// Each answer waits this long.
    pub delay_ms: u64,
    /// 130429 until this simulated time.
    pub throttled_until_ms: u64,
    /// Downloads answer 404.
    pub media_missing_percent: f64,
    pub webhook_signature: SignatureFault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureFault {
    #[default]
    None,
    /// No header at all.
    Missing,
    /// Signed with another app's secret.
    WrongSecret,
}
