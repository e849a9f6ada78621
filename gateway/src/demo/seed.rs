//! The history of the demo: 5,000 customers, a conversation of each with each number, 200,000 messages in six languages.
//! It is filled in behind a server that answers already: first what is seen first, then the rest in small portions.

mod chance;
mod crowd;
mod featured;
mod files;
mod introductions;
mod people;
mod phrases;
mod scene;
mod story;
mod thread;

use engine::contact::Contact;
use engine::conversation::ConversationStatus;
use engine::day::Day;
use engine::decision::Record;
use engine::delivery::DeliveryState;
use engine::directory::{Number, Person};
use engine::id::{ImportId, InvalidId};
use engine::message::Message;
use engine::outgoing::{Lane, Outgoing, OutgoingBody, Recipient};
use engine::ports::{BlobStore, Commit, Store, StoreError};
use engine::time::{Span, Timestamp};
use futures_util::future::try_join_all;

use chance::Chance;
pub(super) use crowd::{bring as bring_crowd, introductions as crowd_introductions, leavers};
pub(super) use introductions::introductions;
pub(super) use people::PEOPLE;
use people::{Customer, SIMULATED};
use scene::Scene;
use story::Plan;
use thread::Story;

/// Conversations per customer: one with each number of `cast::NUMBERS`.
const NUMBERS: usize = 4;
const MESSAGES: usize = 200_000;
/// Customers with a conversation that is open, one each; they come first.
const OPEN: usize = 400;
/// What the first screen shows, in one portion.
const FIRST: usize = 40;
/// Bounds of a portion: some milliseconds of the store's writer, so that live writes get in between.
const PORTION_CONVERSATIONS: usize = 50;
const PORTION_MESSAGES: usize = 150;
const PORTION_CONTACTS: usize = 250;
/// The mean, from which lengths differ by up to [`SPREAD`], in pairs that make up for each other.
const LENGTH: usize = MESSAGES / (PEOPLE * NUMBERS);
const SPREAD: usize = 7;
/// Conversations from here on make up for what the written ones are longer or shorter.
const BALANCING: usize = 4_000;

/// What is open in the main organization. Like [`past`] it is filled in once; a second start finds it and does nothing.
pub(super) async fn today(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    seed: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scene = Scene::new(seed, now)?;
    let history = History::new(&scene)?;
    if history.is_complete(store).await? {
        return Ok(());
    }
    let mut desk = Desk { scene: &scene, store, blobs, waiting: Vec::new() };
    desk.contacts(&history, 0..OPEN).await?;
    for (place, index) in history.open_by_age().into_iter().enumerate() {
        desk.add(history.open(index)?, if place < FIRST { FIRST } else { PORTION_CONVERSATIONS }).await?;
    }
    desk.import().await
}

/// Everybody else, and what is closed; after [`today`].
pub(super) async fn past(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    seed: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scene = Scene::new(seed, now)?;
    let history = History::new(&scene)?;
    if history.is_complete(store).await? {
        return Ok(());
    }
    let mut desk = Desk { scene: &scene, store, blobs, waiting: Vec::new() };
    for first in (0..PEOPLE).step_by(PORTION_CONTACTS) {
        let portion = first..PEOPLE.min(first + PORTION_CONTACTS);
        desk.contacts(&history, portion.start.max(OPEN).min(portion.end)..portion.end).await?;
        for index in portion {
            for number in History::closed_numbers(index) {
                desk.add(history.closed(index, number)?, PORTION_CONVERSATIONS).await?;
            }
        }
    }
    desk.import().await?;
    for first in (0..PEOPLE).step_by(PORTION_CONTACTS) {
        desk.file(first..PEOPLE.min(first + PORTION_CONTACTS)).await?;
    }
    Ok(())
}

/// Brings portions into the store.
struct Desk<'a> {
    scene: &'a Scene,
    store: &'a dyn Store,
    blobs: &'a dyn BlobStore,
    waiting: Vec<Story>,
}

impl Desk<'_> {
    async fn contacts(&self, history: &History<'_>, range: std::ops::Range<usize>) -> Result<(), StoreError> {
        let customers = range.map(|index| {
            let last_message_on = Some(Day::of(history.last_activity(index)?));
            Ok(Contact { last_message_on, ..Customer::of(self.scene, index)?.contact })
        });
        let contacts = customers.collect::<Result<Vec<_>, InvalidId>>()?;
        if contacts.is_empty() {
            return Ok(());
        }
        self.store.import_contacts(self.scene.tenant, Number::SOLE_PORTFOLIO, contacts).await
    }

    /// What the business knew of them before they wrote, as a file that it brought along. Last: no screen waits for it.
    async fn file(&self, range: std::ops::Range<usize>) -> Result<(), StoreError> {
        let customers = range.map(|index| Customer::of(self.scene, index)).collect::<Result<Vec<_>, InvalidId>>()?;
        let rows = customers.iter().filter_map(Customer::row).collect();
        let file = ImportId::derive(&[b"demo", self.scene.tenant.as_bytes()]);
        self.store.bring_contacts(self.scene.tenant, file, rows, self.scene.now.minus(Span::hours(24 * 90))).await?;
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn add(&mut self, story: Story, portion: usize) -> Result<(), StoreError> {
        self.waiting.push(story);
        let messages: usize = self.waiting.iter().map(|story| story.messages.len()).sum();
        if self.waiting.len() >= portion || messages >= PORTION_MESSAGES {
            self.import().await?;
        }
        Ok(())
    }

    /// Files first: what a message names can be read.
    async fn import(&mut self) -> Result<(), StoreError> {
        let tenant = self.scene.tenant;
        let (mut conversations, mut messages, mut files) = (Vec::new(), Vec::new(), Vec::new());
        let mut troubles = Vec::new();
        for story in self.waiting.drain(..) {
            troubles.extend(trouble(self.scene, &story));
            conversations.push(story.conversation);
            messages.extend(story.messages);
            files.extend(story.files);
        }
        try_join_all(files.into_iter().map(|(id, bytes)| self.blobs.put(tenant, id, bytes))).await?;
        self.store.import(tenant, conversations, messages).await?;
        for commit in troubles {
            // A conflict: somebody is in the conversation already, or an earlier start did it.
            drop(self.store.commit(tenant, commit).await?);
        }
        tokio::task::yield_now().await;
        Ok(())
    }
}

/// Puts into the outbox what failed or is in doubt, so that people can send it again and the doubt is settled as usual.
/// Only where a conversation is open: elsewhere nobody looks.
fn trouble(scene: &Scene, story: &Story) -> Option<Commit> {
    if story.conversation.status != ConversationStatus::Open {
        return None;
    }
    let mut conversation = story.conversation.clone();
    let records: Vec<Record> =
        story.messages.iter().filter_map(|message| entry(scene, story, message)).flatten().collect();
    conversation.revision += 1;
    (!records.is_empty()).then(|| Commit { conversation, records, events: Vec::new(), intake: None })
}

fn entry(scene: &Scene, story: &Story, message: &Message) -> Option<[Record; 2]> {
    let state = message.delivery.as_ref()?.state;
    let engine::content::Content::Text { body } = &message.content else { return None };
    let outgoing = Outgoing {
        tenant: scene.tenant,
        id: message.id,
        conversation: message.conversation_id,
        recipient: None,
        number: story.conversation.number.phone_number_id.clone(),
        to: Recipient {
            wa_id: story.conversation.contact.phone.clone(),
            bsuid: story.conversation.contact.bsuid.clone(),
        },
        lane: Lane::Reply,
        reply_to: None,
        body: OutgoingBody::Text { body: body.clone() },
        queued_at: message.at,
    };
    match state {
        DeliveryState::Failed => Some([Record::Enqueue(outgoing), Record::Settle(message.id)]),
        DeliveryState::Unknown => {
            let doubt = Record::Doubt { id: message.id, since: message.at };
            Some([Record::Enqueue(outgoing), doubt])
        }
        DeliveryState::Queued
        | DeliveryState::Sent
        | DeliveryState::Delivered
        | DeliveryState::Read
        | DeliveryState::Played => None,
    }
}

/// Which conversations there are, and how each comes about.
struct History<'a> {
    scene: &'a Scene,
    /// How many messages the written conversations have more (or less) than the mean.
    surplus: i64,
}

impl<'a> History<'a> {
    fn new(scene: &'a Scene) -> Result<Self, InvalidId> {
        let mut surplus = 0_i64;
        for index in 0..featured::PEOPLE.len() {
            let length = featured::story(scene, index)?.messages.len();
            surplus += i64::try_from(length).unwrap_or_default() - i64::try_from(LENGTH).unwrap_or_default();
        }
        Ok(Self { scene, surplus })
    }

    /// The last message comes last into the store.
    async fn is_complete(&self, store: &dyn Store) -> Result<bool, StoreError> {
        let latest = self.closed(PEOPLE - 1, NUMBERS - 1)?;
        let Some(last) = latest.messages.last() else { return Ok(false) };
        Ok(store.message(self.scene.tenant, last.conversation_id, last.id).await?.is_some())
    }

    fn open_by_age(&self) -> Vec<usize> {
        let mut open: Vec<usize> = (featured::PEOPLE.len()..OPEN).collect();
        open.sort_by_key(|index| self.open_age(*index));
        (0..featured::PEOPLE.len()).chain(open).collect()
    }

    /// The number with which the customer's conversation is open.
    fn open_number(index: usize) -> Option<usize> {
        let after = index.checked_sub(featured::PEOPLE.len());
        match (featured::PEOPLE.get(index), after) {
            (Some(person), _) => Some(person.number),
            // The simulator's customers write to the numbers in turn.
            (None, Some(customer)) if customer < SIMULATED => Some(customer % NUMBERS),
            (None, _) => (index < OPEN).then(|| Chance::new(0, "open with", index).below(NUMBERS)),
        }
    }

    fn closed_numbers(index: usize) -> impl Iterator<Item = usize> {
        let open = Self::open_number(index);
        (0..NUMBERS).filter(move |number| Some(*number) != open)
    }

    /// From minutes to a week, most of them young.
    fn open_age(&self, index: usize) -> i64 {
        let mut chance = Chance::new(self.scene.seed, "age", index);
        let place = i64::try_from(index - featured::PEOPLE.len()).unwrap_or_default();
        let simulated = i64::try_from(SIMULATED).unwrap_or_default();
        let minutes = if place < simulated {
            100 + place * 9
        } else {
            let place = place - simulated;
            3 + place + place * place * 2 / 25 + chance.between(0, 3)
        };
        minutes * 60_000 + chance.between(0, 59_000)
    }

    fn last_activity(&self, index: usize) -> Result<Timestamp, InvalidId> {
        if index < featured::PEOPLE.len() {
            return Ok(featured::story(self.scene, index)?.conversation.last_activity_at);
        }
        let open = (index < OPEN).then(|| self.open_age(index));
        let closed = Self::closed_numbers(index).map(|number| self.closed_plan(index, number).age);
        Ok(self.scene.ago(open.into_iter().chain(closed).min().unwrap_or_default()))
    }

    fn open(&self, index: usize) -> Result<Story, InvalidId> {
        if index < featured::PEOPLE.len() {
            return featured::story(self.scene, index);
        }
        let number = Self::open_number(index).unwrap_or_default();
        let plan = Plan {
            number,
            length: self.length(index, number),
            age: self.open_age(index),
            status: ConversationStatus::Open,
            assignee: self.assignee(index),
            with_file: Chance::new(self.scene.seed, "open file", index).percent(50),
        };
        story::story(self.scene, &Customer::of(self.scene, index)?, &plan)
    }

    /// Two of those who write by themselves lie with Rafael, so that his page lives; the others with nobody.
    fn assignee(&self, index: usize) -> Option<Person> {
        let place = index - featured::PEOPLE.len();
        if place < SIMULATED {
            return if place < 2 { self.scene.staff(0) } else { None };
        }
        if place % 9 == 4 {
            return None;
        }
        self.scene.staff([1, 3, 2, 1, 3, 2, 4].get(place % 7).copied().unwrap_or(1))
    }

    fn closed(&self, index: usize, number: usize) -> Result<Story, InvalidId> {
        story::story(self.scene, &Customer::of(self.scene, index)?, &self.closed_plan(index, number))
    }

    fn closed_plan(&self, index: usize, number: usize) -> Plan {
        const HOUR: i64 = 3_600_000;
        let mut chance = Chance::new(self.scene.seed, "closed", index * NUMBERS + number);
        let days = chance.between(0, 19) * chance.between(0, 19);
        Plan {
            number,
            length: self.length(index, number),
            age: (days * 24 + chance.between(5, 30)) * HOUR + chance.between(0, HOUR),
            status: ConversationStatus::Closed,
            assignee: if chance.percent(72) { self.scene.staff(chance.below(5)) } else { None },
            with_file: chance.permille(19),
        }
    }

    /// All lengths together are [`MESSAGES`].
    fn length(&self, index: usize, number: usize) -> usize {
        let pair = number / 2;
        let written = featured::PEOPLE.get(index).is_some_and(|person| person.number / 2 == pair);
        let spread =
            if written { 0 } else { Chance::new(self.scene.seed, "length", index * 2 + pair).below(SPREAD + 1) };
        let length = if number.is_multiple_of(2) { LENGTH + spread } else { LENGTH - spread };
        let beyond = (index * NUMBERS + number).checked_sub(BALANCING).and_then(|beyond| i64::try_from(beyond).ok());
        match beyond {
            Some(beyond) if beyond < self.surplus => length - 1,
            Some(beyond) if beyond < -self.surplus => length + 1,
            Some(_) | None => length,
        }
    }
}

#[cfg(test)]
mod tests;
