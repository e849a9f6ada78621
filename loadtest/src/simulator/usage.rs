//! Meta's limit of management calls per account and hour, and the header that tells how much of it is used (§3.5).

use std::collections::VecDeque;

use serde_json::json;

const HOUR_MS: u64 = 3_600_000;
/// Calls per hour of an account without a registered number, and with one.
const UNREGISTERED_MAX: usize = 200;
const REGISTERED_MAX: usize = 5_000;

/// When the management calls of the last hour came.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    calls: VecDeque<u64>,
}

/// What the header of an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Used {
    pub(crate) percent: usize,
    /// Minutes until a call is taken again; 0 while they are.
    pub(crate) regain_minutes: u64,
}

impl Usage {
    /// Counts a call, unless the hour is full: then it is refused, and `regain_minutes` is above 0.
    pub(crate) fn note_call(&mut self, is_registered: bool, now_ms: u64) -> Used {
        while self.calls.front().is_some_and(|at| at + HOUR_MS <= now_ms) {
            self.calls.pop_front();
        }
        let limit = if is_registered { REGISTERED_MAX } else { UNREGISTERED_MAX };
        let regain_minutes = if self.calls.len() < limit {
            self.calls.push_back(now_ms);
            0
        } else {
            self.calls.front().map_or(1, |oldest| (oldest + HOUR_MS - now_ms).div_ceil(60_000))
        };
        Used { percent: self.calls.len() * 100 / limit, regain_minutes }
    }
}

impl Used {
    /// The value of `X-Business-Use-Case-Usage`.
    pub(crate) fn header(self, waba: &str) -> String {
        let usage = json!({
            "type": "whatsapp_business_management", "call_count": self.percent, "total_cputime": 0, "total_time": 0,
            "estimated_time_to_regain_access": self.regain_minutes,
        });
        json!({waba: [usage]}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_takes_200_calls_and_5000_with_a_registered_number() {
        for (is_registered, limit) in [(false, 200), (true, 5_000)] {
            let mut usage = Usage::default();
            for call in 1..=limit {
                let used = usage.note_call(is_registered, 1_000);
                assert_eq!(used, Used { percent: call * 100 / limit, regain_minutes: 0 });
            }
            assert_eq!(usage.note_call(is_registered, 1_000), Used { percent: 100, regain_minutes: 60 });
            assert_eq!(usage.note_call(is_registered, HOUR_MS), Used { percent: 100, regain_minutes: 1 });
            let later = usage.note_call(is_registered, 1_000 + HOUR_MS);
            assert_eq!(later.regain_minutes, 0, "the refused ones do not count");
        }
    }
}
