use async_trait::async_trait;

use super::StoreError;
use crate::alert::Alert;
use crate::audit::AuditEntry;
use crate::id::{AlertId, TenantId};

/// Alerts that are kept of one organization, those that were put away among them; the oldest go first.
pub const ALERTS_MAX: u32 = 200;

/// What WhatsApp told about an organization's account.
#[async_trait]
pub trait Alerts: Send + Sync {
    /// `false` when this alert was raised before, even if it was put away since.
    async fn raise_alert(&self, tenant: TenantId, alert: Alert) -> Result<bool, StoreError>;

    /// Those that nobody put away, newest first.
    async fn alerts(&self, tenant: TenantId) -> Result<Vec<Alert>, StoreError>;

    /// What it told of is mended: it is forgotten, and may be raised again when it comes back. `true` when it was shown.
    async fn settle_alert(&self, tenant: TenantId, id: AlertId) -> Result<bool, StoreError>;

    /// Puts it away; `false` when there is none to put away, and then nothing is written.
    async fn dismiss_alert(&self, tenant: TenantId, id: AlertId, audit: Vec<AuditEntry>) -> Result<bool, StoreError>;
}
