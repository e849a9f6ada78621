use crate::id::TenantId;
use crate::inbound::Inbound;
use crate::intake::IntakeRecord;

/// Meta's dialect into ours. Runs inside an actor, so that an item that breaks it is known and set aside.
pub trait Translator: Send + Sync {
    /// The error says in plain words what is wrong with the item: it goes into quarantine.
    fn translate(&self, tenant: TenantId, record: &IntakeRecord) -> Result<Vec<Inbound>, String>;
}
