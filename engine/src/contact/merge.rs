//! Two contacts that are one person. The one that is kept takes over what it lacks; the other stays as it was, hidden, and leads to it,
//! so that taking the merge back loses nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Contact, FIELDS_MAX, FieldKey, FieldValue, IMPORTS_MAX, TAGS_MAX, Tag};
use crate::consent::Consent;
use crate::day::Day;
use crate::directory::Person;
use crate::id::{Bsuid, ContactId, ImportId, WaId};
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

/// Contacts that one may be made of, itself left out: each is looked at for whatever is asked of the person.
pub const MERGED_MAX: usize = 20;
/// For so long a merge can be taken back.
pub const UNDO_WITHIN: Span = Span::hours(30 * 24);
/// Contacts that one remembers to have been parted from; older ones are forgotten.
const PARTED_MAX: usize = 20;

/// Another contact that is the same person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Merge {
    pub contact: ContactId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// By which they are found and reached, too.
    #[serde(default, with = "super::phone", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub phone: Option<WaId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<Bsuid>,
    pub at: Timestamp,
    /// Without a name: the system, because WhatsApp showed that they are one person.
    pub by: Person,
    /// Who had been merged into that one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub with: Vec<ContactId>,
    /// How to take it back; no part of any answer.
    #[cfg_attr(feature = "schema", schema(ignore))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mark: Option<Box<Mark>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mark {
    before: Mergeable,
    after: Mergeable,
}

/// What a merge may change about the one that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mergeable {
    name: Option<String>,
    username: Option<String>,
    phone: Option<WaId>,
    bsuid: Option<Bsuid>,
    country: Option<String>,
    language: Option<String>,
    is_named: bool,
    marketing: Consent,
    tags: BTreeSet<Tag>,
    fields: BTreeMap<FieldKey, FieldValue>,
    created_at: Option<Timestamp>,
    last_message_on: Option<Day>,
    imports: Vec<ImportId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parted: Vec<ContactId>,
}

/// What was changed since the merge, and stays with the one that was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Left {
    Name,
    Username,
    Phone,
    Bsuid,
    Language,
    Marketing,
    Field(FieldKey),
}

impl Contact {
    /// Itself and everybody who is the same person.
    pub fn everybody(&self) -> impl Iterator<Item = ContactId> {
        let merged = self.merged.iter().flat_map(|merge| std::iter::once(&merge.contact).chain(&merge.with));
        std::iter::once(self.id).chain(merged.copied())
    }

    /// Whether a person has said that they are two, of themselves or of who became part of them.
    pub(super) fn was_parted_from(&self, other: &Self) -> bool {
        other.everybody().any(|id| self.parted.contains(&id)) || self.everybody().any(|id| other.parted.contains(&id))
    }

    /// From somebody whom it is merged with now it is not parted any more.
    fn remember_parted(&mut self, others: &[ContactId]) {
        let own: Vec<_> = self.everybody().collect();
        let new = others.iter().filter(|other| !own.contains(other));
        let known: Vec<_> = self.parted.drain(..).filter(|id| !own.contains(id) && !others.contains(id)).collect();
        self.parted = known.into_iter().chain(new.copied()).collect();
        self.parted.drain(..self.parted.len().saturating_sub(PARTED_MAX));
    }

    pub fn may_absorb(&self, other: &Self) -> Result<(), Rejection> {
        if self.everybody().any(|id| id == other.id) {
            return Err(Rejection::Invalid("This is the same contact."));
        }
        if self.everybody().chain(other.everybody()).count() > MERGED_MAX + 1 {
            return Err(Rejection::Invalid("A contact is made of at most 21."));
        }
        Ok(())
    }

    /// Takes over what it lacks. What both have stays as it is, but for an opt-out: that of either counts.
    pub fn absorb(&mut self, other: &Self, by: Person, at: Timestamp) {
        let before = self.mergeable();
        let Self { name, is_named, username, phone, bsuid, country, language, .. } = other;
        if self.name.is_none() {
            self.name.clone_from(name);
            self.is_named = *is_named;
        }
        lack(&mut self.username, username.as_ref());
        lack(&mut self.phone, phone.as_ref());
        lack(&mut self.bsuid, bsuid.as_ref());
        lack(&mut self.country, country.as_ref());
        lack(&mut self.language, language.as_ref());
        self.marketing = of_both(self.marketing, other.marketing);
        let room = TAGS_MAX.saturating_sub(self.tags.len());
        let tags: Vec<_> = other.tags.difference(&self.tags).take(room).cloned().collect();
        self.tags.extend(tags);
        for (key, value) in &other.fields {
            if self.fields.len() < FIELDS_MAX && !self.fields.contains_key(key) {
                self.fields.insert(key.clone(), value.clone());
            }
        }
        self.created_at = [self.created_at, other.created_at].into_iter().flatten().min();
        self.last_message_on = self.last_message_on.max(other.last_message_on);
        let room = IMPORTS_MAX.saturating_sub(self.imports.len());
        let others = other.imports.iter().rev().filter(|import| !self.imports.contains(import));
        let mut imports: Vec<_> = others.take(room).copied().collect();
        imports.reverse();
        imports.append(&mut self.imports);
        self.imports = imports;
        let with = other.everybody().skip(1).collect();
        let (contact, name, phone, bsuid) = (other.id, other.name.clone(), other.phone.clone(), other.bsuid.clone());
        self.merged.push(Merge { contact, name, phone, bsuid, at, by, with, mark: None });
        self.remember_parted(&other.parted);
        let after = self.mergeable();
        if let Some(merge) = self.merged.last_mut() {
            merge.mark = Some(Box::new(Mark { before, after }));
        }
    }

    /// Takes the merge with `other` back: both are what they were, but for what was changed since; that stays here. An opt-out
    /// that was said since counts for both, because nobody knows whose it was. Both remember it, so that it stays so. `None`: there
    /// was no such merge.
    pub fn part_from(&mut self, other: &mut Self) -> Option<Vec<Left>> {
        let place = self.merged.iter().position(|merge| merge.contact == other.id)?;
        let Merge { mark, .. } = self.merged.remove(place);
        other.merged_into = None;
        let mut left = Vec::new();
        if let Some(mark) = mark {
            self.restore(other, *mark, &mut left);
        }
        self.remember_parted(&[other.id]);
        other.remember_parted(&[self.id]);
        Some(left)
    }

    fn restore(&mut self, other: &mut Self, Mark { before, after }: Mark, left: &mut Vec<Left>) {
        restore(&mut self.name, before.name, after.name.as_ref(), None, Left::Name, left);
        self.is_named = if left.is_empty() { before.is_named } else { self.is_named };
        // What webhooks of the other taught it since is not its own.
        restore(
            &mut self.username,
            before.username,
            after.username.as_ref(),
            other.username.as_ref(),
            Left::Username,
            left,
        );
        restore(&mut self.phone, before.phone, after.phone.as_ref(), other.phone.as_ref(), Left::Phone, left);
        restore(&mut self.bsuid, before.bsuid, after.bsuid.as_ref(), other.bsuid.as_ref(), Left::Bsuid, left);
        restore(&mut self.language, before.language, after.language.as_ref(), None, Left::Language, left);
        if self.country == after.country {
            self.country = before.country;
        }
        if self.marketing == after.marketing {
            self.marketing = before.marketing;
        } else {
            left.push(Left::Marketing);
            if self.marketing.is_opted_out() {
                other.marketing = of_both(other.marketing, self.marketing);
            }
        }
        self.tags.retain(|tag| before.tags.contains(tag) || !after.tags.contains(tag));
        for (key, value) in after.fields {
            if before.fields.contains_key(&key) {
                continue;
            }
            match self.fields.get(&key) {
                Some(now) if *now == value => drop(self.fields.remove(&key)),
                Some(_) => left.push(Left::Field(key)),
                None => {}
            }
        }
        if self.created_at == after.created_at {
            self.created_at = before.created_at;
        }
        if self.last_message_on == after.last_message_on {
            self.last_message_on = before.last_message_on;
        }
        self.imports.retain(|import| before.imports.contains(import) || !after.imports.contains(import));
        self.parted.retain(|id| before.parted.contains(id) || !after.parted.contains(id));
    }

    fn mergeable(&self) -> Mergeable {
        Mergeable {
            name: self.name.clone(),
            username: self.username.clone(),
            phone: self.phone.clone(),
            bsuid: self.bsuid.clone(),
            country: self.country.clone(),
            language: self.language.clone(),
            is_named: self.is_named,
            marketing: self.marketing,
            tags: self.tags.clone(),
            fields: self.fields.clone(),
            created_at: self.created_at,
            last_message_on: self.last_message_on,
            imports: self.imports.clone(),
            parted: self.parted.clone(),
        }
    }
}

/// An opt-out of either stands, whatever the other said and when.
fn of_both(one: Consent, other: Consent) -> Consent {
    match (one.is_opted_out(), other.is_opted_out()) {
        (true, false) => one,
        (false, true) => other,
        (true, true) | (false, false) => one.or_newer(other),
    }
}

fn lack<T: Clone>(value: &mut Option<T>, other: Option<&T>) {
    if value.is_none() {
        *value = other.cloned();
    }
}

/// Back to what it was, if it is still what the merge made of it, or is the other's.
fn restore<T: PartialEq>(
    value: &mut Option<T>,
    before: Option<T>,
    after: Option<&T>,
    others: Option<&T>,
    what: Left,
    left: &mut Vec<Left>,
) {
    let is_of_the_merge = value.as_ref() == after || others.is_some() && value.as_ref() == others;
    if is_of_the_merge {
        *value = before;
    } else if *value != before {
        left.push(what);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{ConsentEntry, ConsentSource, Opted};
    use crate::contact::ContactEdit;
    use crate::id::MemberId;
    use crate::identity::Identities;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn contact(n: u8) -> Contact {
        Contact::new(ContactId::from_bytes([n; 16]))
    }

    fn by() -> Person {
        Person { id: MemberId::from_bytes([7; 16]), name: "Rafael".into() }
    }

    fn said(opted: Opted, at: i64) -> Consent {
        let (at, source) = (Timestamp(at), ConsentSource::Member);
        match opted {
            Opted::In => Consent::OptedIn { at, source, since: at },
            Opted::Out => Consent::OptedOut { at, source, since: at },
        }
    }

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.into())
    }

    /// Known by a number, and the same person by WhatsApp's own id.
    fn pair() -> (Contact, Contact) {
        let (mut phone, mut bsuid) = (contact(1), contact(2));
        phone.phone = Some("12025550123".parse().unwrap());
        phone.tags = BTreeSet::from(["VIP".parse().unwrap()]);
        phone.fields = BTreeMap::from([("city".parse().unwrap(), text("Lagos"))]);
        bsuid.bsuid = Some("US.1".parse().unwrap());
        bsuid.name = Some("Ana".into());
        bsuid.tags = BTreeSet::from(["Exam".parse().unwrap(), "VIP".parse().unwrap()]);
        bsuid.fields =
            BTreeMap::from([("city".parse().unwrap(), text("Accra")), ("plan".parse().unwrap(), text("Gold"))]);
        bsuid.created_at = Some(NOW);
        (phone, bsuid)
    }

    #[test]
    fn the_one_that_is_kept_takes_over_what_it_lacks() {
        let (mut kept, other) = pair();
        kept.absorb(&other, by(), NOW);
        assert_eq!((kept.name.as_deref(), &kept.bsuid), (Some("Ana"), &other.bsuid));
        assert_eq!(kept.phone, pair().0.phone);
        assert_eq!(kept.tags.len(), 2);
        let value = |key: &str| kept.fields[&key.parse::<FieldKey>().unwrap()].clone();
        assert_eq!((value("city"), value("plan")), (text("Lagos"), text("Gold")), "its own value wins");
        assert_eq!(kept.everybody().collect::<Vec<_>>(), [kept.id, other.id]);
    }

    #[test]
    fn an_opt_out_of_either_stands_whatever_came_later() {
        for (one, other, is_out) in [
            (said(Opted::Out, 1), said(Opted::In, 2), true),
            (said(Opted::In, 2), said(Opted::Out, 1), true),
            (said(Opted::Out, 1), Consent::NotAsked, true),
            (Consent::NotAsked, said(Opted::Out, 1), true),
            (said(Opted::In, 1), Consent::NotAsked, false),
        ] {
            let (mut kept, mut gone) = pair();
            (kept.marketing, gone.marketing) = (one, other);
            kept.absorb(&gone, by(), NOW);
            assert_eq!(kept.marketing.is_opted_out(), is_out, "{one:?} {other:?}");
        }
    }

    #[test]
    fn taken_back_both_are_what_they_were() {
        let (before, mut other) = pair();
        let mut kept = before.clone();
        kept.absorb(&other, by(), NOW);
        other.merged_into = Some(kept.id);
        assert_eq!(kept.part_from(&mut other), Some(vec![]));
        let remembered = Contact { parted: vec![other.id], ..before };
        assert_eq!((kept.clone(), &other), (remembered, &Contact { parted: vec![kept.id], ..pair().1 }));
        assert_eq!(kept.part_from(&mut other), None);
    }

    #[test]
    fn what_was_changed_since_stays_and_is_named() {
        let (before, mut other) = pair();
        let mut kept = before.clone();
        kept.absorb(&other, by(), NOW);
        kept.edit(&ContactEdit {
            name: Some(Some("Ana B.".into())),
            add_tags: vec!["New".parse().unwrap()],
            fields: vec![("plan".parse().unwrap(), Some(text("Silver")))],
            ..ContactEdit::default()
        });
        // A message of the other taught it their id, which is the other's.
        kept.learn(&Identities { bsuid: other.bsuid.clone(), ..Identities::default() });
        let plan: FieldKey = "plan".parse().unwrap();
        assert_eq!(kept.part_from(&mut other), Some(vec![Left::Name, Left::Field(plan.clone())]));
        assert_eq!((kept.name.as_deref(), &kept.bsuid), (Some("Ana B."), &None));
        assert_eq!(kept.fields[&plan], text("Silver"));
        assert_eq!(kept.tags, BTreeSet::from(["VIP".parse().unwrap(), "New".parse().unwrap()]));
    }

    #[test]
    fn a_number_that_the_other_wrote_from_goes_back_to_them() {
        let (mut kept, mut other) = pair();
        other.phone = Some("12025550199".parse().unwrap());
        kept.absorb(&other, by(), NOW);
        kept.learn(&Identities { wa_id: other.phone.clone(), ..Identities::default() });
        assert_eq!(kept.part_from(&mut other), Some(vec![]));
        assert_eq!(kept.phone, pair().0.phone);
    }

    #[test]
    fn an_opt_out_since_the_merge_counts_for_both() {
        let (mut kept, mut other) = pair();
        kept.marketing = said(Opted::In, 1);
        kept.absorb(&other, by(), NOW);
        let stop = ConsentEntry::recorded(kept.id, Opted::Out, "STOP", by(), Timestamp(9)).unwrap();
        kept.heed(&stop);
        assert_eq!(kept.part_from(&mut other), Some(vec![Left::Marketing]));
        assert!(kept.marketing.is_opted_out() && other.marketing.is_opted_out());
    }

    #[test]
    fn nobody_is_merged_with_themselves_nor_without_bound() {
        let (mut kept, other) = pair();
        assert!(kept.may_absorb(&kept).is_err());
        assert!(kept.may_absorb(&other).is_ok());
        for n in 10..10 + u8::try_from(MERGED_MAX).unwrap() {
            assert!(kept.may_absorb(&contact(n)).is_ok(), "{n}");
            kept.absorb(&contact(n), by(), NOW);
        }
        assert!(kept.may_absorb(&other).is_err() && kept.may_absorb(&contact(10)).is_err());
    }
}
