//! The 5,000 customers. Who they are depends on their index only, so that a second start finds the same ones; the seed
//! chooses their names and what they say.

use engine::consent::Opted;
use engine::contact::{Contact, ContactEdit, ImportRow};
use engine::id::{ContactId, InvalidId};
use engine::identity::Identities;

use super::chance::Chance;
use super::featured;
use super::phrases::Language;
use super::scene::Scene;

pub(in crate::demo) const PEOPLE: usize = 5_000;
/// The simulator's customers (`run::CUSTOMERS`), who write by themselves: they follow those of the first page.
pub(super) const SIMULATED: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Customer {
    pub(super) index: usize,
    pub(super) language: Language,
    /// The business knows it even where WhatsApp does not show it.
    pub(super) first_name: String,
    pub(super) contact: Contact,
}

impl Customer {
    pub(super) fn of(scene: &Scene, index: usize) -> Result<Self, InvalidId> {
        let after_featured = index.checked_sub(featured::PEOPLE.len());
        let (language, first_name, identities) = match (featured::PEOPLE.get(index), after_featured) {
            (Some(person), _) => (person.language, person.first_name(), person.identities()?),
            (None, Some(customer)) if customer < SIMULATED => simulated(scene, customer)?,
            (None, _) => made_up(scene, index)?,
        };
        let index_bytes = (index as u64).to_be_bytes();
        let mut contact = Contact::new(ContactId::derive(&[b"demo", scene.tenant.as_bytes(), &index_bytes]));
        contact.learn(&identities);
        Ok(Self { index, language, first_name, contact })
    }

    /// Their line in the business's own list. Those with a story of their own are not in it.
    pub(super) fn row(&self) -> Option<ImportRow> {
        const TAGS: [&str; 5] = ["VIP", "Exam", "Order", "Refund", "Newsletter"];
        if self.index < featured::PEOPLE.len() + SIMULATED {
            return None;
        }
        let identities = Identities { wa_id: Some(self.contact.phone.clone()?), ..Identities::default() };
        let mut chance = Chance::new(0, "row", self.index);
        let tags = TAGS.into_iter().filter(|_| chance.percent(18)).filter_map(|tag| tag.parse().ok());
        let edit = ContactEdit { add_tags: tags.collect(), ..ContactEdit::default() };
        let opted = match chance.below(100) {
            0..62 => Some((Opted::In, "yes".to_owned())),
            62..67 => Some((Opted::Out, "no".to_owned())),
            _ => None,
        };
        Some(ImportRow { identities, edit, opted })
    }
}

/// The number that the simulator gives its `index`-th customer, so that they meet their history when they write. The
/// name comes with their first message.
fn simulated(scene: &Scene, index: usize) -> Result<(Language, String, Identities), InvalidId> {
    /// In the simulator's order; it speaks German where this is English.
    const LANGUAGES: [Language; 6] = [
        Language::English,
        Language::Spanish,
        Language::Portuguese,
        Language::Arabic,
        Language::Hindi,
        Language::English,
    ];
    let language = LANGUAGES.get(index % LANGUAGES.len()).copied().unwrap_or(Language::English);
    let wa_id = Some(loadtest::simulator::scripted_phone(index).as_str().parse()?);
    let mut chance = Chance::new(scene.seed, "simulated", index);
    let first_name = chance.pick(language.bank().first_names, "").to_owned();
    Ok((language, first_name, Identities { wa_id, ..Identities::default() }))
}

fn made_up(scene: &Scene, index: usize) -> Result<(Language, String, Identities), InvalidId> {
    let mut fixed = Chance::new(0, "identity", index);
    let language = Language::drawn(&mut fixed);
    let bsuid = format!("{}.{:020}", country(language), fixed.next()).parse()?;
    let mut chance = Chance::new(scene.seed, "name", index);
    let first_name = chance.pick(language.bank().first_names, "");
    let last_name = chance.pick(language.bank().last_names, "");
    let mut identities = Identities {
        bsuid: Some(bsuid),
        wa_id: Some(phone(language, index).parse()?),
        name: Some(format!("{first_name} {last_name}")),
        ..Identities::default()
    };
    match index % 25 {
        // A username instead of a number.
        0..=2 => {
            identities.wa_id = None;
            identities.username = Some(username(language, first_name, last_name, index));
        }
        // From before there were BSUIDs.
        3 | 4 => identities.bsuid = None,
        // A number, and nothing else is known.
        5 => {
            identities.bsuid = None;
            identities.name = None;
        }
        6 => identities.username = Some(username(language, first_name, last_name, index)),
        _ => {}
    }
    Ok((language, first_name.to_owned(), identities))
}

fn username(language: Language, first: &str, last: &str, index: usize) -> String {
    let plain = |text: &str| -> String { text.chars().filter(char::is_ascii_alphabetic).collect() };
    match language {
        // Usernames are Latin.
        Language::Arabic => format!("nile.{index}"),
        Language::English | Language::Portuguese | Language::Hindi | Language::French | Language::Spanish => {
            format!("{}.{}{}", plain(first), plain(last), index % 100).to_lowercase()
        }
    }
}

fn country(language: Language) -> &'static str {
    match language {
        Language::English => "US",
        Language::Portuguese => "BR",
        Language::Arabic => "EG",
        Language::Hindi => "IN",
        Language::French => "FR",
        Language::Spanish => "ES",
    }
}

/// Numbers that nobody has: reserved for fiction where there are such (US, FR), else of ranges that are not given out.
pub(super) fn phone(language: Language, index: usize) -> String {
    const AREAS: [u16; 50] = [
        201, 203, 205, 206, 207, 208, 209, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234,
        239, 240, 248, 251, 252, 253, 254, 256, 260, 262, 267, 269, 270, 276, 281, 301, 302, 303, 304, 305, 307, 308,
        309, 310, 312, 313, 314, 315,
    ];
    match language {
        Language::English => {
            let area = AREAS.get(index / 100 % AREAS.len()).copied().unwrap_or(201);
            format!("1{area}55501{:02}", index % 100)
        }
        Language::Portuguese => format!("55119000{index:05}"),
        Language::Arabic => format!("2013000{index:05}"),
        Language::Hindi => format!("9150000{index:05}"),
        Language::French => format!("3363998{index:04}"),
        Language::Spanish => format!("34799{index:06}"),
    }
}
