//! What conditions ask about contacts, in memory: their bodies are sealed, and unsealing a million of them for every count would
//! take seconds. A table is built at the first count of an organization and brought up to date at each further one, from the number
//! of the newest change that it has seen.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use engine::contact::{FieldKey, FieldValue};
use engine::id::{ImportId, TenantId};
use engine::segment::{Census, ContactFacts, Question};

/// Contacts of all organizations together that are kept, some 200 bytes each. Beyond it, the tables that were not asked for longest are
/// forgotten, and built again when they are.
const KEPT_MAX: usize = 4_000_000;
/// Threads that count.
const THREADS_MAX: usize = 4;
/// Fewer are counted faster than threads are started.
const SHARE_MIN: usize = 20_000;

/// The tables of a store.
#[derive(Default)]
pub(crate) struct Facts {
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    of: HashMap<TenantId, Kept>,
    asked: u64,
}

#[derive(Default, Clone)]
struct Kept {
    table: Arc<Mutex<Table>>,
    asked: u64,
    contacts: usize,
}

impl Facts {
    /// Works with the table of an organization. Others who ask for the same wait, so that it is built once.
    pub(crate) fn of<R, E>(&self, tenant: TenantId, work: impl FnOnce(&mut Table) -> Result<R, E>) -> Result<R, E> {
        let table = self.asked(tenant);
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        let done = work(&mut table);
        let contacts = table.rows.len();
        drop(table);
        self.make_room(tenant, contacts);
        done
    }

    /// After the rows are gone from the file: whoever brings the table up to date meanwhile holds it until they are done.
    pub(crate) fn forget(&self, tenant: TenantId, gone: &[i64]) {
        if gone.is_empty() {
            return;
        }
        let kept = self.tables.lock().unwrap_or_else(PoisonError::into_inner).of.get(&tenant).cloned();
        if let Some(kept) = kept {
            let mut table = kept.table.lock().unwrap_or_else(PoisonError::into_inner);
            for key in gone {
                table.remove(*key);
            }
        }
    }

    fn asked(&self, tenant: TenantId) -> Arc<Mutex<Table>> {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.asked += 1;
        let asked = tables.asked;
        let kept = tables.of.entry(tenant).or_default();
        kept.asked = asked;
        Arc::clone(&kept.table)
    }

    fn make_room(&self, tenant: TenantId, contacts: usize) {
        let mut tables = self.tables.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = tables.of.get_mut(&tenant) {
            kept.contacts = contacts;
        }
        while tables.of.values().map(|kept| kept.contacts).sum::<usize>() > KEPT_MAX && tables.of.len() > 1 {
            let oldest = tables.of.iter().min_by_key(|(_, kept)| kept.asked).map(|(tenant, _)| *tenant);
            if let Some(oldest) = oldest {
                tables.of.remove(&oldest);
            }
        }
    }
}

/// The contacts of one organization.
#[derive(Default)]
pub(crate) struct Table {
    /// By their keys, which rise with age; a place that is empty was a contact's.
    rows: Vec<(i64, Option<ContactFacts>)>,
    upto: i64,
    texts: Shared<str>,
    tags: Shared<[Arc<str>]>,
    imports: Shared<[ImportId]>,
    fields: Shared<[(FieldKey, FieldValue)]>,
}

impl Table {
    /// The newest change that is in it.
    pub(crate) fn upto(&self) -> i64 {
        self.upto
    }

    /// In place of what was there. `None`: it is not to be counted.
    pub(crate) fn put(&mut self, key: i64, change: i64, facts: Option<ContactFacts>) {
        let facts = facts.map(|facts| self.sharing(facts));
        match self.rows.binary_search_by_key(&key, |(known, _)| *known) {
            Ok(at) => {
                if let Some((_, known)) = self.rows.get_mut(at) {
                    *known = facts;
                }
            }
            Err(at) => self.rows.insert(at, (key, facts)),
        }
        self.upto = self.upto.max(change);
    }

    fn remove(&mut self, key: i64) {
        if let Ok(at) = self.rows.binary_search_by_key(&key, |(known, _)| *known)
            && let Some((_, row)) = self.rows.get_mut(at)
        {
            *row = None;
        }
    }

    /// What many have in common is kept once.
    fn sharing(&mut self, facts: ContactFacts) -> ContactFacts {
        let tags: Vec<_> = facts.tags.iter().map(|tag| self.texts.one(Arc::clone(tag))).collect();
        ContactFacts {
            country: facts.country.map(|text| self.texts.one(text)),
            language: facts.language.map(|text| self.texts.one(text)),
            tags: self.tags.one(tags.into()),
            imports: self.imports.one(facts.imports),
            fields: self.fields.one(facts.fields),
            ..facts
        }
    }

    /// How many have each. Most share what they have with others, so that a set is taken apart once.
    pub(crate) fn tags(&self) -> HashMap<Arc<str>, u64> {
        let mut sets = HashMap::new();
        for facts in self.rows.iter().filter_map(|(_, facts)| facts.as_ref()) {
            let (_, count) = sets.entry((facts.tags.as_ptr(), facts.tags.len())).or_insert((&facts.tags, 0_u64));
            *count += 1;
        }
        let mut counts = HashMap::new();
        for (tags, count) in sets.into_values() {
            for tag in tags.iter() {
                *counts.entry(Arc::clone(tag)).or_default() += count;
            }
        }
        counts
    }

    pub(crate) fn count(&self, question: &Question) -> Census {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX);
        let share = self.rows.len().div_ceil(threads).max(SHARE_MIN);
        let mut shares = self.rows.chunks(share);
        let own = shares.next().unwrap_or_default();
        thread::scope(|scope| {
            let others: Vec<_> = shares.map(|share| scope.spawn(move || census(share, question))).collect();
            others.into_iter().fold(census(own, question), |all, other| match other.join() {
                Ok(other) => all.plus(&other),
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }
}

fn census(rows: &[(i64, Option<ContactFacts>)], question: &Question) -> Census {
    let mut census = Census::of(question);
    for facts in rows.iter().filter_map(|(_, facts)| facts.as_ref()) {
        census.add(question, facts);
    }
    census
}

/// Values of which each is kept once, as long as there are not so many different ones that looking costs more than it saves.
struct Shared<T: ?Sized>(HashSet<Arc<T>>);

/// Different values of a kind that are looked for.
const DIFFERENT_MAX: usize = 50_000;

impl<T: ?Sized> Default for Shared<T> {
    fn default() -> Self {
        Self(HashSet::new())
    }
}

impl<T: ?Sized + Eq + Hash> Shared<T> {
    fn one(&mut self, value: Arc<T>) -> Arc<T> {
        if let Some(known) = self.0.get(&value) {
            return Arc::clone(known);
        }
        if self.0.len() < DIFFERENT_MAX {
            self.0.insert(Arc::clone(&value));
        }
        value
    }
}

#[cfg(test)]
mod tests {
    use engine::contact::Contact;
    use engine::id::ContactId;
    use engine::segment::Node;
    use engine::time::Timestamp;

    use super::*;

    fn facts(n: u32) -> ContactFacts {
        let mut contact = Contact::new(ContactId::from_bytes([0; 16]));
        contact.name = Some(format!("Contact {n}"));
        contact.country = Some(if n.is_multiple_of(2) { "BR" } else { "IN" }.to_owned());
        ContactFacts::of(&contact)
    }

    fn counted(table: &Table, tree: &str) -> (u64, u64) {
        let tree: Node = serde_json::from_str(tree).unwrap();
        let census = table.count(&Question::of(&tree, Timestamp(0)));
        (census.contacts, census.reach.people)
    }

    #[test]
    fn shares_of_threads_add_up_and_what_is_gone_is_not_counted() {
        let mut table = Table::default();
        for n in 0..50_000 {
            table.put(i64::from(n), i64::from(n) + 1, Some(facts(n)));
        }
        let tree = r#"{"is":{"on":"country","any_of":["BR"]}}"#;
        assert_eq!(counted(&table, tree), (50_000, 25_000));
        table.remove(4);
        table.put(6, 50_001, Some(facts(7)));
        assert_eq!(counted(&table, tree), (49_999, 24_998));
        assert_eq!(table.upto(), 50_001);
    }

    #[test]
    fn what_many_have_in_common_is_kept_once() {
        let mut table = Table::default();
        for n in 0..4 {
            table.put(n, n, Some(facts(0)));
        }
        let countries: HashSet<_> =
            table.rows.iter().filter_map(|(_, facts)| facts.as_ref()?.country.as_ref()).map(Arc::as_ptr).collect();
        assert_eq!(countries.len(), 1);
    }
}
