//! Passwords are argon2id, on threads of their own and a few at a time.

use std::sync::Arc;

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use engine::account::Account;
use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

use crate::http::problem::Problem;
use crate::limits::count_reached;

/// Password checks at once: each costs [`MEMORY_KIB`] and tens of milliseconds of a core.
const HASHES_AT_ONCE: usize = 2;
/// More than the 32 MiB up to which glibc keeps what is given back to it, for each thread that ever asked: with 19 MiB, the
/// least that OWASP advises, a server had a gigabyte after 160 sign-ins. What is larger goes back to the system at once.
const MEMORY_KIB: u32 = 34 * 1024;
const PASSES: u32 = 2;
const PASSWORD_MIN: usize = 10;
const PASSWORD_MAX: usize = 256;

pub struct Passwords {
    hashing: Arc<Semaphore>,
    /// Checked against when there is no account, so that both take equally long.
    nobody: String,
}

impl Passwords {
    pub fn new() -> Result<Self, String> {
        let nobody = hash("nobody knows this one")?;
        Ok(Self { hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)), nobody })
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, AcquireError> {
        if self.hashing.available_permits() == 0 {
            count_reached("hashes");
        }
        self.hashing.acquire().await
    }

    /// Whether this is the account's password; as slow for nobody's.
    pub async fn verify(&self, account: Option<&Account>, password: String) -> bool {
        let Ok(_slot) = self.turn().await else { return false };
        let hash = account.and_then(|account| account.password_hash.clone());
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        // One that is too long is nobody's, and costs no more than any other.
        let (password, fits) = if password.len() > PASSWORD_MAX { (String::new(), false) } else { (password, true) };
        let right = actix_web::web::block(move || {
            let Ok(hash) = PasswordHash::new(&hash) else { return false };
            Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
        });
        right.await.unwrap_or(false) && known && fits
    }

    /// The hash of a new password that was checked.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        check_new(&password).map_err(|text| Problem::invalid(format!("{text} Nothing was saved.")))?;
        let _slot = self.turn().await.map_err(|error| Problem::internal(&error))?;
        let hashed = actix_web::web::block(move || hash(&password)).await.map_err(|error| Problem::internal(&error))?;
        hashed.map_err(|error| Problem::internal(&error))
    }
}

/// A PHC string of argon2id.
pub fn hash(password: &str) -> Result<String, String> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|error| error.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(password.as_bytes()).map(|hash| hash.to_string()).map_err(|error| error.to_string())
}

/// What is wrong with a new password, in words.
pub fn check_new(password: &str) -> Result<(), &'static str> {
    if password.chars().count() < PASSWORD_MIN {
        return Err("The password is too short: at least 10 characters.");
    }
    if password.len() > PASSWORD_MAX { Err("The password is too long: at most 256 bytes.") } else { Ok(()) }
}
