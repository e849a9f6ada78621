//! What people do because of a broadcast is counted. An organization without any pays a look now and then.

use std::time::Duration;

use engine::campaign::{Answers, RecipientKey};
use engine::contact::Contact;
use engine::id::Wamid;
use engine::inbound::InboundMessage;
use engine::ports::{ListError, PageRequest, StoreError};
use engine::time::Timestamp;
use tokio::time::Instant;

use super::State;

/// How often it is asked whether there are broadcasts, as long as there are none.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// What is known of whether the organization has broadcasts at all.
#[derive(Clone, Copy, Default)]
pub(super) enum Broadcasts {
    #[default]
    Unknown,
    NoneAt(Instant),
    Some,
}

impl State {
    /// Counts it for the broadcast that it answers. Done twice, it is counted once. `contact`: as it was before.
    pub(super) async fn count_answers(&self, inbound: &InboundMessage, contact: &Contact) -> Result<(), StoreError> {
        let Some(answers) = Answers::of(inbound, contact.marketing) else { return Ok(()) };
        if !self.has_broadcasts().await? {
            return Ok(());
        }
        let answered = match &inbound.reply_to {
            Some(quoted) => self.campaign_message(quoted).await?,
            None => self.newest_to(contact, answers, inbound.at).await?,
        };
        match answered {
            Some(key) => self.actors.world.store.record_answers(self.tenant, key, answers, inbound.at).await,
            None => Ok(()),
        }
    }

    pub(super) async fn campaign_message(&self, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError> {
        self.actors.world.store.locate_recipient(self.tenant, wamid).await
    }

    /// `None` as well when all of it is counted already.
    async fn newest_to(
        &self,
        contact: &Contact,
        answers: Answers,
        at: Timestamp,
    ) -> Result<Option<RecipientKey>, StoreError> {
        let mut sent = Vec::new();
        for id in contact.everybody() {
            sent.extend(self.actors.world.store.sent_to(self.tenant, id, 1).await?);
        }
        let newest = sent.into_iter().max_by_key(|(_, row)| row.delivery.accepted_at);
        let Some((campaign, mut row)) = newest else { return Ok(None) };
        let counts = row.is_recent_at(at) && row.record_answers(answers, at);
        Ok(counts.then_some(RecipientKey { campaign, no: row.recipient.no }))
    }

    async fn has_broadcasts(&self) -> Result<bool, StoreError> {
        // One that went to work here a moment ago has been written to by now.
        if self.actors.broadcasting.contains(&self.tenant) {
            return Ok(true);
        }
        match self.broadcasts.get() {
            Broadcasts::Some => return Ok(true),
            Broadcasts::NoneAt(asked) if asked.elapsed() < ASK_AGAIN => return Ok(false),
            Broadcasts::NoneAt(_) | Broadcasts::Unknown => {}
        }
        let page = PageRequest { after: None, limit: 1 };
        let found = match self.actors.world.store.campaigns(self.tenant, page).await {
            Ok(page) => !page.items.is_empty(),
            Err(ListError::Store(error)) => return Err(error),
            Err(ListError::BadCursor) => false,
        };
        self.broadcasts.set(if found { Broadcasts::Some } else { Broadcasts::NoneAt(Instant::now()) });
        Ok(found)
    }
}
