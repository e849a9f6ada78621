//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): nonces of 192 bits, so that one drawn by chance never comes twice.
//! Its outer step is that of `RustCrypto`, its inner one that of AWS-LC, which TLS has in the binary already and which takes a fifth of
//! the time on values as short as ours.

use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use chacha20::{R20, hchacha};
use rand::RngCore as _;
use zeroize::Zeroize as _;

use super::secret::Secret;

pub(super) const NONCE_BYTES: usize = 24;
pub(super) const TAG_BYTES: usize = 16;

pub(super) struct Cipher {
    key: Secret,
}

impl Cipher {
    pub(super) fn new(key: Secret) -> Self {
        Self { key }
    }

    /// Encrypts in place; the tag goes behind it. `None` only for what no memory could hold.
    pub(super) fn seal(&self, nonce: [u8; NONCE_BYTES], context: &[u8], plain: &mut [u8]) -> Option<[u8; TAG_BYTES]> {
        let (key, nonce) = self.inner(nonce)?;
        let tag = key.seal_in_place_separate_tag(nonce, Aad::from(context), plain).ok()?;
        tag.as_ref().try_into().ok()
    }

    /// Decrypts in place what has its tag behind it, and gives the part before the tag. `None`: it is not what was sealed.
    pub(super) fn open<'a>(
        &self,
        nonce: [u8; NONCE_BYTES],
        context: &[u8],
        sealed: &'a mut [u8],
    ) -> Option<&'a mut [u8]> {
        let (key, nonce) = self.inner(nonce)?;
        key.open_in_place(nonce, Aad::from(context), sealed).ok()
    }

    fn inner(&self, nonce: [u8; NONCE_BYTES]) -> Option<(LessSafeKey, Nonce)> {
        let (outer, rest) = nonce.split_first_chunk::<16>()?;
        let mut inner_nonce = [0; 12];
        inner_nonce.last_chunk_mut::<8>()?.copy_from_slice(rest);
        let mut subkey = hchacha::<R20>(self.key.bytes().into(), outer.into());
        let key = UnboundKey::new(&CHACHA20_POLY1305, &subkey);
        subkey.zeroize();
        Some((LessSafeKey::new(key.ok()?), Nonce::assume_unique_for_key(inner_nonce)))
    }
}

pub(super) fn random_nonce() -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    rand::rng().fill_bytes(&mut nonce);
    nonce
}

#[cfg(test)]
mod tests {
    use chacha20poly1305::aead::{Aead as _, Payload};
    use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_others_call_xchacha20_poly1305(
            key: [u8; 32],
            nonce: [u8; 24],
            context in proptest::collection::vec(any::<u8>(), 0..100),
            plain in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let theirs = XChaCha20Poly1305::new(&key.into());
            let expected = theirs.encrypt(&nonce.into(), Payload { msg: &plain, aad: &context }).unwrap();
            let ours = Cipher::new(Secret::from_bytes(key));
            let mut sealed = plain.clone();
            let tag = ours.seal(nonce, &context, &mut sealed).unwrap();
            sealed.extend_from_slice(&tag);
            prop_assert_eq!(&sealed, &expected);
            prop_assert_eq!(ours.open(nonce, &context, &mut sealed).unwrap(), &plain[..]);
        }
    }
}
