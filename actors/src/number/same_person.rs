//! A person of whom a broadcast wrote down two contacts, before somebody merged them: it goes to one of both.

use engine::campaign::RecipientKey;
use engine::contact::Contact;
use engine::delivery::DeliveryState;
use engine::id::{ContactId, TenantId};
use engine::outgoing::Outgoing;
use engine::ports::StoreError;

use crate::world::Actors;

/// Recipients that are looked at together.
const PAGE: u32 = 100;
/// Broadcasts that went to one contact, the newest first, among which this one is looked for.
const SENT_MAX: u32 = 100;

/// Asked under a claim: of two that are claimed at once, the one further behind sees the other. `person`: as they were just before it.
pub(super) async fn has_it_already(
    actors: &Actors,
    outgoing: &Outgoing,
    person: Option<&Contact>,
) -> Result<bool, StoreError> {
    let merged = person.filter(|person| !person.merged.is_empty());
    let (Some(person), Some(key)) = (merged, outgoing.recipient) else { return Ok(false) };
    let (tenant, everybody) = (outgoing.tenant, person.everybody().collect::<Vec<_>>());
    // What was sent after it was looked for under way is found among what was sent.
    Ok(is_under_way(actors, tenant, key, &everybody).await? || was_sent(actors, tenant, key, &everybody).await?)
}

async fn is_under_way(
    actors: &Actors,
    tenant: TenantId,
    key: RecipientKey,
    everybody: &[ContactId],
) -> Result<bool, StoreError> {
    let mut after = None;
    loop {
        let page = actors.world.store.campaign_under_way(tenant, key.campaign, after, PAGE).await?;
        for row in &page {
            if row.recipient.no >= key.no {
                return Ok(false);
            }
            if everybody.contains(&row.recipient.contact) {
                return Ok(true);
            }
        }
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.recipient.no);
    }
}

async fn was_sent(
    actors: &Actors,
    tenant: TenantId,
    key: RecipientKey,
    everybody: &[ContactId],
) -> Result<bool, StoreError> {
    for id in everybody {
        let sent = actors.world.store.sent_to(tenant, *id, SENT_MAX).await?;
        let mut others = sent.iter().filter(|(campaign, row)| *campaign == key.campaign && row.recipient.no != key.no);
        if others.any(|(_, row)| row.delivery.state != DeliveryState::Failed) {
            return Ok(true);
        }
    }
    Ok(false)
}
