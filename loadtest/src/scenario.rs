//! One file per question that is asked of the server. Each answers whether its promise was kept.

pub(crate) mod broadcast;
pub(crate) mod cluster;
pub(crate) mod contacts;
pub(crate) mod fanout;
#[cfg(test)]
mod fixture;
pub(crate) mod fuzz_api;
pub(crate) mod ingest;
pub(crate) mod limit;
pub(crate) mod limit_server;
pub(crate) mod limit_simulator;
pub(crate) mod pages;
pub(crate) mod people;
pub(crate) mod reconnect_storm;
pub(crate) mod sample_webhooks;
pub(crate) mod seconds;
pub(crate) mod simulator;
pub(crate) mod slow_reader;
pub(crate) mod stores;
pub(crate) mod torture;
pub(crate) mod torture_checks;
pub(crate) mod torture_promises;
