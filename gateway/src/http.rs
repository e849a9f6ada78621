//! What all routes share: errors, the guard, headers.

pub mod access_table;
pub mod guard;
pub mod headers;
pub mod outage;
pub mod problem;
pub mod routes;
