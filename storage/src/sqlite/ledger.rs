//! What the writer keeps in its head between operations: keys of tenants, heads of event logs, and the changes of
//! counts, which are summed up and written once per COMMIT.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::access::Holder;
use engine::campaign::{Answers, HourKey, RecipientRow, TallyKey};
use engine::id::{CampaignId, TenantId};
use engine::intake::IntakeOutcome;
use engine::price::Country;
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::campaigns::{answers_code, class_code, step_code};
use super::fault::{Outcome, signed, unsigned};
use super::keys_of;
use super::writer::Session;
use crate::codec::recipients;
use crate::crypto::Sealer;

/// An organization's small key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct TenantKey(pub(super) i64);

/// A campaign's small key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct CampaignKey(pub(super) i64);

/// Whose items wait in quarantine until somebody connects the number.
pub(super) const NOBODY: TenantKey = TenantKey(0);

/// Summaries are by the minute: exact enough for a chart, and few enough rows to add up.
const MINUTE: i64 = 60_000;

pub(super) fn minute(at: Timestamp) -> i64 {
    at.0.div_euclid(MINUTE)
}

/// What of a conversation the lists and counts depend on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Desk {
    pub(super) closed: bool,
    pub(super) holder: Holder,
    pub(super) unread: bool,
}

#[derive(Default)]
pub(super) struct Ledger {
    tenants: HashMap<TenantId, TenantKey>,
    heads: HashMap<TenantKey, Head>,
    intake: BTreeMap<(TenantKey, i64), [i64; 4]>,
    desks: BTreeMap<(TenantKey, Holder), [i64; 3]>,
    campaigns: HashMap<(TenantKey, CampaignId), CampaignKey>,
    recipients: BTreeMap<(CampaignKey, TallyKey), i64>,
    hours: BTreeMap<(CampaignKey, HourKey), i64>,
    /// The newest change of any contact; never given twice while the process lives, not even after a rollback.
    change: Option<i64>,
}

struct Head {
    n: u64,
    dirty: bool,
}

pub(super) const fn outcome_code(outcome: IntakeOutcome) -> u8 {
    match outcome {
        IntakeOutcome::Stored => 0,
        IntakeOutcome::Processed => 1,
        IntakeOutcome::Duplicate => 2,
        IntakeOutcome::Quarantined => 3,
    }
}

impl Ledger {
    /// One item of the minute gained (`by` = 1) or lost (-1) this outcome.
    pub(super) fn tally_intake(&mut self, tenant: TenantKey, minute: i64, outcome: IntakeOutcome, by: i64) {
        if tenant == NOBODY {
            return;
        }
        let counts = self.intake.entry((tenant, minute)).or_default();
        if let Some(count) = counts.get_mut(usize::from(outcome_code(outcome))) {
            *count += by;
        }
    }

    pub(super) fn move_desk(&mut self, tenant: TenantKey, from: Option<Desk>, to: Desk) {
        if from == Some(to) {
            return;
        }
        for (desk, by) in from.map(|desk| (desk, -1)).into_iter().chain([(to, 1)]) {
            let [live, live_unread, closed] = self.desks.entry((tenant, desk.holder)).or_default();
            if desk.closed {
                *closed += by;
            } else {
                *live += by;
                *live_unread += if desk.unread { by } else { 0 };
            }
        }
    }

    /// One recipient more (`by` = 1) or less (-1) stands there.
    pub(super) fn tally_recipient(&mut self, campaign: CampaignKey, at: TallyKey, by: i64) {
        *self.recipients.entry((campaign, at)).or_default() += by;
    }

    pub(super) fn move_recipient(&mut self, campaign: CampaignKey, from: TallyKey, to: TallyKey) {
        if from != to {
            self.tally_recipient(campaign, from, -1);
            self.tally_recipient(campaign, to, 1);
        }
    }

    /// One more (`by` = 1) or less (-1) took these steps then.
    pub(super) fn tally_hours(&mut self, campaign: CampaignKey, row: &RecipientRow, by: i64) {
        for key in row.hours() {
            *self.hours.entry((campaign, key)).or_default() += by;
        }
    }

    /// Keys of campaigns that are gone must not be remembered.
    pub(super) fn forget_campaigns(&mut self) {
        self.campaigns.clear();
    }

    /// Everything that was only in memory goes into the transaction.
    pub(super) fn flush(&mut self, connection: &Connection) -> Outcome<()> {
        for (tenant, head) in self.heads.iter().filter(|(_, head)| head.dirty) {
            let sql = "INSERT INTO event_head (tenant, n) VALUES (?1, ?2) ON CONFLICT (tenant) DO UPDATE SET n = ?2";
            connection.prepare_cached(sql)?.execute(params![tenant.0, signed(head.n)])?;
        }
        for ((tenant, minute), [stored, processed, duplicate, quarantined]) in &self.intake {
            let sql = "INSERT INTO inbox_tally (tenant, minute, stored, processed, duplicate, quarantined)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, minute) DO UPDATE SET stored = stored + ?3,
                 processed = processed + ?4, duplicate = duplicate + ?5, quarantined = quarantined + ?6";
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params![tenant.0, minute, stored, processed, duplicate, quarantined])?;
        }
        for ((tenant, Holder { assignee, team }), [live, live_unread, closed]) in &self.desks {
            let assignee = assignee.as_ref().map_or(&[][..], |member| member.as_bytes());
            let team = team.as_ref().map_or(&[][..], |team| team.as_bytes());
            let sql = "INSERT INTO conversation_tally (tenant, assignee, team, live, live_unread, closed)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, assignee, team) DO UPDATE SET live = live + ?4,
                 live_unread = live_unread + ?5, closed = closed + ?6";
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params![tenant.0, assignee, team, live, live_unread, closed])?;
        }
        for ((campaign, at), by) in self.recipients.iter().filter(|(_, by)| **by != 0) {
            let sql = "INSERT INTO campaign_tally (campaign, lane, class, code, answers, country, charge, part, count)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                 ON CONFLICT (campaign, lane, class, code, answers, country, charge, part) DO UPDATE SET count = count + ?9";
            let TallyKey { lane, class, code, replied, clicked, opted_out, country, charge, group } = *at;
            let answers = answers_code(Answers { replied, clicked, opted_out });
            let country = country.as_ref().map_or("", Country::as_str);
            let (charge, part) = (charge.map_or(0, recipients::charge_code), recipients::group_code(group));
            let mut statement = connection.prepare_cached(sql)?;
            statement.execute(params![
                campaign.0,
                lane,
                class_code(class),
                code,
                answers,
                country,
                charge,
                part,
                by
            ])?;
        }
        for ((campaign, HourKey { hour, step }), by) in self.hours.iter().filter(|(_, by)| **by != 0) {
            let sql = "INSERT INTO campaign_hour (campaign, hour, step, count) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (campaign, hour, step) DO UPDATE SET count = count + ?4";
            connection.prepare_cached(sql)?.execute(params![campaign.0, hour, step_code(*step), by])?;
        }
        Ok(())
    }

    pub(super) fn committed(&mut self) {
        for head in self.heads.values_mut() {
            head.dirty = false;
        }
        self.intake.clear();
        self.desks.clear();
        self.recipients.clear();
        self.hours.clear();
    }

    /// The transaction was rolled back: what was learned in it is not true.
    pub(super) fn forget(&mut self) {
        *self = Self { change: self.change, ..Self::default() };
    }
}

impl Session<'_> {
    /// The key of a tenant, given out at its first write.
    pub(super) fn tenant(&mut self, tenant: TenantId) -> Outcome<TenantKey> {
        if let Some(key) = self.ledger.tenants.get(&tenant) {
            return Ok(*key);
        }
        let known = self.known_tenant(tenant)?;
        let key = if let Some(key) = known {
            key
        } else {
            // Its keys are on disk before anything of it can be.
            self.keyring.of(tenant)?;
            self.connection.prepare_cached("INSERT INTO tenant (id) VALUES (?1)")?.execute([tenant.as_bytes()])?;
            TenantKey(self.connection.last_insert_rowid())
        };
        self.ledger.tenants.insert(tenant, key);
        Ok(key)
    }

    /// The key of a campaign. `None`: there is none.
    pub(super) fn campaign(&mut self, tenant: TenantKey, id: CampaignId) -> Outcome<Option<CampaignKey>> {
        if let Some(key) = self.ledger.campaigns.get(&(tenant, id)) {
            return Ok(Some(*key));
        }
        let mut statement = self.connection.prepare_cached("SELECT key FROM campaign WHERE tenant = ?1 AND id = ?2")?;
        let found = statement.query_row(params![tenant.0, id.as_bytes()], |row| row.get(0).map(CampaignKey));
        let found = found.optional()?;
        if let Some(key) = found {
            self.ledger.campaigns.insert((tenant, id), key);
        }
        Ok(found)
    }

    pub(super) fn sealer(&self, tenant: TenantKey) -> Outcome<Arc<Sealer>> {
        let mut statement = self.connection.prepare_cached("SELECT id FROM tenant WHERE key = ?1")?;
        keys_of(self.keyring, TenantId::from_bytes(statement.query_row([tenant.0], |row| row.get(0))?))
    }

    fn known_tenant(&self, tenant: TenantId) -> Outcome<Option<TenantKey>> {
        let mut statement = self.connection.prepare_cached("SELECT key FROM tenant WHERE id = ?1")?;
        Ok(statement.query_row([tenant.as_bytes()], |row| row.get(0).map(TenantKey)).optional()?)
    }

    /// The next number of a change of contacts.
    pub(super) fn next_change(&mut self) -> Outcome<i64> {
        let newest = if let Some(newest) = self.ledger.change {
            newest
        } else {
            let sql = "SELECT max((SELECT max(change) FROM contact INDEXED BY contact_by_change
                 WHERE contact.tenant = tenant.key)) FROM tenant";
            self.connection.query_row(sql, [], |row| row.get::<_, Option<i64>>(0))?.unwrap_or(0)
        };
        self.ledger.change = Some(newest + 1);
        Ok(newest + 1)
    }

    /// Takes the next `events` places of the log; returns the first of them.
    pub(super) fn next_places(&mut self, tenant: TenantKey, events: u64) -> Outcome<u64> {
        if !self.ledger.heads.contains_key(&tenant) {
            let mut statement = self.connection.prepare_cached("SELECT n FROM event_head WHERE tenant = ?1")?;
            let n: Option<i64> = statement.query_row([tenant.0], |row| row.get(0)).optional()?;
            self.ledger.heads.insert(tenant, Head { n: unsigned(n.unwrap_or(0))?, dirty: false });
        }
        let head = self.ledger.heads.entry(tenant).or_insert(Head { n: 0, dirty: false });
        let first = head.n + 1;
        head.n += events;
        head.dirty |= events > 0;
        Ok(first)
    }
}
