use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::id::{CampaignId, ConversationId, MemberId, NodeId, PhoneNumberId, SessionId, TenantId};

/// A word to other nodes. It names what to look at, never what is there: any of them may be late, doubled, out of order or
/// lost, and whoever waits for one looks by itself now and then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "t", rename_all = "snake_case")]
pub enum Hint {
    /// The organization's event log goes up to here.
    Logged {
        tenant: TenantId,
        head: u64,
    },
    /// Its alerts are others than before.
    Alerts {
        tenant: TenantId,
    },
    /// Its household has this revision.
    Household {
        tenant: TenantId,
        revision: u64,
    },
    /// A number or an app was connected, changed or taken away somewhere.
    Routing,
    /// Sessions of this member, or this one, are to be looked up again; sockets of ended ones close.
    SessionEnded {
        tenant: TenantId,
        session: SessionId,
    },
    MemberEnded {
        tenant: TenantId,
        member: MemberId,
    },
    /// Something lies in the inbox log.
    Work {
        tenant: TenantId,
    },
    /// Something lies in the outbox.
    Outbox {
        tenant: TenantId,
        number: PhoneNumberId,
    },
    /// This broadcast has another phase or pace.
    Campaign {
        tenant: TenantId,
        campaign: CampaignId,
    },
    /// Who on `node` looks at the conversation now; replaces what the node said before, and is forgotten with the node.
    Presence {
        tenant: TenantId,
        node: NodeId,
        conversation: ConversationId,
        people: Vec<Onlooker>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Onlooker {
    pub member: MemberId,
    pub typing: bool,
}

/// Where hints of other nodes arrive.
pub trait Listener: Send + Sync {
    fn heard(&self, hint: Hint);

    /// Hints may have been lost up to now: the connection was away. Look at everything.
    fn missed(&self);
}

/// How the way between the nodes does, and what became of hints since the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HintsStanding {
    /// Hints go out and come in at the moment.
    pub is_connected: bool,
    /// Times that a connection was made.
    pub connected: u64,
    /// Not sent: the queue was full, or the connection broke under them.
    pub dropped: u64,
    /// Came in and could not be read.
    pub unreadable: u64,
}

/// Between the nodes.
#[async_trait]
pub trait Hints: Send + Sync {
    /// Never waits: what does not fit into a bounded queue is dropped and counted.
    fn tell(&self, hint: Hint);

    /// `None`: there is nothing that could be away.
    fn standing(&self) -> Option<HintsStanding> {
        None
    }

    /// From now on, hints of other nodes go there, until `self` is dropped. At most once.
    fn listen(&self, listener: Arc<dyn Listener>);

    /// This node wants what concerns the organization (it has sockets of it, or its work), or does not any more.
    fn follow(&self, tenant: TenantId, wanted: bool);
}
