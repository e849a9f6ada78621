//! What WhatsApp says of one person leads to two contacts: one that it showed by its own id only, and one that a file or another
//! webhook brought by the number. Either they are one person, or the number has gone from one to the other. See ADR 0023.

use std::cmp::min_by_key;

use super::Contact;
use crate::id::{ContactId, WaId};
use crate::identity::{Identities, is_same_number};

/// Another contact that what was just told leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub contact: Contact,
    /// WhatsApp knows it, or who became part of it, by another id of the same portfolio.
    pub has_bsuid: bool,
}

/// What follows from a clash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// They are one person.
    Merge { kept: ContactId, other: ContactId },
    /// They are two, and the number is not this one's any more.
    Move { from: ContactId },
}

/// `found` by what is believed first of what was `told`.
pub fn settle(found: &Contact, told: &Identities, clash: &Clash) -> Settlement {
    let other = &clash.contact;
    // WhatsApp knows two people, or a person does.
    let knows_found = told.bsuid.is_some() || found.bsuid.is_some();
    if found.was_parted_from(other) || clash.has_bsuid && knows_found {
        return Settlement::Move { from: other.id };
    }
    // A merge that was cut short goes on as it began.
    if let Some((kept, other)) = [(found, other), (other, found)].into_iter().find(|(kept, other)| kept.lists(other.id))
    {
        return Settlement::Merge { kept: kept.id, other: other.id };
    }
    // Of the older one people know the name, the notes and the history; and everybody who asks again gets the same answer.
    let kept = min_by_key(found, other, |contact| (contact.created_at, contact.id));
    Settlement::Merge { kept: kept.id, other: if kept.id == found.id { other.id } else { found.id } }
}

impl Contact {
    fn lists(&self, other: ContactId) -> bool {
        self.merged.iter().any(|merge| merge.contact == other)
    }

    /// As [`Contact::learn`], but a number not before it is settled whose it is.
    pub fn learn_undisputed(&mut self, told: &Identities, clashes: &[Clash]) -> bool {
        if clashes.is_empty() { self.learn(told) } else { self.learn(&Identities { wa_id: None, ..told.clone() }) }
    }

    /// The number, however it is spelled, is somebody else's; `true` when something changed. What became part of it is not found by it any
    /// more either.
    pub fn lose_number(&mut self, number: &WaId) -> bool {
        let merged = self.merged.iter_mut().map(|merge| &mut merge.phone);
        let lost = std::iter::once(&mut self.phone).chain(merged);
        lost.filter_map(|phone| phone.take_if(|phone| is_same_number(phone, number))).count() > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Person;
    use crate::time::Timestamp;

    fn contact(n: u8, created_at: i64) -> Contact {
        Contact { created_at: Some(Timestamp(created_at)), ..Contact::new(ContactId::from_bytes([n; 16])) }
    }

    fn told() -> Identities {
        let (bsuid, wa_id) = (Some("US.1".parse().unwrap()), Some("12025550123".parse().unwrap()));
        Identities { bsuid, wa_id, ..Identities::default() }
    }

    /// Known by WhatsApp's id, and by the number.
    fn pair() -> (Contact, Contact) {
        (Contact { bsuid: told().bsuid, ..contact(1, 5) }, Contact { phone: told().wa_id, ..contact(2, 3) })
    }

    fn settled(found: &Contact, other: &Contact, has_bsuid: bool) -> Settlement {
        settle(found, &told(), &Clash { contact: other.clone(), has_bsuid })
    }

    fn kept(kept: &Contact, other: &Contact) -> Settlement {
        Settlement::Merge { kept: kept.id, other: other.id }
    }

    #[test]
    fn a_number_that_whatsapp_knows_by_no_other_id_is_the_same_persons_and_the_older_one_stays() {
        let (found, mut number) = pair();
        assert_eq!(settled(&found, &number, false), kept(&number, &found));
        number.created_at = Some(Timestamp(9));
        assert_eq!(settled(&found, &number, false), kept(&found, &number));
        number.created_at = found.created_at;
        assert_eq!(settled(&found, &number, false), kept(&found, &number), "of equal age, always the same");
        assert_eq!(settled(&number, &found, false), kept(&found, &number));
    }

    #[test]
    fn a_number_that_whatsapp_knew_by_another_id_has_moved() {
        let (found, number) = pair();
        assert_eq!(settled(&found, &number, true), Settlement::Move { from: number.id });
        // Nobody said by which id the one that was found is known: nothing speaks for two people.
        let (nobody, other) = (Contact { bsuid: None, ..found }, Clash { contact: number.clone(), has_bsuid: true });
        let spelled = Identities { bsuid: None, ..told() };
        assert_eq!(settle(&nobody, &spelled, &other), kept(&number, &nobody));
    }

    #[test]
    fn whom_a_person_has_parted_are_not_merged_again_by_whatever_became_of_them() {
        let (mut found, mut number) = pair();
        let by = || Person::SYSTEM;
        found.absorb(&number, by(), Timestamp(9));
        number.merged_into = Some(found.id);
        found.part_from(&mut number).unwrap();
        let moved = |of: &Contact| Settlement::Move { from: of.id };
        assert_eq!(settled(&found, &number, false), moved(&number));
        assert_eq!(settled(&number, &found, false), moved(&found));
        // Each may have become part of another since.
        let (mut third, mut fourth) = (contact(3, 1), contact(4, 1));
        third.absorb(&number, by(), Timestamp(10));
        fourth.absorb(&found, by(), Timestamp(10));
        for (one, other) in [(&found, &third), (&fourth, &number), (&third, &fourth)] {
            assert_eq!(settled(one, other, false), moved(other));
        }
        // A person who merges them by hand after all has the last word.
        number.absorb(&found, by(), Timestamp(11));
        assert!(number.parted.is_empty());
    }

    #[test]
    fn a_merge_that_was_cut_short_goes_on_as_it_began() {
        let (mut found, number) = pair();
        found.absorb(&number, Person::SYSTEM, Timestamp(9));
        assert_eq!(settled(&found, &number, false), kept(&found, &number), "though the other is older");
        assert_eq!(settled(&number, &found, false), kept(&found, &number));
    }

    #[test]
    fn a_lost_number_is_lost_in_each_spelling_and_with_whom_it_came() {
        let mut kept = Contact { phone: Some("5511987654321".parse().unwrap()), ..contact(1, 1) };
        let mut other = Contact { phone: Some("551187654321".parse().unwrap()), ..contact(2, 1) };
        kept.absorb(&other, Person::SYSTEM, Timestamp(2));
        let number: WaId = "551187654321".parse().unwrap();
        assert!(kept.lose_number(&number));
        assert_eq!((&kept.phone, &kept.merged[0].phone), (&None, &None));
        assert!(!kept.lose_number(&number));
        other.merged_into = Some(kept.id);
        assert!(other.lose_number(&number));
        assert!(kept.part_from(&mut other).is_some());
        assert_eq!((kept.phone, other.phone), (None, None), "taking the merge back does not bring it back");
    }

    #[test]
    fn so_many_partings_are_remembered() {
        let mut kept = contact(0, 1);
        for n in 1..=30 {
            let mut other = contact(n, 1);
            kept.absorb(&other, Person::SYSTEM, Timestamp(2));
            kept.part_from(&mut other).unwrap();
        }
        assert_eq!(kept.parted.len(), 20);
        assert_eq!(kept.parted.last(), Some(&ContactId::from_bytes([30; 16])));
    }
}
