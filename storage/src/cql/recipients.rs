//! Recipients of a campaign. A claim is changed by compare-and-set, many of one partition in one batch; what became of the send
//! are facts, written plainly, of which the first stays. Facts outrank the claim: whoever has one is never sent to again.

mod claims;
mod facts;

use std::collections::{BTreeMap, HashMap};

use engine::campaign::{CampaignRecipient, Group, RecipientRow, SendState, TallyKey};
use engine::id::{CampaignId, ClaimToken, ContactId, TenantId, Wamid};
use engine::ports::StoreError;
use engine::price::Country;
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use scylla::DeserializeRow;
use scylla::value::CqlValue;

use super::{AT_ONCE, CqlStore, names};
use crate::codec::{self, recipients};
use crate::crypto::{Lookup, Sealer};

pub(super) use claims::Claimed;
pub(super) use facts::sent_at_of;

/// Recipients of a partition.
pub(super) const BUCKET: u32 = 1_000;
const ROWS: &str =
    "SELECT no, touched, claims, contact, lane, country, queued_at, body, turn, claimed_by, claimed_at, requeued_at,
     doubt, doubted_at, parked, accepted_at, sent_at, delivered_at, read_at, played_at, failed_at, error, replied_at,
     clicked_at, opted_out_at, wamid, wamid_body, charge, held_at, part
     FROM recipient WHERE campaign = ? AND bucket = ? AND no >= ? AND no <= ?";
#[derive(DeserializeRow)]
struct Row {
    no: Option<i64>,
    touched: Option<HashMap<Vec<u8>, i64>>,
    claims: Option<i64>,
    contact: Option<Vec<u8>>,
    lane: Option<i16>,
    country: Option<String>,
    queued_at: Option<i64>,
    body: Option<Vec<u8>>,
    turn: Option<i64>,
    claimed_by: Option<Vec<u8>>,
    claimed_at: Option<i64>,
    requeued_at: Option<i64>,
    doubt: Option<i64>,
    doubted_at: Option<i64>,
    parked: Option<i64>,
    accepted_at: Option<i64>,
    sent_at: Option<i64>,
    delivered_at: Option<i64>,
    read_at: Option<i64>,
    played_at: Option<i64>,
    failed_at: Option<i64>,
    error: Option<Vec<u8>>,
    replied_at: Option<i64>,
    clicked_at: Option<i64>,
    opted_out_at: Option<i64>,
    wamid: Option<Vec<u8>>,
    wamid_body: Option<Vec<u8>>,
    charge: Option<i64>,
    held_at: Option<i64>,
    part: Option<i16>,
}

/// What of a partition is another one after every change of it: the process's last write of each, and the last claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Marker {
    touched: BTreeMap<Vec<u8>, i64>,
    claims: Option<i64>,
}

impl Marker {
    pub(super) fn of(touched: Option<HashMap<Vec<u8>, i64>>, claims: Option<i64>) -> Self {
        Self { touched: touched.unwrap_or_default().into_iter().collect(), claims }
    }
}

/// A recipient as it was read.
pub(super) struct Found {
    place: recipients::Place,
    row: Row,
    body: Vec<u8>,
}

fn at(column: Option<i64>) -> Option<Timestamp> {
    column.map(Timestamp)
}

impl Found {
    /// `None`: nobody was written down here; at most something is left that an import had brought.
    fn of(home: recipients::Home, mut row: Row) -> Result<Option<Self>, StoreError> {
        let (Some(no), Some(contact), Some(lane), Some(body)) = (row.no, &row.contact, row.lane, row.body.take())
        else {
            return Ok(None);
        };
        let damaged = || codec::corrupt("the place of a recipient");
        let place = recipients::Place {
            home,
            no: u32::try_from(no).map_err(|_| damaged())?,
            contact: ContactId::from_bytes(names::id(contact)?),
            lane: u8::try_from(lane).map_err(|_| damaged())?,
            country: row.country.as_deref().map(recipients::country_of).transpose()?,
            group: recipients::group_of(u8::try_from(row.part.unwrap_or_default()).map_err(|_| damaged())?)?,
        };
        Ok(Some(Self { place, row, body }))
    }

    pub(super) fn no(&self) -> u32 {
        self.place.no
    }

    pub(super) fn lane(&self) -> u8 {
        self.place.lane
    }

    pub(super) fn group(&self) -> Option<Group> {
        self.place.group
    }

    pub(super) fn send(&self) -> Result<SendState, StoreError> {
        let Row { turn, claimed_by: token, claimed_at, doubt, doubted_at, parked, .. } = &self.row;
        let Row { accepted_at, sent_at, delivered_at, read_at, played_at, failed_at, .. } = &self.row;
        let said = [sent_at, delivered_at, read_at, played_at, failed_at];
        // What WhatsApp says of it lets it go.
        if self.row.held_at.is_some() && said.into_iter().all(Option::is_none) {
            return Ok(SendState::Held);
        }
        let facts = [accepted_at, sent_at, delivered_at, read_at, played_at, failed_at];
        if facts.into_iter().any(Option::is_some) {
            return Ok(SendState::Settled);
        }
        let Some(token) = token else { return Ok(SendState::Waiting) };
        let lost = || codec::corrupt("a claim without its time");
        if doubt.is_none() || doubt != turn {
            let at = Timestamp(claimed_at.ok_or_else(lost)?);
            return Ok(SendState::Claimed { token: ClaimToken::from_bytes(names::id(token)?), at });
        }
        if parked == turn {
            return Ok(SendState::Parked);
        }
        Ok(SendState::InDoubt { since: Timestamp(doubted_at.ok_or_else(lost)?) })
    }

    /// Without what was written down, and without Meta's id.
    pub(super) fn bare(&self, sealer: &Sealer) -> Result<RecipientRow, StoreError> {
        let (row, send) = (&self.row, self.send()?);
        let is_doubted = matches!(send, SendState::InDoubt { .. } | SendState::Parked);
        let failed = match (row.failed_at, &row.error) {
            (Some(at), Some(error)) => Some((Timestamp(at), self.place.open_failure(sealer, error)?)),
            (Some(_), None) => return Err(codec::corrupt("a failure without its words")),
            (None, _) => None,
        };
        let facts = recipients::Facts {
            queued_at: Timestamp(row.requeued_at.or(row.queued_at).unwrap_or_default()),
            doubted_at: at(row.doubted_at).filter(|_| is_doubted),
            accepted_at: at(row.accepted_at),
            sent_at: at(row.sent_at),
            delivered_at: at(row.delivered_at),
            read_at: at(row.read_at),
            played_at: at(row.played_at),
            failed,
        };
        let recipient = self.place.without_frozen();
        let (delivery, charge) = (facts.delivery(), row.charge.map(recipients::charge_of).transpose()?);
        let (replied_at, clicked_at) = (at(row.replied_at), at(row.clicked_at));
        let opted_out_at = at(row.opted_out_at);
        Ok(RecipientRow { recipient, send, delivery, wamid: None, replied_at, clicked_at, opted_out_at, charge })
    }

    pub(super) fn tally(&self, sealer: &Sealer) -> Result<TallyKey, StoreError> {
        Ok(self.bare(sealer)?.tally())
    }

    /// Enough for the rules.
    fn for_rules(&self, sealer: &Sealer) -> Result<RecipientRow, StoreError> {
        let open = |body: &Vec<u8>| self.place.open_wamid(sealer, body);
        let wamid = self.row.wamid_body.as_ref().map(open).transpose()?;
        Ok(RecipientRow { wamid, ..self.bare(sealer)? })
    }

    pub(super) fn whole(&self, sealer: &Sealer) -> Result<RecipientRow, StoreError> {
        Ok(RecipientRow { recipient: self.frozen(sealer)?, ..self.for_rules(sealer)? })
    }

    pub(super) fn frozen(&self, sealer: &Sealer) -> Result<CampaignRecipient, StoreError> {
        self.place.open_frozen(sealer, &self.body)
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.row.accepted_at.is_some()
    }

    pub(super) fn accepted_at(&self) -> Option<Timestamp> {
        at(self.row.accepted_at)
    }

    pub(super) fn has_wamid(&self, lookup: &Lookup) -> bool {
        self.row.wamid.as_deref() == Some(lookup)
    }
}

/// One partition.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    pub(super) home: recipients::Home,
    pub(super) n: u32,
}

#[expect(clippy::unnecessary_wraps, reason = "a value of a statement may be absent")]
fn big(value: i64) -> Option<CqlValue> {
    Some(CqlValue::BigInt(value))
}

impl Bucket {
    pub(super) fn of(home: recipients::Home, no: u32) -> Self {
        Self { home, n: no / BUCKET }
    }

    pub(super) fn number(self) -> i32 {
        i32::try_from(self.n).unwrap_or(i32::MAX)
    }

    fn key(self) -> [Option<CqlValue>; 2] {
        [Some(CqlValue::Blob(self.home.to_vec())), Some(CqlValue::Int(self.number()))]
    }
}

/// contact, sealed wamid, no, what was written down.
type LeftRow = (Option<Vec<u8>>, Option<Vec<u8>>, Option<i64>, Option<Vec<u8>>);

impl CqlStore {
    /// What names the partitions of a campaign's recipients.
    pub(super) fn recipients_home(&self, tenant: TenantId, id: CampaignId) -> recipients::Home {
        self.name_of("recipients", tenant, id.as_bytes())
    }

    pub(super) fn recipient_wamids(&self, tenant: TenantId, wamid: &Lookup) -> Lookup {
        self.name_of("recipient_wamid", tenant, wamid)
    }

    pub(super) fn sent_to_list(&self, tenant: TenantId, contact: ContactId) -> Lookup {
        self.name_of("sent_to", tenant, contact.as_bytes())
    }

    /// Those from `first` to `last`, in order, with the marker that holds for them.
    pub(super) async fn bucket_rows(
        &self,
        bucket: Bucket,
        first: u32,
        last: u32,
        is_serial: bool,
    ) -> Result<(Marker, Vec<Found>), StoreError> {
        let values = (bucket.home.as_slice(), bucket.number(), i64::from(first), i64::from(last));
        let mut rows: Vec<Row> =
            if is_serial { self.cql.serial_rows(ROWS, values).await? } else { self.cql.rows(ROWS, values).await? };
        let marker = rows.first_mut().map_or_else(Marker::default, |row| Marker::of(row.touched.take(), row.claims));
        let found = rows.into_iter().map(|row| Found::of(bucket.home, row));
        Ok((marker, found.filter_map(Result::transpose).collect::<Result<_, _>>()?))
    }

    pub(super) async fn found(&self, home: recipients::Home, no: u32) -> Result<Option<Found>, StoreError> {
        Ok(self.bucket_rows(Bucket::of(home, no), no, no, false).await?.1.pop())
    }

    /// Written down under the number of this try. Of two tries that are under way, the later one's stay.
    pub(super) async fn freeze_rows(
        &self,
        sealer: &Sealer,
        home: recipients::Home,
        frozen: &[CampaignRecipient],
        queued_at: Timestamp,
        nth_try: i64,
    ) -> Result<(), StoreError> {
        let text = "INSERT INTO recipient (campaign, bucket, no, home, contact, lane, country, queued_at, body, part)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let owner = names::home_of(sealer);
        let insert = async |recipient: &CampaignRecipient| {
            let CampaignRecipient { no, contact, lane, country, group, .. } = recipient;
            let body = recipients::seal_frozen(sealer, &home, recipient)?;
            let key = (home.as_slice(), Bucket::of(home, *no).number(), i64::from(*no));
            let (contact, lane) = (contact.as_bytes().as_slice(), i16::from(*lane));
            let (campaign, bucket, no) = key;
            let country = country.as_ref().map(Country::as_str);
            let (owner, part) = (owner.as_slice(), i16::from(recipients::group_code(*group)));
            let values = (campaign, bucket, no, owner, contact, lane, country, queued_at.0, body, part, nth_try);
            self.cql.write(text, values).await
        };
        stream::iter(frozen).map(insert).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// All of a campaign's recipients and what leads to them; for an organization that is not there.
    pub(super) async fn forget_recipients(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        count: u32,
    ) -> Result<(), StoreError> {
        let home = self.recipients_home(tenant, id);
        for n in 0..=count / BUCKET {
            let bucket = Bucket { home, n };
            let text = "SELECT contact, wamid_body, no, body FROM recipient WHERE campaign = ? AND bucket = ?";
            let rows: Vec<LeftRow> = self.cql.rows(text, (home.as_slice(), bucket.number())).await?;
            for (contact, wamid, no, body) in rows {
                let no = u32::try_from(no.unwrap_or_default()).unwrap_or_default();
                let contact = ContactId::from_bytes(names::maybe_id(contact)?.unwrap_or_default());
                let place = recipients::Place { home, no, contact, lane: 0, country: None, group: None };
                let frozen = body.map(|body| place.open_frozen(sealer, &body)).transpose()?;
                if let Some(trigger) = frozen.and_then(|frozen| frozen.trigger) {
                    self.drop_list(self.added_list(tenant, sealer, id, &trigger.key)).await?;
                }
                if let Some(wamid) = wamid {
                    let wamid: Wamid = place.open_wamid(sealer, &wamid)?;
                    self.drop_list(self.recipient_wamids(tenant, &codec::wamid_lookup(sealer, &wamid))).await?;
                }
                self.drop_list(self.sent_to_list(tenant, contact)).await?;
            }
            let text = "DELETE FROM recipient WHERE campaign = ? AND bucket = ?";
            self.cql.write(text, (home.as_slice(), bucket.number())).await?;
        }
        Ok(())
    }
}
