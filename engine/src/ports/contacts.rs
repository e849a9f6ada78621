use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::audit::AuditEntry;
use crate::consent::ConsentEntry;
use crate::contact::{Clash, Contact, ContactEdit, ImportRow, Imported, Undone};
use crate::id::{ContactId, ImportId, TenantId};
use crate::identity::Identities;
use crate::segment::{Census, Question, TagCount};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub contact: Contact,
    /// The contact did not exist or has learned something.
    pub changed: bool,
    pub created: bool,
    /// Others that what was told leads to; while there are any, the contact does not take over the number that was told.
    pub clashes: Vec<Clash>,
}

/// Whether a contact was forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    Forgotten,
    /// There is a conversation with them.
    InUse,
    Unknown,
}

/// Customers and the identities that lead to them.
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// Finds the contact of the first known key of `identities` (then of `former`), creates it when none is known
    /// (its id is derived from the first key, in a way that cannot be guessed from outside), attaches the keys that were new, and lets it learn.
    /// A key that already leads to another contact stays there, and one of `identities` that does is a clash.
    async fn resolve(
        &self,
        tenant: TenantId,
        portfolio: &str,
        identities: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError>;

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError>;

    /// The newest first: names are sealed where they are kept, so a store cannot order by them.
    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError>;

    /// The oldest first, at most `limit`, each with its place. A place stays one to go on from when its contact is gone.
    async fn scan_contacts(
        &self,
        tenant: TenantId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Contact)>, StoreError>;

    /// Counts all contacts, in one pass.
    async fn census(&self, tenant: TenantId, question: Question) -> Result<Census, StoreError>;

    /// The tags in use, in one pass.
    async fn tags(&self, tenant: TenantId) -> Result<Vec<TagCount>, StoreError>;

    /// Edits the contact as it is now; `None`: there is no such contact. What the audit log says is written only with a change.
    async fn edit_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        edit: ContactEdit,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Resolved>, StoreError>;

    /// Puts a line into the ledger, and lets the contact heed it; one that is there already changes nothing and is not said again.
    /// `None`: there is no such contact.
    async fn record_consent(
        &self,
        tenant: TenantId,
        entry: ConsentEntry,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError>;

    /// The ledger of a contact, the newest first, at most 100.
    async fn consents(&self, tenant: TenantId, contact: ContactId) -> Result<Vec<ConsentEntry>, StoreError>;

    /// Takes in rows of a file, each in one commit with its contact, identities and line of the ledger. A row that was taken in is
    /// `Unchanged`.
    async fn bring_contacts(
        &self,
        tenant: TenantId,
        import: ImportId,
        rows: Vec<ImportRow>,
        at: Timestamp,
    ) -> Result<Vec<Imported>, StoreError>;

    /// Takes back what a file did to this contact.
    async fn undo_contact(&self, tenant: TenantId, id: ContactId, import: ImportId) -> Result<Undone, StoreError>;

    /// With their identities and ledger.
    async fn forget_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        audit: Vec<AuditEntry>,
    ) -> Result<Forgotten, StoreError>;

    /// Bulk import; known ones are left as they are. Keys are those of [`Identities::keys`] for each contact's phone and BSUID.
    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError>;
}
