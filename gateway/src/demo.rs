//! `jetto demo`: made-up organizations on a real server, with a simulated WhatsApp in the same process.

#[cfg(feature = "demo")]
mod broadcast;
pub mod cast;
#[cfg(feature = "demo")]
pub mod run;
#[cfg(feature = "demo")]
mod seed;

use crate::api::demo::DemoDoor;

/// Made-up prices, so that costs can be seen.
pub const PRICES: &str = include_str!("demo/prices.csv");

/// What the server knows of being a demo.
pub struct Demo {
    pub door: DemoDoor,
}
