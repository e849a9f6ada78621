//! What partitions are called: look-up keys under the key of whose they are, an organization or the installation. They say
//! nothing of who that is, two installations in one keyspace never meet, and an organization that comes with new keys finds
//! nothing of what was there under the old ones.

use engine::id::TenantId;
use engine::ports::StoreError;

use super::CqlStore;
use crate::crypto::{Lookup, Sealer};

impl CqlStore {
    /// Of something of the installation: `kind` says what it is, `parts` which.
    pub(super) fn name(&self, kind: &str, parts: &[&[u8]]) -> Lookup {
        let mut text = String::new();
        for part in parts {
            text.push_str(&hex::encode(part));
            text.push('.');
        }
        self.keyring.installation().lookup(kind, &text)
    }

    /// Of something of an organization, whose keys were looked up before: nothing ever lies where this leads without them.
    pub(super) fn name_of(&self, kind: &str, tenant: TenantId, id: &[u8]) -> Lookup {
        match self.keyring.known(tenant) {
            Some(sealer) => sealer.lookup(kind, &hex::encode(id)),
            None => self.name("nowhere", &[]),
        }
    }

    /// The organization's office, log and lists; the same as of [`Self::name_of`] holds.
    pub(super) fn home(&self, tenant: TenantId) -> Lookup {
        self.name_of("home", tenant, &[])
    }
}

/// The home of whose keys these are; what a row says of its owner where nothing else does.
pub(super) fn home_of(sealer: &Sealer) -> Lookup {
    sealer.lookup("home", "")
}

/// An id as it came from a column.
pub(super) fn id(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| crate::codec::corrupt("an id that is not 16 bytes"))
}

/// The same for one that may be missing.
pub(super) fn maybe_id(bytes: Option<Vec<u8>>) -> Result<Option<[u8; 16]>, StoreError> {
    bytes.map(|bytes| id(&bytes)).transpose()
}

/// Counts and revisions never reach 2^63; a negative one is damage.
pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| crate::codec::corrupt("a negative count"))
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
