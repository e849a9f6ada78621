use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::access::Visibility;
use engine::conversation::{Conversation, ConversationStatus};
use engine::id::{ContactId, ConversationId, MemberId, TenantId};
use engine::ports::{
    Commit, Committed, ConversationCounts, ConversationQuery, ConversationStore, ListError, Page, StoreError, View,
};

use super::{Arrived, MemoryStore, State, late};
use crate::cursor::{self, List};

fn shows(view: View, conversation: &Conversation) -> bool {
    let assignee = conversation.assignee.as_ref().map(|person| person.id);
    let closed = conversation.status == ConversationStatus::Closed;
    match view {
        View::Mine(member) => !closed && assignee == Some(member),
        View::Unassigned => !closed && assignee.is_none(),
        View::All => !closed,
        View::Closed => closed,
    }
}

impl State {
    pub(super) fn put_conversation(&mut self, tenant: TenantId, conversation: Conversation) {
        let arrived = self.arrived(conversation.clone());
        let key = (tenant, conversation.id);
        self.conversations.entry(key).or_insert(arrived).row = conversation;
    }

    /// What the visibility covers, newest activity first.
    fn visible(&self, tenant: TenantId, visibility: &Visibility) -> Vec<&Arrived<Conversation>> {
        let own = self.conversations.iter().filter(|((owner, _), _)| *owner == tenant).map(|(_, stored)| stored);
        let mut visible: Vec<_> = own.filter(|stored| visibility.covers(stored.row.holder())).collect();
        visible.sort_by_key(|stored| Reverse((stored.row.last_activity_at, stored.place)));
        visible
    }
}

#[async_trait]
impl ConversationStore for MemoryStore {
    async fn conversation(&self, tenant: TenantId, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        Ok(self.state()?.conversations.get(&(tenant, id)).map(|stored| stored.row.clone()))
    }

    async fn commit(&self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError> {
        late(&self.commits_late_ms).await;
        self.state()?.commit(tenant, commit)
    }

    async fn conversations(&self, tenant: TenantId, query: ConversationQuery) -> Result<Page<Conversation>, ListError> {
        let before = cursor::position(List::Conversations, &query.page)?;
        let limit = cursor::limit(&query.page);
        let state = self.state()?;
        let shown = state.visible(tenant, &query.visibility).into_iter();
        let shown = shown.filter(|stored| shows(query.view, &stored.row) && (!query.unread || stored.row.unread > 0));
        let position = |stored: &Arrived<Conversation>| (stored.row.last_activity_at.0, stored.place);
        let mut rest = shown.filter(|stored| before.is_none_or(|before| position(stored) < before));
        let page: Vec<_> = rest.by_ref().take(limit as usize).collect();
        let next = rest.next().and(page.last()).map(|last| {
            let (at, place) = position(last);
            cursor::at_position(List::Conversations, at, place)
        });
        Ok(Page { items: page.into_iter().map(|stored| stored.row.clone()).collect(), next })
    }

    async fn counts(
        &self,
        tenant: TenantId,
        me: MemberId,
        visibility: Visibility,
    ) -> Result<ConversationCounts, StoreError> {
        let state = self.state()?;
        let visible = state.visible(tenant, &visibility);
        let count = |view, unread: bool| {
            let shown = visible.iter().filter(|stored| shows(view, &stored.row) && (!unread || stored.row.unread > 0));
            shown.count() as u64
        };
        Ok(ConversationCounts {
            mine: count(View::Mine(me), false),
            unassigned: count(View::Unassigned, false),
            all: count(View::All, false),
            closed: count(View::Closed, false),
            mine_unread: count(View::Mine(me), true),
        })
    }

    async fn workloads(&self, tenant: TenantId) -> Result<BTreeMap<MemberId, u64>, StoreError> {
        let state = self.state()?;
        let mut workloads = BTreeMap::new();
        let visible = state.visible(tenant, &Visibility::All);
        for stored in visible.iter().filter(|stored| shows(View::All, &stored.row)) {
            if let Some(assignee) = &stored.row.assignee {
                *workloads.entry(assignee.id).or_default() += 1;
            }
        }
        Ok(workloads)
    }

    async fn conversations_of(
        &self,
        tenant: TenantId,
        contact: ContactId,
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        let state = self.state()?;
        let of_contact =
            state.visible(tenant, &visibility).into_iter().filter(|stored| stored.row.contact.id == contact);
        Ok(of_contact.take(50).map(|stored| stored.row.clone()).collect())
    }

    async fn newest_of(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        let state = self.state()?;
        let mut wanted: BTreeSet<ContactId> = contacts.iter().copied().collect();
        let visible = state.visible(tenant, &visibility).into_iter();
        let newest = visible.filter(|stored| wanted.remove(&stored.row.contact.id));
        Ok(newest.map(|stored| stored.row.clone()).collect())
    }
}
