//! Scripted customers: they open a dialogue, answer when the business has answered, and now and then send a file, a place or a
//! reaction. Decisions only; the simulator's loop carries them out.

use std::collections::HashMap;

use rand::Rng;

use super::chance::Chance;
use super::identity::PersonId;
use super::phrases::Language;
use super::specimens::Specimen;
use crate::payload::{Phone, PhoneNumberId};

/// How long a customer thinks before answering.
const THINKS_MS: std::ops::RangeInclusive<u64> = 1_500..=7_000;

#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) phone: Phone,
    pub(crate) number: PhoneNumberId,
    pub(crate) language: Language,
    dialogue: &'static [&'static str],
    next_line: usize,
    round: u64,
    answers_at_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Utterance {
    Line(&'static str),
    File(Specimen),
    Place { latitude: f64, longitude: f64 },
}

#[derive(Clone, Debug)]
pub(crate) struct Speech {
    pub(crate) number: PhoneNumberId,
    pub(crate) phone: Phone,
    pub(crate) utterance: Utterance,
}

#[derive(Debug, Default)]
pub(crate) struct Customers {
    actors: Vec<Actor>,
    by_person: HashMap<PersonId, usize>,
    per_second: f64,
    /// Messages that are owed; whole ones are spoken.
    owed: f64,
    turns: u64,
}

/// Above the numbers that businesses have in samples.
const FIRST_NUMBER: usize = 110;

/// The phone of the n-th scripted customer: numbers of films and documentation where there are such.
pub fn phone(index: usize) -> Phone {
    let language = Language::ALL.get(index % Language::ALL.len()).copied().unwrap_or(Language::English);
    let (prefix, digits) = language.numbering();
    Phone::from(format!("{prefix}{:0digits$}", FIRST_NUMBER + index))
}

impl Customers {
    pub(crate) fn start(
        &mut self,
        people: Vec<(PersonId, Phone, Language)>,
        numbers: &[PhoneNumberId],
        per_second: f64,
    ) {
        self.stop();
        self.per_second = per_second;
        for (index, (person, phone, language)) in people.into_iter().enumerate() {
            let Some(number) = numbers.get(index % numbers.len().max(1)) else { return };
            self.by_person.insert(person, self.actors.len());
            self.actors.push(Actor {
                phone,
                number: number.clone(),
                language,
                dialogue: &[],
                next_line: 0,
                round: 0,
                answers_at_ms: None,
            });
        }
    }

    pub(crate) fn stop(&mut self) {
        *self = Self { turns: self.turns, ..Self::default() };
    }

    pub(crate) fn count(&self) -> usize {
        self.actors.len()
    }

    /// The business wrote: the customer will answer, once. False when it is none of these customers.
    pub(crate) fn note_answer(&mut self, person: PersonId, now_ms: u64) -> bool {
        let turn = self.turns;
        let actor = self.by_person.get(&person).and_then(|index| self.actors.get_mut(*index));
        let Some(actor) = actor else { return false };
        if actor.answers_at_ms.is_none() {
            let thinks = Chance::new(turn).rng("thinks", actor.phone.as_str()).random_range(THINKS_MS);
            actor.answers_at_ms = Some(now_ms + thinks);
        }
        true
    }

    /// Who speaks now, after `elapsed_s` since the last question.
    pub(crate) fn speeches(&mut self, chance: Chance, now_ms: u64, elapsed_s: f64) -> Vec<Speech> {
        let mut speakers: Vec<usize> = Vec::new();
        for (index, actor) in self.actors.iter_mut().enumerate() {
            if actor.answers_at_ms.is_some_and(|at| at <= now_ms) {
                actor.answers_at_ms = None;
                speakers.push(index);
            }
        }
        self.owed += self.per_second * elapsed_s;
        while self.owed >= 1.0 && !self.actors.is_empty() {
            self.owed -= 1.0;
            self.turns += 1;
            speakers.push(chance.rng("speaker", &self.turns.to_string()).random_range(0..self.actors.len()));
        }
        speakers.into_iter().filter_map(|index| Some(self.actors.get_mut(index)?.speak(chance))).collect()
    }
}

impl Actor {
    fn speak(&mut self, chance: Chance) -> Speech {
        if self.next_line >= self.dialogue.len() {
            self.round += 1;
            self.next_line = 0;
            let key = format!("{}/{}", self.phone, self.round);
            let dialogues = self.language.bank().dialogues;
            self.dialogue = chance.pick("dialogue", &key, dialogues).copied().unwrap_or(&[]);
        }
        let key = format!("{}/{}/{}", self.phone, self.round, self.next_line);
        let mut rng = chance.rng("utterance", &key);
        let utterance = match rng.random_range(0..100) {
            0..=4 => Utterance::File(Specimen::Image),
            5..=6 => Utterance::File(Specimen::Voice),
            7 => Utterance::File(Specimen::Document),
            8 => Utterance::File(Specimen::Sticker),
            9 => Utterance::Place { latitude: rng.random_range(35.0..55.0), longitude: rng.random_range(-8.0..25.0) },
            _ => {
                self.next_line += 1;
                Utterance::Line(self.dialogue.get(self.next_line - 1).copied().unwrap_or("Hello"))
            }
        };
        Speech { number: self.number.clone(), phone: self.phone.clone(), utterance }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customers() -> Customers {
        let mut customers = Customers::default();
        let people = (0..6).map(|index| {
            let id = PersonId(u32::try_from(index).unwrap());
            (id, phone(index), Language::ALL[index])
        });
        customers.start(people.collect(), &[PhoneNumberId::from("1")], 2.0);
        customers
    }

    #[test]
    fn customers_speak_at_the_rate_and_the_same_seed_says_the_same() {
        let words = |seed| {
            let speeches = customers().speeches(Chance::new(seed), 0, 10.0);
            speeches.into_iter().map(|speech| format!("{}{:?}", speech.phone, speech.utterance)).collect::<Vec<_>>()
        };
        assert_eq!(words(3).len(), 20);
        assert_eq!(words(3), words(3));
        assert_ne!(words(3), words(4));
    }

    #[test]
    fn customers_have_numbers_of_their_own() {
        let phones: std::collections::HashSet<Phone> = (0..500).map(phone).collect();
        assert_eq!(phones.len(), 500);
        assert!(!phones.contains(&Phone::from("12025550100")), "the default business");
    }

    #[test]
    fn a_customer_answers_the_business_once() {
        let mut customers = customers();
        customers.per_second = 0.0;
        customers.note_answer(PersonId(2), 1_000);
        customers.note_answer(PersonId(2), 1_100);
        assert!(customers.speeches(Chance::new(1), 1_000, 1.0).is_empty());
        assert_eq!(customers.speeches(Chance::new(1), 60_000, 1.0).len(), 1);
        assert!(customers.speeches(Chance::new(1), 120_000, 1.0).is_empty());
    }
}
