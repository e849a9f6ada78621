//! Changes of recipients, on the writer's thread. The rules are [`RecipientRow`]'s: it is loaded without what was written down at
//! the launch, changed, and only what differs is written. Claims come by the hundred and say the same in SQL.

use std::sync::Arc;

use engine::campaign::{Answers, Class, RecipientKey, RecipientRow, SendState, TallyKey};
use engine::delivery::Delivery;
use engine::id::{CampaignId, ClaimToken, Wamid};
use engine::time::Timestamp;
use rusqlite::{Row, params};

use super::super::codec::{self, recipients};
use super::super::fault::Outcome;
use super::super::ledger::{CampaignKey, TenantKey};
use super::super::writer::Session;
use super::rows::{Changing, LOAD, answers_of, charge_of, class_code, country_of, place};
use super::write::claim_of;
use crate::crypto::{Lookup, Sealer};

/// What says where a recipient without a failure is counted.
macro_rules! standing {
    () => {
        "lane, (replied_at IS NOT NULL) + 2 * (clicked_at IS NOT NULL) + 4 * (opted_out_at IS NOT NULL), country, charge, part"
    };
}

/// Waiting → claimed.
pub(super) fn claim(
    session: &mut Session<'_>,
    campaign: CampaignKey,
    nos: &[u32],
    token: ClaimToken,
    at: Timestamp,
) -> Outcome<Vec<u32>> {
    let claim = concat!(
        "UPDATE recipient SET class = 1, token = ?2, since = ?3 WHERE place = ?1 AND class = 0 RETURNING ",
        standing!()
    );
    let mut claim = session.connection.prepare_cached(claim)?;
    let holder = "SELECT 1 FROM recipient WHERE place = ?1 AND class = 1 AND token = ?2";
    let mut holder = session.connection.prepare_cached(holder)?;
    let mut ours = Vec::with_capacity(nos.len());
    for no in nos {
        let place = place(campaign, *no);
        let mut claimed = claim.query(params![place, token.as_bytes(), at.0])?;
        if let Some(row) = claimed.next()? {
            let from = standing(row, Class::Waiting)?;
            session.ledger.move_recipient(campaign, from, TallyKey { class: Class::UnderWay, ..from });
        } else if !holder.exists(params![place, token.as_bytes()])? {
            continue;
        }
        // Also the same claim again, by someone who did not get the answer.
        ours.push(*no);
    }
    Ok(ours)
}

/// Claimed by this token → waiting.
pub(super) fn release(session: &mut Session<'_>, campaign: CampaignKey, nos: &[u32], token: ClaimToken) -> Outcome<()> {
    let sql = concat!(
        "UPDATE recipient SET class = 0, token = NULL, since = NULL
         WHERE place = ?1 AND class = 1 AND token = ?2 RETURNING ",
        standing!()
    );
    let mut release = session.connection.prepare_cached(sql)?;
    for no in nos {
        let mut released = release.query(params![place(campaign, *no), token.as_bytes()])?;
        if let Some(row) = released.next()? {
            let from = standing(row, Class::UnderWay)?;
            session.ledger.move_recipient(campaign, from, TallyKey { class: Class::Waiting, ..from });
        }
    }
    Ok(())
}

/// From the columns of `standing!`.
fn standing(row: &Row<'_>, class: Class) -> Outcome<TallyKey> {
    let (country, charge) = (country_of(row.get_ref(2)?)?, charge_of(row.get(3)?)?);
    let Answers { replied, clicked, opted_out } = answers_of(row.get(1)?);
    let group = recipients::group_of(row.get(4)?)?;
    Ok(TallyKey { lane: row.get(0)?, class, code: 0, replied, clicked, opted_out, country, charge, group })
}

/// Meta's id of a message, as somebody says it is.
pub(super) struct Said {
    wamid: Wamid,
    lookup: Lookup,
    /// Where it is nearly always new.
    sealed: Option<Vec<u8>>,
}

impl Said {
    pub(super) fn of(sealer: &Sealer, wamid: &Wamid) -> Self {
        Self { wamid: wamid.clone(), lookup: codec::wamid_lookup(sealer, wamid), sealed: None }
    }

    pub(super) fn sealed(sealer: &Sealer, key: RecipientKey, wamid: &Wamid) -> Outcome<Self> {
        let body = recipients::seal_wamid(sealer, key.campaign.as_bytes(), key.no, wamid)?;
        Ok(Self { sealed: Some(body), ..Self::of(sealer, wamid) })
    }
}

/// One recipient that is to change.
pub(super) struct Change {
    sealer: Arc<Sealer>,
    key: RecipientKey,
    said: Option<Said>,
}

impl Change {
    pub(super) fn of(sealer: Arc<Sealer>, key: RecipientKey, said: Option<Said>) -> Self {
        Self { sealer, key, said }
    }

    /// What the rule says of it. `None`: there is no such recipient.
    pub(super) fn make<T>(
        &self,
        session: &mut Session<'_>,
        tenant: TenantKey,
        apply: impl Fn(&mut RecipientRow) -> T,
    ) -> Outcome<Option<T>> {
        let RecipientKey { campaign: id, no } = self.key;
        let Some(campaign) = session.campaign(tenant, id)? else { return Ok(None) };
        let place = place(campaign, no);
        let Some(before) = self.load(session, id, place)? else { return Ok(None) };
        let mut after = before.clone();
        let answer = apply(&mut after);
        if after != before {
            self.store(session, place, &before, &after)?;
            session.ledger.move_recipient(campaign, before.tally(), after.tally());
            session.ledger.tally_hours(campaign, &before, -1);
            session.ledger.tally_hours(campaign, &after, 1);
        }
        Ok(Some(answer))
    }

    fn load(&self, session: &Session<'_>, id: CampaignId, place: i64) -> Outcome<Option<RecipientRow>> {
        let mut statement = session.connection.prepare_cached(LOAD)?;
        let mut rows = statement.query([place])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let known = self.said.as_ref().map(|said| (&said.lookup, &said.wamid));
        Changing::of(row, id)?.without_frozen(&self.sealer, known).map(Some)
    }

    fn store(&self, session: &Session<'_>, place: i64, before: &RecipientRow, after: &RecipientRow) -> Outcome<()> {
        let Delivery { sent_at, delivered_at, read_at, played_at, .. } = &after.delivery;
        let ms = |at: &Option<Timestamp>| at.map(|at| at.0);
        let class = class_code(after.tally().class);
        let charge = after.charge.map(recipients::charge_code);
        if is_receipt(before, after) {
            // Names no column of an index that holds it.
            let sql = "UPDATE recipient SET class = ?2, sent_at = ?3, delivered_at = ?4, read_at = ?5, played_at = ?6,
                 replied_at = ?7, charge = ?8, clicked_at = ?9, opted_out_at = ?10 WHERE place = ?1";
            session.connection.prepare_cached(sql)?.execute(params![
                place,
                class,
                ms(sent_at),
                ms(delivered_at),
                ms(read_at),
                ms(played_at),
                ms(&after.replied_at),
                charge,
                ms(&after.clicked_at),
                ms(&after.opted_out_at),
            ])?;
            return Ok(());
        }
        let (token, since) = claim_of(after);
        let wamid = self.said.as_ref().filter(|_| after.wamid != before.wamid);
        let failure = after.delivery.failure.as_ref().filter(|_| after.delivery.failure != before.delivery.failure);
        let RecipientKey { campaign, no } = self.key;
        let failure = failure
            .map(|failure| recipients::seal_failure(&self.sealer, campaign.as_bytes(), no, failure))
            .transpose()?;
        let sql =
            "UPDATE recipient SET class = ?2, token = ?3, since = ?4, queued_at = ?5, accepted_at = ?6, sent_at = ?7,
             delivered_at = ?8, read_at = ?9, played_at = ?10, failed_at = ?11, replied_at = ?12,
             wamid = coalesce(?13, wamid), body = coalesce(?14, body), error = coalesce(?15, error), charge = ?16,
             clicked_at = ?17, opted_out_at = ?18 WHERE place = ?1";
        session.connection.prepare_cached(sql)?.execute(params![
            place,
            class,
            token.as_ref().map(ClaimToken::as_bytes),
            ms(&since),
            after.delivery.queued_at.0,
            ms(&after.delivery.accepted_at),
            ms(sent_at),
            ms(delivered_at),
            ms(read_at),
            ms(played_at),
            ms(&after.delivery.failed_at),
            ms(&after.replied_at),
            wamid.map(|said| said.lookup),
            wamid.map(|said| self.sealed(said)).transpose()?,
            failure,
            charge,
            ms(&after.clicked_at),
            ms(&after.opted_out_at),
        ])?;
        Ok(())
    }

    fn sealed(&self, said: &Said) -> Outcome<Vec<u8>> {
        let RecipientKey { campaign, no } = self.key;
        let seal = || recipients::seal_wamid(&self.sealer, campaign.as_bytes(), no, &said.wamid);
        Ok(said.sealed.clone().map_or_else(seal, Ok)?)
    }
}

/// Whether nothing but what a status or an answer says has come.
fn is_receipt(before: &RecipientRow, after: &RecipientRow) -> bool {
    let (was, is) = (&before.delivery, &after.delivery);
    before.send == SendState::Settled
        && after.send == SendState::Settled
        && before.wamid == after.wamid
        && was.accepted_at == is.accepted_at
        && was.failed_at == is.failed_at
}
