//! Facts: what became of a send, written plainly.

use engine::campaign::{RecipientKey, RecipientRow, SendState};
use engine::delivery::Delivery;
use engine::id::{CampaignId, ClaimToken, TenantId};
use engine::ports::StoreError;
use engine::price::Charge;
use engine::time::Timestamp;
use scylla::value::CqlValue;

use super::super::inbox_item::FIRST_WINS;
use super::super::session::{Lwt, Values};
use super::super::{CqlStore, names};
use super::claims::{Claimed, claim_batch};
use super::{Bucket, Found, big};
use crate::codec::{self, recipients};
use crate::crypto::{Lookup, Sealer};

const TOUCH: &str = "UPDATE recipient USING TIMESTAMP ? SET touched[?] = ? WHERE campaign = ? AND bucket = ?";
const ACCEPTED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET accepted_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const SENT: &str = "UPDATE recipient USING TIMESTAMP ? SET sent_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const DELIVERED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET delivered_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const READ: &str = "UPDATE recipient USING TIMESTAMP ? SET read_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const PLAYED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET played_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const FAILED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET failed_at = ?, error = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const REPLIED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET replied_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const CLICKED: &str =
    "UPDATE recipient USING TIMESTAMP ? SET clicked_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const OPTED_OUT: &str =
    "UPDATE recipient USING TIMESTAMP ? SET opted_out_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const CHARGE: &str = "UPDATE recipient USING TIMESTAMP ? SET charge = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const WAMID: &str =
    "UPDATE recipient USING TIMESTAMP ? SET wamid = ?, wamid_body = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const HOME: &str = "UPDATE recipient USING TIMESTAMP ? SET home = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const DOUBT: &str =
    "UPDATE recipient USING TIMESTAMP ? SET doubt = ?, doubted_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const HELD: &str = "UPDATE recipient USING TIMESTAMP ? SET held_at = ? WHERE campaign = ? AND bucket = ? AND no = ?";
const PARKED: &str = "UPDATE recipient USING TIMESTAMP ? SET parked = ? WHERE campaign = ? AND bucket = ? AND no = ?";

/// Of the first claim.
const FIRST_TURN: i64 = 1;
const NOBODY: ClaimToken = ClaimToken::from_bytes([0; 16]);

impl CqlStore {
    /// What the rule says of it. `None`: there is no such recipient.
    pub(in super::super) async fn change_recipient<T>(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        key: RecipientKey,
        apply: impl FnOnce(&mut RecipientRow) -> T,
    ) -> Result<Option<T>, StoreError> {
        let home = self.recipients_home(tenant, key.campaign);
        let Some(found) = self.found(home, key.no).await? else { return Ok(None) };
        let before = found.for_rules(sealer)?;
        let mut after = before.clone();
        let answer = apply(&mut after);
        if after != before {
            self.write_facts(tenant, sealer, key, &found, &before, &after).await?;
        }
        Ok(Some(answer))
    }

    /// What leads to it is there before it is.
    async fn write_facts(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        key: RecipientKey,
        found: &Found,
        before: &RecipientRow,
        after: &RecipientRow,
    ) -> Result<(), StoreError> {
        let home = self.recipients_home(tenant, key.campaign);
        let name = recipients::name(key.campaign.as_bytes(), key.no);
        let place = self.place();
        let mut facts = Facts { bucket: Bucket::of(home, key.no), no: key.no, parts: Vec::new() };
        if before.wamid != after.wamid
            && let Some(wamid) = &after.wamid
        {
            let lookup = codec::wamid_lookup(sealer, wamid);
            self.point(self.recipient_wamids(tenant, &lookup), &name, &[]).await?;
            let written = if before.wamid.is_none() { FIRST_WINS - place } else { place };
            facts.wamid(written, lookup, recipients::seal_wamid(sealer, &home, key.no, wamid)?);
        }
        if let Some(at) = after.delivery.accepted_at.filter(|_| before.delivery.accepted_at.is_none()) {
            self.point(self.sent_to_list(tenant, found.place.contact), &name, &sent_at_body(at)).await?;
        }
        facts.delivery(sealer, FIRST_WINS - place, &before.delivery, &after.delivery)?;
        facts.answers(Some(before), after);
        if let Some(charge) = after.charge.filter(|_| before.charge.is_none()) {
            facts.charge(FIRST_WINS - place, charge);
        }
        let turn = found.row.turn.unwrap_or_default();
        match after.send {
            SendState::InDoubt { since } if before.send != after.send => {
                facts.add(DOUBT, turn, vec![big(turn), big(since.0)]);
            }
            SendState::Parked if before.send != after.send => facts.add(PARKED, turn, vec![big(turn)]),
            SendState::Held if before.send != after.send => {
                facts.add(HELD, FIRST_WINS - place, vec![after.delivery.accepted_at.and_then(|at| big(at.0))]);
            }
            SendState::Waiting
            | SendState::Claimed { .. }
            | SendState::InDoubt { .. }
            | SendState::Parked
            | SendState::Held
            | SendState::Settled => {}
        }
        self.write_parts(facts, place).await
    }

    async fn write_parts(&self, facts: Facts, place: i64) -> Result<(), StoreError> {
        let Facts { bucket, mut parts, .. } = facts;
        if parts.is_empty() {
            return Ok(());
        }
        let process = Some(CqlValue::Blob(self.process.to_vec()));
        let [home, number] = bucket.key();
        parts.push((TOUCH, vec![big(place), process, big(place), home, number]));
        self.cql.write_together(parts).await
    }

    /// A recipient of another installation; one that is there stays as it is. What was written down comes last: until then
    /// nobody is there.
    pub(in super::super) async fn bring_recipient(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        campaign: CampaignId,
        row: &RecipientRow,
    ) -> Result<(), StoreError> {
        let (home, no) = (self.recipients_home(tenant, campaign), row.recipient.no);
        if self.found(home, no).await?.is_some() {
            return Ok(());
        }
        let bucket = Bucket::of(home, no);
        if let Some(claim) = brought_claim(row) {
            // Nobody else is there to be faster.
            let parts = claim_batch(bucket, &[(no, None, None, claim)]);
            if self.cql.lwt_batch(parts).await? == Lwt::Unknown {
                self.bucket_rows(bucket, no, no, true).await?;
            }
        }
        let place = self.place();
        let (written, name) = (FIRST_WINS - place, recipients::name(campaign.as_bytes(), no));
        let mut facts = Facts { bucket, no, parts: Vec::new() };
        if let Some(wamid) = &row.wamid {
            let lookup = codec::wamid_lookup(sealer, wamid);
            self.point(self.recipient_wamids(tenant, &lookup), &name, &[]).await?;
            facts.wamid(written, lookup, recipients::seal_wamid(sealer, &home, no, wamid)?);
        }
        if let Some(at) = row.delivery.accepted_at {
            self.point(self.sent_to_list(tenant, row.recipient.contact), &name, &sent_at_body(at)).await?;
        }
        facts.delivery(sealer, written, &Delivery::queued(row.delivery.queued_at), &row.delivery)?;
        facts.answers(None, row);
        if let Some(charge) = row.charge {
            facts.charge(written, charge);
        }
        if let Some(since) = row.delivery.doubted_at {
            facts.add(DOUBT, FIRST_TURN, vec![big(FIRST_TURN), big(since.0)]);
        }
        if row.send == SendState::Held {
            facts.add(HELD, written, vec![row.delivery.accepted_at.and_then(|at| big(at.0))]);
        }
        if row.send == SendState::Parked {
            facts.add(PARKED, FIRST_TURN, vec![big(FIRST_TURN)]);
        }
        self.point_added(tenant, sealer, campaign, &row.recipient).await?;
        // Something sealed says by whose key.
        facts.add(HOME, 1, vec![Some(CqlValue::Blob(names::home_of(sealer).to_vec()))]);
        self.write_parts(facts, place).await?;
        let frozen = std::slice::from_ref(&row.recipient);
        self.freeze_rows(sealer, home, frozen, row.delivery.queued_at, 1).await
    }
}

/// The claim that an imported recipient has. Who held one that is in doubt is not known any more.
fn brought_claim(row: &RecipientRow) -> Option<Claimed> {
    let holder = match row.send {
        SendState::Claimed { token, at } => Some((token, at)),
        SendState::InDoubt { .. } | SendState::Parked => Some((NOBODY, row.delivery.queued_at)),
        SendState::Waiting | SendState::Settled | SendState::Held => None,
    };
    holder.map(|(token, at)| Claimed::by(token, at))
}

/// What stands beside a name on the list of what was sent to a contact. Of two answers to one send either may be the last written: they
/// are seconds apart.
fn sent_at_body(at: Timestamp) -> [u8; 8] {
    at.0.to_be_bytes()
}

/// `None`: nothing stands there.
pub(in super::super) fn sent_at_of(body: &[u8]) -> Result<Option<Timestamp>, StoreError> {
    if body.is_empty() {
        return Ok(None);
    }
    let bytes = body.try_into().map_err(|_| codec::corrupt("the time of what was sent to a contact"))?;
    Ok(Some(Timestamp(i64::from_be_bytes(bytes))))
}

/// What is written of one recipient in one go.
struct Facts {
    bucket: Bucket,
    no: u32,
    parts: Vec<(&'static str, Values)>,
}

impl Facts {
    fn add(&mut self, text: &'static str, written: i64, values: Values) {
        let key = self.bucket.key().into_iter().chain([big(i64::from(self.no))]);
        self.parts.push((text, [big(written)].into_iter().chain(values).chain(key).collect()));
    }

    /// Of two that are written at once, the earlier answer stays.
    fn answers(&mut self, before: Option<&RecipientRow>, after: &RecipientRow) {
        let all = [
            (REPLIED, before.and_then(|row| row.replied_at), after.replied_at),
            (CLICKED, before.and_then(|row| row.clicked_at), after.clicked_at),
            (OPTED_OUT, before.and_then(|row| row.opted_out_at), after.opted_out_at),
        ];
        for (text, before, after) in all {
            if let Some(at) = after.filter(|at| before != Some(*at)) {
                self.add(text, FIRST_WINS - at.0.saturating_mul(1000), vec![big(at.0)]);
            }
        }
    }

    fn charge(&mut self, written: i64, charge: Charge) {
        self.add(CHARGE, written, vec![big(recipients::charge_code(charge))]);
    }

    fn wamid(&mut self, written: i64, lookup: Lookup, sealed: Vec<u8>) {
        self.add(WAMID, written, vec![Some(CqlValue::Blob(lookup.to_vec())), Some(CqlValue::Blob(sealed))]);
    }

    fn delivery(
        &mut self,
        sealer: &Sealer,
        written: i64,
        before: &Delivery,
        after: &Delivery,
    ) -> Result<(), StoreError> {
        let plain = [
            (ACCEPTED, before.accepted_at, after.accepted_at),
            (SENT, before.sent_at, after.sent_at),
            (DELIVERED, before.delivered_at, after.delivered_at),
            (READ, before.read_at, after.read_at),
            (PLAYED, before.played_at, after.played_at),
        ];
        for (text, before, after) in plain {
            if let Some(at) = after.filter(|_| before.is_none()) {
                self.add(text, written, vec![big(at.0)]);
            }
        }
        if let (None, Some(at), Some(failure)) = (before.failed_at, after.failed_at, &after.failure) {
            let error = recipients::seal_failure(sealer, &self.bucket.home, self.no, failure)?;
            self.add(FAILED, written, vec![big(at.0), Some(CqlValue::Blob(error))]);
        }
        Ok(())
    }
}
