use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::contact::Contact;
use crate::id::{ContactId, TenantId};
use crate::identity::Identities;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub contact: Contact,
    /// The contact did not exist or has learned something.
    pub changed: bool,
}

/// Customers and the identities that lead to them.
#[async_trait]
pub trait ContactStore: Send + Sync {
    /// Finds the contact of the first known key of `identities` (then of `former`), creates it when none is known
    /// (its id is derived from the first key, in a way that cannot be guessed from outside), attaches the keys that were new, and lets it learn.
    /// A key that already leads to another contact stays there.
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

    /// Bulk import; known ones are left as they are. Keys are those of [`Identities::keys`] for each contact's phone and BSUID.
    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError>;
}
