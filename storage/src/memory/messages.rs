use std::cmp::Reverse;

use async_trait::async_trait;
use engine::conversation::Conversation;
use engine::id::{ConversationId, MessageId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::message::{Direction, Message};
use engine::ports::{ListError, Located, MessageStore, Page, PageRequest, StoreError};

use super::{Arrived, MemoryStore, State};
use crate::cursor::{self, List};

impl State {
    pub(super) fn park(&mut self, tenant: TenantId, update: &StatusUpdate) {
        let arrived = self.arrived(update.clone());
        let parked = self.parked.entry((tenant, update.wamid.clone())).or_default();
        if !parked.iter().any(|known| known.row == *update) {
            parked.push(arrived);
        }
    }
}

#[async_trait]
impl MessageStore for MemoryStore {
    async fn message(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        Ok(self.state()?.messages.get(&(tenant, conversation, id)).map(|stored| stored.row.clone()))
    }

    async fn history(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, ListError> {
        let before = cursor::position(List::History, &page)?;
        let limit = cursor::limit(&page);
        let state = self.state()?;
        let first = (tenant, conversation, MessageId::from_bytes([0; 16]));
        let last = (tenant, conversation, MessageId::from_bytes([0xff; 16]));
        let position = |stored: &Arrived<Message>| (stored.row.at.0, stored.place);
        let all = state.messages.range(first..=last).map(|(_, stored)| stored);
        let mut all: Vec<_> = all.filter(|stored| before.is_none_or(|before| position(stored) < before)).collect();
        all.sort_by_key(|stored| Reverse(position(stored)));
        let more = cursor::cut(&mut all, limit);
        let next = all.last().filter(|_| more).map(|last| {
            let (at, place) = position(last);
            cursor::at_position(List::History, at, place)
        });
        Ok(Page { items: all.into_iter().map(|stored| stored.row.clone()).collect(), next })
    }

    async fn locate(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<Located>, StoreError> {
        let state = self.state()?;
        let found = state.messages.iter().find(|((owner, _, _), stored)| {
            *owner == tenant && stored.row.direction == Direction::Out && stored.row.wamid.as_ref() == Some(wamid)
        });
        Ok(found.map(|((_, conversation, message), _)| Located { conversation: *conversation, message: *message }))
    }

    async fn park_status(&self, tenant: TenantId, update: &StatusUpdate) -> Result<(), StoreError> {
        self.state()?.park(tenant, update);
        Ok(())
    }

    async fn unpark_statuses(&self, tenant: TenantId, wamid: &Wamid) -> Result<Vec<StatusUpdate>, StoreError> {
        let taken = self.state()?.parked.remove(&(tenant, wamid.clone())).unwrap_or_default();
        Ok(taken.into_iter().map(|parked| parked.row).collect())
    }

    async fn import(
        &self,
        tenant: TenantId,
        conversations: Vec<Conversation>,
        messages: Vec<Message>,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let comes = |id| conversations.iter().any(|conversation| conversation.id == id);
        for message in &messages {
            let id = message.conversation_id;
            if !state.conversations.contains_key(&(tenant, id)) && !comes(id) {
                return Err(StoreError::Corrupt("an import names a conversation that is not there".to_owned()));
            }
        }
        for conversation in conversations {
            if !state.conversations.contains_key(&(tenant, conversation.id)) {
                state.put_conversation(tenant, conversation);
            }
        }
        for message in messages {
            if !state.messages.contains_key(&(tenant, message.conversation_id, message.id)) {
                state.import_file(tenant, &message);
                state.insert(tenant, message.conversation_id, message);
            }
        }
        Ok(())
    }
}
