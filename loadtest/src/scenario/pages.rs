//! How long an agent waits for a page: the list, the counts, and the newest messages of the conversation that is on top.

use hdrhistogram::Histogram;
use serde_json::Value;
use tokio::time::Instant;

use crate::api::Api;
use crate::cli::Pages;
use crate::error::LoadError;
use crate::report::{Report, histogram, micros};

const LIST: &str = "conversations?view=all&limit=50";

pub(crate) async fn run(options: Pages) -> Result<bool, LoadError> {
    let api = Api::sign_in(&options.url, &options.email, &options.password).await?;
    let newest = newest_of_top(&api).await?;
    let mut report = Report::new("pages");
    report.add("requests_each", options.requests);
    for (name, path) in [("list_", LIST), ("counts_", "conversations/counts"), ("newest_", newest.as_str())] {
        report.latencies(name, &measure(&api, path, options.requests).await?);
    }
    report.print()?;
    Ok(true)
}

/// Where the newest messages of the conversation on top are.
pub(crate) async fn newest_of_top(api: &Api) -> Result<String, LoadError> {
    let list = api.get(LIST).await?;
    let top = list.pointer("/items/0/id").and_then(Value::as_str);
    let top = top.ok_or_else(|| LoadError::refused("there is no conversation to read".to_owned()))?;
    Ok(format!("conversations/{top}/messages?limit=50"))
}

/// One request after the other on one connection: what one person feels.
pub(crate) async fn measure(api: &Api, path: &str, requests: u32) -> Result<Histogram<u64>, LoadError> {
    let mut latencies = histogram()?;
    for _ in 0..requests {
        let asked = Instant::now();
        api.get(path).await?;
        latencies.saturating_record(micros(asked.elapsed()));
    }
    Ok(latencies)
}
