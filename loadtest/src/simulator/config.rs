//! What a simulated Meta is made of, and how it behaves: the knobs of `meta-cloud-api.md` §9.3.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::reach::Tier;
use crate::payload::{Line, Phone, PhoneNumberId, PortfolioId, WabaId};

#[derive(Clone, Debug)]
pub struct SimulatorConfig {
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    pub seed: u64,
    pub app_id: String,
    pub app_secret: String,
    /// Bearer tokens that are valid.
    pub access_tokens: Vec<String>,
    /// Those that end, in seconds since 1970; the others never do.
    pub token_ends: Vec<(String, u64)>,
    /// Where webhooks go; may be set later.
    pub callback_url: Option<String>,
    pub portfolios: Vec<PortfolioConfig>,
    pub profile: Profile,
    pub payload: PayloadVersion,
    pub policy: Policy,
    /// Full: sends answer 131016 and `customer_says` answers `QueueFull`, so nothing that was accepted is ever dropped.
    pub queue_capacity: usize,
    /// Full: the oldest entries go, and the ledger says how many.
    pub ledger_capacity: usize,
    /// Where the count of messages starts, on which their ids depend: who meets the same receiver again with the same seed
    /// needs another one, or every message is a duplicate.
    pub first_message: u64,
    /// Start of simulated time; none takes the machine's.
    pub start_at_ms: Option<u64>,
    /// Webhook requests in flight.
    pub delivery_lanes: usize,
    pub webhook_timeout: Duration,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0x5eed,
            app_id: "500000000000001".into(),
            app_secret: "demo_app_secret".into(),
            access_tokens: vec!["simulator-token".into()],
            token_ends: Vec::new(),
            callback_url: None,
            portfolios: vec![PortfolioConfig::default()],
            profile: Profile::clean(),
            payload: PayloadVersion::default(),
            policy: Policy::default(),
            queue_capacity: 200_000,
            ledger_capacity: 1_000_000,
            first_message: 0,
            start_at_ms: None,
            delivery_lanes: 8,
            webhook_timeout: Duration::from_secs(20),
        }
    }
}

#[derive(Clone, Debug)]
pub struct PortfolioConfig {
    pub id: PortfolioId,
    pub tier: Tier,
    pub numbers: Vec<NumberConfig>,
}

impl Default for PortfolioConfig {
    fn default() -> Self {
        Self {
            id: PortfolioId::from("400000000000001"),
            tier: Tier::HundredThousand,
            numbers: vec![NumberConfig::default()],
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NumberConfig {
    pub waba_id: WabaId,
    pub phone_number_id: PhoneNumberId,
    /// Digits with country code.
    pub display: Phone,
    pub verified_name: String,
    /// 80, or 1,000 after the upgrade, or 20 with coexistence.
    pub messages_per_second: u32,
}

impl NumberConfig {
    pub(crate) fn line(&self) -> Line {
        Line { waba: self.waba_id.clone(), number: self.phone_number_id.clone(), display: self.display.clone() }
    }
}

impl Default for NumberConfig {
    fn default() -> Self {
        Self {
            waba_id: WabaId::from("100000000000001"),
            phone_number_id: PhoneNumberId::from("200000000000001"),
            display: Phone::from("12025550100"),
            verified_name: "Example Ltd".into(),
            messages_per_second: 80,
        }
    }
}

/// Which generation of webhooks is posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PayloadVersion {
    /// v23 and older: `conversation` on every status.
    pub conversations: bool,
    /// Since April 2026: `user_id` everywhere and `contacts[]` on statuses.
    pub bsuids: bool,
}

impl Default for PayloadVersion {
    fn default() -> Self {
        Self { conversations: false, bsuids: true }
    }
}

/// Meta's own rules about who gets what.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// Marketing messages that one person takes in 24 h outside a window (131049); none switches the cap off.
    pub marketing_per_day: Option<u32>,
    /// People who have had as much from other businesses today (131049).
    pub capped_percent: f64,
    /// People of the experiment who never get marketing (130472).
    pub holdout_percent: f64,
    /// Numbers that are not on WhatsApp (131026).
    pub unreachable_percent: f64,
    /// 131047 comes in the answer instead of a later status.
    pub closed_window_is_synchronous: bool,
    /// Phones that a business knew once stay known, also of people with a username; else for 30 days.
    pub contact_book: bool,
    /// Sends of a marketing template whose quality is not green, before the rest is held for assessment; none holds nothing.
    pub paced_after: Option<u32>,
    pub pacing_hold_s: u64,
    /// Templates whose assessment ends badly.
    pub pacing_drops_percent: f64,
    /// How long the review of a template takes.
    pub review_s: u64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            marketing_per_day: Some(2),
            capped_percent: 0.0,
            holdout_percent: 0.0,
            unreachable_percent: 0.0,
            closed_window_is_synchronous: false,
            contact_book: false,
            paced_after: Some(20),
            pacing_hold_s: 1_800,
            pacing_drops_percent: 0.0,
            review_s: 60,
        }
    }
}

/// From and to, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    pub from_ms: u64,
    pub to_ms: u64,
}

impl Span {
    pub const fn new(from_ms: u64, to_ms: u64) -> Self {
        Self { from_ms, to_ms }
    }

    pub(crate) fn draw(self, rng: &mut impl rand::Rng) -> u64 {
        rng.random_range(self.from_ms..=self.to_ms.max(self.from_ms))
    }
}

/// How webhooks travel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// One request at a time per customer, retried in place.
    pub ordered: bool,
    /// Updates per POST, up to 1,000.
    pub batch_size: usize,
    pub reorder_percent: f64,
    pub duplicate_percent: f64,
    /// After a retry the other app's failure brings everything once more.
    pub fan_out_duplicate_percent: f64,
    /// `read` without `delivered`.
    pub skip_delivered_percent: f64,
    /// The `sent` status is posted before the send is answered.
    pub status_first_percent: f64,
    /// Failed after it was delivered.
    pub late_failure_percent: f64,
    pub missing_profile_percent: f64,
    /// People whose receipts are on.
    pub reads_percent: f64,
    pub delay: Span,
    pub sent_after: Span,
    pub delivered_after: Span,
    pub read_after: Span,
    /// Meta's seven days of decreasing frequency, compressed: doubled from first to longest.
    pub retry: Span,
}

impl Profile {
    /// In order, one per POST, nothing odd.
    pub fn clean() -> Self {
        Self {
            ordered: true,
            batch_size: 1,
            reorder_percent: 0.0,
            duplicate_percent: 0.0,
            fan_out_duplicate_percent: 0.0,
            skip_delivered_percent: 0.0,
            status_first_percent: 0.0,
            late_failure_percent: 0.0,
            missing_profile_percent: 0.0,
            reads_percent: 100.0,
            delay: Span::new(0, 0),
            sent_after: Span::new(20, 20),
            delivered_after: Span::new(40, 40),
            read_after: Span::new(60, 60),
            retry: Span::new(50, 2_000),
        }
    }

    /// What a good day looks like.
    pub fn realistic() -> Self {
        Self {
            ordered: false,
            batch_size: 20,
            reorder_percent: 2.0,
            duplicate_percent: 1.0,
            fan_out_duplicate_percent: 10.0,
            skip_delivered_percent: 8.0,
            status_first_percent: 2.0,
            late_failure_percent: 0.2,
            missing_profile_percent: 3.0,
            reads_percent: 75.0,
            delay: Span::new(20, 250),
            sent_after: Span::new(100, 600),
            delivered_after: Span::new(300, 2_500),
            read_after: Span::new(2_000, 30_000),
            retry: Span::new(200, 10_000),
        }
    }

    /// Everything that integrators reported, at once.
    pub fn hostile() -> Self {
        Self {
            ordered: false,
            batch_size: 200,
            reorder_percent: 35.0,
            duplicate_percent: 25.0,
            fan_out_duplicate_percent: 50.0,
            skip_delivered_percent: 30.0,
            status_first_percent: 30.0,
            late_failure_percent: 3.0,
            missing_profile_percent: 40.0,
            reads_percent: 80.0,
            delay: Span::new(0, 400),
            sent_after: Span::new(0, 300),
            delivered_after: Span::new(0, 300),
            read_after: Span::new(0, 600),
            retry: Span::new(50, 2_000),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        match name {
            "clean" => Some(Self::clean()),
            "realistic" => Some(Self::realistic()),
            "hostile" => Some(Self::hostile()),
            _ => None,
        }
    }
}
