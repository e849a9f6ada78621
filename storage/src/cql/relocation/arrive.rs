//! An organization on its way in: its rows are there before it is. What everybody would see at once, items of the inbox log
//! and jobs, waits in places of its own until then.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use bytes::Bytes;
use engine::audit::Link;
use engine::campaign::RecipientRow;
use engine::id::{CampaignId, IntakeId, TenantId};
use engine::intake::{IntakeEntry, IntakeRecord};
use engine::ports::{Belonging, MessageStore as _, StoreError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::super::documents::Place;
use super::super::inbox_item::{Fate, Item};
use super::super::{AT_ONCE, CqlStore, audit, names, shelf};
use crate::crypto::{Lookup, Sealer};

/// Items that are looked at together.
const CHUNK: u32 = 200;
/// Write times of an item on its way in: it comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

fn entry_at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &IntakeId) -> Place<'a> {
    Place { name: store.name_of("arriving_item", tenant, id.as_bytes()), sealer }
}

impl CqlStore {
    pub(in super::super) fn is_arriving(&self, tenant: TenantId) -> bool {
        self.arriving.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant)
    }

    /// Somebody else may bring it in next, under other keys.
    pub(super) fn give_up_arrival(&self, tenant: TenantId) {
        self.keyring.part_with(tenant);
        self.set_arriving(tenant, false);
    }

    pub(super) fn set_arriving(&self, tenant: TenantId, arriving: bool) {
        let mut all = self.arriving.lock().unwrap_or_else(PoisonError::into_inner);
        if arriving {
            all.insert(tenant);
        } else {
            all.remove(&tenant);
        }
    }

    /// In their order; what is there already is left as it is.
    pub(super) async fn bring(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        belongings: Vec<Belonging>,
    ) -> Result<(), StoreError> {
        let (mut messages, mut recipients) = (Vec::new(), Vec::new());
        for belonging in belongings {
            match belonging {
                Belonging::Contact { contact, identities, consents, notes } => {
                    self.bring_contact(tenant, sealer, *contact, &identities, &consents, &notes).await?;
                }
                Belonging::Conversation(conversation) => self.import(tenant, vec![*conversation], Vec::new()).await?,
                Belonging::File { row, job } => self.bring_file(tenant, sealer, *row, job.map(|job| *job)).await?,
                Belonging::Message(message) => messages.push(*message),
                Belonging::ParkedStatus(update) => self.park_status(tenant, &update).await?,
                Belonging::Outgoing(entry) => self.bring_outgoing(tenant, sealer, &entry).await?,
                Belonging::Campaign(campaign) => self.bring_campaign(tenant, sealer, *campaign).await?,
                Belonging::Recipient { campaign, row } => recipients.push((campaign, row)),
                Belonging::Intake { entry, raw } => self.bring_item(tenant, sealer, &entry, &raw).await?,
                Belonging::Alert { alert, dismissed } => self.bring_alert(tenant, sealer, alert, dismissed).await?,
                Belonging::Template(template) => self.bring_template(tenant, sealer, *template).await?,
                Belonging::Audit(record) => {
                    let at = Link { n: record.n, hash: record.hash };
                    let body = audit::seal_entry(sealer, &record.entry, at)?;
                    self.bring_entry(tenant, at.n, &body).await?;
                }
            }
        }
        let mut added: BTreeMap<CampaignId, u32> = BTreeMap::new();
        for (campaign, row) in recipients.iter().filter(|(_, row)| row.recipient.trigger.is_some()) {
            let people = added.entry(*campaign).or_default();
            *people = (*people).max(row.recipient.no.saturating_add(1));
        }
        let bring = stream::iter(recipients).map(|(campaign, row): (CampaignId, Box<RecipientRow>)| async move {
            self.bring_recipient(tenant, sealer, campaign, &row).await
        });
        bring.buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        for (campaign, people) in added {
            self.bring_added(tenant, sealer, campaign, people).await?;
        }
        // Together: a change of a conversation takes some hundred of them.
        self.import(tenant, Vec::new(), messages).await
    }

    pub(super) fn arriving_items(&self, tenant: TenantId) -> Lookup {
        self.name_of("arriving_items", tenant, &[])
    }

    fn arriving_raw(&self, tenant: TenantId, id: IntakeId) -> Lookup {
        self.name_of("arriving_raw", tenant, id.as_bytes())
    }

    async fn bring_item(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        entry: &IntakeEntry,
        raw: &Bytes,
    ) -> Result<(), StoreError> {
        let id = entry.id;
        let at = entry_at(self, tenant, sealer, &id);
        if self.load::<IntakeEntry>(at).await?.is_some() {
            return Ok(());
        }
        self.shelve(self.arriving_items(tenant), self.place(), id.as_bytes(), COMES).await?;
        self.point_sealed(sealer, self.arriving_raw(tenant, id), id.as_bytes(), raw).await?;
        self.put_document(at, 0, entry).await.map(drop)
    }

    pub(super) async fn drop_arriving_item(&self, tenant: TenantId, id: IntakeId) -> Result<(), StoreError> {
        self.drop_document(&self.name_of("arriving_item", tenant, id.as_bytes())).await?;
        self.drop_list(self.arriving_raw(tenant, id)).await
    }

    /// The organization is there: what waited for that is everybody's. Cut short, it goes on with what still waits.
    pub(in super::super) async fn unpack(&self, tenant: TenantId, sealer: &Sealer) -> Result<(), StoreError> {
        self.unpack_jobs(tenant).await?;
        let list = self.arriving_items(tenant);
        loop {
            let listed = self.oldest(list, i64::MIN, CHUNK).await?;
            if listed.is_empty() {
                return Ok(());
            }
            for (place, id) in listed {
                let id = IntakeId::from_bytes(names::id(&id)?);
                self.unpack_item(tenant, sealer, id).await?;
                self.unshelve(list, place, id.as_bytes(), GOES).await?;
            }
        }
    }

    async fn unpack_item(&self, tenant: TenantId, sealer: &Sealer, id: IntakeId) -> Result<(), StoreError> {
        let at = entry_at(self, tenant, sealer, &id);
        let entry: Option<IntakeEntry> = self.document(at).await?;
        let list = self.arriving_raw(tenant, id);
        let raw = self.pointers(list).await?.into_iter().next();
        // Gone: somebody else has unpacked it.
        let (Some(entry), Some((_, raw))) = (entry, raw) else { return Ok(()) };
        let fate = Fate {
            outcome: entry.outcome,
            attempts: entry.attempts,
            processed_at: entry.processed_at,
            error: self.seal_error(sealer, id, entry.error.as_deref())?,
            conversation: entry.conversation_id,
        };
        let record = IntakeRecord {
            id,
            tenant: Some(tenant),
            number: entry.phone_number_id,
            field: entry.field,
            kind: entry.kind,
            raw: Bytes::from(shelf::open_pointer(sealer, list, id.as_bytes(), &raw)?),
            received_at: entry.received_at,
            attempts: entry.attempts,
            quarantined: None,
        };
        self.put_item(sealer, &record).await?;
        // One that came here before keeps its fate.
        let decide = |item: &Item| {
            let new = item.tenant == Some(tenant) && item.turn == 0 && item.fate != fate;
            new.then(|| fate.clone())
        };
        self.change_item(id, decide, None).await?;
        if let Some(item) = self.item_of(tenant, id).await? {
            self.list_item(&item).await?;
        }
        self.drop_arriving_item(tenant, id).await
    }
}
