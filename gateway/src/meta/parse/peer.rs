//! Who the customer is, from what an item and its contacts say.

use engine::id::{Bsuid, WaId};
use engine::identity::{Identities, equivalence};
use serde_json::Value;

use super::json::{id, list, text, text_at};
use crate::meta::text::label;

const NAME_MAX: usize = 256;

/// The keys under which an item names the customer.
#[derive(Clone, Copy)]
pub(super) struct Naming {
    pub(super) phone: &'static str,
    pub(super) bsuid: &'static str,
}

pub(super) const FROM: Naming = Naming { phone: "from", bsuid: "from_user_id" };
pub(super) const TO: Naming = Naming { phone: "to", bsuid: "to_user_id" };
pub(super) const PLAIN: Naming = Naming { phone: "wa_id", bsuid: "user_id" };

impl Naming {
    /// `None` when the item names nobody. A BSUID under the key of the phone number counts as what it is.
    pub(super) fn read(self, item: &Value) -> Option<Identities> {
        let phone = text(item, self.phone).unwrap_or_default();
        let wa_id = id(item, self.phone).or_else(|| phone_digits(phone));
        let bsuid = id(item, self.bsuid).or_else(|| as_bsuid(phone));
        let known = wa_id.is_some() || bsuid.is_some();
        known.then(|| Identities { bsuid, wa_id, ..Identities::default() })
    }
}

/// Adds what the fitting entry of `contacts[]` knows. With one contact and nobody named in the item, it is that one.
pub(super) fn with_contact(named: Option<Identities>, value: &Value) -> Option<Identities> {
    let contacts = list(value, "contacts");
    let Some(mut peer) = named else {
        let [only] = contacts else { return None };
        return PLAIN.read(only).map(|peer| introduced(peer, only));
    };
    let Some((contact, known)) = contacts
        .iter()
        .filter_map(|contact| Some((contact, PLAIN.read(contact)?)))
        .find(|(_, known)| same(&peer, known))
    else {
        return Some(peer);
    };
    peer.bsuid = peer.bsuid.or(known.bsuid);
    peer.wa_id = peer.wa_id.or(known.wa_id);
    Some(introduced(peer, contact))
}

fn introduced(peer: Identities, contact: &Value) -> Identities {
    let name = text_at(contact, "/profile/name").and_then(|name| label(name, NAME_MAX));
    let username = text_at(contact, "/profile/username").map(|name| name.trim_start_matches('@'));
    Identities { name, username: username.and_then(|name| label(name, NAME_MAX)), ..peer }
}

fn same(one: &Identities, other: &Identities) -> bool {
    if let (Some(one), Some(other)) = (&one.bsuid, &other.bsuid) {
        return one == other;
    }
    match (&one.wa_id, &other.wa_id) {
        (Some(one), Some(other)) => one == other || is_equivalent(one, other),
        (Some(_) | None, None) | (None, Some(_)) => false,
    }
}

pub(super) fn is_equivalent(one: &WaId, other: &WaId) -> bool {
    let key = equivalence(one.as_str());
    key.is_some() && key == equivalence(other.as_str())
}

/// `+1 (202) 555-0123` is not how Meta writes a number, but it is clear what it means.
pub(super) fn phone_digits(text: &str) -> Option<WaId> {
    let written = |char: char| char.is_ascii_digit() || matches!(char, '+' | '-' | '(' | ')' | ' ' | '.');
    if !text.chars().all(written) {
        return None;
    }
    text.chars().filter(char::is_ascii_digit).collect::<String>().parse().ok()
}

/// `CC.` and more.
fn as_bsuid(text: &str) -> Option<Bsuid> {
    let (country, rest) = text.split_once('.')?;
    let is_country = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    (is_country && !rest.is_empty()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bsuid_in_the_place_of_the_phone_is_a_bsuid() {
        let peer = FROM.read(&json!({"from": "US.13491208655302741918"})).unwrap();
        assert_eq!(peer.bsuid, Some("US.13491208655302741918".parse().unwrap()));
        assert_eq!(peer.wa_id, None);
    }

    #[test]
    fn somebody_elses_name_is_not_taken_over() {
        let value = json!({"contacts": [{"wa_id": "12025550199", "profile": {"name": "Other"}}]});
        let named = FROM.read(&json!({"from": "12025550123"}));
        assert_eq!(with_contact(named.clone(), &value), named);
    }

    #[test]
    fn both_spellings_of_a_number_in_brazil_are_one_contact() {
        let value = json!({"contacts": [{"wa_id": "551187654321", "profile": {"name": "Marina"}}]});
        let peer = with_contact(FROM.read(&json!({"from": "5511987654321"})), &value).unwrap();
        assert_eq!(peer.name.as_deref(), Some("Marina"));
        assert_eq!(peer.wa_id, Some("5511987654321".parse().unwrap()), "what the message itself says");
    }

    #[test]
    fn a_hidden_phone_number_leaves_the_bsuid_and_the_username() {
        let value = json!({"contacts": [{"user_id": "GB.2", "profile": {"name": "Blake", "username": "@blake"}}]});
        let peer = with_contact(FROM.read(&json!({"from_user_id": "GB.2"})), &value).unwrap();
        assert_eq!((peer.wa_id, peer.username.as_deref()), (None, Some("blake")));
    }
}
