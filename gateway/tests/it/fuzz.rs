//! Random requests of two organizations that know each other's ids. `jetto-load fuzz-api` does the same for longer.

use loadtest::fuzz_api::{Fuzz, Party, run};

use crate::harness::{OWNER, PASSWORD};
use crate::isolation::{RIVAL, two_furnished};

const REQUESTS: u64 = 2_000;
const SEED: u64 = 0x5eed;

#[tokio::test]
async fn nothing_leaks_and_nothing_fails_whatever_is_asked() {
    let (jetto, sides) = two_furnished().await;
    let seed = std::env::var("JETTO_FUZZ_SEED").ok().map_or(SEED, |seed| seed.parse().expect("a number"));
    let requests = std::env::var("JETTO_FUZZ_REQUESTS").ok().map_or(REQUESTS, |count| count.parse().expect("a number"));
    let parties = [OWNER, RIVAL].map(|email| Party { email: email.to_owned(), password: PASSWORD.to_owned() });
    let findings = run(Fuzz { url: jetto.url().to_owned(), parties, requests, seed }).await.unwrap();
    let told = findings.told.join("\n");
    assert_eq!((findings.leaks, findings.failures), (0, 0), "JETTO_FUZZ_SEED={seed}: {:?}\n{told}", findings.answers);
    // It did get through: with answers of all kinds, not only refusals.
    let answered = |status: u16| findings.answers.get(&status).copied().unwrap_or_default();
    assert!(answered(200) > requests / 10 && answered(201) > 0 && answered(204) > 0, "{:?}", findings.answers);
    assert!(answered(404) > requests / 20 && answered(422) > 0, "{:?}", findings.answers);
    for (agent, things) in &sides {
        let both = findings.secrets.iter().all(|secrets| *secrets > things.ids().len());
        assert!(both, "each has ids and more to lose: {:?}, {}", findings.secrets, agent.id());
    }
}
