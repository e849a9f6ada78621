use async_trait::async_trait;
use bytes::Bytes;

use super::{ChainEnds, ListError, MediaRow, Page, PageRequest, StoreError};
use crate::account::Account;
use crate::alert::Alert;
use crate::audit::{AuditEntry, AuditRecord};
use crate::campaign::{Campaign, RecipientRow};
use crate::consent::ConsentEntry;
use crate::contact::Contact;
use crate::conversation::Conversation;
use crate::decision::MediaJob;
use crate::directory::{MetaApp, Number};
use crate::household::Household;
use crate::id::{CampaignId, TenantId};
use crate::inbound::StatusUpdate;
use crate::intake::IntakeEntry;
use crate::message::Message;
use crate::note::Note;
use crate::outgoing::OutboxEntry;
use crate::template::KeptTemplate;
use crate::time::Timestamp;

/// What belongs to an organization and may be more than memory holds, in the order in which it is brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Contacts,
    Conversations,
    Files,
    /// Of the oldest conversation first; within it by `at`, then by arrival.
    Messages,
    ParkedStatuses,
    /// Settled entries too: a failed one can be sent again.
    Outbox,
    Campaigns,
    /// Of the oldest campaign first; within it by `no`.
    Recipients,
    /// What is unfinished or in quarantine.
    Intake,
    /// Those that were put away too: a redelivery is known by them.
    Alerts,
    /// Those that are deleted too: their names are taken for a while.
    Templates,
    Audit,
}

impl Kind {
    pub const ALL: &[Self] = &[
        Self::Contacts,
        Self::Conversations,
        Self::Files,
        Self::Messages,
        Self::ParkedStatuses,
        Self::Outbox,
        Self::Campaigns,
        Self::Recipients,
        Self::Intake,
        Self::Alerts,
        Self::Templates,
        Self::Audit,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::Conversations => "conversations",
            Self::Files => "files",
            Self::Messages => "messages",
            Self::ParkedStatuses => "parked_statuses",
            Self::Outbox => "outbox",
            Self::Campaigns => "campaigns",
            Self::Recipients => "recipients",
            Self::Intake => "intake",
            Self::Alerts => "alerts",
            Self::Templates => "templates",
            Self::Audit => "audit",
        }
    }
}

/// One thing of a [`Kind`], whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Belonging {
    Contact {
        contact: Box<Contact>,
        /// Keys of [`crate::identity::Identities::keys`] that lead to it, in order of their text.
        identities: Vec<String>,
        /// Their ledger, the oldest first.
        consents: Vec<ConsentEntry>,
        /// What members wrote about them, the oldest first.
        notes: Vec<Note>,
    },
    Conversation(Box<Conversation>),
    File {
        row: Box<MediaRow>,
        /// What is to be fetched, and when.
        job: Option<Box<(Timestamp, MediaJob)>>,
    },
    Message(Box<Message>),
    ParkedStatus(Box<StatusUpdate>),
    Outgoing(Box<OutboxEntry>),
    Campaign(Box<Campaign>),
    Recipient {
        campaign: CampaignId,
        row: Box<RecipientRow>,
    },
    Intake {
        entry: Box<IntakeEntry>,
        raw: Bytes,
    },
    Alert {
        alert: Alert,
        dismissed: bool,
    },
    Template(Box<KeptTemplate>),
    Audit(Box<AuditRecord>),
}

/// What makes an organization be there.
#[derive(Clone, PartialEq, Eq)]
pub struct Arrival {
    /// With the revision that it has.
    pub household: Household,
    /// Of its members.
    pub accounts: Vec<Account>,
    pub numbers: Vec<Number>,
    pub app: Option<MetaApp>,
    pub chain: ChainEnds,
    /// `n` of the newest live event: later ones follow it. The events themselves do not move.
    pub events: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Welcome {
    Welcome,
    /// There is this organization already.
    Exists,
    /// Somebody else's account has the e-mail of one of its people.
    EmailTaken,
    /// Another organization has one of its numbers.
    NumberTaken,
}

/// An organization leaves an installation as it is, and comes into another as it was. Nobody works with it meanwhile.
#[async_trait]
pub trait Relocation: Send + Sync {
    /// In order of age where [`Kind`] does not say another.
    async fn belongings(&self, tenant: TenantId, kind: Kind, page: PageRequest) -> Result<Page<Belonging>, ListError>;

    /// Forgets what an arrival that was cut short has left, when it is welcome; until it has settled in, none of its jobs is
    /// due and none of its items is unfinished.
    async fn begin_arrival(&self, arrival: &Arrival) -> Result<Welcome, StoreError>;

    /// After [`Relocation::begin_arrival`]; what is there already is left as it is. Kinds come in the order of [`Kind::ALL`].
    async fn bring_in(&self, tenant: TenantId, belongings: Vec<Belonging>) -> Result<(), StoreError>;

    /// The organization is there, with all that was brought in; in one commit, with entries that go on its chain. An account
    /// that is here already, with the same id and e-mail, stays as it is. Takes over what waits in quarantine for its numbers.
    async fn settle_in(&self, arrival: Arrival, audit: Vec<AuditEntry>) -> Result<Welcome, StoreError>;
}
