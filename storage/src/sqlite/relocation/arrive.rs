//! An organization on its way in. Its rows are there before it is: the row of the tenant says that it is arriving, and only
//! the last commit makes an organization of them.

use engine::audit::Link;
use engine::directory::Number;
use engine::household::Write;
use engine::id::{ClaimToken, ContactId, ConversationId, MemberId, PhoneNumberId, TenantId};
use engine::inbound::StatusUpdate;
use engine::intake::IntakeEntry;
use engine::outgoing::OutboxState;
use engine::ports::{Arrival, Belonging, ChainEnds, MediaRow, Welcome};
use rusqlite::params;

use super::super::accounts::AccountRow;
use super::super::administration::{self, Home, StoredOrganization};
use super::super::campaigns::{self, CampaignRow};
use super::super::contacts::{self, ConsentRow, IdentityRow};
use super::super::conversations::ConversationRow;
use super::super::fault::{Outcome, signed};
use super::super::inbox_log;
use super::super::ledger::{self, TenantKey, outcome_code};
use super::super::messages::{self, ImportRow};
use super::super::notes::NoteRow;
use super::super::templates::TemplateRow;
use super::super::writer::Session;
use super::super::{audit, codec, directory, outbox};
use crate::crypto::{Lookup, Sealer};

/// Rows that are forgotten in one operation.
const FORGET_CHUNK: i64 = 500;

/// One thing on its way into the file, sealed.
pub(super) enum Brought {
    Contact {
        id: ContactId,
        merged_into: Option<ContactId>,
        body: Vec<u8>,
        identities: Vec<IdentityRow>,
        consents: Vec<ConsentRow>,
        notes: Vec<NoteRow>,
    },
    Conversation(ConversationRow),
    Message(Box<ImportRow>),
    ParkedStatus {
        update: Box<StatusUpdate>,
        lookup: Lookup,
        body: Vec<u8>,
    },
    Intake {
        entry: Box<IntakeEntry>,
        raw: Vec<u8>,
        error: Option<Vec<u8>>,
    },
    Audit {
        prepared: Box<audit::Prepared>,
        at: Link,
    },
    Campaign(Box<CampaignRow>),
    Recipient(Box<campaigns::Brought>),
    /// Into a table that has a row for (tenant, id).
    File(FileColumns),
    Outgoing(OutgoingColumns),
    Alert {
        id: [u8; 16],
        dismissed: bool,
        body: Vec<u8>,
    },
    Template(TemplateRow),
}

pub(super) struct FileColumns {
    id: [u8; 16],
    conversation: Option<ConversationId>,
    uploader: Option<MemberId>,
    body: Vec<u8>,
    due_at: Option<i64>,
    attempts: u32,
    job: Option<Vec<u8>>,
}

pub(super) struct OutgoingColumns {
    id: [u8; 16],
    state: u8,
    token: Option<ClaimToken>,
    since: Option<i64>,
    body: Vec<u8>,
}

impl Brought {
    pub(super) fn of(sealer: &Sealer, belonging: &Belonging) -> Outcome<Self> {
        Ok(match belonging {
            Belonging::Contact { contact, identities, consents, notes } => Self::Contact {
                id: contact.id,
                merged_into: contact.merged_into,
                body: contacts::seal(sealer, contact)?,
                identities: IdentityRow::all(sealer, identities)?,
                consents: consents.iter().map(|entry| ConsentRow::of(sealer, entry)).collect::<Outcome<_>>()?,
                notes: notes.iter().map(|note| NoteRow::of(sealer, note)).collect::<Outcome<_>>()?,
            },
            Belonging::Conversation(conversation) => Self::Conversation(ConversationRow::of(sealer, conversation)?),
            Belonging::Message(message) => Self::Message(Box::new(ImportRow::of(sealer, message)?)),
            Belonging::ParkedStatus(update) => {
                let lookup = codec::wamid_lookup(sealer, &update.wamid);
                let body = codec::seal(sealer, codec::PARKED_STATUS, &lookup, update)?;
                Self::ParkedStatus { update: update.clone(), lookup, body }
            }
            Belonging::Intake { entry, raw } => {
                let error = inbox_log::seal_error(sealer, entry.id, entry.error.as_deref())?;
                let raw = sealer.seal(codec::INBOX_RAW, entry.id.as_bytes(), raw)?;
                Self::Intake { entry: entry.clone(), raw, error }
            }
            Belonging::Audit(record) => {
                let prepared = audit::prepare_one(record.entry.clone());
                Self::Audit { prepared: Box::new(prepared), at: Link { n: record.n, hash: record.hash } }
            }
            Belonging::File { row, job } => {
                let MediaRow { media, conversation, uploader } = row.as_ref();
                let due = job.as_ref().map(|job| (job.0.0, job.1.attempts));
                Self::File(FileColumns {
                    id: *media.id.as_bytes(),
                    conversation: *conversation,
                    uploader: *uploader,
                    body: codec::seal(sealer, codec::MEDIA, media.id.as_bytes(), media)?,
                    due_at: due.map(|(at, _)| at),
                    attempts: due.map_or(0, |(_, attempts)| attempts),
                    job: job.as_ref().map(|job| codec::seal_job(sealer, &job.1)).transpose()?,
                })
            }
            Belonging::Outgoing(entry) => {
                let (state, token, since) = match entry.state {
                    OutboxState::Queued => (outbox::QUEUED, None, None),
                    OutboxState::Claimed { token, at } => (outbox::CLAIMED, Some(token), Some(at.0)),
                    OutboxState::InDoubt { since } => (outbox::IN_DOUBT, None, Some(since.0)),
                    OutboxState::Settled => (outbox::SETTLED, None, None),
                };
                let id = *entry.outgoing.id.as_bytes();
                let body = codec::seal(sealer, codec::OUTBOX, &id, &entry.outgoing)?;
                Self::Outgoing(OutgoingColumns { id, state, token, since, body })
            }
            Belonging::Campaign(campaign) => Self::Campaign(Box::new(CampaignRow::of(sealer, *campaign.clone())?)),
            Belonging::Recipient { campaign, row } => {
                Self::Recipient(Box::new(campaigns::Brought::of(sealer, *campaign, row)?))
            }
            Belonging::Alert { alert, dismissed } => {
                let body = codec::seal(sealer, codec::ALERT, alert.id.as_bytes(), alert)?;
                Self::Alert { id: *alert.id.as_bytes(), dismissed: *dismissed, body }
            }
            Belonging::Template(template) => Self::Template(TemplateRow::of(sealer, template)?),
        })
    }

    /// What is there already is left as it is.
    pub(super) fn write(&self, session: &mut Session<'_>, sealer: &Sealer, tenant: TenantKey) -> Outcome<()> {
        let connection = session.connection;
        match self {
            Self::Contact { id, merged_into, body, identities, consents, notes } => {
                if contacts::key_of(connection, tenant, *id)?.is_some() {
                    return Ok(());
                }
                let key = contacts::insert(session, tenant, (*id, *merged_into), body)?;
                for consent in consents {
                    consent.insert(connection, tenant, key)?;
                }
                for note in notes {
                    note.insert(connection, tenant, key)?;
                }
                contacts::attach(connection, tenant, key, identities)
            }
            Self::Conversation(row) => messages::import_conversation(session, tenant, row),
            Self::Message(row) => messages::import_messages(session, tenant, std::slice::from_ref(row)),
            Self::ParkedStatus { update, lookup, body } => {
                if messages::parked(connection, sealer, tenant, *lookup)?.contains(update) {
                    return Ok(());
                }
                let sql = "INSERT INTO parked_status (tenant, wamid, body) VALUES (?1, ?2, ?3)";
                connection.prepare_cached(sql)?.execute(params![tenant.0, lookup, body])?;
                Ok(())
            }
            Self::Intake { entry, raw, error } => write_intake(session, tenant, entry, raw, error.as_deref()),
            Self::Audit { prepared, at } => {
                let sql = "SELECT 1 FROM audit INDEXED BY audit_by_n WHERE tenant = ?1 AND n = ?2";
                if connection.prepare_cached(sql)?.exists([tenant.0, signed(at.n)])? {
                    return Ok(());
                }
                prepared.insert(connection, sealer, tenant, *at)
            }
            Self::File(row) => {
                let FileColumns { id, conversation, uploader, body, due_at, attempts, job } = row;
                let sql = "INSERT INTO media (tenant, id, conversation, uploader, body, due_at, attempts, job)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (tenant, id) DO NOTHING";
                let conversation = conversation.as_ref().map(ConversationId::as_bytes);
                let uploader = uploader.as_ref().map(MemberId::as_bytes);
                let mut statement = connection.prepare_cached(sql)?;
                statement.execute(params![tenant.0, id, conversation, uploader, body, due_at, attempts, job])?;
                Ok(())
            }
            Self::Outgoing(OutgoingColumns { id, state, token, since, body }) => {
                let sql = "INSERT INTO outbox (tenant, id, state, token, since, body)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (tenant, id) DO NOTHING";
                let token = token.as_ref().map(ClaimToken::as_bytes);
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, state, token, since, body])?;
                Ok(())
            }
            Self::Campaign(row) => row.bring_in(connection, tenant),
            Self::Recipient(row) => row.write(session, tenant),
            Self::Alert { id, dismissed, body } => {
                let sql = "INSERT INTO alert (tenant, id, dismissed, body) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (tenant, id) DO NOTHING";
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, dismissed, body])?;
                Ok(())
            }
            Self::Template(row) => row.bring(connection, tenant),
        }
    }
}

fn write_intake(
    session: &mut Session<'_>,
    tenant: TenantKey,
    entry: &IntakeEntry,
    raw: &[u8],
    error: Option<&[u8]>,
) -> Outcome<()> {
    let sql = "INSERT INTO inbox (id, tenant, number, field, kind, received_at, size, outcome, attempts, error,
         processed_at, conversation) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO NOTHING";
    let inserted = session.connection.prepare_cached(sql)?.execute(params![
        entry.id.as_bytes(),
        tenant.0,
        entry.phone_number_id.as_ref().map(PhoneNumberId::as_str),
        entry.field,
        entry.kind,
        entry.received_at.0,
        signed(entry.size),
        outcome_code(entry.outcome),
        entry.attempts,
        error,
        entry.processed_at.map(|at| at.0),
        entry.conversation_id.as_ref().map(ConversationId::as_bytes),
    ])?;
    if inserted > 0 {
        let arrival = session.connection.last_insert_rowid();
        let sql = "INSERT INTO inbox_body (arrival, raw) VALUES (?1, ?2)";
        session.connection.prepare_cached(sql)?.execute(params![arrival, raw])?;
        session.ledger.tally_intake(tenant, ledger::minute(entry.received_at), entry.outcome, 1);
    }
    Ok(())
}

pub(super) fn mark(session: &mut Session<'_>, tenant: TenantId) -> Outcome<()> {
    let key = session.tenant(tenant)?;
    session.connection.prepare_cached("UPDATE tenant SET arriving = 1 WHERE key = ?1")?.execute([key.0])?;
    Ok(())
}

/// What names rows of an organization that is not there, in an order that breaks no reference.
const LEFT_BEHIND: &[&str] = &[
    "DELETE FROM message WHERE (conversation, at, arrival) IN (SELECT conversation, at, arrival FROM message
     WHERE conversation IN (SELECT key FROM conversation INDEXED BY conversation_list WHERE tenant = ?1) LIMIT ?2)",
    "DELETE FROM conversation WHERE key IN (SELECT key FROM conversation WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM conversation_tally WHERE tenant = ?1 AND ?2 > 0",
    "DELETE FROM identity WHERE (tenant, lookup) IN (SELECT tenant, lookup FROM identity WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM consent WHERE (contact, at, id) IN (SELECT contact, at, consent.id FROM contact CROSS JOIN consent
     ON consent.contact = contact.key WHERE contact.tenant = ?1 LIMIT ?2)",
    "DELETE FROM note WHERE (contact, at, id) IN (SELECT contact, at, id FROM note WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM contact WHERE key IN (SELECT key FROM contact WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM parked_status WHERE arrival IN (SELECT arrival FROM parked_status WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM outbox WHERE place IN (SELECT place FROM outbox WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM recipient_body WHERE place IN (SELECT recipient_body.place FROM campaign CROSS JOIN recipient_body
     ON recipient_body.place BETWEEN campaign.key << 32 AND (campaign.key << 32) + 4294967295
     WHERE campaign.tenant = ?1 LIMIT ?2)",
    "DELETE FROM recipient WHERE place IN (SELECT recipient.place FROM campaign CROSS JOIN recipient
     ON recipient.place BETWEEN campaign.key << 32 AND (campaign.key << 32) + 4294967295
     WHERE campaign.tenant = ?1 LIMIT ?2)",
    "DELETE FROM campaign_tally WHERE ?2 > 0 AND campaign IN (SELECT key FROM campaign WHERE tenant = ?1)",
    "DELETE FROM campaign_hour WHERE ?2 > 0 AND campaign IN (SELECT key FROM campaign WHERE tenant = ?1)",
    "DELETE FROM campaign WHERE key IN (SELECT key FROM campaign WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM media WHERE key IN (SELECT key FROM media WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM inbox_body WHERE arrival IN (SELECT arrival FROM inbox_body JOIN inbox USING (arrival)
     WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM inbox WHERE arrival IN (SELECT arrival FROM inbox WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM inbox_tally WHERE tenant = ?1 AND ?2 > 0",
    "DELETE FROM outreach WHERE tenant = ?1 AND ?2 > 0",
    "DELETE FROM alert WHERE place IN (SELECT place FROM alert WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM template WHERE place IN (SELECT place FROM template WHERE tenant = ?1 LIMIT ?2)",
    "DELETE FROM template_sync WHERE tenant = ?1 AND ?2 > 0",
    "DELETE FROM audit WHERE rowid IN (SELECT rowid FROM audit WHERE tenant = ?1 LIMIT ?2)",
];

/// `true` when there may be more.
pub(super) fn forget_some(session: &mut Session<'_>, tenant: TenantId) -> Outcome<bool> {
    let key = session.tenant(tenant)?;
    session.ledger.forget_campaigns();
    for sql in LEFT_BEHIND {
        if session.connection.prepare_cached(sql)?.execute([key.0, FORGET_CHUNK])? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What makes an organization be there, sealed.
pub(super) struct Settling {
    id: TenantId,
    revision: u64,
    organization: StoredOrganization,
    writes: Vec<administration::Prepared>,
    accounts: Vec<AccountRow>,
    numbers: Vec<(Number, Vec<u8>)>,
    app: Option<Vec<u8>>,
    chain: ChainEnds,
    events: u64,
}

impl Settling {
    pub(super) fn of(sealer: &Sealer, installation: &Sealer, arrival: &Arrival) -> Outcome<Self> {
        let Arrival { household, accounts, numbers, app, chain, events } = arrival.clone();
        let id = household.organization.id;
        let (name, settings, revision) =
            (household.organization.name.clone(), household.settings.clone(), household.revision);
        let add = accounts.into_iter().map(|account| Write::AddAccount(Box::new(account)));
        let all = add.chain(administration::writes_of(household)).collect();
        let (accounts, writes) = administration::prepare(sealer, installation, all)?;
        let numbers = numbers.into_iter().map(|number| {
            let body = codec::seal_number(sealer, &number)?;
            Ok((number, body))
        });
        let app = app.map(|app| codec::seal(sealer, codec::META_APP, id.as_bytes(), &app)).transpose()?;
        Ok(Self {
            id,
            revision,
            organization: StoredOrganization { name, settings },
            writes,
            accounts,
            numbers: numbers.collect::<Outcome<_>>()?,
            app,
            chain,
            events,
        })
    }

    pub(super) fn welcome(&self, session: &mut Session<'_>) -> Outcome<Welcome> {
        if administration::known(session.connection, self.id)?.is_some() {
            return Ok(Welcome::Exists);
        }
        for account in &self.accounts {
            if account.known(session.connection)? == Some(false) {
                return Ok(Welcome::EmailTaken);
            }
        }
        let key = session.tenant(self.id)?;
        for (number, _) in &self.numbers {
            if directory::is_taken(session.connection, key, number.phone_number_id.as_str())? {
                return Ok(Welcome::NumberTaken);
            }
        }
        Ok(Welcome::Welcome)
    }

    pub(super) fn settle(&self, session: &mut Session<'_>, entries: &[audit::Prepared]) -> Outcome<()> {
        let (key, connection) = (session.tenant(self.id)?, session.connection);
        let sealer = session.sealer(key)?;
        let home = Home { connection, sealer: &sealer, key, id: self.id };
        home.put_organization(&self.organization)?;
        administration::put_revision(session, key, self.revision)?;
        for account in &self.accounts {
            if account.known(connection)?.is_none() {
                account.insert(connection)?;
            }
        }
        for write in &self.writes {
            write.write(&home)?;
        }
        for (number, body) in &self.numbers {
            directory::put_number(session, key, number, body)?;
        }
        self.app.as_ref().map_or(Ok(()), |app| directory::put_app(connection, key, app))?;
        audit::put_ends(connection, key, self.chain)?;
        audit::append(session, key, entries)?;
        session.next_places(key, self.events)?;
        connection.prepare_cached("UPDATE tenant SET arriving = 0 WHERE key = ?1")?.execute([key.0])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    /// A table of organizations that is not among them would keep what an import that was cut short has left.
    #[test]
    fn every_table_of_an_organization_is_forgotten_or_known() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../../schema/0001_start.sql")).unwrap();
        let sql = "SELECT t.name FROM sqlite_schema AS t JOIN pragma_table_info(t.name) AS c
             WHERE t.type = 'table' AND c.name IN ('tenant', 'conversation', 'arrival', 'campaign', 'lane') GROUP BY t.name ORDER BY t.name";
        let mut statement = connection.prepare(sql).unwrap();
        let tables = statement.query_map([], |row| row.get::<_, String>(0)).unwrap().map(Result::unwrap);
        let forgotten =
            |table: &String| LEFT_BEHIND.iter().any(|sql| sql.starts_with(&format!("DELETE FROM {table} ")));
        let left: Vec<_> = tables.filter(|table| !forgotten(table)).collect();
        // They come with the last commit.
        let last = "api_key audit_end contact_import event event_head invitation member meta_app number role segment session team";
        assert_eq!(left, last.split(' ').collect::<Vec<_>>());
        for sql in LEFT_BEHIND {
            assert_eq!(connection.prepare(sql).unwrap().execute([1, 1]).unwrap(), 0, "{sql}");
        }
    }
}
