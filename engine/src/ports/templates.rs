use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::id::{TemplateId, TenantId, WabaId};
use crate::template::{KeptTemplate, Template, TemplateNews};
use crate::time::Timestamp;

/// The local copy of message templates, and drafts of ours.
#[async_trait]
pub trait Templates: Send + Sync {
    /// The whole list of an account, asked for at `asked_at`: what is not on it any more is marked as deleted
    /// ([`KeptTemplate::after_list`]). How many it changed.
    async fn sync_templates(
        &self,
        tenant: TenantId,
        waba: &WabaId,
        listed: Vec<Template>,
        asked_at: Timestamp,
    ) -> Result<usize, StoreError>;

    /// When the newest list of this account was asked for; `None`: its templates were never read.
    async fn templates_synced_at(&self, tenant: TenantId, waba: &WabaId) -> Result<Option<Timestamp>, StoreError>;

    /// All of an account, the deleted ones too, in order of name and language.
    async fn templates(&self, tenant: TenantId, waba: &WabaId) -> Result<Vec<KeptTemplate>, StoreError>;

    async fn template(&self, tenant: TenantId, id: TemplateId) -> Result<Option<KeptTemplate>, StoreError>;

    /// What a webhook says ([`KeptTemplate::heard`]). As it is now, when that changed it; of one that is not known nothing is
    /// written.
    async fn hear_template(&self, tenant: TenantId, news: TemplateNews) -> Result<Option<KeptTemplate>, StoreError>;

    /// In place of the revision before its own, with entries for the audit log; `false`: there is another one, and nothing is
    /// written. A repeat is `true`.
    async fn put_template(
        &self,
        tenant: TenantId,
        template: KeptTemplate,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError>;
}
