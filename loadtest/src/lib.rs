//! Jetto's outside world: Meta's Cloud API as a simulator, webhook payloads, and (in the binary `jetto-load`) the scenarios
//! that measure and torture the real server. A black box: nothing here knows Jetto's own crates.
//!
//! * [`payload`] builds every webhook of `meta-cloud-api.md` §1.
//! * [`fuzz_api`] asks a server random things as two organizations, and looks for what leaks.
//! * [`session`] is a browser that stays signed in.
//! * [`simulator`] answers the Graph API, posts webhooks, keeps a ledger of what it accepted.

pub mod clock;
pub mod fuzz_api;
pub mod payload;
pub mod session;
pub mod simulator;
