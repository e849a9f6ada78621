//! Order and pace, with the memory store, a scripted WhatsApp and paused time: hours pass in milliseconds.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends at the first surprise")]

#[path = "it/intake.rs"]
mod intake;
#[path = "it/sending.rs"]
mod sending;
#[path = "it/stage.rs"]
mod stage;
