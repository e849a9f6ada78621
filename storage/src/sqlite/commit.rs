//! The hot path: what one decision writes.

use engine::decision::Record;
use engine::event::{Audience, LoggedEvent};
use engine::id::{ConversationId, MemberId, MessageId, TeamId, TenantId};
use engine::ports::{Commit, Committed, StoreError};
use engine::time::Timestamp;
use rusqlite::params;

use super::codec::Frame;
use super::conversations::{self, ConversationRow};
use super::fault::Outcome;
use super::inbox_log::MarkRow;
use super::ledger::TenantKey;
use super::media::{self, FileRow, JobRow};
use super::messages::MessageRow;
use super::outbox::OutgoingRow;
use super::writer::Session;
use super::{event_log, outbox};
use crate::crypto::Sealer;

/// A commit, encoded and sealed as far as possible: the writer is one thread, the callers are many.
pub(super) struct Prepared {
    conversation: ConversationRow,
    records: Vec<PreparedRecord>,
    frames: Vec<Frame>,
    intake: Option<MarkRow>,
    /// For files to fetch: due as soon as they are known.
    now: Timestamp,
}

enum PreparedRecord {
    Insert(MessageRow),
    Update(MessageRow),
    Enqueue(OutgoingRow),
    Settle(MessageId),
    Doubt { id: MessageId, since: Timestamp },
    Fetch(JobRow),
    Fetched(FileRow),
}

impl Prepared {
    pub(super) fn of(sealer: &Sealer, commit: &Commit) -> Outcome<Self> {
        let Commit { conversation, records, events, intake } = commit;
        let records = records.iter().map(|record| {
            Ok(match record {
                Record::Insert(message) => PreparedRecord::Insert(MessageRow::of(sealer, message)?),
                Record::Update(message) => PreparedRecord::Update(MessageRow::of(sealer, message)?),
                Record::Enqueue(outgoing) => PreparedRecord::Enqueue(OutgoingRow::of(sealer, outgoing)?),
                Record::Settle(id) => PreparedRecord::Settle(*id),
                Record::Doubt { id, since } => PreparedRecord::Doubt { id: *id, since: *since },
                Record::Fetch(job) => PreparedRecord::Fetch(JobRow::of(sealer, job)?),
                Record::Fetched(media) => PreparedRecord::Fetched(FileRow::of(sealer, media)?),
            })
        });
        Ok(Self {
            conversation: ConversationRow::of(sealer, conversation)?,
            records: records.collect::<Outcome<_>>()?,
            frames: events.iter().map(|event| Frame::of(sealer, event)).collect::<Result<_, StoreError>>()?,
            intake: intake.as_ref().map(|mark| MarkRow::of(sealer, mark)).transpose()?,
            now: intake.as_ref().map_or(conversation.last_activity_at, |mark| mark.at),
        })
    }

    /// Checks everything before it writes anything.
    pub(super) fn write(&self, session: &mut Session<'_>, tenant: TenantId) -> Outcome<Committed> {
        let tenant = session.tenant(tenant)?;
        let stored = conversations::stored(session.connection, tenant, self.conversation.id)?;
        if let Some(stored) = stored {
            for message in self.inserts() {
                if message.exists(session.connection, stored.key)? {
                    return self.already_applied(session, tenant);
                }
            }
        }
        if self.conversation.revision != stored.map_or(0, |stored| stored.revision) + 1 {
            return Ok(Committed::Conflict);
        }
        let mut arrival = stored.map_or(0, |stored| stored.arrivals);
        let arrivals = arrival + i64::try_from(self.inserts().count()).unwrap_or(i64::MAX);
        let key = self.conversation.write(session, tenant, stored, arrivals)?;
        for record in &self.records {
            if matches!(record, PreparedRecord::Insert(_)) {
                arrival += 1;
            }
            record.write(session, &Place { tenant, id: self.conversation.id, key, arrival, now: self.now })?;
        }
        let logged = self.log(session, tenant)?;
        if let Some(mark) = &self.intake {
            mark.write(session, tenant)?;
        }
        Ok(Committed::Applied(logged))
    }

    fn inserts(&self) -> impl Iterator<Item = &MessageRow> {
        self.records
            .iter()
            .filter_map(|record| if let PreparedRecord::Insert(message) = record { Some(message) } else { None })
    }

    fn already_applied(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<Committed> {
        if let Some(mark) = &self.intake {
            mark.duplicate().write(session, tenant)?;
        }
        Ok(Committed::AlreadyApplied)
    }

    fn log(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<Vec<LoggedEvent>> {
        let first = session.next_places(tenant, self.frames.len() as u64)?;
        let logged: Vec<_> = (first..).zip(&self.frames).map(|(n, frame)| frame.at(n)).collect();
        for (event, frame) in logged.iter().zip(&self.frames) {
            let sql = "INSERT INTO event (place, conversation, assignee, team, was, was_team, moved, frame)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
            let Audience { holder, was, moved } = &event.audience;
            session.connection.prepare_cached(sql)?.execute(params![
                event_log::place(tenant, event.n),
                event.conversation.as_bytes(),
                holder.assignee.as_ref().map(MemberId::as_bytes),
                holder.team.as_ref().map(TeamId::as_bytes),
                was.assignee.as_ref().map(MemberId::as_bytes),
                was.team.as_ref().map(TeamId::as_bytes),
                moved,
                frame.stored,
            ])?;
        }
        Ok(logged)
    }
}

/// Where the records of a commit go.
struct Place {
    tenant: TenantKey,
    id: ConversationId,
    key: i64,
    arrival: i64,
    now: Timestamp,
}

impl PreparedRecord {
    fn write(&self, session: &mut Session<'_>, place: &Place) -> Outcome<()> {
        match self {
            Self::Insert(message) => {
                message.insert(session.connection, place.key, place.arrival)?;
                message.media.map_or(Ok(()), |file| media::tie(session.connection, place.tenant, file, place.id))
            }
            Self::Update(message) => message.update(session.connection, place.key),
            Self::Enqueue(outgoing) => outgoing.enqueue(session.connection, place.tenant),
            Self::Settle(id) => outbox::settle(session.connection, place.tenant, *id),
            Self::Doubt { id, since } => outbox::doubt(session.connection, place.tenant, *id, *since),
            Self::Fetch(job) => job.add(session.connection, place.tenant, place.now),
            Self::Fetched(file) => file.finish_fetch(session.connection, place.tenant),
        }
    }
}
