//! The live events of one organization: a ring of the newest, and everyone who listens. Events may be announced late and
//! out of order; they leave in order and without a gap.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::str::Utf8Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use bytestring::ByteString;
use engine::access::{Principal, Sight, Visibility};
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{ConversationId, MemberId, SessionId};
use engine::permission::{Grants, Permission};
use tokio::time::Instant;

use super::frames::{Reason, ServerFrame};
use super::presence::Presence;
use crate::masking;

/// A connection's number within this process.
pub(super) type ConnectionId = u64;

/// What is on its way to one connection and not yet written to its socket.
#[derive(Debug, Default)]
pub struct Backlog {
    pub(super) bytes: AtomicUsize,
    /// When the oldest was handed over, in ms since the hub's epoch; 0 when there is none.
    pub(super) since: AtomicU64,
    /// A frame did not fit into the socket's mailbox: it must end instead of going on without it.
    pub(super) lost: AtomicBool,
}

/// The way to one browser tab. Known at compile time, since every event goes through it once per listener. What is handed
/// over for one that is gone is nothing: it takes itself off the list.
pub trait Outlet: Clone + Send + Sync + 'static {
    /// Hands a frame over without waiting.
    fn push(&self, frame: ByteString);

    /// Says good-bye behind what was pushed.
    fn close(&self, reason: Reason);

    /// One frame each: cheaper together.
    fn push_all(frames: Vec<(Self, ByteString)>) {
        for (outlet, frame) in frames {
            outlet.push(frame);
        }
    }
}

pub(super) struct Listener<O> {
    pub(super) outlet: O,
    pub(super) principal: Principal,
    pub(super) backlog: Arc<Backlog>,
}

/// Limits of one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct BacklogLimit {
    pub(super) bytes: usize,
    pub(super) age_ms: u64,
}

pub(super) struct Channel<O> {
    /// `None` until the log was asked; events are kept in `early` meanwhile.
    pub(super) head: Option<u64>,
    ring: VecDeque<Placed>,
    ring_max: usize,
    early: BTreeMap<u64, LoggedEvent>,
    pub(super) listeners: HashMap<ConnectionId, Listener<O>>,
    pub(super) presence: Presence,
    /// The newest household that the listeners were measured by.
    household: Option<Arc<Household>>,
    limit: BacklogLimit,
    epoch: Instant,
    /// Whether numbers of customers are masked here, as it is now.
    masks: Masks,
}

pub(super) type Masks = Box<dyn Fn() -> bool + Send>;

struct Placed {
    event: LoggedEvent,
    frame: ByteString,
    /// The same for those who may not see numbers; made once for all of them, when the first one listens.
    masked: OnceCell<Option<ByteString>>,
}

/// Early events kept while the ones before them are missing; more than this is read from the log anyway.
const EARLY_MAX: usize = 4096;

impl<O: Outlet> Channel<O> {
    pub(super) fn new(ring_max: usize, limit: BacklogLimit, epoch: Instant, masks: Masks) -> Self {
        Self {
            head: None,
            ring: VecDeque::new(),
            ring_max,
            early: BTreeMap::new(),
            listeners: HashMap::new(),
            presence: Presence::default(),
            household: None,
            limit,
            epoch,
            masks,
        }
    }

    /// Takes events in any order; `true` when one is missing before what is here now.
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
        self.head.is_some() && !self.early.is_empty()
    }

    /// The log's head at the moment it was asked.
    pub(super) fn begin(&mut self, head: u64) {
        self.head.get_or_insert(head);
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
        let (limit, now, masked) = (self.limit, self.now(), (self.masks)());
        let mut frames = Vec::with_capacity(self.listeners.len());
        self.listeners.retain(|_, listener| {
            let frame = placed.frame_for(&listener.principal, masked);
            let keeps_up = listener.charge(frame.len(), limit, now);
            if keeps_up {
                frames.push((listener.outlet.clone(), frame));
            }
            keeps_up
        });
        O::push_all(frames);
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

    /// To those who look at this conversation: who else does.
    pub(super) fn tell_presence(&mut self, conversation: ConversationId) {
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
        let masked = (self.masks)();
        Some((last, page.map(|placed| placed.frame_for(principal, masked)).collect()))
    }

    /// To everyone, or to those who look at one conversation.
    pub(super) fn tell(&mut self, frame: &ServerFrame, only: Option<ConversationId>) {
        let (text, limit, now) = (frame.encode(), self.limit, self.now());
        let Self { listeners, presence, .. } = self;
        listeners.retain(|id, listener| {
            only.is_some_and(|conversation| !presence.views(*id, conversation))
                || listener.push(text.clone(), limit, now)
        });
    }

    pub(super) fn tell_those_who_may(&mut self, permission: Permission, frame: &ServerFrame) {
        let (text, limit, now) = (frame.encode(), self.limit, self.now());
        self.listeners.retain(|_, listener| {
            !listener.principal.grants.allow(permission) || listener.push(text.clone(), limit, now)
        });
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
        let (limit, now) = (self.limit, self.now());
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
            let heard = !signed_in || listener.push(ServerFrame::PermissionsChanged.encode(), limit, now);
            match measured {
                Ok(principal) => {
                    listener.principal = principal;
                    heard
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
        let (limit, now) = (self.limit, self.now());
        self.listeners.retain(|_, listener| {
            if listener.principal.person.id != member {
                return true;
            }
            listener.principal.enrolled = enrolled;
            let stays = !household.is_some_and(|household| household.must_enroll(&listener.principal));
            if !stays && listener.push(ServerFrame::PermissionsChanged.encode(), limit, now) {
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

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
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

    fn frame_for(&self, principal: &Principal, masked: bool) -> ByteString {
        match principal.sight(&self.event.audience) {
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
    Ok(Placed::new(event.clone(), frame).frame_for(principal, masked))
}

impl<O: Outlet> Listener<O> {
    /// `false` when the connection is too slow: it is taken off, and the browser comes back with its `n`.
    fn push(&self, frame: ByteString, limit: BacklogLimit, now: u64) -> bool {
        let keeps_up = self.charge(frame.len(), limit, now);
        if keeps_up {
            self.outlet.push(frame);
        }
        keeps_up
    }

    /// Counts what is about to be handed over; `false`: it would be too much, and the connection is told to end.
    fn charge(&self, size: usize, limit: BacklogLimit, now: u64) -> bool {
        let waiting = self.backlog.bytes.fetch_add(size, Ordering::Relaxed) + size;
        let since = self.backlog.since.load(Ordering::Relaxed);
        if since == 0 {
            self.backlog.since.store(now.max(1), Ordering::Relaxed);
        }
        let too_old = since != 0 && now.saturating_sub(since) > limit.age_ms;
        if waiting > limit.bytes || too_old {
            metrics::counter!(crate::metric::LIVE_DROPPED).increment(1);
            // Heard by one that is still read; one that is not dies of its unacknowledged bytes (`TCP_USER_TIMEOUT`).
            self.outlet.close(Reason::Slow);
            return false;
        }
        true
    }
}
