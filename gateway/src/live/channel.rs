//! The live events of one organization: a ring of the newest, and everyone who listens. Events may be announced late and
//! out of order; they leave in order and without a gap.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::str::Utf8Error;
use std::sync::Arc;

use bytestring::ByteString;
use engine::access::{Principal, Sight, Visibility};
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{CampaignId, ConversationId, MemberId, NodeId, SessionId};
use engine::permission::{Grants, Permission};
use engine::ports::Onlooker;
use engine::time::Timestamp;

use super::frames::{Reason, ServerFrame, Viewer};
use super::presence::Presence;
use crate::masking;

/// A connection's number within this process.
pub(super) type ConnectionId = u64;

/// The way to one browser tab. Known at compile time, since every event goes through it once per listener. What is handed
/// over for one that is gone is nothing, and one that is too slow ends by itself: both take themselves off the list.
pub trait Outlet: Clone + Send + Sync + 'static {
    /// Hands a frame over to each, without waiting.
    fn push<'a>(frame: &ByteString, to: impl Iterator<Item = &'a Self>);

    /// Says good-bye behind what was pushed.
    fn close(&self, reason: Reason);
}

pub(super) struct Listener<O> {
    pub(super) outlet: O,
    pub(super) principal: Principal,
}

pub(super) struct Channel<O> {
    /// `None` until the log was asked; events are kept in `early` meanwhile.
    pub(super) head: Option<u64>,
    ring: VecDeque<Placed>,
    ring_max: usize,
    early: BTreeMap<u64, LoggedEvent>,
    /// How far the log goes, as another node said.
    wanted: u64,
    /// Somebody reads up to there.
    reading: bool,
    pub(super) listeners: HashMap<ConnectionId, Listener<O>>,
    pub(super) presence: Presence,
    /// Which broadcast each looks at.
    pub(super) watches: HashMap<ConnectionId, CampaignId>,
    /// The newest household that the listeners were measured by.
    household: Option<Arc<Household>>,
    around: Around,
}

/// What a channel asks and tells.
pub(super) struct Around {
    /// Whether numbers of customers are masked here, as it is now.
    pub(super) masks: Box<dyn Fn() -> bool + Send>,
    /// Others look at the conversation now, or do something else there: for other nodes.
    pub(super) looked: Box<dyn Fn(ConversationId, Vec<Onlooker>) + Send>,
}

struct Placed {
    event: LoggedEvent,
    frame: ByteString,
    /// The same for those who may not see numbers; made once for all of them, when the first one listens.
    masked: OnceCell<Option<ByteString>>,
}

/// Early events kept while the ones before them are missing; more than this is read from the log anyway.
const EARLY_MAX: usize = 4096;

impl<O: Outlet> Channel<O> {
    pub(super) fn new(ring_max: usize, around: Around) -> Self {
        Self {
            head: None,
            ring: VecDeque::new(),
            ring_max,
            early: BTreeMap::new(),
            wanted: 0,
            reading: false,
            listeners: HashMap::new(),
            presence: Presence::default(),
            watches: HashMap::new(),
            household: None,
            around,
        }
    }

    /// Takes events in any order; `true` when one is missing that is known to be there.
    pub(super) fn take(&mut self, events: Vec<LoggedEvent>) -> bool {
        for event in events {
            match self.head {
                Some(head) if event.n <= head => {}
                Some(head) if event.n == head + 1 => self.place(event),
                Some(_) | None => {
                    self.early.insert(event.n, event);
                    if self.early.len() > EARLY_MAX {
                        self.early.pop_last();
                    }
                }
            }
        }
        self.place_early();
        self.is_behind()
    }

    pub(super) fn is_behind(&self) -> bool {
        self.head.is_some_and(|head| head < self.wanted || !self.early.is_empty())
    }

    /// The log goes up to here; `true` when the caller is to read it, and to say so when it has.
    pub(super) fn want(&mut self, head: u64) -> bool {
        self.wanted = self.wanted.max(head);
        let reads = !self.reading && !self.listeners.is_empty() && self.is_behind();
        self.reading |= reads;
        reads
    }

    /// Somebody has read the log; `true` when there is more of it since.
    pub(super) fn has_read(&mut self, well: bool) -> bool {
        self.reading = well && self.head.is_some_and(|head| head < self.wanted);
        self.reading
    }

    /// There is no more in the log than what is here, whatever was said.
    pub(super) fn has_all(&mut self) {
        self.wanted = self.head.unwrap_or_default();
    }

    /// The log's head at the moment it was asked. Where nobody listens, nobody has looked what other nodes wrote: what lies
    /// between is in the log.
    pub(super) fn begin(&mut self, head: u64) {
        let known = *self.head.get_or_insert(head);
        if known < head && self.listeners.is_empty() {
            self.head = Some(head);
            self.ring.clear();
        }
        self.place_early();
    }

    fn place_early(&mut self) {
        let Some(mut head) = self.head else { return };
        while let Some((n, event)) = self.early.pop_first() {
            if n == head + 1 {
                self.place(event);
                head = n;
            } else if n > head {
                self.early.insert(n, event);
                return;
            }
        }
    }

    fn place(&mut self, event: LoggedEvent) {
        self.head = Some(event.n);
        let Ok(frame) = ByteString::try_from(event.frame.clone()) else { return };
        let placed = Placed::new(event, frame);
        let masked = (self.around.masks)();
        let mut by_sight = [Sight::Visible, Sight::Gone, Sight::Hidden].map(|sight| (sight, Vec::new()));
        for listener in self.listeners.values() {
            let sight = listener.principal.sight(&placed.event.audience);
            if let Some((_, to)) = by_sight.iter_mut().find(|(same, _)| *same == sight) {
                to.push(&listener.outlet);
            }
        }
        for (sight, to) in by_sight.into_iter().filter(|(_, to)| !to.is_empty()) {
            O::push(&placed.frame_for(sight, masked), to.into_iter());
        }
        if placed.event.audience.moved {
            self.lose_sight(&placed.event);
        }
        self.ring.push_back(placed);
        while self.ring.len() > self.ring_max {
            self.ring.pop_front();
        }
    }

    /// Who may not see the conversation any more is not told who else looks at it, nor named to them.
    fn lose_sight(&mut self, event: &LoggedEvent) {
        let blind = |id: &ConnectionId| {
            let listener = self.listeners.get(id);
            listener.is_none_or(|listener| listener.principal.sight(&event.audience) != Sight::Visible)
        };
        let gone: Vec<_> = self.presence.watchers(event.conversation).filter(blind).collect();
        for id in &gone {
            self.presence.forget(*id);
        }
        if !gone.is_empty() {
            self.tell_presence(event.conversation);
        }
    }

    /// To those who look at this conversation, and to other nodes: who else does.
    pub(super) fn tell_presence(&mut self, conversation: ConversationId) {
        (self.around.looked)(conversation, self.presence.onlookers(conversation));
        self.tell_viewers(conversation);
    }

    /// Again, for nodes that have not heard it.
    pub(super) fn repeat_presence(&self) {
        for conversation in self.presence.looked_at() {
            (self.around.looked)(conversation, self.presence.onlookers(conversation));
        }
    }

    /// Who looks at the conversation on another node now.
    pub(super) fn looked_elsewhere(&mut self, node: NodeId, conversation: ConversationId, viewers: Vec<Viewer>) {
        if self.presence.said(node, conversation, viewers) {
            self.tell_viewers(conversation);
        }
    }

    fn tell_viewers(&mut self, conversation: ConversationId) {
        let people = self.presence.viewers(conversation);
        self.tell(&ServerFrame::Presence { conversation_id: conversation, people }, Some(conversation));
    }

    /// At most `limit` frames after `after` for this principal and the `n` of the last one; `None` when the ring does not
    /// reach back that far.
    pub(super) fn since(&self, after: u64, principal: &Principal, limit: usize) -> Option<(u64, Vec<ByteString>)> {
        let head = self.head?;
        if after == head {
            return Some((head, Vec::new()));
        }
        let oldest = self.ring.front().map(|placed| placed.event.n)?;
        if after > head || after + 1 < oldest {
            return None;
        }
        let skip = usize::try_from(after + 1 - oldest).unwrap_or(usize::MAX);
        let page = self.ring.iter().skip(skip).take(limit);
        let last = page.clone().last().map_or(after, |placed| placed.event.n);
        let masked = (self.around.masks)();
        Some((last, page.map(|placed| placed.frame_for(principal.sight(&placed.event.audience), masked)).collect()))
    }

    /// To everyone, or to those who look at one conversation.
    pub(super) fn tell(&self, frame: &ServerFrame, only: Option<ConversationId>) {
        let heard = |id: &ConnectionId| only.is_none_or(|conversation| self.presence.views(*id, conversation));
        let to = self.listeners.iter().filter(|(id, _)| heard(id)).map(|(_, listener)| &listener.outlet);
        O::push(&frame.encode(), to);
    }

    pub(super) fn tell_those_who_may(&self, permission: Permission, frame: &ServerFrame) {
        let may = |listener: &&Listener<O>| listener.principal.grants.allow(permission);
        O::push(&frame.encode(), self.listeners.values().filter(may).map(|listener| &listener.outlet));
    }

    pub(super) fn watch(&mut self, id: ConnectionId, campaign: Option<CampaignId>) {
        match campaign {
            Some(campaign) => self.watches.insert(id, campaign),
            None => self.watches.remove(&id),
        };
    }

    /// By somebody who may.
    pub(super) fn watched(&self) -> BTreeSet<CampaignId> {
        self.watches.iter().filter(|(id, _)| self.may_watch(**id)).map(|(_, campaign)| *campaign).collect()
    }

    pub(super) fn tell_watchers(&self, campaign: CampaignId, frame: &ServerFrame) {
        let looking = self.watches.iter().filter(|(id, watched)| **watched == campaign && self.may_watch(**id));
        let to = looking.filter_map(|(id, _)| self.listeners.get(id)).map(|listener| &listener.outlet);
        O::push(&frame.encode(), to);
    }

    /// As the person is now: they may have lost the permission since they asked.
    fn may_watch(&self, id: ConnectionId) -> bool {
        self.listeners.get(&id).is_some_and(|it| it.principal.grants.allow(Permission::CampaignsRead))
    }

    /// Adds a listener, by what it may now: the household may have changed since it asked.
    pub(super) fn listen(&mut self, id: ConnectionId, mut listener: Listener<O>) {
        if let Some(household) = self.household.clone() {
            match standing(&household, &listener.principal) {
                Ok(principal) => listener.principal = principal,
                Err(reason) => return listener.outlet.close(reason),
            }
        }
        self.listeners.insert(id, listener);
    }

    /// Measures every listener by the household as it is now. `before` is the one that they know, if nobody told yet.
    pub(super) fn measure(&mut self, before: Option<Arc<Household>>, household: &Arc<Household>) {
        let known = self.household.take().or(before);
        if let Some(known) = known.as_ref().filter(|known| known.revision >= household.revision) {
            self.household = Some(Arc::clone(known));
            return;
        }
        // What everybody's page shows of the organization.
        let everybody = known.is_none_or(|known| {
            (&known.settings, &known.organization) != (&household.settings, &household.organization)
        });
        self.household = Some(Arc::clone(household));
        let mut blind = Vec::new();
        self.listeners.retain(|id, listener| {
            let measured = standing(household, &listener.principal);
            let same = measured.as_ref().is_ok_and(|now| alike(now, &listener.principal));
            if same && !everybody {
                return true;
            }
            if !same {
                // What it looks at may be out of sight now; the browser says anew what it looks at.
                blind.push(*id);
            }
            let signed_in = measured.as_ref().err() != Some(&Reason::SignedOut);
            if signed_in {
                listener.tell(&ServerFrame::PermissionsChanged);
            }
            match measured {
                Ok(principal) => {
                    listener.principal = principal;
                    true
                }
                Err(reason) => {
                    listener.outlet.close(reason);
                    false
                }
            }
        });
        for id in blind {
            self.leave_sight(id);
        }
    }

    /// The member has a second factor from now on, or none any more. Who lacks one that the organization wants is told
    /// and closed.
    pub(super) fn enrolled(&mut self, member: MemberId, enrolled: bool, household: Option<&Household>) {
        self.listeners.retain(|_, listener| {
            if listener.principal.person.id != member {
                return true;
            }
            listener.principal.enrolled = enrolled;
            let stays = !household.is_some_and(|household| household.must_enroll(&listener.principal));
            if !stays {
                listener.tell(&ServerFrame::PermissionsChanged);
                listener.outlet.close(Reason::NoAccess);
            }
            stays
        });
    }

    /// The connection is not among those who look at its conversation any more.
    fn leave_sight(&mut self, id: ConnectionId) {
        if let Some(conversation) = self.presence.forget(id) {
            self.tell_presence(conversation);
        }
    }

    pub(super) fn end_session(&mut self, session: SessionId, reason: Reason) {
        self.end(|principal| principal.session == session, reason);
    }

    pub(super) fn end_member(&mut self, member: MemberId) {
        self.end(|principal| principal.person.id == member, Reason::SignedOut);
    }

    /// One timer here instead of one in each socket, which would be looked at for every frame.
    pub(super) fn end_expired(&mut self, now: Timestamp) {
        self.end(|principal| principal.until.is_some_and(|until| until <= now), Reason::SignedOut);
    }

    fn end(&mut self, ends: impl Fn(&Principal) -> bool, reason: Reason) {
        self.listeners.retain(|_, listener| {
            let ends = ends(&listener.principal);
            if ends {
                listener.outlet.close(reason);
            }
            !ends
        });
    }

    pub(super) fn close_all(&mut self, reason: Reason) {
        for (_, listener) in self.listeners.drain() {
            listener.outlet.close(reason);
        }
    }
}

/// What a listener may from now on, or why it may not stay.
fn standing(household: &Household, principal: &Principal) -> Result<Principal, Reason> {
    let now = household.measure(principal).ok_or(Reason::SignedOut)?;
    if now.grants == Grants::default() {
        Err(Reason::SignedOut)
    } else if household.must_enroll(&now) || now.visibility() == Visibility::Nothing {
        Err(Reason::NoAccess)
    } else {
        Ok(now)
    }
}

fn alike(one: &Principal, other: &Principal) -> bool {
    (&one.person, one.grants, &one.teams) == (&other.person, other.grants, &other.teams)
}

impl Placed {
    fn new(event: LoggedEvent, frame: ByteString) -> Self {
        Self { event, frame, masked: OnceCell::new() }
    }

    fn frame_for(&self, sight: Sight, masked: bool) -> ByteString {
        match sight {
            Sight::Visible if masked => {
                let frame = self.masked.get_or_init(|| masking::frame(&self.frame));
                frame.clone().unwrap_or_else(|| ServerFrame::Tick { n: self.event.n }.encode())
            }
            Sight::Visible => self.frame.clone(),
            Sight::Gone => {
                ServerFrame::ConversationHidden { n: self.event.n, conversation_id: self.event.conversation }.encode()
            }
            Sight::Hidden => ServerFrame::Tick { n: self.event.n }.encode(),
        }
    }
}

/// Frames of events that were read from the log.
pub(super) fn frame_of(event: &LoggedEvent, principal: &Principal, masked: bool) -> Result<ByteString, Utf8Error> {
    let frame = ByteString::try_from(event.frame.clone())?;
    Ok(Placed::new(event.clone(), frame).frame_for(principal.sight(&event.audience), masked))
}

impl<O: Outlet> Listener<O> {
    fn tell(&self, frame: &ServerFrame) {
        O::push(&frame.encode(), std::iter::once(&self.outlet));
    }
}
