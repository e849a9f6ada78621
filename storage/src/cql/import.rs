use std::collections::{BTreeMap, BTreeSet};

use engine::content::MediaState;
use engine::conversation::Conversation;
use engine::id::{ConversationId, TenantId};
use engine::message::Message;
use engine::ports::{ConversationStore as _, StoreError};
use tokio::time::Instant;

use super::CqlStore;
use super::change::{Change, Rest, Task};
use super::commit::Touched;
use super::order::Listed;
use crate::codec;

/// Messages that come with one change.
const CHUNK: usize = 100;
const TRIES_MAX: usize = 8;

impl CqlStore {
    pub(super) async fn import_history(
        &self,
        tenant: TenantId,
        conversations: Vec<Conversation>,
        messages: Vec<Message>,
    ) -> Result<(), StoreError> {
        let come: BTreeSet<_> = conversations.iter().map(|conversation| conversation.id).collect();
        let named: BTreeSet<_> = messages.iter().map(|message| message.conversation_id).collect();
        for id in named.difference(&come) {
            if self.conversation(tenant, *id).await?.is_none() {
                return Err(codec::corrupt("an import names a conversation that is not there"));
            }
        }
        for conversation in conversations {
            self.import_chunk(tenant, conversation.id, Some(conversation), &[]).await?;
        }
        let mut by_conversation: BTreeMap<ConversationId, Vec<Message>> = BTreeMap::new();
        for message in messages {
            by_conversation.entry(message.conversation_id).or_default().push(message);
        }
        for (id, messages) in by_conversation {
            for chunk in messages.chunks(CHUNK) {
                self.import_chunk(tenant, id, None, chunk).await?;
            }
        }
        Ok(())
    }

    /// `new`: the conversation, if it may have to be made. What is there already stays.
    async fn import_chunk(
        &self,
        tenant: TenantId,
        id: ConversationId,
        new: Option<Conversation>,
        messages: &[Message],
    ) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let name = self.conversation_name(tenant, id);
        let _turn = self.turns.conversations.take(&name).await;
        for _ in 0..TRIES_MAX {
            let known_since = Instant::now();
            let state = self.settled(tenant, &sealer, id).await?;
            let conversation = match &state {
                Some(_) if new.is_some() => return Ok(()),
                Some(state) => self.open_conversation(tenant, &sealer, id, state)?,
                None => new.clone().ok_or_else(|| codec::corrupt("a conversation vanished during an import"))?,
            };
            let mut arrivals = state.as_ref().map_or(0, |state| state.arrivals);
            let (mut touched, mut tasks) = (Touched::default(), Vec::new());
            for message in messages {
                if self.message_at(name, message.id).await?.is_none() {
                    arrivals += 1;
                    let media = message.content.media();
                    tasks.extend(media.map(|media| Task::Tie(media.id)));
                    let ready = media.filter(|media| media.state == MediaState::Ready);
                    tasks.extend(ready.map(|media| Task::Import(media.clone())));
                    touched.insert(message.clone(), arrivals);
                }
            }
            let (puts, drops) = touched.rows(&sealer)?;
            if puts.is_empty() && state.is_some() {
                return Ok(());
            }
            let stamp = state.as_ref().map_or(0, |state| state.stamp) + 1;
            let place = state.as_ref().map_or_else(|| self.place(), |state| state.place);
            let rest = Rest { listed: Listed::of(&conversation, place, stamp), tasks, mark: None };
            let change = Change { id: rand::random(), stamp, puts, drops, events: Vec::new(), rest, known_since };
            if self.decide(tenant, &sealer, &conversation, state.as_ref(), &change, arrivals).await? {
                self.follow(tenant, &sealer, id, &change).await?;
                return Ok(());
            }
        }
        Err(StoreError::Busy)
    }
}
