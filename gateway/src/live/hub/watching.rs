//! Who looks at which broadcast.

use engine::id::{CampaignId, TenantId};

use super::{Hub, lock};
use crate::live::channel::{ConnectionId, Outlet};
use crate::live::frames::ServerFrame;

impl<O: Outlet> Hub<O> {
    /// The connection looks at this broadcast from now on, and at no other.
    pub fn watch(&self, tenant: TenantId, id: ConnectionId, campaign: Option<CampaignId>) {
        lock(&self.channel(tenant)).watch(id, campaign);
    }

    /// What is looked at here, each once.
    pub fn watched(&self) -> Vec<(TenantId, CampaignId)> {
        let all = self.channels.iter().flat_map(|channel| {
            let tenant = *channel.key();
            lock(&channel).watched().into_iter().map(move |campaign| (tenant, campaign)).collect::<Vec<_>>()
        });
        all.collect()
    }

    /// To those who look at this broadcast, and may.
    pub fn tell_watchers(&self, tenant: TenantId, campaign: CampaignId, frame: &ServerFrame) {
        lock(&self.channel(tenant)).tell_watchers(campaign, frame);
    }

    /// There is nothing more to see of it.
    pub fn end_watch(&self, tenant: TenantId, campaign: CampaignId) {
        lock(&self.channel(tenant)).watches.retain(|_, watched| *watched != campaign);
    }
}
