//! Bytes of files. `memory::MemoryStore` keeps blobs too, for tests.

mod directory;
mod s3;

pub use directory::DirectoryBlobs;
pub use s3::{S3Blobs, S3Credentials, S3Options};

pub(crate) use directory::{each_file, place};
