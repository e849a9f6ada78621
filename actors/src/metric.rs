//! Names of the metrics of this crate. Labels are bounded; never an id.

pub(crate) const PANICS: &str = "jetto_actor_panics_total";
pub(crate) const ACTORS: &str = "jetto_actor_running";
pub(crate) const INTAKE_PROCESSED: &str = "jetto_intake_processed_total";
pub(crate) const INTAKE_QUARANTINED: &str = "jetto_intake_quarantined_total";
pub(crate) const CATCH_UPS: &str = "jetto_intake_catch_ups_total";
pub(crate) const SENDS: &str = "jetto_sends_total";
pub(crate) const LANE_DEPTH: &str = "jetto_number_lane_depth";
pub(crate) const SENDS_HELD_BACK: &str = "jetto_sends_held_back_total";
pub(crate) const SENDS_WAITS: &str = "jetto_sends_waits_total";
pub(crate) const QUEUES_FULL: &str = "jetto_actor_queues_full_total";
pub(crate) const LIMITS_REACHED: &str = "jetto_actor_limits_reached_total";
pub(crate) const HELD_LEASES: &str = "jetto_cluster_leases";
pub(crate) const LEASES_TAKEN: &str = "jetto_cluster_leases_taken_total";
pub(crate) const MEMBERS: &str = "jetto_cluster_members";
pub(crate) const BEATS_UNANSWERED: &str = "jetto_cluster_beats_unanswered_total";
pub(crate) const FENCED: &str = "jetto_cluster_fenced_total";
pub(crate) const MEDIA_FETCHES: &str = "jetto_media_fetches_total";
