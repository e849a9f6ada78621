//! Names of the metrics of the gateway. Labels are bounded; never an id.

pub const WEBHOOKS_ACCEPTED: &str = "jetto_webhooks_accepted_total";
pub const WEBHOOKS_REFUSED: &str = "jetto_webhooks_refused_total";
pub const WEBHOOKS_DEFERRED: &str = "jetto_webhooks_deferred_total";
pub const INTAKE_ITEMS: &str = "jetto_intake_items_total";
pub const MAILS_FAILED: &str = "jetto_mails_failed_total";
pub const LIVE_CONNECTIONS: &str = "jetto_live_connections";
pub const LIVE_DROPPED: &str = "jetto_live_dropped_total";
pub const LIVE_GAPS: &str = "jetto_live_gaps_total";
pub const SPANS_DROPPED: &str = "jetto_traces_spans_dropped_total";
