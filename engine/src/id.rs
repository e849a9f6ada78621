//! One type per kind of id. Our own are 16 bytes, shown as 32 lower-case hex digits; most are derived from what they
//! name, so that a repeat finds the same row instead of making a second one. Meta's are opaque strings of bounded length.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not an id of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {kind}")]
pub struct InvalidId {
    pub kind: &'static str,
}

macro_rules! own_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        pub struct $name([u8; 16]);

        impl $name {
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }

            /// The same parts always give the same id. Parts are length-prefixed, so `("a","bc")` is not `("ab","c")`.
            pub fn derive(parts: &[&[u8]]) -> Self {
                let mut hasher = blake3::Hasher::new();
                hasher.update(stringify!($name).as_bytes());
                for part in parts {
                    hasher.update(&(part.len() as u64).to_le_bytes());
                    hasher.update(part);
                }
                let mut bytes = [0; 16];
                hasher.finalize_xof().fill(&mut bytes);
                Self(bytes)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut text = [0; 32];
                hex::encode_to_slice(self.0, &mut text).map_err(|_| fmt::Error)?;
                f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let mut bytes = [0; 16];
                hex::decode_to_slice(text, &mut bytes).map_err(|_| InvalidId { kind: stringify!($name) })?;
                Ok(Self(bytes))
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

own_id!(
    /// An organization. First argument of every call that touches its data.
    TenantId
);
own_id!(
    /// A person of the installation: what signs in.
    AccountId
);
own_id!(
    /// A person in one organization, or a service that API keys act for.
    MemberId
);
own_id!(SessionId);
own_id!(TeamId);
own_id!(
    /// A role that an organization made itself.
    CustomRoleId
);
own_id!(InvitationId);
own_id!(ApiKeyId);
own_id!(
    /// Who did something, as the audit log is searched: the bytes of a member's or an API key's id.
    ActorId
);
own_id!(
    /// A customer: a set of identities, see [`crate::identity`].
    ContactId
);
own_id!(
    /// One business number × one contact.
    ConversationId
);
own_id!(
    /// A line of a contact's consent ledger: the same evidence is the same line.
    ConsentId
);
own_id!(
    /// Something that a member wrote down about a contact.
    NoteId
);
own_id!(
    /// A file of contacts that somebody brought in.
    ImportId
);
own_id!(
    /// A saved segment of contacts.
    SegmentId
);
own_id!(MessageId);
own_id!(
    /// A file of a message, ours; Meta's id of the same file is [`MetaMediaId`].
    MediaId
);
own_id!(
    /// One item of one webhook in the inbox log.
    IntakeId
);
own_id!(
    /// A broadcast: one template to many people.
    CampaignId
);
own_id!(
    /// What was asked for under a key: another wish has another.
    AskedId
);
own_id!(
    /// Something that WhatsApp told about an account, see [`crate::alert`].
    AlertId
);
own_id!(
    /// A message template of an account in one language, see [`crate::template`]; Meta's id of it is [`MetaTemplateId`].
    TemplateId
);
own_id!(
    /// The last part of an organization's own callback address: says whose secret signs what comes there.
    CallbackKey
);
own_id!(
    /// A process of the installation, from its start to its end; what starts again is another one.
    NodeId
);
own_id!(
    /// Proves who claimed an outgoing message; travels to Meta and comes back in the statuses.
    ClaimToken
);

impl CallbackKey {
    /// Not a secret: only the signature opens the door.
    pub fn of(tenant: TenantId) -> Self {
        Self::derive(&[tenant.as_bytes()])
    }
}

impl ConversationId {
    pub fn of(tenant: TenantId, number: &PhoneNumberId, contact: ContactId) -> Self {
        Self::derive(&[tenant.as_bytes(), number.as_str().as_bytes(), contact.as_bytes()])
    }
}

impl MessageId {
    /// Of a message that came in: a redelivery of the same wamid is the same row.
    pub fn of_wamid(tenant: TenantId, wamid: &Wamid) -> Self {
        Self::derive(&[b"wamid", tenant.as_bytes(), wamid.as_str().as_bytes()])
    }

    /// Of a message that goes out: the client's key makes its repeats one message.
    pub fn of_client_key(tenant: TenantId, conversation: ConversationId, key: &ClientKey) -> Self {
        Self::derive(&[b"client", tenant.as_bytes(), conversation.as_bytes(), key.as_str().as_bytes()])
    }

    /// Of what a broadcast sends to one of its recipients.
    pub fn of_recipient(campaign: CampaignId, no: u32) -> Self {
        Self::derive(&[b"recipient", campaign.as_bytes(), &no.to_be_bytes()])
    }
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $max:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// Longest accepted text in bytes.
            pub const MAX: usize = $max;

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let valid: fn(&str) -> bool = $valid;
                if text.is_empty() || text.len() > Self::MAX || !valid(text) {
                    return Err(InvalidId { kind: stringify!($name) });
                }
                Ok(Self(text.into()))
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Wamids, BSUIDs and numbers name people, and debug output ends in logs.
                write!(f, "{}(…)", stringify!($name))
            }
        }
    };
}

fn printable(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

text_id!(
    /// Meta's id of a message. It embeds the customer's phone number: personal data, never parsed, never logged.
    Wamid, 512, printable
);
text_id!(
    /// Meta's id of a business phone number; what webhooks are routed by.
    PhoneNumberId, 64, printable
);
text_id!(WabaId, 64, printable);
text_id!(
    /// A business-scoped user id, e.g. `US.13491208655302741918`; unique within one business portfolio.
    Bsuid, 160, printable
);
text_id!(
    /// A WhatsApp account by its phone number as Meta writes it: digits without `+`.
    WaId, 32, digits
);
text_id!(MetaMediaId, 128, printable);
text_id!(MetaTemplateId, 64, printable);
text_id!(
    /// The client's own id of a send (`Idempotency-Key`).
    ClientKey, 64, printable
);

impl WaId {
    /// `+` and the digits: the form to send to and to show.
    pub fn e164(&self) -> String {
        format!("+{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(MessageId::derive(&[b"a", b"bc"]), MessageId::derive(&[b"ab", b"c"]));
    }

    #[test]
    fn an_id_survives_its_text_form() {
        let id = MessageId::derive(&[b"x"]);
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_personal_id_does_not_show_in_debug_output() -> Result<(), InvalidId> {
        let wamid: Wamid = "wamid.HBgLMTIwMjU1NTAxMjM".parse()?;
        assert!(!format!("{wamid:?}").contains("HBgL"));
        Ok(())
    }
}
