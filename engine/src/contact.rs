//! A customer as the inbox shows them.

use serde::{Deserialize, Serialize};

use crate::id::{Bsuid, ContactId, WaId};
use crate::identity::{self, Identities};
use crate::mask;

/// Longest name kept, in characters; WhatsApp itself allows 25, imports more.
const NAME_MAX: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Contact {
    pub id: ContactId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `None` when the person did not share their number.
    #[serde(default, with = "phone", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub phone: Option<WaId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<Bsuid>,
    /// ISO 3166 alpha-2, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Contact {
    pub fn new(id: ContactId) -> Self {
        Self { id, name: None, username: None, phone: None, bsuid: None, country: None }
    }

    /// For people who may not know more of the person, and for what is kept longer than the contact: first letter and the
    /// end of the number.
    pub fn masked(&self) -> String {
        let name = self.name.as_deref().or(self.username.as_deref()).map(mask::initial);
        let phone = self.phone.as_ref().map(|phone| mask::phone(&phone.e164()));
        [name, phone].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Takes over what a webhook newly says; `true` when something changed. Meta omits what it may not share,
    /// so an absent value never erases a known one.
    pub fn learn(&mut self, identities: &Identities) -> bool {
        let before = self.clone();
        if let Some(name) = identities.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
            self.name = Some(name.chars().take(NAME_MAX).collect());
        }
        if let Some(username) = &identities.username {
            self.username = Some(username.trim_start_matches('@').chars().take(NAME_MAX).collect());
        }
        if let Some(wa_id) = &identities.wa_id {
            self.phone = Some(wa_id.clone());
        }
        if let Some(bsuid) = &identities.bsuid {
            self.country = identity::country(bsuid).or(self.country.take());
            self.bsuid = Some(bsuid.clone());
        }
        *self != before
    }
}

/// The number with `+` on the outside, Meta's bare digits on the inside.
mod phone {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::WaId;

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` calls")]
    pub(super) fn serialize<S: Serializer>(phone: &Option<WaId>, serializer: S) -> Result<S::Ok, S::Error> {
        match phone {
            Some(wa_id) => serializer.collect_str(&format_args!("+{wa_id}")),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WaId>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| text.trim_start_matches('+').parse().map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_omitted_number_does_not_erase_the_known_one() -> Result<(), crate::id::InvalidId> {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        assert!(contact.learn(&Identities { wa_id: Some("12025550123".parse()?), ..Identities::default() }));
        assert!(contact.learn(&Identities { bsuid: Some("US.1".parse()?), ..Identities::default() }));
        assert_eq!(contact.phone, Some("12025550123".parse()?));
        assert_eq!(contact.country.as_deref(), Some("US"));
        Ok(())
    }

    #[test]
    fn the_phone_is_shown_with_its_plus_and_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let mut contact = Contact::new(ContactId::from_bytes([2; 16]));
        contact.phone = Some("12025550123".parse()?);
        let json = serde_json::to_string(&contact)?;
        assert!(json.contains("\"+12025550123\""));
        assert_eq!(serde_json::from_str::<Contact>(&json)?, contact);
        Ok(())
    }
}
