//! Bytes of files. `memory::MemoryStore` keeps blobs too, for tests.

mod directory;

pub use directory::DirectoryBlobs;
pub(crate) use directory::{each_file, place};
