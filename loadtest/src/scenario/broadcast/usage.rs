//! What a stretch of time cost the server and this program, in which the simulator runs; and what the pace was limited by.

use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::process::cpu_time;
use crate::report::rounded;

/// From here on, a core that is shared with nothing else counts as busy.
const BUSY: f64 = 0.9;
/// Of what Meta allows; promised for one number.
pub(super) const SHARE_MIN: f64 = 0.99;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    at: Instant,
    server: Option<Duration>,
    own: Option<Duration>,
}

/// Of a stretch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) elapsed: Duration,
    pub(crate) server: Duration,
    /// The simulator and what measures.
    pub(crate) own: Duration,
}

impl Usage {
    pub(crate) fn now(server: Option<u32>) -> Self {
        Self { at: Instant::now(), server: server.and_then(cpu_time), own: cpu_time(std::process::id()) }
    }

    /// None where there is no such process any more.
    pub(crate) fn until(self, later: Self) -> Option<Cost> {
        Some(Cost {
            elapsed: later.at - self.at,
            server: later.server?.saturating_sub(self.server?),
            own: later.own?.saturating_sub(self.own?),
        })
    }
}

impl Cost {
    /// User and system time of the server in microseconds.
    pub(crate) fn each_us(self, messages: u64) -> f64 {
        let messages = u32::try_from(messages).unwrap_or(u32::MAX).max(1);
        rounded(self.server.as_secs_f64() * 1e6 / f64::from(messages), 0)
    }

    /// Cores in use: by the server, and by this program.
    pub(crate) fn cores(self) -> [f64; 2] {
        let seconds = self.elapsed.as_secs_f64().max(1e-9);
        [self.server, self.own].map(|used| rounded(used.as_secs_f64() / seconds, 2))
    }
}

/// `share`: of what Meta allows.
pub(crate) fn limited_by(share: f64, cost: Option<Cost>, cores: usize) -> Value {
    let cores = f64::from(u32::try_from(cores).unwrap_or(u32::MAX));
    let words = if share >= SHARE_MIN {
        "what WhatsApp allows"
    } else if let Some([server, own]) = cost.map(Cost::cores) {
        // The simulator's API answers on one thread, and its webhooks leave on the same.
        if cores > 1.0 && own >= BUSY {
            "the simulator: its thread is busy all the time"
        } else if server + own >= BUSY * cores {
            "the cores of this machine, of which the server has a part"
        } else {
            "the server by itself: neither the cores nor WhatsApp"
        }
    } else {
        "unknown: the server ended"
    };
    words.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(server_ms: u64, own_ms: u64) -> Cost {
        let [elapsed, server, own] = [1_000, server_ms, own_ms].map(Duration::from_millis);
        Cost { elapsed, server, own }
    }

    #[test]
    fn a_message_costs_what_the_server_used_by_messages() {
        assert!((cost(500, 900).each_us(1_000) - 500.0).abs() < 0.1);
    }

    #[test]
    fn the_limit_of_the_simulator_is_not_taken_for_that_of_the_server() {
        let said = |share, cost| limited_by(share, Some(cost), 2).to_string();
        assert!(said(1.0, cost(100, 100)).contains("WhatsApp allows"));
        assert!(said(0.5, cost(900, 950)).contains("simulator: its thread"));
        assert!(said(0.5, cost(1_200, 700)).contains("cores of this machine"));
        assert!(said(0.5, cost(300, 300)).contains("server by itself"));
        assert!(limited_by(0.5, None, 2).to_string().contains("unknown"));
    }
}
