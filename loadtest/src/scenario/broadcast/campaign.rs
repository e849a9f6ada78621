//! A broadcast over Jetto's API.

use engine::campaign::Class;
use engine::id::CampaignId;
use loadtest::simulator::NumberConfig;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::Api;
use crate::error::LoadError;

/// Templates that the simulated accounts have.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Words {
    /// The same for everybody.
    Same,
    /// With the first name.
    Named,
}

impl Words {
    pub(crate) fn template(self) -> &'static str {
        match self {
            Self::Same => "garden_news",
            Self::Named => "member_offer",
        }
    }

    fn variables(self) -> Value {
        match self {
            Self::Same => json!([]),
            Self::Named => json!([{
                "name": "1", "place": "body", "index": null, "fallback": "friend",
                "source": {"kind": "contact", "field": "first_name"},
            }]),
        }
    }
}

/// All but `replied` add up to `total`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Counts {
    pub(crate) total: u64,
    pub(crate) waiting: u64,
    pub(crate) under_way: u64,
    pub(crate) unknown: u64,
    pub(crate) parked: u64,
    pub(crate) held: u64,
    pub(crate) sent: u64,
    pub(crate) delivered: u64,
    pub(crate) read: u64,
    pub(crate) failed: u64,
}

impl Counts {
    /// Whose message has not had its outcome yet.
    pub(crate) fn unsettled(&self) -> u64 {
        self.waiting + self.under_way
    }

    /// Whether WhatsApp has it is not known.
    pub(crate) fn in_doubt(&self) -> u64 {
        self.unknown + self.parked
    }

    /// WhatsApp has it, or has refused it.
    pub(crate) fn known(&self) -> u64 {
        self.sent + self.delivered + self.read + self.failed
    }

    pub(crate) fn sum(&self) -> u64 {
        self.unsettled() + self.in_doubt() + self.known()
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Phase {
    pub(crate) kind: String,
    /// Of a pause.
    #[serde(default)]
    pub(crate) reason: Value,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Progress {
    pub(crate) phase: Phase,
    pub(crate) counts: Counts,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Recipient {
    pub(crate) no: u32,
    pub(crate) class: Class,
}

#[derive(Debug, Deserialize)]
struct Draft {
    id: CampaignId,
    revision: u64,
}

/// Its id and revision.
pub(crate) async fn draft(
    api: &Api,
    words: Words,
    numbers: &[NumberConfig],
    audience: Value,
    name: &str,
) -> Result<(CampaignId, u64), LoadError> {
    let numbers: Vec<_> = numbers.iter().map(|number| &number.phone_number_id).collect();
    let plan = json!({
        "template": words.template(), "language": "en", "numbers": numbers, "audience": audience,
        "variables": words.variables(), "per_second": null, "start_at": null,
    });
    let Draft { id, revision } = read(api.post("campaigns", &json!({"name": name, "plan": plan})).await?)?;
    Ok((id, revision))
}

#[derive(Debug)]
pub(crate) struct Campaign {
    pub(crate) id: CampaignId,
    api: Api,
}

impl Campaign {
    /// Drafted for everybody, checked, and started: for so many people, or not at all.
    pub(crate) async fn launch(
        api: &Api,
        words: Words,
        numbers: &[NumberConfig],
        people: u32,
    ) -> Result<Self, LoadError> {
        let name = format!("{words:?} words for {people}");
        let (id, revision) = draft(api, words, numbers, json!({"kind": "everyone"}), &name).await?;
        let check = api.post(&format!("campaigns/{id}/check"), &json!({})).await?;
        if check.get("will_be_sent").and_then(Value::as_u64) != Some(u64::from(people)) {
            let [found, skipped, findings] = ["will_be_sent", "skipped", "findings"].map(|key| check.get(key));
            let why = format!("{found:?} of {people} people would get it; skipped {skipped:?}, findings {findings:?}");
            return Err(LoadError::refused(why));
        }
        let start = json!({"revision": revision, "confirm_recipient_count": people});
        api.post(&format!("campaigns/{id}/launch"), &start).await?;
        Ok(Self { id, api: api.clone() })
    }

    pub(crate) async fn progress(&self) -> Result<Progress, LoadError> {
        read(self.api.get(&format!("campaigns/{}/progress", self.id)).await?)
    }

    pub(crate) async fn pause(&self) -> Result<(), LoadError> {
        self.api.post(&format!("campaigns/{}/pause", self.id), &json!({})).await.map(drop)
    }

    pub(crate) async fn resume(&self) -> Result<(), LoadError> {
        self.api.post(&format!("campaigns/{}/resume", self.id), &json!({})).await.map(drop)
    }

    /// All of them.
    pub(crate) async fn recipients(&self) -> Result<Vec<Recipient>, LoadError> {
        let mut recipients = Vec::new();
        let path = format!("campaigns/{}/recipients", self.id);
        let note = |item| read(item).map(|recipient| recipients.push(recipient));
        self.api.each(&path, note).await?;
        Ok(recipients)
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: Value) -> Result<T, LoadError> {
    serde_json::from_value(answer)
        .map_err(|error| LoadError::refused(format!("the API's answer is not as agreed: {error}")))
}
