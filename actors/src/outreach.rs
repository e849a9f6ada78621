//! Whom each business portfolio has begun to write to in the last day, from all of its numbers together: before a template leaves, its person
//! takes a place; see [`engine::outreach`]. Without a limit nothing is kept or read.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use engine::directory::Number;
use engine::id::{ContactId, ConversationId, TenantId};
use engine::outgoing::{Outgoing, OutgoingBody};
use engine::outreach::{self, Outreach};
use engine::ports::StoreError;
use engine::time::{Span, Timestamp};
use tokio::time::Instant;

use crate::seeded;
use crate::world::Actors;

/// How often it is read again whom other nodes have written to: so long two nodes may give the last places away twice.
const READ_AGAIN: Duration = Duration::from_secs(5);
/// What is written down late is read once more.
const WRITTEN_WITHIN: Span = Span::seconds(30);
const FORGET_EVERY: Duration = Duration::from_hours(1);

/// All that have a limit.
#[derive(Default)]
pub(crate) struct Portfolios(DashMap<(TenantId, String), Arc<Portfolio>>);

#[derive(Default)]
struct Portfolio {
    people: Mutex<Outreach>,
    /// One reads, the others wait for it.
    reading: tokio::sync::Mutex<Read>,
}

/// What is known of the store.
#[derive(Default)]
struct Read {
    upto: Option<(Timestamp, Instant)>,
    forgot_at: Option<Instant>,
}

/// Of the person to whom a message is about to leave; given back, unless it was used.
pub(crate) struct Place {
    portfolio: Arc<Portfolio>,
    taken: outreach::Place,
    is_used: bool,
}

/// How many people may be begun to be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// In 24 hours.
    pub limit: u64,
    /// Of these, now.
    pub free: u64,
    /// When the next place is free; `None`: now.
    pub full_until: Option<Timestamp>,
}

impl Portfolio {
    fn people(&self) -> MutexGuard<'_, Outreach> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an earlier process and other nodes have written down.
    async fn read(&self, actors: &Actors, tenant: TenantId, portfolio: &str) -> Result<(), StoreError> {
        let mut read = self.reading.lock().await;
        let is_due = |at: Instant| !actors.is_alone() && at.elapsed() >= READ_AGAIN;
        if read.upto.is_some_and(|(_, at)| !is_due(at)) && read.forgot_at.is_none_or(|at| at.elapsed() < FORGET_EVERY) {
            return Ok(());
        }
        let (store, now) = (&actors.world.store, actors.world.clock.now());
        let counting = outreach::counts_after(now);
        if read.forgot_at.is_none_or(|at| at.elapsed() >= FORGET_EVERY) {
            store.forget_reached(tenant, portfolio, counting).await?;
            read.forgot_at = Some(Instant::now());
        }
        let after = read.upto.map_or(counting, |(upto, _)| upto.minus(WRITTEN_WITHIN).max(counting));
        let reached = store.reached(tenant, portfolio, after, now).await?;
        let mut people = self.people();
        for (contact, at) in reached {
            people.note(contact, at);
        }
        read.upto = Some((now, Instant::now()));
        Ok(())
    }
}

impl Place {
    /// Before the outcome of the send is: whoever knows that it was taken knows the place too.
    pub(crate) async fn write_down(&self, actors: &Actors, number: (TenantId, &str)) -> Result<(), StoreError> {
        let (tenant, portfolio) = number;
        actors.world.store.reach(tenant, portfolio, self.taken.contact, self.taken.at).await
    }

    /// It was sent, or may have been.
    pub(crate) fn keep(mut self) {
        self.is_used = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_used {
            self.portfolio.people().give_back(self.taken);
        }
    }
}

impl Actors {
    /// How many people this number's portfolio may begin to write to. `None`: there is no limit, or WhatsApp has not said.
    pub async fn outreach_room(&self, tenant: TenantId, number: &Number) -> Result<Option<Room>, StoreError> {
        let Some(limit) = limit_of(number) else { return Ok(None) };
        let portfolio = self.portfolio(tenant, number).await?;
        let (now, mut people) = (self.world.clock.now(), portfolio.people());
        Ok(Some(Room { limit, free: people.free(limit, now), full_until: people.full_until(limit, now) }))
    }

    /// For a template that is about to leave outside its person's window. `Err`: nobody more may be written to now. An agent's leaves in
    /// any case, as WhatsApp decides, and counts.
    pub(crate) async fn outreach_place(
        &self,
        number: &Number,
        outgoing: &Outgoing,
        contact: Option<ContactId>,
    ) -> Result<Result<Option<Place>, Timestamp>, StoreError> {
        let is_template = matches!(outgoing.body, OutgoingBody::Template(_));
        let Some(limit) = limit_of(number).filter(|_| is_template) else { return Ok(Ok(None)) };
        let now = self.world.clock.now();
        let Some(known) = self.outside_window(outgoing.tenant, outgoing.conversation, now).await? else {
            return Ok(Ok(None));
        };
        let Some(person) = contact.or(known) else { return Ok(Ok(None)) };
        let portfolio = self.portfolio(outgoing.tenant, number).await?;
        let place = if contact.is_some() && !seeded::bug("no_look_at_the_tier") {
            portfolio.people().take(person, limit, now)
        } else {
            Ok(portfolio.people().note(person, now))
        };
        Ok(place.map(|place| Some(Place { portfolio, taken: place, is_used: false })))
    }

    /// Whose conversation it is, as far as there is one. `None`: the window is open.
    async fn outside_window(
        &self,
        tenant: TenantId,
        id: ConversationId,
        now: Timestamp,
    ) -> Result<Option<Option<ContactId>>, StoreError> {
        let found = self.world.store.conversation(tenant, id).await?;
        if found.as_ref().and_then(|found| found.window_until).is_some_and(|until| until > now) {
            return Ok(None);
        }
        Ok(Some(found.map(|found| found.contact.id)))
    }

    async fn portfolio(&self, tenant: TenantId, number: &Number) -> Result<Arc<Portfolio>, StoreError> {
        let key = (tenant, number.portfolio.clone());
        let portfolio = self.outreach.0.entry(key).or_default().clone();
        portfolio.read(self, tenant, &number.portfolio).await?;
        Ok(portfolio)
    }
}

fn limit_of(number: &Number) -> Option<u64> {
    number.standing.tier.as_deref().and_then(outreach::people_of)
}
