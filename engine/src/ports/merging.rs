use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::contact::{Contact, Left};
use crate::directory::Person;
use crate::id::{ContactId, TenantId};
use crate::identity::Identities;
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

/// A number that is not a contact's any more, as WhatsApp told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mover {
    pub from: ContactId,
    /// Whose BSUIDs were told.
    pub portfolio: String,
    pub told: Identities,
}

impl Mover {
    /// It leads to whom the number leads from now on.
    pub fn first_key(&self) -> Option<String> {
        self.told.keys(&self.portfolio).into_iter().next()
    }
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

    /// The keys of the number that was told, however it is spelled, that lead to `from` or to who became part of it, lead from now on to
    /// whom the first key of what was told leads to; and they lose that number. In one commit with the audit log. `None`: no key of it leads
    /// there, and nothing was written.
    async fn move_number(
        &self,
        tenant: TenantId,
        mover: Mover,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError>;
}
