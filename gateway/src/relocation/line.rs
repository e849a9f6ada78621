//! The lines of an export. They have their own shapes where the engine's types are not made to be written.

use std::collections::BTreeMap;

use bytes::Bytes;
use engine::alert::Alert;
use engine::audit::{AuditActor, AuditEntry, AuditRecord, Link, Origin};
use engine::campaign::{Campaign, RecipientRow};
use engine::consent::ConsentEntry;
use engine::contact::{Contact, Import};
use engine::content::Media;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::directory::{CustomRole, Member, Number, NumberStanding, Settings, Team};
use engine::id::{
    CampaignId, ClaimToken, ConversationId, MediaId, MemberId, MessageId, MetaMediaId, PhoneNumberId, TenantId, WabaId,
};
use engine::inbound::StatusUpdate;
use engine::intake::IntakeEntry;
use engine::message::Message;
use engine::note::Note;
use engine::outgoing::{OutboxEntry, OutboxState, Outgoing};
use engine::ports::{Belonging, ChainEnds, Kind, MediaRow};
use engine::segment::Segment;
use engine::template::KeptTemplate;
use engine::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Result, Value};

use super::sealed;

/// A line of `organization.ndjson`; what has secrets is an object with them sealed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Organization(OrganizationLine),
    Role(CustomRole),
    Team(Team),
    Member(Member),
    Segment(Segment),
    Import(Import),
    Invitation(Value),
    ApiKey(Value),
    Account(Value),
    Number(Value),
    App(Value),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationLine {
    pub(super) id: TenantId,
    pub(super) name: String,
    pub(super) settings: Settings,
    pub(super) revision: u64,
    /// `n` of the newest live event.
    pub(super) events: u64,
    pub(super) audit_anchor: LinkLine,
    pub(super) audit_head: LinkLine,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkLine {
    n: u64,
    #[serde(with = "hex::serde")]
    hash: [u8; 32],
}

impl From<Link> for LinkLine {
    fn from(Link { n, hash }: Link) -> Self {
        Self { n, hash }
    }
}

impl OrganizationLine {
    pub(super) fn chain(&self) -> ChainEnds {
        let link = |line: &LinkLine| Link { n: line.n, hash: line.hash };
        ChainEnds { anchor: link(&self.audit_anchor), head: link(&self.audit_head) }
    }
}

/// An API key with what is kept beside it.
#[derive(Serialize, Deserialize)]
pub(super) struct ApiKeyLine {
    #[serde(flatten)]
    pub(super) key: engine::directory::ApiKey,
    pub(super) last_used_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NumberLine {
    phone_number_id: PhoneNumberId,
    waba_id: WabaId,
    portfolio: String,
    name: String,
    display: String,
    token: String,
    rate_per_second: u32,
    standing: NumberStanding,
}

impl From<Number> for NumberLine {
    fn from(number: Number) -> Self {
        let Number { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing } = number;
        Self { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing }
    }
}

impl From<NumberLine> for Number {
    fn from(line: NumberLine) -> Self {
        let NumberLine { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing } = line;
        Self { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactLine {
    contact: Contact,
    identities: Vec<String>,
    consents: Vec<ConsentEntry>,
    notes: Vec<Note>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileLine {
    media: Media,
    conversation: Option<ConversationId>,
    uploader: Option<MemberId>,
    job: Option<JobLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobLine {
    due_at: Timestamp,
    media: MediaId,
    meta_id: MetaMediaId,
    number: PhoneNumberId,
    message: MessageId,
    conversation: ConversationId,
    mime: String,
    filename: Option<String>,
    attempts: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutgoingLine {
    outgoing: Outgoing,
    state: StateLine,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum StateLine {
    Queued,
    Claimed { token: ClaimToken, at: Timestamp },
    InDoubt { since: Timestamp },
    Settled,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipientLine {
    campaign: CampaignId,
    recipient: RecipientRow,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IntakeLine {
    entry: IntakeEntry,
    /// In base64: it is kept as it came, whatever it is.
    #[serde(with = "sealed::bytes")]
    raw: Bytes,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlertLine {
    alert: Alert,
    dismissed: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditLine {
    n: u64,
    at: Timestamp,
    actor: AuditActor,
    action: String,
    target: Option<String>,
    details: BTreeMap<String, String>,
    origin: Option<Origin>,
    #[serde(with = "hex::serde")]
    hash: [u8; 32],
}

/// Without its end.
pub(super) fn write(belonging: Belonging) -> Result<Vec<u8>> {
    match belonging {
        Belonging::Contact { contact, identities, consents, notes } => {
            serde_json::to_vec(&ContactLine { contact: *contact, identities, consents, notes })
        }
        Belonging::Conversation(conversation) => serde_json::to_vec(&conversation),
        Belonging::Message(message) => serde_json::to_vec(&message),
        Belonging::ParkedStatus(update) => serde_json::to_vec(&update),
        Belonging::Campaign(campaign) => serde_json::to_vec(&campaign),
        Belonging::Recipient { campaign, row } => serde_json::to_vec(&RecipientLine { campaign, recipient: *row }),
        Belonging::Intake { entry, raw } => serde_json::to_vec(&IntakeLine { entry: *entry, raw }),
        Belonging::Alert { alert, dismissed } => serde_json::to_vec(&AlertLine { alert, dismissed }),
        Belonging::Template(template) => serde_json::to_vec(&template),
        Belonging::File { row, job } => {
            let MediaRow { media, conversation, uploader } = *row;
            let job = job.map(|job| {
                let (due_at, MediaJob { media, meta_id, number, message, conversation, mime, filename, attempts }) =
                    *job;
                JobLine { due_at, media, meta_id, number, message, conversation, mime, filename, attempts }
            });
            serde_json::to_vec(&FileLine { media, conversation, uploader, job })
        }
        Belonging::Outgoing(entry) => {
            let OutboxEntry { outgoing, state } = *entry;
            let state = match state {
                OutboxState::Queued => StateLine::Queued,
                OutboxState::Claimed { token, at } => StateLine::Claimed { token, at },
                OutboxState::InDoubt { since } => StateLine::InDoubt { since },
                OutboxState::Settled => StateLine::Settled,
            };
            serde_json::to_vec(&OutgoingLine { outgoing, state })
        }
        Belonging::Audit(record) => {
            let AuditRecord { n, entry: AuditEntry { at, actor, action, target, details, origin }, hash } = *record;
            let action = action.key().to_owned();
            serde_json::to_vec(&AuditLine { n, at, actor, action, target, details, origin, hash })
        }
    }
}

pub(super) fn read(kind: Kind, line: &str) -> Result<Belonging> {
    fn from<T: DeserializeOwned>(line: &str) -> Result<T> {
        serde_json::from_str(line)
    }
    Ok(match kind {
        Kind::Contacts => {
            let ContactLine { contact, identities, consents, notes } = from(line)?;
            Belonging::Contact { contact: Box::new(contact), identities, consents, notes }
        }
        Kind::Conversations => Belonging::Conversation(Box::new(from::<Conversation>(line)?)),
        Kind::Messages => Belonging::Message(Box::new(from::<Message>(line)?)),
        Kind::ParkedStatuses => Belonging::ParkedStatus(Box::new(from::<StatusUpdate>(line)?)),
        Kind::Campaigns => Belonging::Campaign(Box::new(from::<Campaign>(line)?)),
        Kind::Recipients => {
            let RecipientLine { campaign, recipient } = from(line)?;
            Belonging::Recipient { campaign, row: Box::new(recipient) }
        }
        Kind::Intake => {
            let IntakeLine { entry, raw } = from(line)?;
            Belonging::Intake { entry: Box::new(entry), raw }
        }
        Kind::Alerts => {
            let AlertLine { alert, dismissed } = from(line)?;
            Belonging::Alert { alert, dismissed }
        }
        Kind::Templates => Belonging::Template(Box::new(from::<KeptTemplate>(line)?)),
        Kind::Files => {
            let FileLine { media, conversation, uploader, job } = from(line)?;
            let job = job.map(|job| {
                let JobLine { due_at, media, meta_id, number, message, conversation, mime, filename, attempts } = job;
                let job = MediaJob { media, meta_id, number, message, conversation, mime, filename, attempts };
                Box::new((due_at, job))
            });
            Belonging::File { row: Box::new(MediaRow { media, conversation, uploader }), job }
        }
        Kind::Outbox => {
            let OutgoingLine { outgoing, state } = from(line)?;
            let state = match state {
                StateLine::Queued => OutboxState::Queued,
                StateLine::Claimed { token, at } => OutboxState::Claimed { token, at },
                StateLine::InDoubt { since } => OutboxState::InDoubt { since },
                StateLine::Settled => OutboxState::Settled,
            };
            Belonging::Outgoing(Box::new(OutboxEntry { outgoing, state }))
        }
        Kind::Audit => {
            let AuditLine { n, at, actor, action, target, details, origin, hash } = from(line)?;
            let action = action.parse().map_err(serde::de::Error::custom)?;
            let entry = AuditEntry { at, actor, action, target, details, origin };
            Belonging::Audit(Box::new(AuditRecord { n, entry, hash }))
        }
    })
}
