//! What other nodes write and say reaches the listeners here.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::id::{ConversationId, MemberId, NodeId, SessionId, TenantId};
use engine::permission::Permission;
use engine::ports::{Onlooker, StoreError};
use futures_util::{StreamExt as _, stream};

use super::{Hub, lock};
use crate::live::channel::Outlet;
use crate::live::frames::{ServerFrame, Viewer};

/// Logs that are asked at once where they stand.
const AT_ONCE: usize = 16;

impl<O: Outlet> Hub<O> {
    /// Another node says that the organization's log goes up to here.
    pub fn heard_head(&self, tenant: TenantId, head: u64) {
        if let Some(channel) = self.channels.get(&tenant).map(|channel| channel.clone())
            && lock(&channel).want(head)
        {
            self.fill_soon(tenant);
        }
    }

    pub(super) fn fill_soon(&self, tenant: TenantId) {
        if let Some(hub) = self.this.upgrade() {
            self.runtime.spawn(async move {
                loop {
                    let well = hub.fill_gap(tenant).await;
                    if !lock(&hub.channel(tenant)).has_read(well) {
                        return;
                    }
                }
            });
        }
    }

    /// Asks the log of everybody who listens where it stands: what was lost of the hints shows here.
    pub async fn look_at_heads(&self) -> Result<(), StoreError> {
        let range = async |tenant| (tenant, self.store.range(tenant).await);
        let mut ranges = stream::iter(self.attended().into_iter().map(range)).buffer_unordered(AT_ONCE);
        while let Some((tenant, range)) = ranges.next().await {
            self.heard_head(tenant, range?.head);
        }
        Ok(())
    }

    /// Organizations that somebody listens to here.
    pub fn attended(&self) -> Vec<TenantId> {
        let attended = self.channels.iter().filter(|channel| !lock(channel).listeners.is_empty());
        attended.map(|channel| *channel.key()).collect()
    }

    /// Who listens by signing in, and the last that is known of their second factor.
    pub fn sessions(&self, tenant: TenantId) -> BTreeMap<SessionId, (MemberId, bool)> {
        let Some(channel) = self.channels.get(&tenant).map(|channel| channel.clone()) else { return BTreeMap::new() };
        let channel = lock(&channel);
        let people = channel.listeners.values().map(|listener| &listener.principal);
        let people = people.filter(|principal| principal.api_key.is_none());
        people.map(|principal| (principal.session, (principal.person.id, principal.enrolled))).collect()
    }

    /// Who on another node looks at the conversation now.
    pub fn heard_presence(&self, tenant: TenantId, node: NodeId, conversation: ConversationId, people: &[Onlooker]) {
        let (Some(channel), Some(household)) =
            (self.channels.get(&tenant).map(|channel| Arc::clone(&channel)), self.households.kept(tenant))
        else {
            return;
        };
        let viewer = |onlooker: &Onlooker| {
            let person = household.member(onlooker.member)?.person();
            Some(Viewer { person, typing: onlooker.typing })
        };
        let viewers = people.iter().filter_map(viewer).collect();
        lock(&channel).looked_elsewhere(node, conversation, viewers);
    }

    /// The organization's alerts are others than before.
    pub fn heard_alerts(&self, tenant: TenantId) {
        if let Some(channel) = self.channels.get(&tenant).map(|channel| channel.clone()) {
            lock(&channel).tell_those_who_may(Permission::ChannelsManage, &ServerFrame::AlertsChanged);
        }
    }
}
