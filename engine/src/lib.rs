//! The rules of Jetto. Nothing here waits, reads a clock or knows a driver: a rule is a function
//! `(&state, input, now) -> Decision`, and the world is reached only through the traits in [`ports`].

pub mod access;
pub mod account;
pub mod administration;
pub mod alert;
pub mod audit;
pub mod campaign;
pub mod cluster;
pub mod consent;
pub mod contact;
pub mod content;
pub mod conversation;
pub mod country;
pub mod day;
pub mod decision;
pub mod delivery;
pub mod directory;
pub mod event;
pub mod household;
pub mod id;
pub mod identity;
pub mod inbound;
pub mod intake;
pub mod mask;
pub mod message;
pub mod note;
pub mod outgoing;
pub mod outreach;
pub mod permission;
pub mod ports;
pub mod price;
pub mod rejection;
pub mod segment;
pub mod template;
pub mod time;
