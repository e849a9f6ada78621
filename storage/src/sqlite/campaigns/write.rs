//! Recipients as they are written down the first time.

use engine::campaign::{CampaignRecipient, Class, Group, RecipientRow, SendState, TallyKey};
use engine::id::{CampaignId, ClaimToken, ContactId, Wamid};
use engine::price::Country;
use engine::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::codec::{self, recipients};
use super::super::fault::Outcome;
use super::super::ledger::{CampaignKey, TenantKey};
use super::super::writer::Session;
use super::rows::{class_code, place};
use crate::crypto::{Lookup, Sealer};

/// A recipient as it is written down, sealed.
pub(super) struct Frozen {
    no: u32,
    lane: u8,
    contact: ContactId,
    country: Option<Country>,
    /// Of what added them.
    trigger: Option<Lookup>,
    group: Option<Group>,
    body: Vec<u8>,
}

impl Frozen {
    pub(super) fn of(sealer: &Sealer, campaign: CampaignId, recipient: &CampaignRecipient) -> Outcome<Self> {
        let body = recipients::seal_frozen(sealer, campaign.as_bytes(), recipient)?;
        let CampaignRecipient { no, lane, contact, country, group, .. } = *recipient;
        let trigger = recipient.trigger.as_ref();
        let trigger = trigger.map(|trigger| recipients::trigger_lookup(sealer, campaign.as_bytes(), &trigger.key));
        Ok(Self { no, lane, contact, country, trigger, group, body })
    }

    /// Waiting.
    pub(super) fn insert(&self, session: &mut Session<'_>, campaign: CampaignKey, at: Timestamp) -> Outcome<()> {
        let place = place(campaign, self.no);
        let sql = "INSERT INTO recipient (place, lane, class, contact, country, queued_at, added_by, part)
             VALUES (?1, ?2, 0, ?3, ?4, ?5, ?6, ?7)";
        let mut statement = session.connection.prepare_cached(sql)?;
        let Self { lane, country, group, .. } = *self;
        statement.execute(params![
            place,
            lane,
            self.contact.as_bytes(),
            country.as_ref().map(Country::as_str),
            at.0,
            self.trigger,
            recipients::group_code(group),
        ])?;
        self.insert_body(session.connection, place)?;
        let waiting = TallyKey {
            lane,
            class: Class::Waiting,
            code: 0,
            replied: false,
            clicked: false,
            opted_out: false,
            country,
            charge: None,
            group,
        };
        session.ledger.tally_recipient(campaign, waiting, 1);
        Ok(())
    }

    fn insert_body(&self, connection: &Connection, place: i64) -> Outcome<()> {
        let sql = "INSERT INTO recipient_body (place, body) VALUES (?1, ?2)";
        connection.prepare_cached(sql)?.execute(params![place, self.body])?;
        Ok(())
    }
}

/// A recipient of another installation, sealed.
pub(in super::super) struct Brought {
    campaign: CampaignId,
    /// Without what is sealed in `frozen`.
    row: RecipientRow,
    frozen: Frozen,
    wamid: Option<(Lookup, Vec<u8>)>,
    error: Option<Vec<u8>>,
}

impl Brought {
    pub(in super::super) fn of(sealer: &Sealer, campaign: CampaignId, row: &RecipientRow) -> Outcome<Self> {
        let no = row.recipient.no;
        let kept = |wamid: &Wamid| {
            let lookup = codec::wamid_lookup(sealer, wamid);
            Ok::<_, engine::ports::StoreError>((
                lookup,
                recipients::seal_wamid(sealer, campaign.as_bytes(), no, wamid)?,
            ))
        };
        let failure = row.delivery.failure.as_ref();
        Ok(Self {
            campaign,
            row: row.clone(),
            frozen: Frozen::of(sealer, campaign, &row.recipient)?,
            wamid: row.wamid.as_ref().map(kept).transpose()?,
            error: failure
                .map(|failure| recipients::seal_failure(sealer, campaign.as_bytes(), no, failure))
                .transpose()?,
        })
    }

    /// One that is there stays as it is.
    pub(in super::super) fn write(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<()> {
        let missing = || codec::corrupt("a recipient came before its campaign");
        let campaign = session.campaign(tenant, self.campaign)?.ok_or_else(missing)?;
        let Self { row, frozen, wamid, error, .. } = self;
        let place = place(campaign, frozen.no);
        let sql = "INSERT INTO recipient (place, lane, class, contact, token, since, queued_at, accepted_at, sent_at,
             delivered_at, read_at, played_at, failed_at, replied_at, wamid, body, error, country, charge, clicked_at,
             opted_out_at, added_by, part)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
             ?23)
             ON CONFLICT DO NOTHING";
        let ms = |at: &Option<Timestamp>| at.map(|at| at.0);
        let (token, since) = claim_of(row);
        let delivery = &row.delivery;
        let inserted = session.connection.prepare_cached(sql)?.execute(params![
            place,
            frozen.lane,
            class_code(row.tally().class),
            frozen.contact.as_bytes(),
            token.as_ref().map(ClaimToken::as_bytes),
            ms(&since),
            delivery.queued_at.0,
            ms(&delivery.accepted_at),
            ms(&delivery.sent_at),
            ms(&delivery.delivered_at),
            ms(&delivery.read_at),
            ms(&delivery.played_at),
            ms(&delivery.failed_at),
            ms(&row.replied_at),
            wamid.as_ref().map(|(lookup, _)| lookup),
            wamid.as_ref().map(|(_, sealed)| sealed),
            error,
            frozen.country.as_ref().map(Country::as_str),
            row.charge.map(recipients::charge_code),
            ms(&row.clicked_at),
            ms(&row.opted_out_at),
            frozen.trigger,
            recipients::group_code(frozen.group),
        ])?;
        if inserted > 0 {
            frozen.insert_body(session.connection, place)?;
            session.ledger.tally_recipient(campaign, row.tally(), 1);
            session.ledger.tally_hours(campaign, row, 1);
        }
        Ok(())
    }
}

/// What the columns `token` and `since` say.
pub(super) fn claim_of(row: &RecipientRow) -> (Option<ClaimToken>, Option<Timestamp>) {
    match row.send {
        SendState::Claimed { token, at } => (Some(token), Some(at)),
        SendState::InDoubt { since } => (None, Some(since)),
        SendState::Parked => (None, row.delivery.doubted_at),
        SendState::Waiting | SendState::Settled | SendState::Held => (None, None),
    }
}
