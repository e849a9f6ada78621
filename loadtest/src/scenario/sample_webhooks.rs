//! Every sample file through the real endpoint; and the signature vector, which must pass as it is and fail reserialised.

use std::path::{Path, PathBuf};

use loadtest::payload::wire;
use serde_json::Value;

use crate::cli::SampleWebhooks;
use crate::connection::{Connection, Target};
use crate::error::LoadError;
use crate::report::Report;

const VECTOR: &str = "raw_signature_vector";

pub(crate) async fn run(options: SampleWebhooks) -> Result<bool, LoadError> {
    let target = Target::parse(&options.url).await?;
    let mut connection = Connection::open(&target).await?;
    let mut report = Report::new("sample-webhooks");
    let mut is_kept = true;
    for path in samples(&options.dir)? {
        let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let sample: Value = serde_json::from_slice(&std::fs::read(&path)?)
            .map_err(|error| LoadError::refused(format!("{name}: {error}")))?;
        let status = connection.post(&target.request(&options.secret, &wire::to_wire(&sample))).await?;
        is_kept &= status == 200;
        report.add(&name, status);
    }
    let body = options.dir.join(format!("{VECTOR}.body"));
    if body.exists() {
        let body = std::fs::read(body)?;
        let status = connection.post(&target.request(&options.secret, &body)).await?;
        is_kept &= status == 200;
        report.add(VECTOR, status);
        is_kept &= reserialised_is_refused(&target, &options.secret, &body, &mut report).await?;
    }
    report.print()?;
    Ok(is_kept)
}

fn samples(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let is_vector = path.file_stem().is_some_and(|stem| stem == VECTOR);
        if path.extension().is_some_and(|extension| extension == "json") && !is_vector {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// The right body with the digest that a parse-and-write receiver would compute.
async fn reserialised_is_refused(
    target: &Target,
    secret: &str,
    body: &[u8],
    report: &mut Report,
) -> Result<bool, LoadError> {
    let parsed: Value = serde_json::from_slice(body).map_err(|error| LoadError::refused(error.to_string()))?;
    let right = wire::signature(secret, body);
    let wrong = wire::signature(secret, parsed.to_string().as_bytes());
    let request = String::from_utf8_lossy(&target.request(secret, body)).replace(&right, &wrong);
    let status = Connection::open(target).await?.post(request.as_bytes()).await?;
    report.add("reserialised_twin", status);
    Ok(status == 401)
}
