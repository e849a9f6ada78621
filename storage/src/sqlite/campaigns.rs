mod added;
mod changes;
mod rows;
mod write;

use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::campaign::{
    Addition, Answers, ByHour, Campaign, CampaignRecipient, Class, Reached, RecipientKey, RecipientRow, Tallies,
    Verdict, Waiters,
};
use engine::id::{CampaignId, ClaimToken, ClientKey, ContactId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::intake::IntakeMark;
use engine::outgoing::SendOutcome;
use engine::ports::{Added, Campaigns, ListError, Page, PageRequest, RecipientQuery, Saved, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::{Outcome, signed, unsigned};
use super::inbox_log::MarkRow;
use super::ledger::{CampaignKey, TenantKey};
use super::writer::Session;
use super::{SqliteStore, audit, codec};
use crate::crypto::Sealer;
use crate::cursor::{self, List};
use changes::{Change, Said};
use rows::List as Recipients;
use write::Frozen;

pub(super) use rows::{answers_code, class_code, of_tenant, step_code};
pub(super) use write::Brought;

/// CROSS JOIN keeps this order, as with messages.
const LOCATE: &str = "SELECT campaign.id, place & 4294967295 FROM recipient INDEXED BY recipient_by_wamid
     CROSS JOIN campaign ON campaign.key = recipient.place >> 32
     WHERE wamid = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1) LIMIT 1";

#[async_trait]
impl Campaigns for SqliteStore {
    async fn campaign(&self, tenant: TenantId, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT body FROM campaign WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            codec::open(&sealer, codec::CAMPAIGN, id.as_bytes(), row.get_ref(0)?).map(Some)
        });
        read.await
    }

    async fn campaigns(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Campaign>, ListError> {
        let after: Option<CampaignId> = cursor::row(List::Campaigns, &page)?;
        let limit = cursor::limit(&page);
        let Some(sealer) = self.keyring.known(tenant) else {
            return if after.is_some() { Err(ListError::BadCursor) } else { Ok(nothing()) };
        };
        let read = self.readers.read(move |connection| campaigns(connection, &sealer, tenant, after, limit));
        read.await?.ok_or(ListError::BadCursor)
    }

    async fn save_campaign(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, Vec::new(), audit).await
    }

    async fn delete_campaign(
        &self,
        tenant: TenantId,
        id: CampaignId,
        revision: u64,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Saved::Applied) };
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let Some((campaign, known)) = stored(session.connection, &sealer, key, id)? else {
                return Ok(Saved::Applied);
            };
            if known.revision != revision || known.launch.is_some() {
                return Ok(Saved::Conflict);
            }
            session.connection.prepare_cached("DELETE FROM campaign WHERE key = ?1")?.execute([campaign.0])?;
            session.ledger.forget_campaigns();
            audit::append(session, key, &entries)?;
            Ok(Saved::Applied)
        });
        write.await
    }

    async fn campaigns_at_work(&self, tenant: TenantId) -> Result<Vec<CampaignId>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id FROM campaign INDEXED BY campaign_at_work
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1 AND arriving = 0) AND at_work = 1 ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let ids = statement.query_map([tenant.as_bytes()], |row| row.get(0).map(CampaignId::from_bytes))?;
            Ok(ids.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn freeze(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, recipients, Vec::new()).await
    }

    async fn add_recipient(&self, tenant: TenantId, id: CampaignId, addition: Addition) -> Result<Added, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Added::Closed) };
        self.writer.write(move |session| added::add(session, &sealer, (tenant, id), &addition)).await
    }

    async fn added_by(
        &self,
        tenant: TenantId,
        id: CampaignId,
        key: &ClientKey,
    ) -> Result<Option<RecipientRow>, StoreError> {
        let key = key.clone();
        let found = move |list: &Recipients<'_>| {
            added::no_of(list.connection, list.sealer, id, &key)?.map_or(Ok(None), |no| list.one(no))
        };
        Ok(self.list(tenant, id, found).await?.flatten())
    }

    async fn waiting(
        &self,
        tenant: TenantId,
        id: CampaignId,
        in_lane: (u8, Waiters),
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        let waiting = move |list: &Recipients<'_>| list.waiting(in_lane, after, limit);
        Ok(self.list(tenant, id, waiting).await?.unwrap_or_default())
    }

    async fn recipient(&self, tenant: TenantId, key: RecipientKey) -> Result<Option<RecipientRow>, StoreError> {
        let one = move |list: &Recipients<'_>| list.one(key.no);
        Ok(self.list(tenant, key.campaign, one).await?.flatten())
    }

    async fn recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        query: RecipientQuery,
    ) -> Result<Page<RecipientRow>, ListError> {
        let after: Option<u32> = cursor::row(List::Recipients, &query.page)?;
        let limit = cursor::limit(&query.page);
        let asked = move |list: &Recipients<'_>| list.page(query.class, after, limit + 1);
        let mut items = self.list(tenant, id, asked).await?.unwrap_or_default();
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Recipients, last.recipient.no));
        Ok(Page { items, next })
    }

    async fn claim_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Vec<u32>, StoreError> {
        let nos = nos.to_vec();
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let Some(campaign) = session.campaign(key, id)? else { return Ok(Vec::new()) };
            changes::claim(session, campaign, &nos, token, at)
        });
        write.await
    }

    async fn release_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
    ) -> Result<(), StoreError> {
        let nos = nos.to_vec();
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let Some(campaign) = session.campaign(key, id)? else { return Ok(()) };
            changes::release(session, campaign, &nos, token)
        });
        write.await
    }

    async fn record_sent(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        token: ClaimToken,
        outcome: SendOutcome,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(()) };
        let said = match &outcome {
            SendOutcome::Accepted { wamid, .. } | SendOutcome::Held { wamid, .. } => {
                Some(Said::sealed(&sealer, key, wamid)?)
            }
            SendOutcome::Refused(_) | SendOutcome::InDoubt => None,
        };
        self.change(tenant, Change::of(sealer, key, said), move |row| row.record(token, outcome.clone(), at)).await
    }

    async fn record_receipt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        update: &StatusUpdate,
        intake: Option<IntakeMark>,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let mark = intake.as_ref().map(|mark| MarkRow::of(&sealer, mark)).transpose()?;
        let said = Said::of(&sealer, &update.wamid);
        let change = Change::of(sealer, key, Some(said));
        let update = update.clone();
        let write = self.writer.write(move |session| {
            let tenant = session.tenant(tenant)?;
            let apply = |row: &mut RecipientRow| row.record_status(&update);
            let is_news = change.make(session, tenant, apply)?.unwrap_or(true);
            match &mark {
                Some(mark) if is_news => mark.write(session, tenant),
                Some(mark) => mark.duplicate().write(session, tenant),
                None => Ok(()),
            }
        });
        write.await
    }

    async fn record_answers(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        answers: Answers,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(()) };
        self.change(tenant, Change::of(sealer, key, None), move |row| row.record_answers(answers, at)).await
    }

    async fn decide_doubt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(()) };
        self.change(tenant, Change::of(sealer, key, None), move |row| row.decide(verdict, at)).await
    }

    async fn locate_recipient(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let wamid = codec::wamid_lookup(&sealer, wamid);
        let read = self.readers.read(move |connection| {
            let mut statement = connection.prepare_cached(LOCATE)?;
            let found = statement.query_row(params![tenant.as_bytes(), wamid], |row| {
                Ok(RecipientKey { campaign: CampaignId::from_bytes(row.get(0)?), no: row.get(1)? })
            });
            Ok(found.optional()?)
        });
        read.await
    }

    async fn campaign_under_way(
        &self,
        tenant: TenantId,
        id: CampaignId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        let open = move |list: &Recipients<'_>| list.apart(&[Class::UnderWay, Class::Unknown], after, limit);
        Ok(self.list(tenant, id, open).await?.unwrap_or_default())
    }

    async fn tallies(&self, tenant: TenantId, id: CampaignId) -> Result<Tallies, StoreError> {
        self.readers.read(move |connection| rows::tallies(connection, tenant, id)).await
    }

    async fn by_hour(&self, tenant: TenantId, id: CampaignId) -> Result<ByHour, StoreError> {
        self.readers.read(move |connection| rows::by_hour(connection, tenant, id)).await
    }

    async fn sent_to(
        &self,
        tenant: TenantId,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<(CampaignId, RecipientRow)>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        self.readers.read(move |connection| rows::sent_to(connection, &sealer, tenant, contact, limit)).await
    }

    async fn reached_after(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        after: Timestamp,
    ) -> Result<Vec<Reached>, StoreError> {
        let contacts = contacts.to_vec();
        self.readers.read(move |connection| rows::reached_after(connection, tenant, &contacts, after)).await
    }
}

impl SqliteStore {
    /// What is read of a campaign's recipients. `None`: there is no such campaign.
    async fn list<T: Send + 'static>(
        &self,
        tenant: TenantId,
        id: CampaignId,
        read: impl FnOnce(&Recipients<'_>) -> Outcome<T> + Send + 'static,
    ) -> Result<Option<T>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let sql = "SELECT key FROM campaign WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = snapshot.prepare_cached(sql)?;
            let found = statement.query_row([tenant.as_bytes(), id.as_bytes()], |row| row.get(0).map(CampaignKey));
            let Some(key) = found.optional()? else { return Ok(None) };
            read(&Recipients { connection: &snapshot, sealer: &sealer, id, key }).map(Some)
        });
        read.await
    }

    async fn change<T>(
        &self,
        tenant: TenantId,
        change: Change,
        apply: impl Fn(&mut RecipientRow) -> T + Send + 'static,
    ) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let tenant = session.tenant(tenant)?;
            change.make(session, tenant, &apply)?;
            Ok(())
        });
        write.await
    }

    async fn freeze_with(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let at = campaign.launch.as_ref().map_or(campaign.created_at, |launch| launch.at);
        let frozen = recipients.iter().map(|recipient| Frozen::of(&sealer, campaign.id, recipient));
        let frozen = frozen.collect::<Outcome<Vec<_>>>()?;
        let row = CampaignRow::of(&sealer, campaign)?;
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let tenant = session.tenant(tenant)?;
            let (key, saved) = row.save(session, &sealer, tenant)?;
            let Some(key) = key else { return Ok(saved) };
            for recipient in &frozen {
                recipient.insert(session, key, at)?;
            }
            audit::append(session, tenant, &entries)?;
            Ok(saved)
        });
        write.await
    }
}

fn nothing<T>() -> Page<T> {
    Page { items: Vec::new(), next: None }
}

/// A campaign on its way into the file, sealed.
pub(super) struct CampaignRow {
    campaign: Campaign,
    body: Vec<u8>,
}

impl CampaignRow {
    pub(super) fn of(sealer: &Sealer, campaign: Campaign) -> Outcome<Self> {
        let body = codec::seal(sealer, codec::CAMPAIGN, campaign.id.as_bytes(), &campaign)?;
        Ok(Self { campaign, body })
    }

    /// Over the revision just below it. The key when something was written.
    fn save(
        &self,
        session: &Session<'_>,
        sealer: &Arc<Sealer>,
        tenant: TenantKey,
    ) -> Outcome<(Option<CampaignKey>, Saved)> {
        let Campaign { id, revision, phase, .. } = &self.campaign;
        let sql = "SELECT key, revision FROM campaign WHERE tenant = ?1 AND id = ?2";
        let mut known = session.connection.prepare_cached(sql)?;
        let known = known.query_row(params![tenant.0, id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
        let known: Option<(i64, i64)> = known.optional()?;
        if let Some((key, stored)) = known
            && unsigned(stored)? + 1 == *revision
        {
            let sql = "UPDATE campaign SET revision = ?2, at_work = ?3, body = ?4 WHERE key = ?1";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![key, signed(*revision), phase.is_at_work(), self.body])?;
            return Ok((Some(CampaignKey(key)), Saved::Applied));
        }
        if known.is_none() && *revision == 1 {
            return Ok((Some(self.insert(session.connection, tenant)?), Saved::Applied));
        }
        let stored = self::stored(session.connection, sealer, tenant, *id)?;
        let is_same = stored.is_some_and(|(_, stored)| stored == self.campaign);
        Ok((None, if is_same { Saved::Applied } else { Saved::Conflict }))
    }

    fn insert(&self, connection: &Connection, tenant: TenantKey) -> Outcome<CampaignKey> {
        let Campaign { id, revision, phase, .. } = &self.campaign;
        let sql = "INSERT INTO campaign (tenant, id, revision, at_work, body) VALUES (?1, ?2, ?3, ?4, ?5)";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![tenant.0, id.as_bytes(), signed(*revision), phase.is_at_work(), self.body])?;
        Ok(CampaignKey(connection.last_insert_rowid()))
    }

    /// Of another installation; one that is there stays as it is.
    pub(super) fn bring_in(&self, connection: &Connection, tenant: TenantKey) -> Outcome<()> {
        let sql = "SELECT 1 FROM campaign WHERE tenant = ?1 AND id = ?2";
        if !connection.prepare_cached(sql)?.exists(params![tenant.0, self.campaign.id.as_bytes()])? {
            self.insert(connection, tenant)?;
        }
        Ok(())
    }
}

fn stored(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantKey,
    id: CampaignId,
) -> Outcome<Option<(CampaignKey, Campaign)>> {
    let mut statement = connection.prepare_cached("SELECT key, body FROM campaign WHERE tenant = ?1 AND id = ?2")?;
    let mut rows = statement.query(params![tenant.0, id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let campaign = codec::open(sealer, codec::CAMPAIGN, id.as_bytes(), row.get_ref(1)?)?;
    Ok(Some((CampaignKey(row.get(0)?), campaign)))
}

/// `None` when the campaign that the cursor names is not one of this tenant.
fn campaigns(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    after: Option<CampaignId>,
    limit: u32,
) -> Outcome<Option<Page<Campaign>>> {
    let snapshot = connection.unchecked_transaction()?;
    let mut before = i64::MAX;
    if let Some(after) = after {
        let sql = "SELECT key FROM campaign WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
        let mut statement = snapshot.prepare_cached(sql)?;
        let found = statement.query_row([tenant.as_bytes(), after.as_bytes()], |row| row.get(0));
        let Some(found) = found.optional()? else { return Ok(None) };
        before = found;
    }
    let sql = "SELECT id, body FROM campaign INDEXED BY campaign_by_age
         WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND key < ?2 ORDER BY key DESC LIMIT ?3";
    let mut statement = snapshot.prepare_cached(sql)?;
    let found = statement.query_and_then(params![tenant.as_bytes(), before, limit + 1], |row| {
        codec::open(sealer, codec::CAMPAIGN, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
    })?;
    let mut items: Vec<Campaign> = found.collect::<Outcome<_>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Campaigns, last.id));
    Ok(Some(Page { items, next }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wamid_is_looked_up_without_going_through_campaigns() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../schema/0001_start.sql")).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {LOCATE}")).unwrap();
        let steps = plan.query_map([[0; 16], [0; 16]], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(steps.first().unwrap().contains("recipient_by_wamid (wamid=?)"), "{steps:?}");
        assert!(steps.get(1).unwrap().contains("INTEGER PRIMARY KEY"), "{steps:?}");
    }
}
