//! Meta's dialect, both ways. In: a signed body is [`split`](split::split) into items, and each stored item is
//! [parsed](parse::parse) into the engine's words. Out: [`graph::GraphClient`] speaks to the Cloud API.
//!
//! **Invariant:** what Meta sends is never an error. Unknown fields, types and values go through; what cannot be
//! understood is kept with its raw text and a reason, and its neighbours go on.

pub mod failure;
pub mod graph;
pub mod parse;
pub mod signature;
pub mod split;
mod text;
