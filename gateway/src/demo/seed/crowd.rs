//! Whom the demo's broadcast goes to: people who have never written, of whom the business brought a file along. Like customers they
//! depend on their index, and the seed chooses their names.

use engine::consent::Opted;
use engine::contact::{ContactEdit, ImportRow};
use engine::id::{ImportId, InvalidId, WaId};
use engine::identity::Identities;
use engine::ports::{Store, StoreError};
use engine::time::{Span, Timestamp};
use loadtest::payload::Phone;
use loadtest::simulator::Introduction;

use super::PORTION_CONTACTS;
use super::chance::Chance;
use super::people::{PEOPLE, phone};
use super::phrases::Language;
use super::scene::Scene;
use crate::demo::cast;

/// One of so many answers the broadcast now and then: some a minute at 80/s, so that the inbox stays a day at work.
const ANSWERS_ONE_OF: usize = 500;
/// One of so many of those wants no more of it.
const STOPS_ONE_OF: usize = 8;
/// One of so many has no WhatsApp any more.
const LEFT_ONE_OF: usize = 125;

/// A file that is there already is brought again without a change, so that a start that was cut short is finished by the next.
pub(in crate::demo) async fn bring(
    store: &dyn Store,
    seed: u64,
    people: usize,
    now: Timestamp,
) -> Result<(), StoreError> {
    let scene = Scene::new(seed, now)?;
    let file = ImportId::derive(&[b"demo", scene.tenant.as_bytes(), cast::LIST.as_bytes()]);
    let brought_at = now.minus(Span::hours(24));
    for first in (0..people).step_by(PORTION_CONTACTS) {
        let rows = (first..people.min(first + PORTION_CONTACTS)).map(|index| row(&scene, index));
        let rows = rows.collect::<Result<Vec<_>, InvalidId>>()?;
        store.bring_contacts(scene.tenant, file, rows, brought_at).await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Those who will answer. They are told at every start: the simulated WhatsApp forgets.
pub(in crate::demo) fn introductions(seed: u64, people: usize) -> Vec<Introduction> {
    let answering = (0..people).skip(ANSWERS_ONE_OF / 2).step_by(ANSWERS_ONE_OF);
    answering
        .enumerate()
        .map(|(place, index)| {
            let thanks = language(index).bank().thanks.iter().map(|words| (*words).to_owned());
            let stops = place % STOPS_ONE_OF == STOPS_ONE_OF - 1;
            Introduction {
                number: cast::BROADCASTING.2.into(),
                phone: Some(Phone::from(number(index))),
                bsuid: None,
                name: Some(name(seed, index)),
                username: None,
                window_until_ms: 0,
                answers: if stops { vec!["STOP".to_owned()] } else { thanks.collect() },
            }
        })
        .collect()
}

/// Whom WhatsApp cannot reach; told at every start like [`introductions`].
pub(in crate::demo) fn leavers(people: usize) -> impl Iterator<Item = Phone> {
    (0..people).skip(LEFT_ONE_OF / 3).step_by(LEFT_ONE_OF).map(|index| Phone::from(number(index)))
}

fn row(scene: &Scene, index: usize) -> Result<ImportRow, InvalidId> {
    let wa_id: WaId = number(index).parse()?;
    let edit = ContactEdit {
        name: Some(Some(name(scene.seed, index))),
        language: Some(Some(language(index).bank().code.to_owned())),
        add_tags: cast::LIST.parse().into_iter().collect(),
        ..ContactEdit::default()
    };
    let opted = match Chance::new(0, "crowd opted", index).below(100) {
        0..93 => Some((Opted::In, "yes".to_owned())),
        93..97 => Some((Opted::Out, "no".to_owned())),
        _ => None,
    };
    Ok(ImportRow { identities: Identities { wa_id: Some(wa_id), ..Identities::default() }, edit, opted })
}

fn name(seed: u64, index: usize) -> String {
    let (mut chance, bank) = (Chance::new(seed, "crowd name", index), language(index).bank());
    format!("{} {}", chance.pick(bank.first_names, ""), chance.pick(bank.last_names, ""))
}

/// Where numbers that nobody has are enough for so many: those reserved for fiction in the US and in France are not.
fn language(index: usize) -> Language {
    match Chance::new(0, "crowd language", index).below(100) {
        0..40 => Language::Portuguese,
        40..68 => Language::Hindi,
        68..82 => Language::Arabic,
        _ => Language::Spanish,
    }
}

/// They follow those of the customers.
fn number(index: usize) -> String {
    phone(language(index), PEOPLE + index)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use engine::ports::ContactStore as _;
    use engine::segment::{Condition, MarketingState, Node, Question};
    use storage::memory::MemoryStore;

    use super::super::people::Customer;
    use super::*;
    use crate::demo::run::PEOPLE_MAX;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    #[test]
    fn nobody_shares_a_number_and_another_seed_changes_names_only() {
        let scene = Scene::new(1, NOW).unwrap();
        let customers = (0..PEOPLE).filter_map(|index| Customer::of(&scene, index).unwrap().contact.phone);
        let mut known: HashSet<String> = customers.map(|phone| phone.as_str().to_owned()).collect();
        for index in 0..usize::try_from(PEOPLE_MAX).unwrap() {
            let number = number(index);
            assert!(number.parse::<WaId>().is_ok() && known.insert(number.clone()), "{number} of {index}");
        }
        let other = Scene::new(2, NOW).unwrap();
        let rows = |scene: &Scene| (0..40).map(|index| row(scene, index).unwrap()).collect::<Vec<_>>();
        let (one, two) = (rows(&scene), rows(&other));
        assert_eq!(one, rows(&scene));
        assert_ne!(one, two);
        assert!(one.iter().zip(&two).all(|(one, two)| one.identities == two.identities && one.opted == two.opted));
    }

    #[tokio::test]
    async fn the_file_is_brought_once_and_some_in_it_want_no_marketing() {
        let (store, tenant) = (MemoryStore::new(), cast::clinic().id);
        let count = async |tree: &Node| store.census(tenant, Question::of(tree, NOW)).await.unwrap().parts[0];
        let stopped = Node::Is(Condition::Marketing { any_of: vec![MarketingState::OptedOut] });
        let mut counts = Vec::new();
        for _ in 0..2 {
            bring(&store, 1, 600, NOW).await.unwrap();
            counts.push((count(&cast::list(NOW).tree).await, count(&stopped).await));
        }
        assert_eq!(counts.first(), counts.last());
        assert!(matches!(counts.first(), Some((600, 10..50))), "{counts:?}");
    }

    #[test]
    fn a_few_answer_in_a_minute_and_a_few_cannot_be_reached() {
        let answering = introductions(1, 48_000);
        assert_eq!(answering.len(), 96, "of 600 s at 80/s");
        let stops = answering.iter().filter(|person| person.answers == ["STOP"]).count();
        assert_eq!(stops, 12);
        let left: HashSet<Phone> = leavers(48_000).collect();
        assert_eq!(left.len(), 384);
        assert!(answering.iter().all(|person| !left.contains(person.phone.as_ref().unwrap())));
    }
}
