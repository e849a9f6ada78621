//! Introduced people: they never write first, and answer the business now and then. Decisions only, as in `customers`.

use std::collections::BTreeMap;

use rand::Rng;

use super::Speech;
use super::chance::Chance;
use super::identity::PersonId;
use crate::payload::{Content, Phone, PhoneNumberId};

const THINKS_MS: std::ops::RangeInclusive<u64> = 2_000..=6_000;
const ANSWERS_PERCENT: u32 = 60;

#[derive(Debug, Default)]
pub(crate) struct Acquaintances {
    /// Each answers the number with which the introduction was.
    known: BTreeMap<(PhoneNumberId, PersonId), Acquaintance>,
}

#[derive(Debug)]
struct Acquaintance {
    phone: Phone,
    answers: Vec<String>,
    /// How often the business wrote.
    asked: u64,
    next: Option<Answer>,
}

#[derive(Debug)]
struct Answer {
    at_ms: u64,
    words: String,
}

impl Acquaintances {
    pub(crate) fn meet(&mut self, number: PhoneNumberId, person: PersonId, phone: Phone, answers: Vec<String>) {
        self.known.insert((number, person), Acquaintance { phone, answers, asked: 0, next: None });
    }

    /// The business wrote.
    pub(crate) fn note_answer(&mut self, chance: Chance, number: &PhoneNumberId, person: PersonId, now_ms: u64) {
        if let Some(acquaintance) = self.known.get_mut(&(number.clone(), person)) {
            acquaintance.hear(chance, number, now_ms);
        }
    }

    /// Who speaks now.
    pub(crate) fn speeches(&mut self, now_ms: u64) -> Vec<Speech> {
        let due = self.known.iter_mut().filter_map(|((number, _), acquaintance)| {
            let answer = acquaintance.next.take_if(|answer| answer.at_ms <= now_ms)?;
            Some(Speech {
                number: number.clone(),
                customer: acquaintance.phone.clone(),
                content: Content::Text { body: answer.words },
                context: None,
                referral: None,
            })
        });
        due.collect()
    }
}

impl Acquaintance {
    /// One answer at a time: who is about to write has read everything.
    fn hear(&mut self, chance: Chance, number: &PhoneNumberId, now_ms: u64) {
        if self.answers.is_empty() || self.next.is_some() {
            return;
        }
        self.asked += 1;
        let mut rng = chance.rng("acquaintance", &format!("{number}/{}/{}", self.phone, self.asked));
        if rng.random_range(0..100) < ANSWERS_PERCENT {
            let at_ms = now_ms + rng.random_range(THINKS_MS);
            let words = self.answers.get(rng.random_range(0..self.answers.len())).cloned();
            self.next = words.map(|words| Answer { at_ms, words });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: u64 = 10_000;

    fn number() -> PhoneNumberId {
        PhoneNumberId::from("1")
    }

    /// What 100 people, each written to once, answer.
    fn answers(seed: u64) -> Vec<String> {
        let mut acquaintances = Acquaintances::default();
        for index in 0..100_u32 {
            let phone = Phone::from(format!("12025550{index:03}"));
            acquaintances.meet(number(), PersonId(index), phone, vec!["Thanks!".into(), "Fine".into()]);
            acquaintances.note_answer(Chance::new(seed), &number(), PersonId(index), 0);
        }
        let words =
            acquaintances.speeches(SOON).into_iter().map(|speech| format!("{}{:?}", speech.customer, speech.content));
        words.collect()
    }

    #[test]
    fn they_answer_now_and_then_and_the_same_seed_answers_the_same() {
        assert!((40..80).contains(&answers(3).len()), "{}", answers(3).len());
        assert_eq!(answers(3), answers(3));
        assert_ne!(answers(3), answers(4));
    }

    #[test]
    fn they_answer_once_the_number_that_they_know() {
        let mut acquaintances = Acquaintances::default();
        acquaintances.meet(number(), PersonId(1), "12025550123".into(), vec!["Thanks!".into()]);
        for _ in 0..50 {
            acquaintances.note_answer(Chance::new(1), &"2".into(), PersonId(1), 0);
        }
        assert!(acquaintances.speeches(SOON).is_empty(), "another number");
        for _ in 0..50 {
            acquaintances.note_answer(Chance::new(1), &number(), PersonId(1), 0);
        }
        assert!(acquaintances.speeches(1_000).is_empty(), "too soon");
        assert_eq!(acquaintances.speeches(SOON).len(), 1);
        assert!(acquaintances.speeches(2 * SOON).is_empty());
    }

    #[test]
    fn who_has_no_words_keeps_silent() {
        let mut acquaintances = Acquaintances::default();
        acquaintances.meet(number(), PersonId(1), "12025550123".into(), Vec::new());
        for _ in 0..50 {
            acquaintances.note_answer(Chance::new(1), &number(), PersonId(1), 0);
        }
        assert!(acquaintances.speeches(SOON).is_empty());
    }
}
