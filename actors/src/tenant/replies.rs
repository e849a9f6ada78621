//! Answers to broadcasts are counted. An organization without any pays a look now and then.

use std::time::Duration;

use engine::campaign::RecipientKey;
use engine::id::{ContactId, Wamid};
use engine::inbound::{InboundBody, InboundMessage};
use engine::message::Direction;
use engine::ports::{ListError, PageRequest, StoreError};
use engine::time::{Span, Timestamp};
use tokio::time::Instant;

use super::State;

/// Without a quote, an answer is to what a broadcast sent within this.
const ANSWERED_WITHIN: Span = Span::hours(72);
/// WhatsApp's times are whole seconds, and of another clock.
const CLOCKS_APART: Span = Span::seconds(-5);
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
    /// Counts it for the broadcast that it answers. Done twice, it is counted once.
    pub(super) async fn count_reply(&self, inbound: &InboundMessage, contact: ContactId) -> Result<(), StoreError> {
        let is_reply = inbound.live
            && inbound.direction == Direction::In
            && matches!(inbound.body, InboundBody::Content(_) | InboundBody::File { .. });
        if !is_reply || !self.has_broadcasts().await? {
            return Ok(());
        }
        let answered = match &inbound.reply_to {
            Some(quoted) => self.campaign_message(quoted).await?,
            None => self.newest_to(contact, inbound.at).await?,
        };
        match answered {
            Some(key) => self.actors.world.store.record_campaign_reply(self.tenant, key, inbound.at).await,
            None => Ok(()),
        }
    }

    pub(super) async fn campaign_message(&self, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError> {
        self.actors.world.store.locate_recipient(self.tenant, wamid).await
    }

    /// `None` as well when their answer to it is counted already.
    async fn newest_to(&self, contact: ContactId, at: Timestamp) -> Result<Option<RecipientKey>, StoreError> {
        let sent = self.actors.world.store.sent_to(self.tenant, contact, 1).await?;
        let Some((campaign, row)) = sent.into_iter().next() else { return Ok(None) };
        let since = row.delivery.accepted_at.map(|accepted| at.since(accepted));
        let is_recent = since.is_some_and(|since| since > CLOCKS_APART && since <= ANSWERED_WITHIN);
        let is_news = row.replied_at.is_none_or(|replied| at < replied);
        Ok((is_recent && is_news).then_some(RecipientKey { campaign, no: row.recipient.no }))
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
