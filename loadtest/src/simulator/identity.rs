//! Who the customers are: a phone, a name, perhaps a username, and one BSUID per portfolio (§1.5).

use std::collections::{HashMap, HashSet};

use super::chance::Chance;
use super::introduction::Introduction;
use super::phrases::Language;
use crate::payload::{Bsuid, Phone, PortfolioId, Sender};

/// A person with a username shows the phone for this long after the business knew it.
const SHARED_MS: u64 = 30 * 24 * 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PersonId(pub(crate) u32);

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) phone: Phone,
    pub(crate) username: Option<String>,
    /// As a username does it.
    hides_phone: bool,
    pub(crate) language: Language,
    pub(crate) on_whatsapp: bool,
    /// Portfolios from which the person wants no marketing.
    pub(crate) opted_out: HashSet<PortfolioId>,
}

#[derive(Debug)]
pub(crate) struct People {
    chance: Chance,
    known: Vec<Person>,
    by_phone: HashMap<Phone, PersonId>,
    by_bsuid: HashMap<(PortfolioId, Bsuid), PersonId>,
    /// BSUIDs that were not made here.
    given_bsuids: HashMap<(PortfolioId, PersonId), Bsuid>,
    phone_known_at: HashMap<(PortfolioId, PersonId), u64>,
}

impl People {
    pub(crate) fn new(chance: Chance) -> Self {
        Self {
            chance,
            known: Vec::new(),
            by_phone: HashMap::new(),
            by_bsuid: HashMap::new(),
            given_bsuids: HashMap::new(),
            phone_known_at: HashMap::new(),
        }
    }

    pub(crate) fn everybody(&self) -> Vec<(String, Phone)> {
        self.known.iter().map(|person| (person.name.clone(), person.phone.clone())).collect()
    }

    pub(crate) fn with_phone(&mut self, phone: &Phone) -> PersonId {
        let phone = canonical(phone);
        if let Some(known) = self.by_phone.get(&phone) {
            return *known;
        }
        let language = Language::of_country(country(&phone));
        let name = self.chance.pick("name", phone.as_str(), language.bank().names).copied().unwrap_or("Avery");
        let id = PersonId(u32::try_from(self.known.len()).unwrap_or(u32::MAX));
        self.known.push(Person {
            name: name.into(),
            phone: phone.clone(),
            username: None,
            hides_phone: false,
            language,
            on_whatsapp: true,
            opted_out: HashSet::new(),
        });
        self.by_phone.insert(phone, id);
        id
    }

    /// Somebody whom the portfolio knows already, by phone, by BSUID or by both.
    pub(crate) fn introduce(&mut self, portfolio: &PortfolioId, introduction: &Introduction, now_ms: u64) -> PersonId {
        let known = introduction.bsuid.as_ref().and_then(|bsuid| self.with_bsuid(portfolio, bsuid));
        let id = match (known, &introduction.phone) {
            (Some(known), _) => known,
            (None, Some(phone)) => self.with_phone(phone),
            (None, None) => self.with_phone(&self.hidden_phone(introduction)),
        };
        if let Some(person) = self.person_mut(id) {
            person.hides_phone = introduction.phone.is_none();
            person.name = introduction.name.clone().unwrap_or_else(|| std::mem::take(&mut person.name));
            person.username = introduction.username.clone().or_else(|| person.username.take());
        }
        if introduction.phone.is_some() {
            self.note_phone_known(portfolio, id, now_ms);
        }
        if let Some(bsuid) = &introduction.bsuid {
            self.by_bsuid.insert((portfolio.clone(), bsuid.clone()), id);
            self.given_bsuids.insert((portfolio.clone(), id), bsuid.clone());
        }
        id
    }

    /// A phone of the BSUID's country for who shows none. No number begins with a 0 after the country code, so that it is
    /// nobody else's.
    fn hidden_phone(&self, introduction: &Introduction) -> Phone {
        let bsuid = introduction.bsuid.as_ref().map_or("", Bsuid::as_str);
        let country = bsuid.split('.').next().unwrap_or_default();
        let code = CALLING_CODES.iter().find(|(_, name)| *name == country).map_or("1", |(code, _)| code);
        let names = [introduction.username.as_deref(), introduction.name.as_deref()].map(Option::unwrap_or_default);
        let lot = self.chance.number("hidden phone", &format!("{bsuid}/{}", names.join("/")));
        Phone::from(format!("{code}0{:09}", lot % 1_000_000_000))
    }

    pub(crate) fn with_bsuid(&self, portfolio: &PortfolioId, bsuid: &Bsuid) -> Option<PersonId> {
        self.by_bsuid.get(&(portfolio.clone(), bsuid.clone())).copied()
    }

    pub(crate) fn person(&self, id: PersonId) -> Option<&Person> {
        self.known.get(id.0 as usize)
    }

    pub(crate) fn person_mut(&mut self, id: PersonId) -> Option<&mut Person> {
        self.known.get_mut(id.0 as usize)
    }

    /// Regenerated with the phone number, different for each portfolio.
    pub(crate) fn bsuid(&mut self, portfolio: &PortfolioId, id: PersonId) -> Option<Bsuid> {
        if let Some(given) = self.given_bsuids.get(&(portfolio.clone(), id)) {
            return Some(given.clone());
        }
        let phone = self.person(id)?.phone.clone();
        let lot = self.chance.number("bsuid", &format!("{portfolio}/{phone}"));
        let bsuid = Bsuid::from(format!("{}.{lot:020}", country(&phone)));
        self.by_bsuid.insert((portfolio.clone(), bsuid.clone()), id);
        Some(bsuid)
    }

    pub(crate) fn note_phone_known(&mut self, portfolio: &PortfolioId, id: PersonId, now_ms: u64) {
        self.phone_known_at.insert((portfolio.clone(), id), now_ms);
    }

    /// What this portfolio's webhooks may show of the person now; `in_book`: a phone that was known once is not forgotten.
    pub(crate) fn sender(&mut self, portfolio: &PortfolioId, id: PersonId, in_book: bool, now_ms: u64) -> Sender {
        let bsuid = self.bsuid(portfolio, id);
        let known_at = self.phone_known_at.get(&(portfolio.clone(), id)).copied();
        let Some(person) = self.person(id) else { return Sender::default() };
        let hides = person.hides_phone || person.username.is_some();
        let is_shared = !hides || known_at.is_some_and(|at| in_book || at + SHARED_MS > now_ms);
        Sender {
            name: Some(person.name.clone()),
            username: person.username.clone(),
            phone: is_shared.then(|| person.phone.clone()),
            bsuid,
        }
    }

    /// Answers the person and the phone that was left.
    pub(crate) fn change_number(&mut self, old: &Phone, new: &Phone) -> Option<(PersonId, Phone)> {
        let old = canonical(old);
        let id = self.by_phone.remove(&old)?;
        let new = canonical(new);
        self.by_phone.insert(new.clone(), id);
        self.person_mut(id)?.phone = new;
        self.given_bsuids.retain(|(_, person), _| *person != id);
        Some((id, old))
    }
}

/// The `wa_id` that Meta makes of a number: Brazil loses the ninth digit outside the first areas, Mexico and Argentina gain a
/// digit after the country code.
pub(crate) fn canonical(phone: &Phone) -> Phone {
    let digits = phone.as_str();
    let rest_after = |code: &str| digits.strip_prefix(code).map(str::to_owned);
    match (digits.get(..2), digits.len()) {
        (Some("55"), 13) => {
            let rest = rest_after("55").unwrap_or_default();
            let area: u32 = rest.get(..2).and_then(|area| area.parse().ok()).unwrap_or(0);
            match (area > 28, rest.get(2..3), rest.get(3..)) {
                (true, Some("9"), Some(local)) => Phone::from(format!("55{area}{local}")),
                _ => phone.clone(),
            }
        }
        (Some("52"), 12) => Phone::from(format!("521{}", rest_after("52").unwrap_or_default())),
        (Some("54"), 12) => Phone::from(format!("549{}", rest_after("54").unwrap_or_default())),
        _ => phone.clone(),
    }
}

/// What the caller of the API wrote as `to`, as digits: without `+` a short number gets the business's own country code.
pub(crate) fn dialled(to: &str, business: &Phone) -> Option<Phone> {
    let is_allowed = |character: char| character.is_ascii_digit() || "+- ()".contains(character);
    let digits: String = to.chars().filter(char::is_ascii_digit).collect();
    if !to.chars().all(is_allowed) || digits.len() < 5 || digits.len() > 20 {
        return None;
    }
    let is_local = !to.trim_start().starts_with('+') && digits.len() <= 10;
    Some(Phone::from(if is_local { format!("{}{digits}", calling_code(business)) } else { digits }))
}

const CALLING_CODES: [(&str, &str); 14] = [
    ("1", "US"),
    ("20", "EG"),
    ("33", "FR"),
    ("34", "ES"),
    ("44", "GB"),
    ("49", "DE"),
    ("52", "MX"),
    ("54", "AR"),
    ("55", "BR"),
    ("57", "CO"),
    ("91", "IN"),
    ("351", "PT"),
    ("966", "SA"),
    ("971", "AE"),
];

fn calling_code(phone: &Phone) -> &'static str {
    CALLING_CODES.iter().find(|(code, _)| phone.as_str().starts_with(code)).map_or("1", |(code, _)| code)
}

pub(crate) fn country(phone: &Phone) -> &'static str {
    CALLING_CODES.iter().find(|(code, _)| phone.as_str().starts_with(code)).map_or("US", |(_, country)| country)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wa_id_is_not_always_the_number_that_was_dialled() {
        assert_eq!(canonical(&"5551987654321".into()).as_str(), "555187654321");
        assert_eq!(canonical(&"5511987654321".into()).as_str(), "5511987654321");
        assert_eq!(canonical(&"525512345678".into()).as_str(), "5215512345678");
        assert_eq!(canonical(&"541112345678".into()).as_str(), "5491112345678");
    }

    #[test]
    fn a_number_without_plus_gets_the_business_country() {
        let business = Phone::from("919876543210");
        assert_eq!(dialled("(631) 555-1234", &business).unwrap().as_str(), "916315551234");
        assert_eq!(dialled("+1 631 555 1234", &business).unwrap().as_str(), "16315551234");
        assert!(dialled("US.1349120865530", &business).is_none());
    }

    #[test]
    fn a_username_hides_the_phone_until_the_business_knows_it() {
        let mut people = People::new(Chance::new(1));
        let id = people.with_phone(&"447700900145".into());
        people.person_mut(id).unwrap().username = Some("blake.sample".into());
        let portfolio = PortfolioId::from("400");
        let hidden = people.sender(&portfolio, id, true, 0);
        assert_eq!(hidden.phone, None);
        people.note_phone_known(&portfolio, id, 10);
        assert!(people.sender(&portfolio, id, false, 20).phone.is_some());
        assert_eq!(people.sender(&portfolio, id, false, 11 + SHARED_MS).phone, None);
        assert!(people.sender(&portfolio, id, true, 11 + SHARED_MS).phone.is_some(), "the contact book has it");
        assert_ne!(people.bsuid(&"401".into(), id), hidden.bsuid, "another portfolio sees another id");
    }
}
