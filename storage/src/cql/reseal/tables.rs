//! The tables with sealed columns, but the office and open changes. A column that is missing here is one that nobody can read
//! after its key is gone: `storage/tests/conformance/cql_rotation.rs` looks for sealed values in every column there is.

use engine::id::TenantId;
use engine::ports::StoreError;
use scylla::DeserializeRow;

use super::super::shelf::{POINTER, pointer_row};
use super::super::{CqlStore, documents, names};
use super::{Owners, renewed};
use crate::codec::{self, recipients};

type Bytes = Vec<u8>;
type Maybe = Option<Vec<u8>>;
/// Microseconds.
type Written = Option<i64>;

#[derive(DeserializeRow)]
struct ItemRow {
    key: Bytes,
    home: Maybe,
    owner: Maybe,
    taker: Maybe,
    turn: Option<i64>,
    raw: Maybe,
    raw_at: Written,
    born_error: Maybe,
    born_at: Written,
    taken_raw: Maybe,
    error: Maybe,
}

#[derive(DeserializeRow)]
struct RecipientRow {
    campaign: Bytes,
    bucket: i32,
    no: Option<i64>,
    home: Maybe,
    body: Maybe,
    body_at: Written,
    error: Maybe,
    error_at: Written,
    wamid_body: Maybe,
    wamid_at: Written,
}

impl CqlStore {
    pub(super) async fn walk_tables(&self, owners: &Owners) -> Result<u64, StoreError> {
        Ok(self.walk_documents(owners).await?
            + self.walk_pointers(owners).await?
            + self.walk_audit(owners).await?
            + self.walk_items(owners).await?
            + self.walk_conversations(owners).await?
            + self.walk_messages(owners).await?
            + self.walk_events(owners).await?
            + self.walk_recipients(owners).await?)
    }

    async fn walk_documents(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, Maybe, Option<i64>, Maybe);
        let text = "SELECT key, home, version, body FROM document WHERE token(key) >= ? AND token(key) <= ?";
        self.walk(text, async |(key, home, version, body): Row| {
            let (Some(version), Some(body)) = (version, body) else { return Ok(0) };
            let Some(body) = owners.renewed(home.as_deref(), documents::BODY, &key, &body)? else { return Ok(0) };
            // Whether it was done, the next walk sees.
            self.replace_document(&names::id(&key)?, version, &body).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_pointers(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, Bytes, Maybe, Maybe, Written);
        let text =
            "SELECT list, key, home, body, WRITETIME(body) FROM pointer WHERE token(list) >= ? AND token(list) <= ?";
        self.walk(text, async |(list, key, home, body, written): Row| {
            let (Some(body), Some(written)) = (body, written) else { return Ok(0) };
            let row = pointer_row(&list, &key);
            let Some(body) = owners.renewed(home.as_deref(), POINTER, &row, &body)? else { return Ok(0) };
            let text = "UPDATE pointer USING TIMESTAMP ? SET body = ? WHERE list = ? AND key = ?";
            self.cql.write(text, (written, body, list, key)).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_audit(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, i64, i64, Maybe, Written);
        let text = "SELECT home, block, n, body, WRITETIME(body) FROM audit
             WHERE token(home, block) >= ? AND token(home, block) <= ?";
        self.walk(text, async |(home, block, n, body, written): Row| {
            let (Some(body), Some(written)) = (body, written) else { return Ok(0) };
            let Some(body) = owners.renewed(Some(&home), codec::AUDIT, &n.to_be_bytes(), &body)? else { return Ok(0) };
            let text = "UPDATE audit USING TIMESTAMP ? SET body = ? WHERE home = ? AND block = ? AND n = ?";
            self.cql.write(text, (written, body, home, block, n)).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_conversations(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, Maybe, Option<i64>, Maybe);
        let text = "SELECT key, home, stamp, body FROM conversation WHERE token(key) >= ? AND token(key) <= ?";
        self.walk(text, async |(key, home, stamp, body): Row| {
            let (Some(stamp), Some(body)) = (stamp, body) else { return Ok(0) };
            let Some(body) = owners.renewed(home.as_deref(), codec::CONVERSATION, &key, &body)? else { return Ok(0) };
            let text = "UPDATE conversation SET body = ? WHERE key = ? IF stamp = ?";
            self.cql.lwt(text, (body, key, stamp)).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_messages(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, i32, i64, i64, Maybe, Maybe, Maybe, Written);
        let text = "SELECT conversation, month, at, arrival, home, id, body, WRITETIME(body) FROM message
             WHERE token(conversation, month) >= ? AND token(conversation, month) <= ?";
        self.walk(text, async |(conversation, month, at, arrival, home, id, body, written): Row| {
            let (Some(id), Some(body), Some(written)) = (id, body, written) else { return Ok(0) };
            let Some(body) = owners.renewed(home.as_deref(), codec::MESSAGE, &id, &body)? else { return Ok(0) };
            let text = "UPDATE message USING TIMESTAMP ? SET body = ?
                 WHERE conversation = ? AND month = ? AND at = ? AND arrival = ?";
            self.cql.write(text, (written, body, conversation, month, at, arrival)).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_events(&self, owners: &Owners) -> Result<u64, StoreError> {
        type Row = (Bytes, i64, i64, Maybe, Maybe, Written);
        let text = "SELECT home, block, n, conversation, frame, WRITETIME(frame) FROM event
             WHERE token(home, block) >= ? AND token(home, block) <= ?";
        self.walk(text, async |(home, block, n, conversation, frame, written): Row| {
            let (Some(conversation), Some(frame), Some(written)) = (conversation, frame, written) else { return Ok(0) };
            let Some(frame) = owners.renewed(Some(&home), codec::EVENT, &conversation, &frame)? else { return Ok(0) };
            let text = "UPDATE event USING TIMESTAMP ? SET frame = ? WHERE home = ? AND block = ? AND n = ?";
            self.cql.write(text, (written, frame, home, block, n)).await?;
            Ok(1)
        })
        .await
    }

    async fn walk_recipients(&self, owners: &Owners) -> Result<u64, StoreError> {
        let text =
            "SELECT campaign, bucket, no, home, body, WRITETIME(body) AS body_at, error, WRITETIME(error) AS error_at,
             wamid_body, WRITETIME(wamid_body) AS wamid_at
             FROM recipient WHERE token(campaign, bucket) >= ? AND token(campaign, bucket) <= ?";
        self.walk(text, async |row: RecipientRow| {
            let (home, no) = (names::id(&row.campaign)?, row.no.unwrap_or_default());
            let name = recipients::name(&home, u32::try_from(no).unwrap_or_default());
            let parts = [
                ("UPDATE recipient USING TIMESTAMP ? SET body = ? WHERE campaign = ? AND bucket = ? AND no = ?",
                 codec::RECIPIENT, &row.body, row.body_at),
                ("UPDATE recipient USING TIMESTAMP ? SET error = ? WHERE campaign = ? AND bucket = ? AND no = ?",
                 codec::RECIPIENT_ERROR, &row.error, row.error_at),
                ("UPDATE recipient USING TIMESTAMP ? SET wamid_body = ? WHERE campaign = ? AND bucket = ? AND no = ?",
                 codec::RECIPIENT_WAMID, &row.wamid_body, row.wamid_at),
            ];
            let mut found = 0;
            for (text, column, value, written) in parts {
                let (Some(value), Some(written)) = (value, written) else { continue };
                let Some(value) = owners.renewed(row.home.as_deref(), column, &name, value)? else { continue };
                self.cql.write(text, (written, value, row.campaign.as_slice(), row.bucket, no)).await?;
                found += 1;
            }
            Ok(found)
        })
        .await
    }

    async fn walk_items(&self, owners: &Owners) -> Result<u64, StoreError> {
        let text = "SELECT key, home, owner, taker, turn, raw, WRITETIME(raw) AS raw_at, born_error,
             WRITETIME(born_error) AS born_at, taken_raw, error
             FROM inbox_item WHERE token(key) >= ? AND token(key) <= ?";
        self.walk(text, async |row: ItemRow| {
            if owners.at(row.home.as_deref()).is_none() {
                return Ok(0);
            }
            Ok(self.reseal_what_came(owners, &row).await? + self.reseal_fate(owners, row).await?)
        })
        .await
    }

    /// By whose it was then.
    async fn reseal_what_came(&self, owners: &Owners, row: &ItemRow) -> Result<u64, StoreError> {
        let ItemRow { key, home, raw, raw_at, born_error, born_at, .. } = row;
        let mut found = 0;
        if let (Some(raw), Some(written)) = (raw, raw_at)
            && let Some(raw) = owners.renewed(home.as_deref(), codec::INBOX_RAW, key, raw)?
        {
            let text = "UPDATE inbox_item USING TIMESTAMP ? SET raw = ? WHERE key = ?";
            self.cql.write(text, (written, raw, key)).await?;
            found += 1;
        }
        if let (Some(error), Some(written)) = (born_error, born_at)
            && let Some(error) = owners.renewed(home.as_deref(), codec::INBOX_ERROR, key, error)?
        {
            let text = "UPDATE inbox_item USING TIMESTAMP ? SET born_error = ? WHERE key = ?";
            self.cql.write(text, (written, error, key)).await?;
            found += 1;
        }
        Ok(found)
    }

    /// By whose it is now.
    async fn reseal_fate(&self, owners: &Owners, row: ItemRow) -> Result<u64, StoreError> {
        let ItemRow { key, owner, taker, turn, taken_raw, error, .. } = row;
        let holder = names::maybe_id(taker.or(owner))?.map(TenantId::from_bytes);
        let sealer = holder.and_then(|holder| owners.by_id.get(&holder));
        let (Some(sealer), Some(turn)) = (sealer, turn) else { return Ok(0) };
        let mut found = 0;
        if let Some(raw) = taken_raw
            && let Some(raw) = renewed(sealer, codec::INBOX_RAW, &key, &raw)?
        {
            let text = "UPDATE inbox_item SET taken_raw = ? WHERE key = ? IF turn = ?";
            self.cql.lwt(text, (raw, &key, turn)).await?;
            found += 1;
        }
        if let Some(error) = error
            && let Some(error) = renewed(sealer, codec::INBOX_ERROR, &key, &error)?
        {
            let text = "UPDATE inbox_item SET error = ? WHERE key = ? IF turn = ?";
            self.cql.lwt(text, (error, &key, turn)).await?;
            found += 1;
        }
        Ok(found)
    }
}
