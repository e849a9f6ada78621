//! Adapters of the engine's ports. Every store passes the suite in `tests/conformance`; [`memory`] is its model.

pub mod backup;
pub mod blobs;
pub mod bundle;
mod codec;
pub mod cql;
pub mod crypto;
mod cursor;
mod facts;
pub mod memory;
mod order;
pub mod redis;
pub mod sqlite;
