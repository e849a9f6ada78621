//! Live events: a hub that knows who listens, and one socket per browser tab.

pub mod channel;
pub mod courier;
pub mod frames;
pub mod hub;
pub mod presence;
pub mod socket;
pub mod watched;
