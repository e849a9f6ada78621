//! What other nodes say. All of it may be lost: whoever holds something looks by itself every few seconds.

use std::sync::Arc;

use engine::cluster::LeaseName;
use engine::ports::Hint;

use crate::broadcast;
use crate::tenant::outbox_overflowed;
use crate::world::Actors;

impl Actors {
    /// A word of another node, as far as it concerns the actors. Returns at once.
    pub fn heard(self: &Arc<Self>, hint: &Hint) {
        let Some(membership) = &self.membership else { return };
        match hint {
            Hint::Work { tenant } => {
                if self.takes_in(*tenant).is_some() {
                    self.look_into_log(*tenant);
                } else {
                    membership.want(LeaseName::Intake(*tenant));
                }
            }
            Hint::Outbox { tenant, number } => {
                if self.sends_from(*tenant, number).is_some() {
                    outbox_overflowed(self, *tenant);
                } else {
                    membership.want(LeaseName::Number(*tenant, number.clone()));
                }
            }
            Hint::Campaign { tenant, campaign } => {
                self.broadcasting.insert(*tenant);
                if self.broadcasts_here(*tenant, *campaign) {
                    broadcast::look(self, *tenant, *campaign);
                } else {
                    membership.want(LeaseName::Campaign(*tenant, *campaign));
                }
            }
            Hint::Routing => membership.wanted.look_again(),
            Hint::Logged { .. }
            | Hint::Alerts { .. }
            | Hint::Household { .. }
            | Hint::SessionEnded { .. }
            | Hint::MemberEnded { .. }
            | Hint::Presence { .. } => {}
        }
    }

    /// Words of other nodes may have been lost: looks for everything that is ours.
    pub fn missed(self: &Arc<Self>) {
        let Some(membership) = &self.membership else { return };
        membership.wanted.look_again();
        for tenant in membership.holdings.tenants() {
            self.look_into_log(tenant);
            outbox_overflowed(self, tenant);
        }
    }
}
