//! Secrets that travel in a link or a header: 32 bytes of chance as text, of which the store keeps the SHA-256.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::shell;

/// 43 characters, and the hash that is stored.
pub fn new_token() -> (String, [u8; 32]) {
    let mut secret = [0; 32];
    shell::fill(&mut secret);
    let token = URL_SAFE_NO_PAD.encode(secret);
    let hash = hash(&token);
    (token, hash)
}

/// Of the text as it is sent.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
