use async_trait::async_trait;
use engine::alert::Alert;
use engine::audit::AuditEntry;
use engine::id::{AlertId, TenantId};
use engine::ports::{ALERTS_MAX, Alerts, StoreError};

use super::MemoryStore;

/// An alert, and whether somebody put it away.
pub(super) struct Raised {
    pub(super) alert: Alert,
    pub(super) dismissed: bool,
}

#[async_trait]
impl Alerts for MemoryStore {
    async fn raise_alert(&self, tenant: TenantId, alert: Alert) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let raised = state.alerts.entry(tenant).or_default();
        if raised.iter().any(|known| known.alert.id == alert.id) {
            return Ok(false);
        }
        raised.push(Raised { alert, dismissed: false });
        let too_many = raised.len().saturating_sub(ALERTS_MAX as usize);
        raised.drain(..too_many);
        Ok(true)
    }

    async fn alerts(&self, tenant: TenantId) -> Result<Vec<Alert>, StoreError> {
        let state = self.state()?;
        let raised = state.alerts.get(&tenant).into_iter().flatten().rev();
        Ok(raised.filter(|raised| !raised.dismissed).map(|raised| raised.alert.clone()).collect())
    }

    async fn settle_alert(&self, tenant: TenantId, id: AlertId) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let raised = state.alerts.entry(tenant).or_default();
        let found = raised.iter().position(|raised| raised.alert.id == id);
        Ok(found.is_some_and(|place| !raised.remove(place).dismissed))
    }

    async fn dismiss_alert(&self, tenant: TenantId, id: AlertId, audit: Vec<AuditEntry>) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let mut raised = state.alerts.entry(tenant).or_default().iter_mut();
        let Some(raised) = raised.find(|raised| raised.alert.id == id && !raised.dismissed) else { return Ok(false) };
        raised.dismissed = true;
        state.append_audit(tenant, audit);
        Ok(true)
    }
}
