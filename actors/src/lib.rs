//! Order and pace. Actors are serializers and caches, never the truth: any of them may be lost, or run twice, and
//! nothing is lost, sent twice or shown out of order, because the store enforces it.

mod broadcast;
mod cap;
mod carry_out;
mod clock;
mod cluster;
mod conversation;
mod learn;
mod media;
mod metric;
mod number;
mod outreach;
mod registry;
mod seeded;
mod supervisor;
mod tenant;
mod world;

pub use broadcast::{LanePace, LaneState, PaceSecond, audience};
pub use cap::CapWatch;
pub use clock::TokioClock;
pub use cluster::{Cluster, LEASE_LIFE};
pub use conversation::{ChangeRequest, ReactRequest, ReplyRequest, ResolveRequest};
pub use outreach::Room;
pub use world::{Actors, CommandError, Placement, World};

/// Target of the spans that tell how a message went; they hold ids of ours, counts and outcomes. Nothing else may be written
/// to it, and where nobody traces it is off, so that a span is one look at a static.
pub const JOURNEY: &str = "journey";
