//! Two organizations that know each other's ids, and a server that keeps them apart.

use loadtest::fuzz_api::{Fuzz, Party, run as ask};
use tokio::time::Instant;

use crate::cli::FuzzApi;
use crate::error::LoadError;
use crate::report::{Report, progress};

pub(crate) async fn run(options: FuzzApi) -> Result<bool, LoadError> {
    let FuzzApi { url, email, other_email, password, requests, seed } = options;
    let parties = [email, other_email].map(|email| Party { email, password: password.clone() });
    let started = Instant::now();
    let findings = ask(Fuzz { url, parties, requests, seed }).await?;
    for finding in &findings.told {
        progress(finding);
    }
    let mut report = Report::new("fuzz-api");
    report.add("seed", seed);
    report.add("requests", requests);
    report.rate("per_s", requests, started.elapsed());
    for (status, count) in &findings.answers {
        report.add(&format!("answered_{status}"), *count);
    }
    let [ours, theirs] = findings.secrets;
    report.add("secrets", ours + theirs);
    report.add("leaks", findings.leaks);
    report.add("failures_5xx", findings.failures);
    report.print()?;
    Ok(findings.leaks == 0 && findings.failures == 0)
}
