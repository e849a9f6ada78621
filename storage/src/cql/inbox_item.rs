//! An item of the inbox log: what came is written plainly by whoever brings it first, what became of it by compare-and-set.

use bytes::Bytes;
use engine::id::{ConversationId, IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeOutcome, IntakeRecord};
use engine::ports::StoreError;
use engine::time::Timestamp;
use scylla::DeserializeRow;

use super::session::Lwt;
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Lookup, Sealer};

/// Write times of what came: the earlier the higher, so that the first stays. Below every real time in microseconds.
pub(super) const FIRST_WINS: i64 = 2_000_000_000_000_000;
const TRIES_MAX: usize = 16;

#[derive(DeserializeRow)]
struct Row {
    owner: Option<Vec<u8>>,
    number: Option<String>,
    field: String,
    kind: String,
    received_at: i64,
    size: i64,
    arrival: i64,
    born_error: Option<Vec<u8>>,
    born_attempts: i32,
    turn: Option<i64>,
    taker: Option<Vec<u8>>,
    outcome: Option<i8>,
    attempts: Option<i32>,
    processed_at: Option<i64>,
    error: Option<Vec<u8>>,
    conversation: Option<Vec<u8>>,
}

/// Without its raw body.
#[derive(Clone)]
pub(super) struct Item {
    pub(super) id: IntakeId,
    pub(super) tenant: Option<TenantId>,
    pub(super) number: Option<PhoneNumberId>,
    field: String,
    kind: String,
    pub(super) received_at: Timestamp,
    size: u64,
    pub(super) arrival: i64,
    pub(super) fate: Fate,
    /// Changes of its fate so far; the write time of what goes with it.
    pub(super) turn: i64,
    /// The organization that connected its number later.
    pub(super) taker: Option<TenantId>,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) outcome: IntakeOutcome,
    pub(super) attempts: u32,
    pub(super) processed_at: Option<Timestamp>,
    /// Sealed.
    pub(super) error: Option<Vec<u8>>,
    pub(super) conversation: Option<ConversationId>,
}

impl Fate {
    /// As it came.
    pub(super) const OPEN: Self =
        Self { outcome: IntakeOutcome::Stored, attempts: 0, processed_at: None, error: None, conversation: None };
}

pub(super) fn outcome_code(outcome: IntakeOutcome) -> i8 {
    match outcome {
        IntakeOutcome::Stored => 0,
        IntakeOutcome::Processed => 1,
        IntakeOutcome::Duplicate => 2,
        IntakeOutcome::Quarantined => 3,
    }
}

pub(super) fn outcome(code: i8) -> Result<IntakeOutcome, StoreError> {
    match code {
        0 => Ok(IntakeOutcome::Stored),
        1 => Ok(IntakeOutcome::Processed),
        2 => Ok(IntakeOutcome::Duplicate),
        3 => Ok(IntakeOutcome::Quarantined),
        _ => Err(codec::corrupt("an unknown intake outcome")),
    }
}

impl Item {
    fn of(id: IntakeId, row: Row) -> Result<Self, StoreError> {
        let taker = names::maybe_id(row.taker)?.map(TenantId::from_bytes);
        let tenant = taker.or(names::maybe_id(row.owner)?.map(TenantId::from_bytes));
        let count = |attempts| u32::try_from(attempts).map_err(|_| codec::corrupt("a negative count"));
        let fate = if let Some(code) = row.outcome {
            Fate {
                outcome: outcome(code)?,
                attempts: count(row.attempts.unwrap_or(0))?,
                processed_at: row.processed_at.map(Timestamp),
                error: row.error,
                conversation: names::maybe_id(row.conversation)?.map(ConversationId::from_bytes),
            }
        } else {
            let open = tenant.is_some() && row.born_error.is_none();
            let outcome = if open { IntakeOutcome::Stored } else { IntakeOutcome::Quarantined };
            Fate { outcome, attempts: count(row.born_attempts)?, error: row.born_error, ..Fate::OPEN }
        };
        Ok(Self {
            id,
            tenant,
            number: row.number.map(|number| number.parse()).transpose()?,
            field: row.field,
            kind: row.kind,
            received_at: Timestamp(row.received_at),
            size: names::unsigned(row.size)?,
            arrival: row.arrival,
            fate,
            turn: row.turn.unwrap_or(0),
            taker,
        })
    }

    pub(super) fn record(&self, raw: Bytes) -> IntakeRecord {
        IntakeRecord {
            id: self.id,
            tenant: self.tenant,
            number: self.number.clone(),
            field: self.field.clone(),
            kind: self.kind.clone(),
            raw,
            received_at: self.received_at,
            attempts: self.fate.attempts,
            quarantined: None,
        }
    }
}

impl CqlStore {
    /// Where an item lies. What is sealed of it is bound to this.
    pub(super) fn item_name(&self, id: IntakeId) -> Lookup {
        self.name("inbox_item", &[id.as_bytes()])
    }

    pub(super) fn seal_error(
        &self,
        sealer: &Sealer,
        id: IntakeId,
        error: Option<&str>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        error.map(|error| sealer.seal(codec::INBOX_ERROR, &self.item_name(id), error.as_bytes())).transpose()
    }

    /// As the log shows it.
    pub(super) fn entry_of(&self, sealer: &Sealer, item: &Item) -> Result<IntakeEntry, StoreError> {
        let open = |error: &Vec<u8>| {
            let text = sealer.open(codec::INBOX_ERROR, &self.item_name(item.id), error)?;
            String::from_utf8(text).map_err(|_| codec::corrupt("an error that is not text"))
        };
        Ok(IntakeEntry {
            id: item.id,
            received_at: item.received_at,
            processed_at: item.fate.processed_at,
            field: item.field.clone(),
            kind: item.kind.clone(),
            phone_number_id: item.number.clone(),
            outcome: item.fate.outcome,
            attempts: item.fate.attempts,
            error: item.fate.error.as_ref().map(open).transpose()?,
            conversation_id: item.fate.conversation,
            size: item.size,
        })
    }

    /// What came, now.
    pub(super) async fn put_item(&self, sealer: &Sealer, record: &IntakeRecord) -> Result<(), StoreError> {
        self.put_item_at(sealer, record, self.place()).await
    }

    /// What came. The same id again changes nothing; the item that counts is the one that is read afterwards.
    pub(super) async fn put_item_at(
        &self,
        sealer: &Sealer,
        record: &IntakeRecord,
        arrival: i64,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO inbox_item (key, home, owner, number, field, kind, received_at, size, arrival, raw, born_error,
             born_attempts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let key = self.item_name(record.id);
        let raw = sealer.seal(codec::INBOX_RAW, &key, &record.raw)?;
        let error = self.seal_error(sealer, record.id, record.quarantined.as_deref())?;
        let owner = record.tenant.as_ref().map(|tenant| tenant.as_bytes().as_slice());
        let number = record.number.as_ref().map(PhoneNumberId::as_str);
        let (size, at) = (names::signed(record.raw.len() as u64), record.received_at.0);
        let attempts = i32::try_from(record.attempts).unwrap_or(i32::MAX);
        let (field, kind) = (&record.field, &record.kind);
        let written = FIRST_WINS - arrival;
        let home = names::home_of(sealer);
        let (key, home) = (key.as_slice(), home.as_slice());
        let values = (key, home, owner, number, field, kind, at, size, arrival, raw, error, attempts, written);
        self.cql.write(text, values).await
    }

    pub(super) async fn item(&self, id: IntakeId) -> Result<Option<Item>, StoreError> {
        let text =
            "SELECT owner, number, field, kind, received_at, size, arrival, born_error, born_attempts, turn, taker,
             outcome, attempts, processed_at, error, conversation FROM inbox_item WHERE key = ?";
        let rows: Vec<Row> = self.cql.rows(text, (self.item_name(id).as_slice(),)).await?;
        rows.into_iter().next().map(|row| Item::of(id, row)).transpose()
    }

    pub(super) async fn item_of(&self, tenant: TenantId, id: IntakeId) -> Result<Option<Item>, StoreError> {
        Ok(self.item(id).await?.filter(|item| item.tenant == Some(tenant)))
    }

    pub(super) async fn raw(&self, sealer: &Sealer, item: &Item) -> Result<Bytes, StoreError> {
        let text = "SELECT raw, taken_raw FROM inbox_item WHERE key = ?";
        let key = self.item_name(item.id);
        let rows: Vec<(Vec<u8>, Option<Vec<u8>>)> = self.cql.rows(text, (key.as_slice(),)).await?;
        let (came, taken) = rows.into_iter().next().ok_or_else(|| codec::corrupt("an item without a body"))?;
        let raw = taken.filter(|_| item.taker.is_some()).unwrap_or(came);
        Ok(Bytes::from(sealer.open(codec::INBOX_RAW, &key, &raw)?))
    }

    /// Decides over the newest state what becomes of an item, `None`: nothing. Answers the item before and after, as it
    /// stands then; the second is `None` when nothing changed.
    pub(super) async fn change_item(
        &self,
        id: IntakeId,
        decide: impl Fn(&Item) -> Option<Fate>,
        taking: Option<(TenantId, &[u8])>,
    ) -> Result<Option<(Item, Option<Item>)>, StoreError> {
        let key = self.item_name(id);
        for _ in 0..TRIES_MAX {
            let Some(before) = self.item(id).await? else { return Ok(None) };
            let Some(fate) = decide(&before) else { return Ok(Some((before, None))) };
            let turn = before.turn + 1;
            let known = (before.turn > 0).then_some(before.turn);
            let outcome = outcome_code(fate.outcome);
            let attempts = i32::try_from(fate.attempts).unwrap_or(i32::MAX);
            let at = fate.processed_at.map(|at| at.0);
            let conversation = fate.conversation.as_ref().map(|id| id.as_bytes().as_slice());
            let key = key.as_slice();
            let answer = if let Some((taker, raw)) = taking {
                let text = "UPDATE inbox_item SET turn = ?, outcome = ?, attempts = ?, processed_at = ?, error = ?,
                     conversation = ?, taker = ?, taken_raw = ? WHERE key = ? IF turn = ?";
                let taker = taker.as_bytes().as_slice();
                let values = (turn, outcome, attempts, at, &fate.error, conversation, taker, raw, key, known);
                self.cql.lwt(text, values).await?
            } else {
                let text = "UPDATE inbox_item SET turn = ?, outcome = ?, attempts = ?, processed_at = ?, error = ?,
                     conversation = ? WHERE key = ? IF turn = ?";
                self.cql.lwt(text, (turn, outcome, attempts, at, &fate.error, conversation, key, known)).await?
            };
            match answer {
                Lwt::Applied => {
                    let taker = taking.map(|(taker, _)| taker).or(before.taker);
                    let tenant = taker.or(before.tenant);
                    let after = Item { tenant, fate, turn, taker, ..before.clone() };
                    return Ok(Some((before, Some(after))));
                }
                Lwt::Refused | Lwt::Unknown => {
                    self.cql.serial_rows::<(Option<i64>,)>("SELECT turn FROM inbox_item WHERE key = ?", (key,)).await?;
                    let after = self.item(id).await?.filter(|after| after.turn == turn && after.fate == fate);
                    if after.is_some() {
                        return Ok(Some((before, after)));
                    }
                }
            }
        }
        Err(StoreError::Busy)
    }
}
