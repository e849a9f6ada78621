//! Encryption at rest (ADR 0011). A root key wraps the data keys of each organization in a keyring that lies apart from
//! the data; what a person would not want read from a stolen disk is sealed under its organization's key, and found
//! again by keyed hashes.

mod cipher;
mod keyring;
mod keyring_backup;
mod keyring_file;
mod passphrase;
mod sealer;
mod secret;
mod stream;

pub use keyring::{Keyring, KeyringError, KeyringPlace};
pub use keyring_backup::{back_up_keys, put_back_keys};
pub use passphrase::{Passphrase, PassphraseError};
pub use sealer::{Column, LOOKUP_BYTES, Lookup, Sealer};

pub(crate) use keyring::{Use, back_up_shared, put_back_shared};
pub(crate) use keyring_file::private_folder;
pub(crate) use stream::{open_range, open_stale, seal_file, sealed_range};
