//! What a failed send says of the person: that they have stopped marketing, or that nothing reaches them.

use engine::campaign::RecipientKey;
use engine::consent::{ConsentEntry, STOPPED_AT_META};
use engine::contact::ContactEdit;
use engine::delivery::Failure;
use engine::id::{ContactId, MessageId, TenantId};
use engine::ports::StoreError;
use engine::time::Timestamp;

use crate::world::Actors;

/// Meta's code: not on WhatsApp, or not to be reached there.
const UNDELIVERABLE: i64 = 131_026;

/// May be done twice.
pub(crate) async fn learn_from(
    actors: &Actors,
    tenant: TenantId,
    (contact, message): (ContactId, MessageId),
    failure: &Failure,
    at: Timestamp,
) -> Result<(), StoreError> {
    let store = &actors.world.store;
    match failure.code {
        Some(STOPPED_AT_META) => {
            let entry = ConsentEntry::refused(contact, message, at);
            store.record_consent(tenant, entry, Vec::new()).await?;
        }
        Some(UNDELIVERABLE) => {
            let edit = ContactEdit { undeliverable: Some(at), ..ContactEdit::default() };
            store.edit_contact(tenant, contact, edit, Vec::new()).await?;
        }
        Some(_) | None => return Ok(()),
    }
    actors.contact_changed();
    Ok(())
}

/// The same, of a recipient of a broadcast.
pub(crate) async fn learn_of_recipient(
    actors: &Actors,
    tenant: TenantId,
    key: RecipientKey,
    failure: &Failure,
    at: Timestamp,
) -> Result<(), StoreError> {
    if !matches!(failure.code, Some(STOPPED_AT_META | UNDELIVERABLE)) {
        return Ok(());
    }
    let Some(row) = actors.world.store.recipient(tenant, key).await? else { return Ok(()) };
    let message = MessageId::of_recipient(key.campaign, key.no);
    learn_from(actors, tenant, (row.recipient.contact, message), failure, at).await
}
