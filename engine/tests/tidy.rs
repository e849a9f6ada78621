//! The repository's rules as tests. A finding is one line: where, what, and what to do about it.

#[path = "tidy/code.rs"]
mod code;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/metrics.rs"]
mod metrics;
#[path = "tidy/operations.rs"]
mod operations;
#[path = "tidy/papers.rs"]
mod papers;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/tree.rs"]
mod tree;
