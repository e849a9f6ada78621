//! Codes of a phone (RFC 6238: 6 digits, 30 seconds, one step of clock difference) and codes on paper.

use actix_web::http::StatusCode;
use engine::account::{Account, SecondFactor};
use engine::time::Timestamp;
use sha2::{Digest as _, Sha256};
use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::accounts;
use crate::app::App;
use crate::http::problem::Problem;
use crate::shell;

/// As RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
const STEP_SECONDS: u64 = 30;
pub const RECOVERY_CODES: usize = 10;
/// 80 bits, so that their hashes need no salt.
const RECOVERY_BYTES: usize = 10;
const ISSUER: &str = "Jetto";

/// Whether the person has shown what they have besides the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The account has no second factor.
    NotNeeded,
    Missing,
    Wrong,
    Right,
}

pub fn wrong_code() -> Problem {
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "wrong_code",
        "This code is not right, or was used already. Nothing was changed.",
    )
    .with_action("Wait for the next code, and check the clock of your phone.")
}

/// A secret that the person has not shown to have yet.
pub fn new_factor() -> SecondFactor {
    let mut secret = vec![0; SECRET_BYTES];
    shell::fill(&mut secret);
    SecondFactor { secret, confirmed: false, last_step: 0, recovery: Vec::new() }
}

fn totp(factor: &SecondFactor, email: &str) -> Result<Totp, Problem> {
    let builder = Builder::new().with_algorithm(Algorithm::SHA1).with_digits(6).with_skew(1);
    let builder = builder.with_step_duration(STEP_SECONDS).with_secret(factor.secret.clone());
    // A colon would end the name in the URI.
    let builder = builder.with_account_name(email.replace(':', " ")).with_issuer(Some(ISSUER));
    builder.build().map_err(|error| Problem::internal(&error))
}

/// What a phone needs: the secret as people type it, the URI, and the URI as a picture.
pub fn enrolment(factor: &SecondFactor, email: &str) -> Result<(String, String, String), Problem> {
    let uri = totp(factor, email)?.to_url().map_err(|error| Problem::internal(&error))?;
    let code = qrcode::QrCode::new(&uri).map_err(|error| Problem::internal(&error))?;
    let picture = code.render::<qrcode::render::svg::Color<'_>>().min_dimensions(200, 200).build();
    Ok((Secret::from(factor.secret.clone()).to_base32(), uri, picture))
}

/// Takes a code of the phone; `false` when it is wrong or one of this step or later was taken.
pub fn take_code(factor: &mut SecondFactor, code: &str, now: Timestamp) -> Result<bool, Problem> {
    let code: String = code.chars().filter(|character| !character.is_whitespace()).take(16).collect();
    let seconds = u64::try_from(now.0 / 1000).unwrap_or_default();
    let step = totp(factor, "account")?.check(&code, seconds);
    Ok(step.is_some_and(|step| factor.take_step(step)))
}

/// New codes on paper, and their hashes.
pub fn new_recovery() -> (Vec<String>, Vec<[u8; 32]>) {
    let codes: Vec<String> = (0..RECOVERY_CODES).map(|_| recovery_code()).collect();
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    (codes, hashes)
}

/// `xxxx-xxxx-xxxx-xxxx` in base32.
fn recovery_code() -> String {
    let mut bytes = vec![0; RECOVERY_BYTES];
    shell::fill(&mut bytes);
    let text = Secret::from(bytes).to_base32().to_lowercase();
    let groups: Vec<&str> = (0..text.len()).step_by(4).filter_map(|at| text.get(at..at + 4)).collect();
    groups.join("-")
}

/// However it is typed: hyphens, spaces and capitals do not matter.
fn recovery_hash(code: &str) -> [u8; 32] {
    let plain = code.chars().filter(char::is_ascii_alphanumeric).take(64).collect::<String>().to_lowercase();
    Sha256::digest(plain.as_bytes()).into()
}

/// Looks at the code and uses it up, whichever kind it is. Two requests with one code cannot both be right.
pub async fn prove(app: &App, account: &Account, code: Option<&str>) -> Result<Proof, Problem> {
    let is_confirmed = |account: &Account| account.second_factor.as_ref().is_some_and(|factor| factor.confirmed);
    if !is_confirmed(account) {
        return Ok(Proof::NotNeeded);
    }
    let Some(code) = code.map(str::trim).filter(|code| !code.is_empty()) else { return Ok(Proof::Missing) };
    let now = app.clock.now();
    let mut right = false;
    let written = accounts::update(app, account.id, Vec::new(), |account| {
        let Some(factor) = account.second_factor.as_mut().filter(|factor| factor.confirmed) else { return Ok(()) };
        right = take_code(factor, code, now)? || factor.take_recovery(&recovery_hash(code));
        Ok(())
    });
    written.await?;
    Ok(if right { Proof::Right } else { Proof::Wrong })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn code(factor: &SecondFactor, at: Timestamp) -> String {
        totp(factor, "a").unwrap().generate(u64::try_from(at.0 / 1000).unwrap()).to_string()
    }

    #[test]
    fn the_code_is_that_of_rfc_6238() {
        let secret = b"12345678901234567890".to_vec();
        let factor = SecondFactor { secret, confirmed: true, last_step: 0, recovery: Vec::new() };
        assert_eq!(code(&factor, Timestamp(59_000)), "287082");
        assert_eq!(code(&factor, Timestamp(1_111_111_109_000)), "081804");
    }

    #[test]
    fn a_code_holds_for_one_step_around_now_and_once() {
        let mut factor = new_factor();
        let step = engine::time::Span::seconds(30);
        let (old, late, now, early) = (
            code(&factor, NOW.minus(step).minus(step)),
            code(&factor, NOW.minus(step)),
            code(&factor, NOW),
            code(&factor, NOW.plus(step)),
        );
        let mut take = |code: &str| take_code(&mut factor, code, NOW).unwrap();
        assert!(!take(&old) && !take("") && !take("12345") && !take("+12345"));
        assert!(take(&late) && !take(&late), "once");
        assert!(take(&format!("{} {}", &now[..3], &now[3..])), "as phones show it");
        assert!(take(&early) && !take(&now), "what was seen before the last one is old");
    }

    #[test]
    fn a_paper_code_is_found_however_it_is_typed() {
        let (codes, hashes) = new_recovery();
        assert_eq!((codes.len(), codes[0].len()), (RECOVERY_CODES, 19));
        assert_eq!(recovery_hash(&codes[0].to_uppercase().replace('-', " ")), hashes[0]);
        assert_ne!(hashes[0], hashes[1]);
    }

    #[test]
    fn a_phone_gets_the_secret_as_uri_and_picture() {
        let (secret, uri, picture) = enrolment(&new_factor(), "lina@aurora.example").unwrap();
        assert!(uri.starts_with("otpauth://totp/") && uri.contains(&secret) && uri.contains("issuer=Jetto"), "{uri}");
        assert!(picture.contains("<svg") && secret.len() == 32);
    }
}
