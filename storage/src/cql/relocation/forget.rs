//! What an arrival that was cut short has left. Nobody finds it under the keys that come next; this takes it off the disk. Leaves
//! go before what leads to them, so that a repeat goes on where it was cut short. Names are not used again, so plain deletes do.

use engine::id::{CampaignId, ContactId, ConversationId, IntakeId, TenantId};
use engine::ports::StoreError;
use futures_util::future::try_join_all;

use super::super::{CqlStore, names};
use crate::crypto::Lookup;

/// Entries of a list that are looked at together.
const CHUNK: u32 = 200;
/// Partitions over which an organization's conversations are spread.
const SHARDS: i8 = 16;

/// What the entries of a list lead to.
#[derive(Clone, Copy)]
enum Leads {
    Contact,
    Conversation,
    Campaign,
    /// A document of this kind, by its id.
    Document(&'static str),
    Item,
    /// To what another list leads to as well.
    Elsewhere,
}

impl CqlStore {
    /// Afterwards the keys in use are to be met again. Cut short, the next arrival goes on with it.
    pub(super) async fn forget_left(&self, tenant: TenantId) -> Result<(), StoreError> {
        if self.keyring.meet_left(tenant).await? {
            self.forget_rows(tenant).await?;
            self.keyring.drop_left(tenant).await?;
        }
        Ok(())
    }

    async fn forget_rows(&self, tenant: TenantId) -> Result<(), StoreError> {
        let lists = [
            (self.contact_list(tenant), Leads::Contact),
            (self.conversation_list(tenant), Leads::Conversation),
            (self.campaign_list(tenant), Leads::Campaign),
            (self.file_list(tenant), Leads::Document("media")),
            (self.parked_list(tenant), Leads::Document("parked_status")),
            (self.outbox_list(tenant), Leads::Document("outbox")),
            (self.template_list(tenant), Leads::Document("template")),
            (self.arriving_items(tenant), Leads::Item),
            (self.unsettled_list(tenant), Leads::Elsewhere),
            (self.arriving_jobs(tenant), Leads::Elsewhere),
        ];
        for (list, leads) in lists {
            let mut from = i64::MIN;
            loop {
                let entries = self.oldest(list, from, CHUNK).await?;
                let Some((end, _)) = entries.last() else { break };
                from = *end;
                try_join_all(entries.iter().map(|(_, id)| self.forget_one(tenant, leads, id))).await?;
            }
            self.drop_shelf(list).await?;
        }
        let home = self.home(tenant);
        for shard in 0..SHARDS {
            let text = "DELETE FROM conversation_list WHERE home = ? AND shard = ?";
            self.cql.write(text, (home.as_slice(), shard)).await?;
            let text = "DELETE FROM open_change WHERE home = ? AND shard = ?";
            self.cql.write(text, (home.as_slice(), shard)).await?;
        }
        let blocks = self.arriving_blocks(tenant);
        for (block, _) in self.pointers(blocks).await? {
            let block = i64::from_be_bytes(block.try_into().map_err(|_| crate::codec::corrupt("a block"))?);
            self.cql.write("DELETE FROM audit WHERE home = ? AND block = ?", (home.as_slice(), block)).await?;
        }
        self.drop_list(blocks).await?;
        self.drop_list(self.at_work_list(tenant)).await?;
        self.cql.write("DELETE FROM event_head WHERE home = ?", (home.as_slice(),)).await?;
        self.cql.write("DELETE FROM office WHERE home = ?", (home.as_slice(),)).await
    }

    async fn forget_one(&self, tenant: TenantId, leads: Leads, id: &[u8]) -> Result<(), StoreError> {
        match leads {
            Leads::Contact => {
                let contact = ContactId::from_bytes(names::id(id)?);
                let identities = self.identity_list(tenant, contact);
                for (lookup, _) in self.pointers(identities).await? {
                    self.drop_document(&self.name_of("identity", tenant, &lookup)).await?;
                }
                self.drop_list(identities).await?;
                self.drop_list(self.ledger_list(tenant, contact)).await?;
                self.drop_notes(tenant, contact).await?;
                self.drop_document(&self.name_of("contact", tenant, id)).await
            }
            Leads::Conversation => self.forget_history(tenant, ConversationId::from_bytes(names::id(id)?)).await,
            Leads::Campaign => self.forget_campaign(tenant, CampaignId::from_bytes(names::id(id)?)).await,
            Leads::Document(kind) => self.drop_document(&self.name_of(kind, tenant, id)).await,
            Leads::Item => self.drop_arriving_item(tenant, IntakeId::from_bytes(names::id(id)?)).await,
            Leads::Elsewhere => Ok(()),
        }
    }

    async fn forget_history(&self, tenant: TenantId, id: ConversationId) -> Result<(), StoreError> {
        let name = self.conversation_name(tenant, id);
        let key = name.as_slice();
        let text = "SELECT month FROM message_month WHERE conversation = ?";
        for (month,) in self.cql.rows::<(i32,)>(text, (key,)).await? {
            let text = "SELECT id, wamid FROM message WHERE conversation = ? AND month = ?";
            for (message, wamid) in self.cql.rows::<(Vec<u8>, Option<Vec<u8>>)>(text, (key, month)).await? {
                let text = "DELETE FROM message_place WHERE conversation = ? AND id = ?";
                self.cql.write(text, (key, message)).await?;
                if let Some(wamid) = wamid {
                    let wamid = self.name_of("wamid", tenant, &wamid);
                    self.cql.write("DELETE FROM wamid WHERE wamid = ?", (wamid.as_slice(),)).await?;
                }
            }
            let text = "DELETE FROM message WHERE conversation = ? AND month = ?";
            self.cql.write(text, (key, month)).await?;
        }
        self.cql.write("DELETE FROM message_month WHERE conversation = ?", (key,)).await?;
        self.cql.write("DELETE FROM conversation WHERE key = ?", (key,)).await
    }

    /// A list of pointers.
    pub(in super::super) async fn drop_list(&self, list: Lookup) -> Result<(), StoreError> {
        self.cql.write("DELETE FROM pointer WHERE list = ?", (list.as_slice(),)).await
    }

    /// A document that nobody changes any more.
    pub(in super::super) async fn drop_document(&self, name: &Lookup) -> Result<(), StoreError> {
        self.cql.write("DELETE FROM document WHERE key = ?", (name.as_slice(),)).await
    }
}
