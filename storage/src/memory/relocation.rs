use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::consent::ConsentEntry;
use engine::contact::Contact;
use engine::id::TenantId;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::note::Note;
use engine::ports::{Arrival, Belonging, Kind, ListError, Page, PageRequest, Relocation, StoreError, Welcome};

use super::{Arrived, File, Item, MemoryStore, State, alerts};
use crate::cursor::{self, List};

/// The organization's rows of a map, with their places.
fn own<'a, K, T>(
    map: &'a BTreeMap<(TenantId, K), Arrived<T>>,
    tenant: TenantId,
    belonging: impl Fn(&T) -> Belonging + 'a,
) -> Vec<(i64, Belonging)> {
    let own = map.iter().filter(|((owner, _), _)| *owner == tenant);
    own.map(|(_, arrived)| (arrived.place, belonging(&arrived.row))).collect()
}

impl State {
    /// All of a kind in its order; the number is only that of the order.
    fn belongings(&self, tenant: TenantId, kind: Kind) -> Vec<Belonging> {
        let mut found = match kind {
            Kind::Contacts => own(&self.contacts, tenant, |contact| {
                let own = self.identities.iter().filter(|((owner, _), id)| *owner == tenant && **id == contact.id);
                let identities = own.map(|((_, key), _)| key.clone()).collect();
                let consents = self.ledger_of(tenant, contact.id).cloned().collect();
                let notes = self.notes_of(tenant, contact.id).cloned().collect();
                Belonging::Contact { contact: Box::new(contact.clone()), identities, consents, notes }
            }),
            Kind::Conversations => {
                own(&self.conversations, tenant, |row| Belonging::Conversation(Box::new(row.clone())))
            }
            Kind::Files => own(&self.media, tenant, |File { row, job }| Belonging::File {
                row: Box::new(row.clone()),
                job: job.clone().map(Box::new),
            }),
            Kind::Messages => return self.messages_of(tenant),
            Kind::ParkedStatuses => {
                let own = self.parked.iter().filter(|((owner, _), _)| *owner == tenant).flat_map(|(_, parked)| parked);
                own.map(|parked| (parked.place, Belonging::ParkedStatus(Box::new(parked.row.clone())))).collect()
            }
            Kind::Outbox => own(&self.outbox, tenant, |row| Belonging::Outgoing(Box::new(row.clone()))),
            Kind::Campaigns => own(&self.campaigns, tenant, |row| Belonging::Campaign(Box::new(row.clone()))),
            Kind::Recipients => return self.every_recipient(tenant),
            Kind::Intake => {
                let waits = |item: &&Item| matches!(item.outcome, IntakeOutcome::Stored | IntakeOutcome::Quarantined);
                let items = self.items(tenant).into_iter().filter(waits);
                let whole =
                    |item: &Item| Belonging::Intake { entry: Box::new(item.entry()), raw: item.record.raw.clone() };
                items.map(|item| (item.place, whole(item))).collect()
            }
            Kind::Alerts => {
                let alerts = self.alerts.get(&tenant).into_iter().flatten();
                let whole = |alerts::Raised { alert, dismissed }: &alerts::Raised| Belonging::Alert {
                    alert: alert.clone(),
                    dismissed: *dismissed,
                };
                (0..).zip(alerts.map(whole)).collect()
            }
            Kind::Templates => own(&self.templates, tenant, |row| Belonging::Template(Box::new(row.clone()))),
            Kind::Audit => {
                let records = self.audit.get(&tenant).into_iter().flat_map(|chain| chain.records.values());
                (0..).zip(records.map(|record| Belonging::Audit(Box::new(record.clone())))).collect()
            }
        };
        found.sort_by_key(|(place, _)| *place);
        found.into_iter().map(|(_, belonging)| belonging).collect()
    }

    fn every_recipient(&self, tenant: TenantId) -> Vec<Belonging> {
        let mut campaigns: Vec<_> = self.campaigns.iter().filter(|((owner, _), _)| *owner == tenant).collect();
        campaigns.sort_by_key(|(_, campaign)| campaign.place);
        let rows = campaigns.into_iter().flat_map(|((_, campaign), _)| {
            let rows = self.recipients_of(tenant, *campaign).cloned();
            rows.map(|row| Belonging::Recipient { campaign: *campaign, row: Box::new(row) })
        });
        rows.collect()
    }

    fn messages_of(&self, tenant: TenantId) -> Vec<Belonging> {
        let own = self.messages.iter().filter(|((owner, ..), _)| *owner == tenant);
        let mut own: Vec<_> = own
            .map(|((_, conversation, _), message)| {
                let age = self.conversations.get(&(tenant, *conversation)).map_or(0, |conversation| conversation.place);
                (age, message.row.at, message.place, &message.row)
            })
            .collect();
        own.sort_by_key(|(age, at, place, _)| (*age, *at, *place));
        own.into_iter().map(|(.., message)| Belonging::Message(Box::new(message.clone()))).collect()
    }

    fn welcome(&self, arrival: &Arrival) -> Welcome {
        let tenant = arrival.household.organization.id;
        let foreign = |account: &engine::account::Account| {
            let same = |known: &engine::account::Account| known.id == account.id && known.email == account.email;
            let alike = |known: &&engine::account::Account| known.id == account.id || known.email == account.email;
            self.accounts.values().filter(alike).any(|known| !same(known))
        };
        let taken = |number: &engine::directory::Number| {
            self.numbers.get(&number.phone_number_id).is_some_and(|(owner, _)| *owner != tenant)
        };
        if self.households.contains_key(&tenant) {
            Welcome::Exists
        } else if arrival.accounts.iter().any(foreign) {
            Welcome::EmailTaken
        } else if arrival.numbers.iter().any(taken) {
            Welcome::NumberTaken
        } else {
            Welcome::Welcome
        }
    }

    fn forget(&mut self, tenant: TenantId) {
        self.contacts.retain(|(owner, _), _| *owner != tenant);
        self.identities.retain(|(owner, _), _| *owner != tenant);
        self.consents.retain(|(owner, ..), _| *owner != tenant);
        self.notes.retain(|(owner, ..), _| *owner != tenant);
        self.conversations.retain(|(owner, _), _| *owner != tenant);
        self.messages.retain(|(owner, ..), _| *owner != tenant);
        self.media.retain(|(owner, _), _| *owner != tenant);
        self.parked.retain(|(owner, _), _| *owner != tenant);
        self.outbox.retain(|(owner, _), _| *owner != tenant);
        self.campaigns.retain(|(owner, _), _| *owner != tenant);
        self.recipients.retain(|(owner, ..), _| *owner != tenant);
        self.intake.retain(|_, item| item.record.tenant != Some(tenant));
        self.alerts.remove(&tenant);
        self.templates.retain(|(owner, _), _| *owner != tenant);
        self.templates_synced.retain(|(owner, _), _| *owner != tenant);
        self.audit.remove(&tenant);
    }

    fn bring_contact(
        &mut self,
        tenant: TenantId,
        contact: Contact,
        identities: Vec<String>,
        consents: Vec<ConsentEntry>,
        notes: Vec<Note>,
    ) {
        let id = contact.id;
        let lines = consents.into_iter().map(|entry| ((tenant, id, entry.at, entry.id), entry));
        self.consents.extend(lines);
        self.notes.extend(notes.into_iter().map(|note| ((tenant, id, note.at, note.id), note)));
        for key in identities {
            self.identities.entry((tenant, key)).or_insert(id);
        }
        let arrived = self.arrived(contact);
        self.contacts.entry((tenant, id)).or_insert(arrived);
    }

    fn bring_in(&mut self, tenant: TenantId, belonging: Belonging) {
        match belonging {
            Belonging::Contact { contact, identities, consents, notes } => {
                self.bring_contact(tenant, *contact, identities, consents, notes);
            }
            Belonging::Conversation(conversation) => {
                if !self.conversations.contains_key(&(tenant, conversation.id)) {
                    self.put_conversation(tenant, *conversation);
                }
            }
            Belonging::File { row, job } => {
                let id = row.media.id;
                let arrived = self.arrived(File { row: *row, job: job.map(|job| *job) });
                self.media.entry((tenant, id)).or_insert(arrived);
            }
            Belonging::Message(message) => self.insert(tenant, message.conversation_id, *message),
            Belonging::ParkedStatus(update) => self.park(tenant, &update),
            Belonging::Outgoing(entry) => {
                let id = entry.outgoing.id;
                let arrived = self.arrived(*entry);
                self.outbox.entry((tenant, id)).or_insert(arrived);
            }
            Belonging::Campaign(campaign) => {
                let id = campaign.id;
                let arrived = self.arrived(*campaign);
                self.campaigns.entry((tenant, id)).or_insert(arrived);
            }
            Belonging::Recipient { campaign, row } => {
                self.recipients.entry((tenant, campaign, row.recipient.no)).or_insert(*row);
            }
            Belonging::Intake { entry, raw } => {
                let record = IntakeRecord {
                    id: entry.id,
                    tenant: Some(tenant),
                    number: entry.phone_number_id.clone(),
                    field: entry.field.clone(),
                    kind: entry.kind.clone(),
                    raw,
                    received_at: entry.received_at,
                    attempts: entry.attempts,
                    quarantined: None,
                };
                let Arrived { place, row: entry } = self.arrived(entry);
                self.intake.entry(entry.id).or_insert(Item {
                    place,
                    record,
                    outcome: entry.outcome,
                    processed_at: entry.processed_at,
                    error: entry.error,
                    conversation: entry.conversation_id,
                });
            }
            Belonging::Alert { alert, dismissed } => {
                let raised = self.alerts.entry(tenant).or_default();
                if !raised.iter().any(|known| known.alert.id == alert.id) {
                    raised.push(alerts::Raised { alert, dismissed });
                }
            }
            Belonging::Template(template) => {
                let id = template.id;
                let arrived = self.arrived(*template);
                self.templates.entry((tenant, id)).or_insert(arrived);
            }
            Belonging::Audit(record) => {
                self.audit.entry(tenant).or_default().records.entry(record.n).or_insert(*record);
            }
        }
    }
}

#[async_trait]
impl Relocation for MemoryStore {
    async fn belongings(&self, tenant: TenantId, kind: Kind, page: PageRequest) -> Result<Page<Belonging>, ListError> {
        let after: usize = cursor::row(List::Belongings, &page)?.unwrap_or(0);
        let limit = cursor::limit(&page);
        let mut items: Vec<_> = self.state()?.belongings(tenant, kind).into_iter().skip(after).collect();
        let more = cursor::cut(&mut items, limit);
        let next = more.then(|| cursor::at_row(List::Belongings, after + items.len()));
        Ok(Page { items, next })
    }

    async fn begin_arrival(&self, arrival: &Arrival) -> Result<Welcome, StoreError> {
        let mut state = self.state()?;
        let (welcome, tenant) = (state.welcome(arrival), arrival.household.organization.id);
        if welcome == Welcome::Welcome {
            state.forget(tenant);
            state.arriving.insert(tenant);
        }
        Ok(welcome)
    }

    async fn bring_in(&self, tenant: TenantId, belongings: Vec<Belonging>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        for belonging in belongings {
            state.bring_in(tenant, belonging);
        }
        Ok(())
    }

    async fn settle_in(&self, arrival: Arrival, audit: Vec<AuditEntry>) -> Result<Welcome, StoreError> {
        let mut state = self.state()?;
        let welcome = state.welcome(&arrival);
        if welcome != Welcome::Welcome {
            return Ok(welcome);
        }
        let Arrival { household, accounts, numbers, app, chain, events } = arrival;
        let tenant = household.organization.id;
        for account in accounts {
            state.accounts.entry(account.id).or_insert(account);
        }
        for number in numbers {
            state.put_number(tenant, number);
        }
        state.apps.extend(app.map(|app| (tenant, app)));
        state.households.insert(tenant, household);
        state.audit.entry(tenant).or_default().ends = chain;
        state.events.entry(tenant).or_default().head = events;
        state.arriving.remove(&tenant);
        state.append_audit(tenant, audit);
        Ok(welcome)
    }
}
