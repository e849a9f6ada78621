use engine::content::{Media, MediaState};
use engine::decision::{MediaJob, Record};
use engine::event::LoggedEvent;
use engine::id::{ConversationId, MessageId, TenantId};
use engine::intake::{IntakeMark, IntakeOutcome};
use engine::message::Message;
use engine::outgoing::{OutboxEntry, OutboxState, Outgoing};
use engine::ports::{Commit, Committed, MediaRow, StoreError};
use engine::time::Timestamp;

use super::{File, State};

impl State {
    pub(super) fn commit(&mut self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError> {
        let Commit { conversation, records, events, intake } = commit;
        let id = conversation.id;
        let inserts = records
            .iter()
            .filter_map(|record| if let Record::Insert(message) = record { Some(message.id) } else { None });
        if inserts.into_iter().any(|message| self.messages.contains_key(&(tenant, id, message))) {
            if let Some(mark) = intake {
                self.mark(tenant, &IntakeMark { outcome: IntakeOutcome::Duplicate, error: None, ..mark });
            }
            return Ok(Committed::AlreadyApplied);
        }
        let before = self.conversations.get(&(tenant, id)).map_or(0, |stored| stored.row.revision);
        if conversation.revision != before + 1 {
            return Ok(Committed::Conflict);
        }
        let mut logged = self.logged(tenant, &events)?;
        let now = intake.as_ref().map_or(conversation.last_activity_at, |mark| mark.at);
        self.put_conversation(tenant, conversation);
        for record in records {
            self.write(tenant, id, record, now);
        }
        if let Some(mark) = intake {
            self.mark(tenant, &mark);
        }
        let log = self.events.entry(tenant).or_default();
        log.head += logged.len() as u64;
        log.events.extend(logged.iter().map(|event| (event.n, event.clone())));
        logged.shrink_to_fit();
        Ok(Committed::Applied(logged))
    }

    /// The events at the places that are next in the log.
    fn logged(&self, tenant: TenantId, events: &[engine::event::Event]) -> Result<Vec<LoggedEvent>, StoreError> {
        let head = self.events.get(&tenant).map_or(0, |log| log.head);
        (head + 1..).zip(events).map(|(n, event)| Ok(event.log(n)?)).collect()
    }

    fn write(&mut self, tenant: TenantId, conversation: ConversationId, record: Record, now: Timestamp) {
        match record {
            Record::Insert(message) => self.insert(tenant, conversation, message),
            Record::Update(message) => {
                if let Some(stored) = self.messages.get_mut(&(tenant, conversation, message.id)) {
                    stored.row = message;
                }
            }
            Record::Enqueue(outgoing) => self.enqueue(tenant, outgoing),
            Record::Settle(message) => {
                if let Some(entry) = self.outbox.get_mut(&(tenant, message)) {
                    entry.row.state = OutboxState::Settled;
                }
            }
            Record::Doubt { id, since } => self.doubt(tenant, id, since),
            Record::Fetch(job) => self.fetch(tenant, job, now),
            Record::Fetched(media) => self.finish_fetch(tenant, media),
        }
    }

    pub(super) fn insert(&mut self, tenant: TenantId, conversation: ConversationId, message: Message) {
        if let Some(media) = message.content.media()
            && let Some(file) = self.media.get_mut(&(tenant, media.id))
        {
            file.row.row.conversation.get_or_insert(conversation);
        }
        let arrived = self.arrived(message);
        self.messages.entry((tenant, conversation, arrived.row.id)).or_insert(arrived);
    }

    fn enqueue(&mut self, tenant: TenantId, outgoing: Outgoing) {
        let key = (tenant, outgoing.id);
        let entry = OutboxEntry { outgoing, state: OutboxState::Queued };
        match self.outbox.get_mut(&key) {
            None => {
                let arrived = self.arrived(entry);
                self.outbox.insert(key, arrived);
            }
            Some(stored) => match stored.row.state {
                OutboxState::Queued | OutboxState::Claimed { .. } => {}
                OutboxState::InDoubt { .. } | OutboxState::Settled => stored.row = entry,
            },
        }
    }

    fn doubt(&mut self, tenant: TenantId, id: MessageId, since: Timestamp) {
        if let Some(entry) = self.outbox.get_mut(&(tenant, id))
            && entry.row.state != OutboxState::Settled
        {
            entry.row.state = OutboxState::InDoubt { since };
        }
    }

    fn fetch(&mut self, tenant: TenantId, job: MediaJob, now: Timestamp) {
        let media = Media {
            id: job.media,
            state: MediaState::Pending,
            mime: job.mime.clone(),
            size: None,
            filename: job.filename.clone(),
            reason: None,
        };
        let row = MediaRow { media, conversation: Some(job.conversation), uploader: None };
        let key = (tenant, job.media);
        let arrived = self.arrived(File { row, job: Some((now, job)) });
        self.media.entry(key).or_insert(arrived);
    }
}
