use std::io::Write as _;

use engine::id::TenantId;
use engine::ports::StoreError;

use super::cipher::{Cipher, NONCE_BYTES, TAG_BYTES, random_nonce};
use super::secret::Secret;

/// What a sealed value begins with: format, generation of the key, nonce. The tag comes last.
const FORMAT: u8 = 1;
const HEADER_BYTES: usize = 1 + 2 + NONCE_BYTES;

/// Format, generation, tenant, then table, column and row, each after its length.
pub(super) const CONTEXT_MAX: usize = 160;

pub const LOOKUP_BYTES: usize = 16;

/// What a row is found by where it is found by something of a person: equal texts have equal look-up keys within one
/// organization, and nobody without its key can compute one.
pub type Lookup = [u8; LOOKUP_BYTES];

/// Where sealed values lie. It is bound into each, together with the tenant and the row, so that one that was moved does
/// not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub table: &'static str,
    pub column: &'static str,
}

/// Seals and opens for one organization, or for what belongs to the installation. Made once and shared.
pub struct Sealer {
    /// Zeros for the installation, whose key no organization has.
    owner: [u8; 16],
    /// Newest last, never empty: what is written anew is sealed by the last.
    generations: Vec<Generation>,
    lookup: Secret,
}

struct Generation {
    number: u16,
    cipher: Cipher,
}

impl Sealer {
    /// `keys` by generation, oldest first; not empty.
    pub(super) fn new(owner: Option<TenantId>, keys: Vec<(u16, Secret)>, lookup: Secret) -> Self {
        let generation = |(number, key)| Generation { number, cipher: Cipher::new(key) };
        Self {
            owner: owner.map_or([0; 16], |tenant| *tenant.as_bytes()),
            generations: keys.into_iter().map(generation).collect(),
            lookup,
        }
    }

    /// `row`: what names the row in its table, at most 64 bytes.
    pub fn seal(&self, column: Column, row: &[u8], plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut draft = Self::draft(plain.len());
        draft.extend_from_slice(plain);
        self.seal_draft(column, row, draft)
    }

    /// An empty value to write `plain_bytes` or so into and to hand to [`Self::seal_draft`], which then needs no copy.
    pub fn draft(plain_bytes: usize) -> Vec<u8> {
        let mut draft = Vec::with_capacity(HEADER_BYTES + plain_bytes + TAG_BYTES);
        draft.resize(HEADER_BYTES, 0);
        draft
    }

    /// What was written into a [`Self::draft`], sealed where it lies.
    pub fn seal_draft(&self, column: Column, row: &[u8], mut draft: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let unsealed =
            || StoreError::Unavailable(format!("a value of {}.{} was not sealed", column.table, column.column));
        let newest = self.generations.last().ok_or_else(unsealed)?;
        let nonce = random_nonce();
        let (header, plain) = draft.split_at_mut_checked(HEADER_BYTES).ok_or_else(unsealed)?;
        let mut context = [0; CONTEXT_MAX];
        let context = self.context(&mut context, newest.number, column, row).ok_or_else(unsealed)?;
        let tag = newest.cipher.seal(nonce, context, plain).ok_or_else(unsealed)?;
        let mut rest = header;
        for part in [&[FORMAT][..], &newest.number.to_be_bytes(), &nonce] {
            rest.write_all(part).map_err(|_| unsealed())?;
        }
        draft.extend_from_slice(&tag);
        Ok(draft)
    }

    pub fn open(&self, column: Column, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.open_behind(column, row, sealed, Vec::with_capacity(sealed.len()))
    }

    /// Puts what was sealed behind what `before` has already.
    pub(crate) fn open_behind(
        &self,
        column: Column,
        row: &[u8],
        sealed: &[u8],
        before: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        self.try_open(column, row, sealed, before).ok_or_else(|| unreadable(column))
    }

    fn try_open(&self, column: Column, row: &[u8], sealed: &[u8], mut before: Vec<u8>) -> Option<Vec<u8>> {
        let generation = self.generation(generation_of(sealed)?)?;
        let (header, rest) = sealed.split_first_chunk::<HEADER_BYTES>()?;
        let nonce = *header.last_chunk::<NONCE_BYTES>()?;
        let mut context = [0; CONTEXT_MAX];
        let context = self.context(&mut context, generation.number, column, row)?;
        let start = before.len();
        before.extend_from_slice(rest);
        let plain = generation.cipher.open(nonce, context, before.get_mut(start..)?)?.len();
        before.truncate(start + plain);
        Some(before)
    }

    /// `kind` keeps apart what must not be compared: a phone number and a wamid of the same text differ.
    pub fn lookup(&self, kind: &str, text: &str) -> Lookup {
        let mut hasher = blake3::Hasher::new_keyed(self.lookup.bytes());
        hasher.update(kind.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        let mut key = [0; LOOKUP_BYTES];
        hasher.finalize_xof().fill(&mut key);
        key
    }

    /// Whether the value is sealed by a key that is not the newest.
    pub(crate) fn is_stale(&self, sealed: &[u8]) -> bool {
        generation_of(sealed) != self.generations.last().map(|newest| newest.number)
    }

    /// Opens and seals again, by the newest key.
    pub(crate) fn reseal(&self, column: Column, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seal_draft(column, row, self.open_behind(column, row, sealed, Self::draft(sealed.len()))?)
    }

    /// The newest key, for a file that is sealed in pieces.
    pub(super) fn newest(&self) -> Option<(u16, &Cipher)> {
        self.generations.last().map(|newest| (newest.number, &newest.cipher))
    }

    pub(super) fn cipher(&self, generation: u16) -> Option<&Cipher> {
        self.generation(generation).map(|generation| &generation.cipher)
    }

    fn generation(&self, number: u16) -> Option<&Generation> {
        self.generations.iter().rev().find(|generation| generation.number == number)
    }

    /// What is bound into a value besides its bytes. `None` when the row's name is too long.
    pub(super) fn context<'a>(
        &self,
        buffer: &'a mut [u8; CONTEXT_MAX],
        generation: u16,
        column: Column,
        row: &[u8],
    ) -> Option<&'a [u8]> {
        let mut rest = &mut buffer[..];
        for part in [&[FORMAT][..], &generation.to_be_bytes(), &self.owner] {
            rest.write_all(part).ok()?;
        }
        for part in [column.table.as_bytes(), column.column.as_bytes(), row] {
            rest.write_all(&[u8::try_from(part.len()).ok()?]).ok()?;
            rest.write_all(part).ok()?;
        }
        let unused = rest.len();
        buffer.get(..CONTEXT_MAX - unused)
    }
}

fn generation_of(sealed: &[u8]) -> Option<u16> {
    let [FORMAT, high, low] = *sealed.first_chunk()? else { return None };
    Some(u16::from_be_bytes([high, low]))
}

fn unreadable(column: Column) -> StoreError {
    let Column { table, column } = column;
    StoreError::Corrupt(format!(
        "a value of {table}.{column} does not open: it was changed, or it lies in the wrong place"
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COLUMN: Column = Column { table: "message", column: "body" };
    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    fn sealer(tenant: TenantId, generations: &[u16]) -> Sealer {
        let key = |number: &u16| (*number, Secret::from_bytes([u8::try_from(*number).unwrap(); 32]));
        let keys = generations.iter().map(key).collect();
        Sealer::new(Some(tenant), keys, Secret::from_bytes([9; 32]))
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_and_any_changed_byte_is_noticed(
            plain in proptest::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            flip in 1..=255_u8,
        ) {
            let sealer = sealer(TENANT, &[1]);
            let mut sealed = sealer.seal(COLUMN, b"row", &plain).unwrap();
            prop_assert_eq!(sealer.open(COLUMN, b"row", &sealed).unwrap(), plain);
            let at = at.index(sealed.len());
            sealed[at] ^= flip;
            prop_assert!(matches!(sealer.open(COLUMN, b"row", &sealed), Err(StoreError::Corrupt(_))));
            sealed.truncate(at);
            prop_assert!(matches!(sealer.open(COLUMN, b"row", &sealed), Err(StoreError::Corrupt(_))));
        }
    }

    #[test]
    fn a_value_opens_only_where_it_was_sealed() {
        let ours = sealer(TENANT, &[1]);
        let sealed = ours.seal(COLUMN, b"row", b"plain").unwrap();
        let other = sealer(TenantId::from_bytes([2; 16]), &[1]);
        assert!(other.open(COLUMN, b"row", &sealed).is_err(), "another organization");
        assert!(ours.open(Column { table: "messageb", column: "ody" }, b"row", &sealed).is_err(), "another column");
        assert!(ours.open(COLUMN, b"raw", &sealed).is_err(), "another row");
    }

    #[test]
    fn older_keys_open_and_the_newest_seals() {
        let before = sealer(TENANT, &[1]);
        let after = sealer(TENANT, &[1, 2]);
        let sealed = before.seal(COLUMN, b"row", b"plain").unwrap();
        assert!(after.is_stale(&sealed));
        assert_eq!(after.open(COLUMN, b"row", &sealed).unwrap(), b"plain");
        let resealed = after.reseal(COLUMN, b"row", &sealed).unwrap();
        assert!(!after.is_stale(&resealed));
        assert_eq!(sealer(TENANT, &[2]).open(COLUMN, b"row", &resealed).unwrap(), b"plain");
        assert!(before.open(COLUMN, b"row", &resealed).is_err());
    }

    #[test]
    fn the_same_text_looks_different_each_time_and_is_found_all_the_same() {
        let sealer = sealer(TENANT, &[1]);
        assert_ne!(sealer.seal(COLUMN, b"row", b"plain").unwrap(), sealer.seal(COLUMN, b"row", b"plain").unwrap());
        assert_eq!(sealer.lookup("identity", "wa:1"), sealer.lookup("identity", "wa:1"));
        assert_ne!(sealer.lookup("identity", "wa:1"), sealer.lookup("wamid", "wa:1"));
    }
}
