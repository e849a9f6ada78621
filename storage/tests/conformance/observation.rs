//! Everything that can be read of a tenant, to compare two stores or two moments.

use engine::access::Visibility;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::event::LoggedEvent;
use engine::id::{ContactId, TenantId};
use engine::intake::{IntakeEntry, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::message::Message;
use engine::outgoing::OutboxEntry;
use engine::ports::{
    ConversationCounts, ConversationQuery, IntakeQuery, ListError, LogRange, MediaRow, Page, PageRequest, Store, View,
};
use engine::time::Timestamp;

use crate::fixture::*;

/// Ids of the fixtures run up to this.
pub(crate) const IDS: u8 = 10;

/// The pages of one list.
type Pages<T> = Vec<Vec<T>>;

#[derive(Debug, PartialEq)]
pub(crate) struct Observation {
    lists: Vec<(View, Visibility, bool, Pages<Conversation>)>,
    counts: Vec<ConversationCounts>,
    of_contacts: Vec<Vec<Conversation>>,
    history: Vec<Pages<Message>>,
    unfinished: Vec<IntakeRecord>,
    log: Vec<(Option<IntakeOutcome>, Pages<IntakeEntry>)>,
    summary: IntakeSummary,
    contacts: Pages<Contact>,
    outbox: Vec<OutboxEntry>,
    unsettled: Vec<OutboxEntry>,
    range: LogRange,
    events: Vec<LoggedEvent>,
    media: Vec<Option<MediaRow>>,
}

impl Observation {
    /// Of contacts that the store made, every store has its own ids.
    pub(crate) fn rename_contacts(&mut self, mut name: impl FnMut(ContactId) -> ContactId) {
        for contact in self.contacts.iter_mut().flatten() {
            contact.id = name(contact.id);
        }
    }
}

pub(crate) async fn observe(store: &impl Store, tenant: TenantId) -> Observation {
    let mut outbox = Vec::new();
    let mut history = Vec::new();
    let mut of_contacts = Vec::new();
    let mut media = Vec::new();
    for n in 0..IDS {
        outbox.extend(store.outbox_entry(tenant, message_id(n)).await.unwrap());
        history.push(pages(async |page| store.history(tenant, conversation_id(n), page).await).await);
        of_contacts.push(store.conversations_of(tenant, contact(n).id, Visibility::All).await.unwrap());
        media.push(store.media(tenant, job(1, n).media).await.unwrap());
    }
    let outcomes =
        [IntakeOutcome::Stored, IntakeOutcome::Processed, IntakeOutcome::Duplicate, IntakeOutcome::Quarantined];
    let mut log = Vec::new();
    for outcome in outcomes.map(Some).into_iter().chain([None]) {
        log.push((outcome, pages(async |page| store.entries(tenant, IntakeQuery { outcome, page }).await).await));
    }
    let mut counts = Vec::new();
    for visibility in visibilities() {
        counts.push(store.counts(tenant, RAFAEL, visibility).await.unwrap());
    }
    Observation {
        lists: lists(store, tenant).await,
        counts,
        of_contacts,
        history,
        unfinished: store.unfinished(tenant, None, 1000).await.unwrap(),
        log,
        summary: store.summary(tenant, Timestamp(0)).await.unwrap(),
        contacts: pages(async |page| store.contacts(tenant, page).await).await,
        outbox,
        unsettled: store.unsettled(tenant, None, 1000).await.unwrap(),
        range: store.range(tenant).await.unwrap(),
        events: store.events(tenant, 0, 1000).await.unwrap(),
        media,
    }
}

fn visibilities() -> [Visibility; 5] {
    let assigned = Visibility::Assigned(RAFAEL);
    [Visibility::All, team_of(RAFAEL, &[]), team_of(RAFAEL, &[1, 2]), assigned, Visibility::Nothing]
}

async fn lists(store: &impl Store, tenant: TenantId) -> Vec<(View, Visibility, bool, Pages<Conversation>)> {
    let mut lists = Vec::new();
    for view in [View::All, View::Closed, View::Unassigned, View::Mine(RAFAEL), View::Mine(MINA)] {
        for visibility in visibilities() {
            for unread in [false, true] {
                let visibility = &visibility;
                let pages = pages(async |page| {
                    store
                        .conversations(tenant, ConversationQuery { view, unread, visibility: visibility.clone(), page })
                        .await
                });
                lists.push((view, visibility.clone(), unread, pages.await));
            }
        }
    }
    lists
}

async fn pages<T>(list: impl AsyncFn(PageRequest) -> Result<Page<T>, ListError>) -> Pages<T> {
    let mut request = page(2);
    let mut pages = Vec::new();
    loop {
        let page = list(request.clone()).await.unwrap();
        pages.push(page.items);
        request.after = page.next;
        if request.after.is_none() {
            return pages;
        }
    }
}
