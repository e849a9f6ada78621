//! Names of the metrics of the gateway. Labels are bounded; never an id.

pub const WEBHOOKS_ACCEPTED: &str = "jetto_webhooks_accepted_total";
pub const WEBHOOKS_REFUSED: &str = "jetto_webhooks_refused_total";
pub const WEBHOOKS_DEFERRED: &str = "jetto_webhooks_deferred_total";
pub const INTAKE_ITEMS: &str = "jetto_intake_items_total";
pub const REFUSALS: &str = "jetto_http_refusals_total";
pub const CONNECTIONS: &str = "jetto_http_connections";
pub const LIMITS_REACHED: &str = "jetto_limits_reached_total";
pub const WRITES_WAITING: &str = "jetto_store_writes_waiting";
pub const READS_WAITING: &str = "jetto_store_reads_waiting";
pub const WRITE_LAG: &str = "jetto_store_lag_seconds";
pub const HINTS_DROPPED: &str = "jetto_cluster_hints_dropped_total";
pub const DISK_FREE: &str = "jetto_store_free_bytes";
pub const CHECKS: &str = "jetto_checks_running";
pub const ROUND_VISITS: &str = "jetto_checks_visits_total";
pub const MAILS_WAITING: &str = "jetto_mails_waiting";
pub const ERRANDS_WAITING: &str = "jetto_clerk_errands_waiting";
pub const MAILS_FAILED: &str = "jetto_mails_failed_total";
pub const LIVE_CONNECTIONS: &str = "jetto_live_connections";
pub const LIVE_DROPPED: &str = "jetto_live_dropped_total";
pub const LIVE_LOG_PAGES: &str = "jetto_live_log_pages_total";
pub const LIVE_RESYNCS: &str = "jetto_live_resyncs_total";
pub const LIVE_GAPS: &str = "jetto_live_gaps_total";
pub const SPANS_DROPPED: &str = "jetto_traces_spans_dropped_total";
