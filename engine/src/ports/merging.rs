use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::contact::{Contact, Left};
use crate::directory::Person;
use crate::id::{ContactId, TenantId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Which contact is to become part of which, who wants it and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merger {
    pub kept: ContactId,
    pub other: ContactId,
    pub by: Person,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merged {
    /// As the one that is kept is then.
    Merged(Box<Contact>),
    /// They are merged already: nothing was written.
    Known(Box<Contact>),
    /// One of them is not there, or became part of yet another.
    Unknown,
    Refused(Rejection),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parted {
    /// As both are then, and what was changed since the merge and stays with the one that was kept.
    Parted { kept: Box<Contact>, other: Box<Contact>, left: Vec<Left> },
    /// There is no such merge.
    Unknown,
    /// It is older than [`crate::contact::UNDO_WITHIN`].
    TooLate,
}

/// Contacts that are one person. Whoever asks for one that became part of another gets that other: everything else of a store
/// follows there, and the other is on no list.
#[async_trait]
pub trait Merging: Send + Sync {
    /// In one commit with the audit log, which is written only with a change.
    async fn merge_contacts(
        &self,
        tenant: TenantId,
        merger: Merger,
        audit: Vec<AuditEntry>,
    ) -> Result<Merged, StoreError>;

    async fn part_contacts(
        &self,
        tenant: TenantId,
        kept_and_other: (ContactId, ContactId),
        now: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Parted, StoreError>;
}
