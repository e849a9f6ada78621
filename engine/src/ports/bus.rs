use crate::event::LoggedEvent;
use crate::id::TenantId;

/// Says that events were logged. A hint only: it may be late, out of order or lost, and the listener who sees a gap
/// reads the log.
pub trait Bus: Send + Sync {
    fn publish(&self, tenant: TenantId, events: Vec<LoggedEvent>);

    /// The tenant's alerts are others than before.
    fn alerts_changed(&self, tenant: TenantId);
}
