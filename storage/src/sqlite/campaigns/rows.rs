//! Recipients as they lie in the file.

use std::collections::BTreeMap;

use engine::campaign::{
    Answers, ByHour, CampaignRecipient, Class, FailureClass, HourKey, Reached, RecipientRow, SendState, Step, Tallies,
    TallyKey, Waiters,
};
use engine::id::{CampaignId, ClaimToken, ContactId, TenantId, Wamid};
use engine::price::{Charge, Country};
use engine::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};

use super::super::codec::{self, recipients};
use super::super::fault::{Outcome, unsigned};
use super::super::ledger::{CampaignKey, TenantKey};
use crate::crypto::{Lookup, Sealer};

pub(in super::super) const fn class_code(class: Class) -> u8 {
    match class {
        Class::Waiting => 0,
        Class::UnderWay => 1,
        Class::Unknown => 2,
        Class::Parked => 3,
        Class::Sent => 4,
        Class::Delivered => 5,
        Class::Read => 6,
        Class::Failed(FailureClass::TryLater) => 7,
        Class::Failed(FailureClass::PersonLimit) => 8,
        Class::Failed(FailureClass::Permanent) => 9,
        Class::Failed(FailureClass::OurMistake) => 10,
        Class::Failed(FailureClass::OptedOut) => 11,
        Class::Failed(FailureClass::Capped) => 12,
        Class::Held => 13,
    }
}

pub(super) fn class_of(code: u8) -> Outcome<Class> {
    let found = Class::ALL.iter().copied().find(|class| class_code(*class) == code);
    found.ok_or_else(|| codec::corrupt("a recipient of an unknown class"))
}

pub(super) fn place(campaign: CampaignKey, no: u32) -> i64 {
    (campaign.0 << 32) | i64::from(no)
}

/// The first and the last place behind this number.
pub(super) fn range(campaign: CampaignKey, after: Option<u32>) -> (i64, i64) {
    (place(campaign, 0) + after.map_or(0, |no| i64::from(no) + 1), place(campaign, u32::MAX))
}

/// What changes of a recipient, in this order. Of the table `recipient`.
macro_rules! changing {
    () => {
        "recipient.place, lane, class, contact, token, since, queued_at, accepted_at, sent_at, delivered_at, read_at,
         played_at, failed_at, replied_at, wamid, recipient.body, error, country, charge, clicked_at, opted_out_at, part"
    };
}
const CHANGING: &str = changing!();
pub(super) const LOAD: &str = concat!("SELECT ", changing!(), " FROM recipient WHERE place = ?1");
/// The columns of [`CHANGING`].
const CHANGING_COLUMNS: usize = 22;

/// From place, lane, class, contact, and country and part in these columns.
fn place_of(row: &Row<'_>, campaign: CampaignId, (country, part): (usize, usize)) -> Outcome<recipients::Place> {
    let no = u32::try_from(row.get::<_, i64>(0)? & i64::from(u32::MAX)).unwrap_or(u32::MAX);
    let contact = ContactId::from_bytes(row.get(3)?);
    let (lane, country) = (row.get(1)?, country_of(row.get_ref(country)?)?);
    let group = recipients::group_of(row.get(part)?)?;
    Ok(recipients::Place { home: *campaign.as_bytes(), no, contact, lane, country, group })
}

/// Nothing, and an empty text, are no country.
pub(super) fn country_of(value: ValueRef<'_>) -> Outcome<Option<Country>> {
    let text = value.as_str_or_null().map_err(rusqlite::Error::from)?;
    Ok(text.filter(|text| !text.is_empty()).map(recipients::country_of).transpose()?)
}

/// Nothing, and 0, are no charge.
pub(super) fn charge_of(code: Option<i64>) -> Outcome<Option<Charge>> {
    Ok(code.filter(|code| *code != 0).map(recipients::charge_of).transpose()?)
}

pub(in super::super) fn answers_code(answers: Answers) -> u8 {
    let Answers { replied, clicked, opted_out } = answers;
    u8::from(replied) + 2 * u8::from(clicked) + 4 * u8::from(opted_out)
}

pub(in super::super) const fn step_code(step: Step) -> u8 {
    match step {
        Step::Delivered => 0,
        Step::Read => 1,
        Step::Replied => 2,
    }
}

pub(super) fn answers_of(code: u8) -> Answers {
    Answers { replied: code & 1 != 0, clicked: code & 2 != 0, opted_out: code & 4 != 0 }
}

/// From the columns of [`CHANGING`].
pub(super) struct Changing<'a> {
    row: &'a Row<'a>,
    place: recipients::Place,
}

impl<'a> Changing<'a> {
    pub(super) fn of(row: &'a Row<'a>, campaign: CampaignId) -> Outcome<Self> {
        Ok(Self { row, place: place_of(row, campaign, (17, 21))? })
    }

    /// With the column behind [`CHANGING`].
    fn whole(&self, sealer: &Sealer) -> Outcome<RecipientRow> {
        let frozen = self.place.open_frozen(sealer, codec::blob(self.row.get_ref(CHANGING_COLUMNS)?)?)?;
        Ok(RecipientRow { recipient: frozen, ..self.without_frozen(sealer, None)? })
    }

    /// `known`: a wamid that need not be opened where it is this one.
    pub(super) fn without_frozen(&self, sealer: &Sealer, known: Option<(&Lookup, &Wamid)>) -> Outcome<RecipientRow> {
        let row = self.row;
        let at = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp));
        let since = at(5)?;
        let holder = row.get::<_, Option<[u8; 16]>>(4)?.map(ClaimToken::from_bytes);
        let send = match (class_of(row.get(2)?)?, holder, since) {
            (Class::Waiting, ..) => SendState::Waiting,
            (Class::UnderWay, Some(token), Some(at)) => SendState::Claimed { token, at },
            (Class::Unknown, _, Some(since)) => SendState::InDoubt { since },
            (Class::Parked, ..) => SendState::Parked,
            (Class::Held, ..) => SendState::Held,
            (Class::Sent | Class::Delivered | Class::Read | Class::Failed(_), ..) => SendState::Settled,
            (Class::UnderWay | Class::Unknown, ..) => {
                return Err(codec::corrupt("a recipient under way without its claim"));
            }
        };
        let failed = match (at(12)?, row.get_ref(16)?) {
            (Some(at), error) => Some((at, self.place.open_failure(sealer, codec::blob(error)?)?)),
            (None, _) => None,
        };
        let facts = recipients::Facts {
            queued_at: Timestamp(row.get(6)?),
            doubted_at: since.filter(|_| matches!(send, SendState::InDoubt { .. } | SendState::Parked)),
            accepted_at: at(7)?,
            sent_at: at(8)?,
            delivered_at: at(9)?,
            read_at: at(10)?,
            played_at: at(11)?,
            failed,
        };
        let wamid = self.wamid(sealer, known)?;
        let recipient = self.place.without_frozen();
        let (delivery, charge) = (facts.delivery(), charge_of(row.get(18)?)?);
        let (replied_at, clicked_at, opted_out_at) = (at(13)?, at(19)?, at(20)?);
        Ok(RecipientRow { recipient, send, delivery, wamid, replied_at, clicked_at, opted_out_at, charge })
    }

    fn wamid(&self, sealer: &Sealer, known: Option<(&Lookup, &Wamid)>) -> Outcome<Option<Wamid>> {
        let lookup = self.row.get_ref(14)?;
        if lookup == ValueRef::Null {
            return Ok(None);
        }
        if let Some((of_known, known)) = known
            && codec::blob(lookup)? == of_known
        {
            return Ok(Some(known.clone()));
        }
        Ok(Some(self.place.open_wamid(sealer, codec::blob(self.row.get_ref(15)?)?)?))
    }
}

/// Who waits, by the index that holds them; `?1` is the lane.
#[derive(Clone, Copy)]
struct Queue {
    from: &'static str,
    condition: &'static str,
}

const READY: Queue =
    Queue { from: "recipient INDEXED BY recipient_waiting", condition: "lane = ?1 AND class = 0 AND part < 5" };
/// For the winner of a test.
const HELD: Queue =
    Queue { from: "recipient INDEXED BY recipient_held", condition: "lane = ?1 AND class = 0 AND part = 5" };

/// Reads the recipients of one campaign.
pub(super) struct List<'a> {
    pub(super) connection: &'a Connection,
    pub(super) sealer: &'a Sealer,
    pub(super) id: CampaignId,
    pub(super) key: CampaignKey,
}

impl List<'_> {
    pub(super) fn one(&self, no: u32) -> Outcome<Option<RecipientRow>> {
        let sql = format!("{} WHERE recipient.place = ?1", whole("recipient"));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([place(self.key, no)])?;
        rows.next()?.map(|row| Changing::of(row, self.id)?.whole(self.sealer)).transpose()
    }

    pub(super) fn waiting(
        &self,
        (lane, waiters): (u8, Waiters),
        after: Option<u32>,
        limit: u32,
    ) -> Outcome<Vec<CampaignRecipient>> {
        let ready = self.waiting_in(READY, lane, after, limit)?;
        match waiters {
            Waiters::Ready => Ok(ready),
            Waiters::All => {
                let held = self.waiting_in(HELD, lane, after, limit)?;
                let all: BTreeMap<_, _> = ready.into_iter().chain(held).map(|one| (one.no, one)).collect();
                Ok(all.into_values().take(limit as usize).collect())
            }
        }
    }

    fn waiting_in(&self, queue: Queue, lane: u8, after: Option<u32>, limit: u32) -> Outcome<Vec<CampaignRecipient>> {
        let Queue { from, condition } = queue;
        let sql = format!(
            "SELECT recipient.place, lane, class, contact, recipient_body.body, country, part
             FROM {from} CROSS JOIN recipient_body USING (place)
             WHERE {condition} AND recipient.place BETWEEN ?2 AND ?3 ORDER BY recipient.place LIMIT ?4"
        );
        let (first, last) = range(self.key, after);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let waiting = statement.query_and_then(params![lane, first, last, limit], |row| {
            let place = place_of(row, self.id, (5, 6))?;
            Ok(place.open_frozen(self.sealer, codec::blob(row.get_ref(4)?)?)?)
        })?;
        waiting.collect()
    }

    pub(super) fn page(&self, class: Option<Class>, after: Option<u32>, limit: u32) -> Outcome<Vec<RecipientRow>> {
        match class {
            None => self.rows("recipient", "true", 0, after, limit),
            Some(Class::Waiting) => {
                let sql = "SELECT DISTINCT lane FROM campaign_tally WHERE campaign = ?1 AND class = 0 AND count > 0";
                let mut lanes = self.connection.prepare_cached(sql)?;
                let lanes = lanes.query_map([self.key.0], |row| row.get(0))?.collect::<rusqlite::Result<Vec<u8>>>()?;
                let queues = lanes.iter().flat_map(|lane| [(READY, *lane), (HELD, *lane)]);
                let of = |(queue, lane): (Queue, u8)| self.rows(queue.from, queue.condition, lane, after, limit);
                merged(queues.map(of), limit)
            }
            // Where nearly everybody ends: the next ones are never far.
            Some(class @ (Class::Sent | Class::Delivered | Class::Read)) => {
                self.rows("recipient NOT INDEXED", "class = ?1", class_code(class), after, limit)
            }
            Some(class @ (Class::UnderWay | Class::Unknown | Class::Parked | Class::Failed(_) | Class::Held)) => {
                self.apart(&[class], after, limit)
            }
        }
    }

    /// Of the classes that few are in.
    pub(super) fn apart(&self, classes: &[Class], after: Option<u32>, limit: u32) -> Outcome<Vec<RecipientRow>> {
        let of = |class: &Class| {
            let from = "recipient INDEXED BY recipient_apart";
            let where_it_is = "class = ?1 AND class NOT IN (0, 4, 5, 6)";
            self.rows(from, where_it_is, class_code(*class), after, limit)
        };
        merged(classes.iter().map(of), limit)
    }

    fn rows(
        &self,
        from: &str,
        condition: &str,
        argument: u8,
        after: Option<u32>,
        limit: u32,
    ) -> Outcome<Vec<RecipientRow>> {
        let (first, last) = range(self.key, after);
        let sql = format!(
            "{} WHERE {condition} AND ?1 >= 0 AND recipient.place BETWEEN ?2 AND ?3 ORDER BY recipient.place LIMIT ?4",
            whole(from)
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let found = statement.query_and_then(params![argument, first, last, limit], |row| {
            Changing::of(row, self.id)?.whole(self.sealer)
        })?;
        found.collect()
    }
}

/// The whole row, so that [`Changing::whole`] can be asked.
fn whole(from: &str) -> String {
    format!("SELECT {CHANGING}, recipient_body.body FROM {from} CROSS JOIN recipient_body USING (place)")
}

/// The first of several lists that are in order.
fn merged(lists: impl Iterator<Item = Outcome<Vec<RecipientRow>>>, limit: u32) -> Outcome<Vec<RecipientRow>> {
    let mut all = BTreeMap::new();
    for list in lists {
        all.extend(list?.into_iter().map(|row| (row.recipient.no, row)));
    }
    Ok(all.into_values().take(limit as usize).collect())
}

pub(super) fn sent_to(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    contact: ContactId,
    limit: u32,
) -> Outcome<Vec<(CampaignId, RecipientRow)>> {
    let sql = format!(
        "SELECT {CHANGING}, recipient_body.body, campaign.id FROM recipient INDEXED BY recipient_sent
         CROSS JOIN campaign ON campaign.key = recipient.place >> 32
         CROSS JOIN recipient_body ON recipient_body.place = recipient.place
         WHERE contact = ?2 AND accepted_at IS NOT NULL AND tenant = (SELECT key FROM tenant WHERE id = ?1)
         ORDER BY accepted_at DESC, campaign.id DESC, recipient.place LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_and_then(params![tenant.as_bytes(), contact.as_bytes(), limit], |row| {
        let id = CampaignId::from_bytes(row.get(CHANGING_COLUMNS + 1)?);
        Ok((id, Changing::of(row, id)?.whole(sealer)?))
    })?;
    found.collect()
}

/// By the index alone for whoever was sent nothing of late.
pub(super) fn reached_after(
    connection: &Connection,
    tenant: TenantId,
    contacts: &[ContactId],
    after: Timestamp,
) -> Outcome<Vec<Reached>> {
    // From 7 to 12 they have failed.
    let sql = "SELECT accepted_at, campaign.id FROM recipient INDEXED BY recipient_sent
         CROSS JOIN campaign ON campaign.key = recipient.place >> 32
         WHERE contact = ?2 AND accepted_at IS NOT NULL AND accepted_at > ?3
         AND class NOT BETWEEN 7 AND 12
         AND tenant = (SELECT key FROM tenant WHERE id = ?1)";
    let mut statement = connection.prepare_cached(sql)?;
    let mut reached = Vec::new();
    for contact in contacts {
        let found = statement.query_map(params![tenant.as_bytes(), contact.as_bytes(), after.0], |row| {
            Ok(Reached { contact: *contact, at: Timestamp(row.get(0)?), campaign: CampaignId::from_bytes(row.get(1)?) })
        })?;
        for one in found {
            reached.push(one?);
        }
    }
    reached.sort_unstable();
    Ok(reached)
}

/// Every recipient of an organization behind this place, in the order of campaigns; with its place.
pub(in super::super) fn of_tenant(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantKey,
    after: i64,
    limit: u32,
) -> Outcome<Vec<(i64, CampaignId, RecipientRow)>> {
    let sql = format!(
        "SELECT {CHANGING}, recipient_body.body, campaign.id FROM recipient NOT INDEXED
         CROSS JOIN campaign ON campaign.key = recipient.place >> 32
         CROSS JOIN recipient_body ON recipient_body.place = recipient.place
         WHERE tenant = ?1 AND recipient.place > ?2 ORDER BY recipient.place LIMIT ?3"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let found = statement.query_and_then(params![tenant.0, after, limit], |row| {
        let id = CampaignId::from_bytes(row.get(CHANGING_COLUMNS + 1)?);
        Ok((row.get(0)?, id, Changing::of(row, id)?.whole(sealer)?))
    })?;
    found.collect()
}

pub(super) fn tallies(connection: &Connection, tenant: TenantId, id: CampaignId) -> Outcome<Tallies> {
    let sql = "SELECT lane, class, code, answers, country, charge, part, count FROM campaign_tally
         WHERE campaign = (SELECT key
         FROM campaign WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2) AND count > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let counts = statement.query_and_then([tenant.as_bytes(), id.as_bytes()], |row| {
        let class = class_of(row.get(1)?)?;
        let (country, charge) = (country_of(row.get_ref(4)?)?, charge_of(row.get(5)?)?);
        let Answers { replied, clicked, opted_out } = answers_of(row.get(3)?);
        let (lane, code) = (row.get(0)?, row.get(2)?);
        let group = recipients::group_of(row.get(6)?)?;
        let key = TallyKey { lane, class, code, replied, clicked, opted_out, country, charge, group };
        Ok((key, unsigned(row.get(7)?)?))
    })?;
    Ok(Tallies(counts.collect::<Outcome<_>>()?))
}

pub(super) fn by_hour(connection: &Connection, tenant: TenantId, id: CampaignId) -> Outcome<ByHour> {
    let sql = "SELECT hour, step, count FROM campaign_hour WHERE campaign = (SELECT key
         FROM campaign WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2) AND count > 0";
    let mut statement = connection.prepare_cached(sql)?;
    let counts = statement.query_and_then([tenant.as_bytes(), id.as_bytes()], |row| {
        let code: u8 = row.get(1)?;
        let step = Step::ALL.into_iter().find(|step| step_code(*step) == code);
        let step = step.ok_or_else(|| codec::corrupt("an unknown step of recipients"))?;
        Ok((HourKey { hour: row.get(0)?, step }, unsigned(row.get(2)?)?))
    })?;
    Ok(ByHour(counts.collect::<Outcome<_>>()?))
}
