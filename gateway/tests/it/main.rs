//! Journeys and promises of the real binary, with a simulated WhatsApp as its outside world. Each test runs an
//! installation of its own: a data directory, a port, a simulator, an organization.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests; a panic is the test's failure"
)]

mod harness;

mod account;
mod administration;
mod api_keys;
mod audit_chain;
mod backup;
mod bad_input;
mod between_stores;
mod broadcast_rules;
mod campaign_answers;
mod campaign_live;
mod campaign_thread;
mod campaigns;
mod canaries;
mod cap;
mod channels;
mod checks;
mod contacts;
mod costs;
mod crash;
#[cfg(feature = "demo")]
mod demo;
mod files;
mod fuzz;
mod guessing;
mod identity;
mod isolation;
mod joining;
mod journey;
mod live;
mod live_reconnect;
mod log_search;
mod mails;
mod masking;
mod merging;
mod notes;
mod on_cql;
mod order;
mod outage;
mod permissions;
mod poison;
mod relocation;
mod resets;
mod rounds;
mod samples;
mod second_factor;
mod sending;
mod series;
mod session_life;
mod sessions;
mod settings;
mod statuses;
mod templates;
mod tls;
mod traces;
mod triggered;
mod two_nodes;
mod variants;
mod visibility;
