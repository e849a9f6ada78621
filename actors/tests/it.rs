//! Order and pace, with the memory store, a scripted WhatsApp and paused time: hours pass in milliseconds.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test ends at the first surprise")]

#[path = "it/answers.rs"]
mod answers;
#[path = "it/broadcast.rs"]
mod broadcast;
#[path = "it/campaign.rs"]
mod campaign;
#[path = "it/cap.rs"]
mod cap;
#[path = "it/changes.rs"]
mod changes;
#[path = "it/clashes.rs"]
mod clashes;
#[path = "it/cluster.rs"]
mod cluster;
#[path = "it/consent.rs"]
mod consent;
#[path = "it/held.rs"]
mod held;
#[path = "it/intake.rs"]
mod intake;
#[path = "it/lanes.rs"]
mod lanes;
#[path = "it/merging.rs"]
mod merging;
#[path = "it/nodes.rs"]
mod nodes;
#[path = "it/outreach.rs"]
mod outreach;
#[path = "it/rules.rs"]
mod rules;
#[path = "it/seeded.rs"]
mod seeded;
#[path = "it/sending.rs"]
mod sending;
#[path = "it/series.rs"]
mod series;
#[path = "it/spend.rs"]
mod spend;
#[path = "it/stage.rs"]
mod stage;
#[path = "it/storm.rs"]
mod storm;
#[path = "it/triggered.rs"]
mod triggered;
#[path = "it/variants.rs"]
mod variants;
