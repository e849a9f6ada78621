use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::access::Visibility;
use engine::conversation::Conversation;
use engine::id::{ContactId, ConversationId, MemberId, TenantId};
use engine::ports::{
    Commit, Committed, ConversationCounts, ConversationQuery, ConversationStore, ListError, Page, StoreError, View,
};
use futures_util::future::try_join_all;

use super::CqlStore;
use super::order::Listed;
use crate::cursor::{self, List};

/// Of one contact that are shown.
const OF_CONTACT: usize = 50;

impl CqlStore {
    async fn all_of(&self, tenant: TenantId, ids: &[ConversationId]) -> Result<Vec<Conversation>, StoreError> {
        let found = try_join_all(ids.iter().map(|id| self.conversation(tenant, *id))).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

#[async_trait]
impl ConversationStore for CqlStore {
    async fn conversation(&self, tenant: TenantId, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let state = self.settled(tenant, &sealer, id).await?;
        state.map(|state| self.open_conversation(tenant, &sealer, id, &state)).transpose()
    }

    async fn commit(&self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError> {
        self.commit_change(tenant, commit).await
    }

    async fn conversations(&self, tenant: TenantId, query: ConversationQuery) -> Result<Page<Conversation>, ListError> {
        let before = cursor::position(List::Conversations, &query.page)?;
        let limit = cursor::limit(&query.page);
        self.meet(tenant).await?;
        let ConversationQuery { view, unread, visibility, page: _ } = query;
        let rows = self.ordered(tenant, |order| {
            let shown = |row: &&Listed| row.is_in(view) && row.is_seen_by(&visibility) && (!unread || row.unread);
            let rows = order.before(before).filter(shown).take(limit as usize + 1);
            rows.map(|row| (row.id, row.last_activity_at, row.place)).collect::<Vec<_>>()
        });
        let mut rows = rows.await?;
        let more = cursor::cut(&mut rows, limit);
        let next = rows.last().filter(|_| more);
        let next = next.map(|(_, at, place)| cursor::at_position(List::Conversations, *at, *place));
        let ids: Vec<_> = rows.into_iter().map(|(id, ..)| id).collect();
        Ok(Page { items: self.all_of(tenant, &ids).await?, next })
    }

    async fn counts(
        &self,
        tenant: TenantId,
        me: MemberId,
        visibility: Visibility,
    ) -> Result<ConversationCounts, StoreError> {
        self.meet(tenant).await?;
        let counts = self.ordered(tenant, |order| {
            let mut counts = ConversationCounts::default();
            for row in order.before(None).filter(|row| row.is_seen_by(&visibility)) {
                counts.mine += u64::from(row.is_in(View::Mine(me)));
                counts.unassigned += u64::from(row.is_in(View::Unassigned));
                counts.all += u64::from(row.is_in(View::All));
                counts.closed += u64::from(row.is_in(View::Closed));
                counts.mine_unread += u64::from(row.unread && row.is_in(View::Mine(me)));
            }
            counts
        });
        counts.await
    }

    async fn workloads(&self, tenant: TenantId) -> Result<BTreeMap<MemberId, u64>, StoreError> {
        self.meet(tenant).await?;
        let workloads = self.ordered(tenant, |order| {
            let mut workloads = BTreeMap::new();
            for assignee in order.before(None).filter(|row| !row.closed).filter_map(|row| row.assignee) {
                *workloads.entry(assignee).or_default() += 1;
            }
            workloads
        });
        workloads.await
    }

    async fn conversations_of(
        &self,
        tenant: TenantId,
        contact: ContactId,
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.meet(tenant).await?;
        let ids = self.ordered(tenant, |order| {
            let rows = order.before(None).filter(|row| row.contact == contact && row.is_seen_by(&visibility));
            rows.take(OF_CONTACT).map(|row| row.id).collect::<Vec<_>>()
        });
        self.all_of(tenant, &ids.await?).await
    }

    async fn newest_of(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        self.meet(tenant).await?;
        let mut wanted: BTreeSet<ContactId> = contacts.iter().copied().collect();
        let ids = self.ordered(tenant, move |order| {
            let rows = order.before(None).filter(|row| row.is_seen_by(&visibility) && wanted.remove(&row.contact));
            rows.map(|row| row.id).collect::<Vec<_>>()
        });
        self.all_of(tenant, &ids.await?).await
    }
}
