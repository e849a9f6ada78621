use std::str::FromStr;

use rand::TryRngCore as _;
use rand::rngs::OsRng;
use zeroize::{Zeroize as _, Zeroizing};

use super::KeyringError;

/// A key of 256 bits. Wiped when it is dropped; has no `Debug` on purpose.
pub(super) struct Secret(Zeroizing<[u8; 32]>);

impl Secret {
    pub(super) fn random() -> Result<Self, KeyringError> {
        let mut bytes = Zeroizing::new([0; 32]);
        OsRng.try_fill_bytes(bytes.as_mut()).map_err(|error| KeyringError::Io(std::io::Error::other(error)))?;
        Ok(Self(bytes))
    }

    pub(super) fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let secret = Self(Zeroizing::new(bytes));
        bytes.zeroize();
        secret
    }

    /// A key for one purpose, from which neither this one nor that of another purpose can be found.
    pub(super) fn derive(&self, purpose: &str) -> Self {
        Self::from_bytes(*blake3::keyed_hash(&self.0, purpose.as_bytes()).as_bytes())
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// 64 hex digits.
    pub(super) fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_ref()))
    }
}

impl FromStr for Secret {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text, bytes.as_mut()).map_err(|_| ())?;
        Ok(Self(bytes))
    }
}
