//! Which entry of `contacts[]` goes with which item. With one contact it goes with every item of the change.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::value::RawValue;

use super::raw::{Members, elements};

/// Where an item names the customer, in the order in which it is believed.
const NAMED_BY: [&str; 8] =
    ["from_user_id", "recipient_user_id", "to_user_id", "user_id", "from", "recipient_id", "to", "wa_id"];

pub(super) enum Contacts<'a> {
    None,
    All(&'a RawValue),
    /// By `user_id` and by `wa_id`: looking through the list for every item of a batch of 1,000 would take long.
    Each(HashMap<Cow<'a, str>, &'a RawValue>),
}

impl<'a> Contacts<'a> {
    pub(super) fn of(raw: Option<&'a RawValue>) -> Self {
        let Some(raw) = raw else { return Self::None };
        let Some(list) = elements(raw).filter(|list| list.len() > 1) else { return Self::All(raw) };
        let mut each = HashMap::with_capacity(list.len() * 2);
        for contact in list {
            let Some(members) = Members::of(contact) else { continue };
            for key in ["user_id", "wa_id"] {
                if let Some(id) = members.text(key) {
                    each.entry(id).or_insert(contact);
                }
            }
        }
        Self::Each(each)
    }

    /// The longest text that [`Contacts::with`] can give.
    pub(super) fn longest(&self) -> usize {
        match self {
            Self::None => 0,
            Self::All(raw) => raw.get().len(),
            Self::Each(each) => each.values().map(|contact| contact.get().len()).max().unwrap_or(0),
        }
    }

    /// `"contacts":[…],` for this item, or nothing.
    pub(super) fn with(&self, item: Option<&Members<'_>>) -> String {
        match self {
            Self::None => String::new(),
            Self::All(raw) => ["\"contacts\":", raw.get(), ","].concat(),
            Self::Each(each) => {
                let named = |item: &Members<'_>| NAMED_BY.iter().find_map(|key| each.get(&item.text(key)?).copied());
                item.and_then(named).map_or_else(String::new, |raw| ["\"contacts\":[", raw.get(), "],"].concat())
            }
        }
    }
}
