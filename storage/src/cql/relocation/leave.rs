//! What an organization has, page by page. Each kind has a list in order of arrival; what an entry of it leads to counts where
//! it says the same place.

use engine::id::{CampaignId, ContactId, ConversationId, IntakeId, MediaId, MessageId, TemplateId, TenantId};
use engine::intake::IntakeOutcome;
use engine::ports::{Belonging, Kind, StoreError};
use futures_util::future::try_join_all;

use super::super::shelf::Shelf;
use super::super::{CqlStore, names};
use crate::crypto::Sealer;
use crate::cursor::Place;

pub(super) type Found = (Place, Belonging);

/// Conversations that are looked at together for their messages.
const CHUNK: u32 = 100;

impl CqlStore {
    /// At most `limit` after `after`, in the kind's order.
    pub(super) async fn leaving(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        kind: Kind,
        after: Place,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let Place([from, ..]) = after;
        let lists: Vec<Shelf> = match kind {
            Kind::Contacts => vec![self.contact_list(tenant).into()],
            Kind::Conversations => vec![self.conversation_list(tenant).into()],
            Kind::Files => vec![self.file_list(tenant).into()],
            Kind::ParkedStatuses => vec![self.parked_list(tenant).into()],
            Kind::Outbox => vec![self.outbox_list(tenant).into()],
            Kind::Templates => vec![self.template_list(tenant).into()],
            Kind::Campaigns => vec![self.campaign_list(tenant).into()],
            Kind::Recipients => return self.leaving_audience(tenant, sealer, after, limit).await,
            Kind::Intake => {
                let outcomes = [IntakeOutcome::Stored, IntakeOutcome::Quarantined];
                outcomes.map(|outcome| self.outcome_list(tenant, Some(outcome))).into()
            }
            Kind::Messages => return self.leaving_history(tenant, sealer, after, limit).await,
            Kind::Alerts => return self.leaving_alerts(tenant, sealer, from, limit).await,
            Kind::Audit => {
                let page = u32::try_from(limit).unwrap_or(u32::MAX);
                let records = engine::ports::AuditLog::audit_chain(self, tenant, names::unsigned(from)?, page).await?;
                let found = records.into_iter();
                return Ok(found
                    .map(|record| (Place::key(names::signed(record.n)), Belonging::Audit(Box::new(record))))
                    .collect());
            }
        };
        let (mut found, mut from) = (Vec::new(), from);
        while found.len() < limit {
            let read = lists.iter().map(|list| self.oldest(*list, from, u32::try_from(limit).unwrap_or(u32::MAX)));
            let mut entries: Vec<_> = try_join_all(read).await?.into_iter().flatten().collect();
            entries.sort_unstable();
            // On two lists at once while it changes from one to the other.
            entries.dedup();
            entries.truncate(limit);
            let Some((end, _)) = entries.last() else { break };
            from = *end;
            let read = entries.iter().map(|(place, id)| self.leaving_one(tenant, sealer, kind, *place, id));
            let read = try_join_all(read).await?;
            let places = entries.iter().map(|(place, _)| Place::key(*place));
            found.extend(places.zip(read).filter_map(|(place, belonging)| Some((place, belonging?))));
        }
        found.truncate(limit);
        Ok(found)
    }

    async fn leaving_one(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        kind: Kind,
        place: i64,
        id: &[u8],
    ) -> Result<Option<Belonging>, StoreError> {
        let id: [u8; 16] = names::id(id)?;
        match kind {
            Kind::Contacts => self.leaving_contact(tenant, sealer, place, ContactId::from_bytes(id)).await,
            Kind::Conversations => {
                let id = ConversationId::from_bytes(id);
                let state = self.settled(tenant, sealer, id).await?.filter(|state| state.place == place);
                let found = state.map(|state| self.open_conversation(tenant, sealer, id, &state)).transpose()?;
                Ok(found.map(|found| Belonging::Conversation(Box::new(found))))
            }
            Kind::Files => self.leaving_file(tenant, sealer, place, MediaId::from_bytes(id)).await,
            Kind::ParkedStatuses => self.leaving_status(tenant, sealer, place, id).await,
            Kind::Outbox => self.leaving_outgoing(tenant, sealer, place, MessageId::from_bytes(id)).await,
            Kind::Templates => self.leaving_template(tenant, sealer, place, TemplateId::from_bytes(id)).await,
            Kind::Campaigns => {
                let found = self.leaving_campaign(tenant, sealer, place, CampaignId::from_bytes(id)).await?;
                Ok(found.map(|(campaign, _)| campaign))
            }
            Kind::Intake => {
                let item = self.item_of(tenant, IntakeId::from_bytes(id)).await?;
                let waits = |outcome| matches!(outcome, IntakeOutcome::Stored | IntakeOutcome::Quarantined);
                let Some(item) = item.filter(|item| item.arrival == place && waits(item.fate.outcome)) else {
                    return Ok(None);
                };
                let (entry, raw) = (Box::new(self.entry_of(sealer, &item)?), self.raw(sealer, &item).await?);
                Ok(Some(Belonging::Intake { entry, raw }))
            }
            Kind::Messages | Kind::Recipients | Kind::Alerts | Kind::Audit => Ok(None),
        }
    }

    async fn leaving_audience(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        after: Place,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let Place([begun, no, _]) = after;
        let (mut found, mut from) = (Vec::new(), begun.saturating_sub(1));
        loop {
            let entries = self.oldest(self.campaign_list(tenant), from, CHUNK).await?;
            let Some((end, _)) = entries.last() else { return Ok(found) };
            from = *end;
            for (place, id) in &entries {
                let id = CampaignId::from_bytes(names::id(id)?);
                let Some((_, people)) = self.leaving_campaign(tenant, sealer, *place, id).await? else { continue };
                let start = if *place == begun { u32::try_from(no + 1).unwrap_or(0) } else { 0 };
                let room = limit - found.len();
                let rows = self.leaving_recipients(tenant, sealer, id, (start, people), room).await?;
                found.extend(rows.into_iter().map(|row| {
                    let place = Place([*place, i64::from(row.recipient.no), 0]);
                    (place, Belonging::Recipient { campaign: id, row: Box::new(row) })
                }));
                if found.len() >= limit {
                    return Ok(found);
                }
            }
        }
    }

    async fn leaving_history(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        after: Place,
        limit: usize,
    ) -> Result<Vec<Found>, StoreError> {
        let Place([begun, at, arrival]) = after;
        let (mut found, mut from) = (Vec::new(), begun.saturating_sub(1));
        loop {
            let entries = self.oldest(self.conversation_list(tenant), from, CHUNK).await?;
            let Some((end, _)) = entries.last() else { return Ok(found) };
            from = *end;
            for (place, id) in &entries {
                let id = ConversationId::from_bytes(names::id(id)?);
                if self.settled(tenant, sealer, id).await?.is_none_or(|state| state.place != *place) {
                    continue;
                }
                let start = if *place == begun { (at, arrival) } else { (i64::MIN, i64::MIN) };
                let room = limit - found.len();
                let messages = self.leaving_messages(tenant, sealer, id, start, room).await?;
                found.extend(messages.into_iter().map(|((at, arrival), message)| {
                    (Place([*place, at, arrival]), Belonging::Message(Box::new(message)))
                }));
                if found.len() >= limit {
                    return Ok(found);
                }
            }
        }
    }
}
