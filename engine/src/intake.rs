//! The inbox log: every item of every webhook, committed before Meta is answered, kept with what became of it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, IntakeId, PhoneNumberId, TenantId};
use crate::time::Timestamp;

/// A run that panics is repeated this often, then the item is set aside and the next one goes on.
pub const ATTEMPTS_MAX: u32 = 5;

/// An item as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeRecord {
    pub id: IntakeId,
    /// `None` when the number or account is not connected here.
    pub tenant: Option<TenantId>,
    pub number: Option<PhoneNumberId>,
    /// Meta's `field`.
    pub field: String,
    /// The type within the field: `text`, `delivered`, …
    pub kind: String,
    /// The change as Meta sent it, cut down to this one item: `{"id":…,"field":…,"value":{…}}`.
    pub raw: Bytes,
    pub received_at: Timestamp,
    pub attempts: u32,
    /// Set when the item goes straight into quarantine.
    pub quarantined: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IntakeOutcome {
    /// Durable, waits to be processed.
    Stored,
    Processed,
    /// Seen before; changed nothing.
    Duplicate,
    /// Kept for a person to look at and replay.
    Quarantined,
}

/// An item as the webhook log shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IntakeEntry {
    pub id: IntakeId,
    pub received_at: Timestamp,
    pub processed_at: Option<Timestamp>,
    pub field: String,
    pub kind: String,
    pub phone_number_id: Option<PhoneNumberId>,
    pub outcome: IntakeOutcome,
    pub attempts: u32,
    pub error: Option<String>,
    pub conversation_id: Option<ConversationId>,
    /// Bytes of the raw body.
    pub size: u64,
}

/// What became of an item; written in the same commit as its effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntakeMark {
    pub id: IntakeId,
    pub outcome: IntakeOutcome,
    pub error: Option<String>,
    pub conversation: Option<ConversationId>,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct IntakeSummary {
    pub stored: u64,
    pub processed: u64,
    pub duplicate: u64,
    pub quarantined: u64,
}
