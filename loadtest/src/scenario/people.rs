//! People whom an organization brings along in a file.

use std::fmt::Write as _;

use loadtest::payload::Phone;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use loadtest::clock::pause;

use crate::api::Api;
use crate::error::LoadError;

const ASK_EVERY: Duration = Duration::from_millis(100);
const NAMES: [&str; 8] = ["Marina", "Ahmed", "Lina", "Tomás", "Yuki", "Chidi", "Élodie", "Noor"];

/// One row of so many is odd in this way; 0: none is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Odd {
    /// Without a number that could be one.
    pub(crate) broken: u32,
    /// Without the code of the country.
    pub(crate) national: u32,
    /// Who has asked not to get marketing.
    pub(crate) opted_out: u32,
    pub(crate) tagged: u32,
}

pub(crate) const TAG: &str = "One in some";

impl Odd {
    pub(crate) fn is_broken(self, index: u32) -> bool {
        is_one_of(self.broken, index)
    }

    pub(crate) fn is_national(self, index: u32) -> bool {
        is_one_of(self.national, index)
    }

    pub(crate) fn has_opted_out(self, index: u32) -> bool {
        is_one_of(self.opted_out, index)
    }

    pub(crate) fn is_tagged(self, index: u32) -> bool {
        is_one_of(self.tagged, index)
    }
}

fn is_one_of(many: u32, index: u32) -> bool {
    many > 0 && index % many == many - 1
}

/// Their numbers begin as those of everybody in the torture, for whom the log is searched.
pub(crate) fn customer(index: u32) -> Phone {
    Phone::from(format!("1303{:07}", 5_550_000 + index))
}

pub(crate) fn name(index: u32) -> String {
    let first = NAMES.into_iter().cycle().nth(index as usize % NAMES.len()).unwrap_or_default();
    format!("{first} Canary{index}")
}

/// Comma-separated, with a heading.
pub(crate) fn file(count: u32, odd: Odd) -> String {
    let mut text = "Phone,Name,Language,Tags,Opt-in\n".to_owned();
    for index in 0..count {
        let whole = customer(index);
        let phone = match whole.as_str() {
            _ if odd.is_broken(index) => "none yet",
            whole if odd.is_national(index) => whole.trim_start_matches('1'),
            whole => whole,
        };
        let plus = if odd.is_broken(index) || odd.is_national(index) { "" } else { "+" };
        let tag = if odd.is_tagged(index) { TAG } else { "" };
        let opted = if odd.has_opted_out(index) { "no" } else { "yes" };
        // Writing into a text cannot fail.
        let _done = writeln!(text, "{plus}{phone},{},en,{tag},{opted}", name(index));
    }
    text
}

/// What became of a file.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(crate) struct Imported {
    pub(crate) rows: u64,
    pub(crate) created: u64,
    pub(crate) changed: u64,
    pub(crate) unchanged: u64,
    pub(crate) rejected: u64,
}

/// The id that the API gave the file.
pub(crate) async fn upload(api: &Api, file: String) -> Result<String, LoadError> {
    let uploaded = api.upload("contact-imports", file).await?;
    let import =
        uploaded.get("import").ok_or_else(|| LoadError::refused("an upload is answered without its import"))?;
    let id = text(import, "id")?;
    let mut mapping = import.get("mapping").cloned().unwrap_or_default();
    if let Some(country) = mapping.get_mut("country") {
        *country = "US".into();
    }
    api.put(&format!("contact-imports/{id}/mapping"), &mapping).await?;
    Ok(id)
}

/// Brings an uploaded file in and waits; `note` is told how many rows were read so far.
pub(crate) async fn bring(
    api: &Api,
    id: &str,
    longest: Duration,
    mut note: impl FnMut(u64),
) -> Result<Imported, LoadError> {
    api.post(&format!("contact-imports/{id}/run"), &json!({})).await?;
    let deadline = Instant::now() + longest;
    loop {
        let now = api.get(&format!("contact-imports/{id}")).await?;
        if text(&now, "stage")? == "done" {
            let imported = serde_json::from_value(now);
            return imported.map_err(|error| LoadError::refused(format!("an import is not what it was: {error}")));
        }
        note(now.pointer("/progress/rows").and_then(Value::as_u64).unwrap_or_default());
        if Instant::now() > deadline {
            return Err(LoadError::refused("the file was not brought in; give it more time with --settle"));
        }
        pause(ASK_EVERY).await;
    }
}

fn text(value: &Value, key: &str) -> Result<String, LoadError> {
    let found = value.get(key).and_then(Value::as_str).map(str::to_owned);
    found.ok_or_else(|| LoadError::refused(format!("an answer about a file has no {key}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::torture::CUSTOMERS;

    #[test]
    fn rows_are_odd_in_the_ways_that_are_asked_for() {
        let file = file(12, Odd { broken: 12, national: 5, opted_out: 4, tagged: 6 });
        let rows: Vec<_> = file.lines().skip(1).collect();
        assert_eq!(rows.len(), 12);
        assert_eq!(rows[0], "+13035550000,Marina Canary0,en,,yes");
        assert_eq!(rows[3], "+13035550003,Tomás Canary3,en,,no");
        assert_eq!(rows[4], "3035550004,Yuki Canary4,en,,yes");
        assert_eq!(rows[5], "+13035550005,Chidi Canary5,en,One in some,yes");
        assert!(rows[11].starts_with("none yet,"));
    }

    #[test]
    fn numbers_are_as_long_as_they_are_in_the_country() {
        assert!(customer(0).as_str().starts_with(CUSTOMERS));
        assert!([0, 9_999, 1_999_999].map(customer).iter().all(|phone| phone.as_str().len() == 11));
    }
}
