//! Whether a person may be sent marketing: what they said, what it was read from, and the ledger that proves it.

mod confirmation;
mod phrases;
mod words;

use serde::{Deserialize, Serialize};

use crate::contact::Contact;
use crate::content::{ChoiceKind, Content};
use crate::directory::Person;
use crate::id::{ConsentId, ContactId, ImportId, MessageId, TenantId};
use crate::inbound::{InboundBody, InboundMessage};
use crate::message::Direction;
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub use confirmation::{ConfirmationTexts, Confirmations};

/// Longest text that is kept as it was, in characters.
const TEXT_MAX: usize = 300;

/// Meta's code: the person has stopped marketing in WhatsApp itself.
pub const STOPPED_AT_META: i64 = 131_050;

/// What a quick reply of our own templates sends back when it is tapped.
pub const OPT_OUT_PAYLOAD: &str = "jetto.opt_out";
pub const OPT_IN_PAYLOAD: &str = "jetto.opt_in";

/// The newest word of a person on marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Consent {
    #[default]
    NotAsked,
    OptedIn {
        at: Timestamp,
        source: ConsentSource,
        /// When they first said so, with nothing else in between.
        since: Timestamp,
    },
    OptedOut {
        at: Timestamp,
        source: ConsentSource,
        since: Timestamp,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Opted {
    In,
    Out,
}

/// Where it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// They wrote a word like STOP.
    Keyword,
    /// They tapped a button of a message.
    Button,
    /// They used WhatsApp's own switch.
    UserPreferences,
    /// A member recorded it.
    Member,
    Import,
    /// Meta refused a message because they have stopped marketing.
    Refused,
}

/// One line of the ledger. Nothing in it is ever changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConsentEntry {
    pub id: ConsentId,
    pub contact_id: ContactId,
    pub at: Timestamp,
    pub opted: Opted,
    pub source: ConsentSource,
    /// As it was written, or the evidence that a member named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Who recorded it, when somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
}

/// What a message asks for, and the language that it says it in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    pub opted: Opted,
    /// ISO 639-1.
    pub language: &'static str,
}

/// What a message of a customer means for marketing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    pub wish: Wish,
    pub source: ConsentSource,
    pub text: String,
}

impl Consent {
    pub fn is_opted_out(self) -> bool {
        matches!(self, Self::OptedOut { .. })
    }

    /// What it becomes with this entry: the newest word counts, in whatever order they arrive, and of two at the same moment
    /// the one that protects. A START in a chat takes a STOP back; it makes no consent of a greeting to a bot. A file takes no
    /// STOP back: what it says is older than it.
    #[must_use]
    pub fn after(self, entry: &ConsentEntry) -> Self {
        let (at, source) = (entry.at, entry.source);
        let (known_at, since, same) = match (self, entry.opted) {
            (Self::NotAsked, Opted::In) if source == ConsentSource::Keyword => return self,
            (Self::OptedOut { .. }, Opted::In) if source == ConsentSource::Import => return self,
            (Self::NotAsked, _) => (None, at, false),
            (Self::OptedIn { at, since, .. }, opted) => (Some(at), since, opted == Opted::In),
            (Self::OptedOut { at, since, .. }, opted) => (Some(at), since, opted == Opted::Out),
        };
        let newer = known_at.is_none_or(|known| known < at || known == at && entry.opted == Opted::Out);
        if !newer {
            return self;
        }
        let since = if same { since } else { at };
        match entry.opted {
            Opted::In => Self::OptedIn { at, source, since },
            Opted::Out => Self::OptedOut { at, source, since },
        }
    }

    /// Of two that were read at different times, the one that knows more.
    #[must_use]
    pub fn or_newer(self, other: Self) -> Self {
        if other.said_at() > self.said_at() { other } else { self }
    }

    fn said_at(self) -> Option<Timestamp> {
        match self {
            Self::NotAsked => None,
            Self::OptedIn { at, .. } | Self::OptedOut { at, .. } => Some(at),
        }
    }

    /// Whether this entry, and none before it, made it what it is. The answer is the same however often the entry is written.
    pub fn turned_by(self, entry: &ConsentEntry) -> bool {
        let (opted, at, source, since) = match self {
            Self::NotAsked => return false,
            Self::OptedIn { at, source, since } => (Opted::In, at, source, since),
            Self::OptedOut { at, source, since } => (Opted::Out, at, source, since),
        };
        (opted, at, source, since) == (entry.opted, entry.at, entry.source, entry.at)
    }
}

impl ConsentEntry {
    /// Of a message that came in; a redelivery is the same entry.
    pub fn heard(tenant: TenantId, contact: ContactId, inbound: &InboundMessage, heard: &Heard) -> Self {
        let message = MessageId::of_wamid(tenant, &inbound.wamid);
        Self {
            id: ConsentId::derive(&[contact.as_bytes(), message.as_bytes()]),
            contact_id: contact,
            at: inbound.at,
            opted: heard.wish.opted,
            source: heard.source,
            text: Some(cut(&heard.text)),
            by: None,
        }
    }

    /// Meta refused this message of ours.
    pub fn refused(contact: ContactId, message: MessageId, at: Timestamp) -> Self {
        Self {
            id: ConsentId::derive(&[contact.as_bytes(), b"refused", message.as_bytes()]),
            contact_id: contact,
            at,
            opted: Opted::Out,
            source: ConsentSource::Refused,
            text: None,
            by: None,
        }
    }

    /// By a member, with the evidence that they name.
    pub fn recorded(
        contact: ContactId,
        opted: Opted,
        evidence: &str,
        by: Person,
        at: Timestamp,
    ) -> Result<Self, Rejection> {
        let evidence = evidence.trim();
        if evidence.is_empty() || evidence.chars().count() > TEXT_MAX {
            return Err(Rejection::Invalid("Say in 1 to 300 characters how the person said so."));
        }
        Ok(Self {
            id: ConsentId::derive(&[contact.as_bytes(), by.id.as_bytes(), &at.0.to_le_bytes()]),
            contact_id: contact,
            at,
            opted,
            source: ConsentSource::Member,
            text: Some(evidence.to_owned()),
            by: Some(by),
        })
    }

    /// As a file said.
    pub fn imported(contact: ContactId, import: ImportId, opted: Opted, text: &str, at: Timestamp) -> Self {
        Self {
            id: ConsentId::derive(&[contact.as_bytes(), import.as_bytes()]),
            contact_id: contact,
            at,
            opted,
            source: ConsentSource::Import,
            text: Some(cut(text)),
            by: None,
        }
    }
}

/// The one rule of every send: nobody who has opted out is sent marketing, wherever it comes from.
pub fn may_market(contact: &Contact) -> Result<(), Rejection> {
    match contact.marketing {
        Consent::OptedOut { .. } => Err(Rejection::OptedOut),
        Consent::NotAsked | Consent::OptedIn { .. } => Ok(()),
    }
}

/// `None`: it says nothing about marketing.
pub fn heard(inbound: &InboundMessage) -> Option<Heard> {
    if inbound.direction != Direction::In {
        return None;
    }
    let InboundBody::Content(content) = &inbound.body else { return None };
    match content {
        Content::Text { body } => {
            let wish = words::wish(body)?;
            Some(Heard { wish, source: ConsentSource::Keyword, text: body.clone() })
        }
        Content::Choice { kind: ChoiceKind::TemplateButton | ChoiceKind::Button, id, title, .. } => {
            let wish = of_button(id.as_deref(), title)?;
            Some(Heard { wish, source: ConsentSource::Button, text: title.clone() })
        }
        Content::System { kind, body } => {
            let opted = match kind.as_str() {
                "marketing_stop" => Opted::Out,
                "marketing_resume" => Opted::In,
                _ => return None,
            };
            let wish = Wish { opted, language: "en" };
            Some(Heard { wish, source: ConsentSource::UserPreferences, text: body.clone() })
        }
        Content::Choice { .. }
        | Content::Image { .. }
        | Content::Video { .. }
        | Content::Audio { .. }
        | Content::Document { .. }
        | Content::Sticker { .. }
        | Content::Location { .. }
        | Content::Contacts { .. }
        | Content::Order { .. }
        | Content::Template(_)
        | Content::Reaction { .. }
        | Content::Unsupported { .. } => None,
    }
}

/// What it is called counts first: Meta's own opt-out button sends its label as payload.
fn of_button(payload: Option<&str>, title: &str) -> Option<Wish> {
    let named = words::wish(title).or_else(|| words::wish(payload?));
    let ours = || match payload? {
        OPT_OUT_PAYLOAD => Some(Wish { opted: Opted::Out, language: "en" }),
        OPT_IN_PAYLOAD => Some(Wish { opted: Opted::In, language: "en" }),
        _ => None,
    };
    named.or_else(ours)
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod table;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::fixture::{NOW, TENANT, inbound, rafael};
    use crate::time::Span;

    const WHO: ContactId = ContactId::from_bytes([4; 16]);

    fn said(opted: Opted, seconds: i64) -> ConsentEntry {
        let at = NOW.plus(Span::seconds(seconds));
        ConsentEntry::recorded(WHO, opted, "on the phone", rafael(), at).unwrap()
    }

    fn button(payload: &str, title: &str) -> InboundMessage {
        let content = Content::Choice {
            kind: ChoiceKind::TemplateButton,
            id: Some(payload.into()),
            title: title.into(),
            description: None,
        };
        InboundMessage { body: InboundBody::Content(content), ..inbound("b", NOW, "") }
    }

    #[test]
    fn the_newest_word_counts_in_whatever_order_it_arrives() {
        let entries = [said(Opted::Out, 1), said(Opted::In, 2), said(Opted::Out, 3)];
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for order in orders {
            let end = order.iter().fold(Consent::NotAsked, |now, nth| now.after(&entries[*nth]));
            assert!(end.is_opted_out(), "{order:?}");
            assert_eq!(end.after(&entries[0]), end, "a repeat changes nothing");
        }
    }

    #[test]
    fn of_two_words_at_one_moment_the_one_that_protects_counts() {
        assert!(Consent::NotAsked.after(&said(Opted::In, 0)).after(&said(Opted::Out, 0)).is_opted_out());
        assert!(Consent::NotAsked.after(&said(Opted::Out, 0)).after(&said(Opted::In, 0)).is_opted_out());
    }

    #[test]
    fn a_second_stop_is_on_record_and_turns_nothing() {
        let (first, second) = (said(Opted::Out, 1), said(Opted::Out, 2));
        let once = Consent::NotAsked.after(&first);
        assert!(once.turned_by(&first) && once.after(&first).turned_by(&first));
        let twice = once.after(&second);
        assert!(!twice.turned_by(&second));
    }

    #[test]
    fn start_takes_a_stop_back_and_makes_no_consent_of_a_greeting() {
        let start = ConsentEntry { source: ConsentSource::Keyword, ..said(Opted::In, 5) };
        assert_eq!(Consent::NotAsked.after(&start), Consent::NotAsked);
        let back = Consent::NotAsked.after(&said(Opted::Out, 1)).after(&start);
        assert!(matches!(back, Consent::OptedIn { .. }));
    }

    #[test]
    fn a_file_takes_no_stop_back() {
        let file = ConsentEntry::imported(WHO, ImportId::from_bytes([6; 16]), Opted::In, "yes", NOW);
        let out = Consent::NotAsked.after(&said(Opted::Out, -9));
        assert_eq!(out.after(&file), out);
        assert!(matches!(Consent::NotAsked.after(&file), Consent::OptedIn { .. }));
    }

    #[test]
    fn buttons_and_whatsapps_own_switch_are_understood() {
        let opted = |inbound: &InboundMessage| heard(inbound).map(|heard| (heard.wish.opted, heard.source));
        let tapped = Some((Opted::Out, ConsentSource::Button));
        assert_eq!(opted(&button("Stop promotions", "Stop promotions")), tapped);
        assert_eq!(opted(&button("Parar promoções", "Parar promoções")), tapped);
        assert_eq!(opted(&button(OPT_OUT_PAYLOAD, "Not interested")), tapped);
        assert_eq!(opted(&button(OPT_IN_PAYLOAD, "Count me in")), Some((Opted::In, ConsentSource::Button)));
        assert_eq!(opted(&button("order_7", "Confirm")), None);
        let switch = |kind: &str| {
            let content = Content::System { kind: kind.into(), body: "…".into() };
            InboundMessage { body: InboundBody::Content(content), ..inbound("s", NOW, "") }
        };
        assert_eq!(opted(&switch("marketing_stop")), Some((Opted::Out, ConsentSource::UserPreferences)));
        assert_eq!(opted(&switch("marketing_resume")), Some((Opted::In, ConsentSource::UserPreferences)));
        assert_eq!(opted(&switch("missed_call")), None);
    }

    #[test]
    fn what_the_business_writes_is_no_wish_of_the_customer() {
        let echo = InboundMessage { direction: Direction::Out, ..inbound("e", NOW, "STOP") };
        assert_eq!(heard(&echo), None);
        assert!(heard(&inbound("i", NOW, "STOP")).is_some());
    }

    #[test]
    fn a_redelivery_is_the_same_entry() {
        let message = inbound("a", NOW, "STOP");
        let heard = heard(&message).unwrap();
        let (one, two) =
            (ConsentEntry::heard(TENANT, WHO, &message, &heard), ConsentEntry::heard(TENANT, WHO, &message, &heard));
        assert_eq!(one, two);
        assert_eq!(one.text.as_deref(), Some("STOP"));
    }

    #[test]
    fn only_who_has_opted_out_is_not_sent_marketing() {
        let mut contact = Contact::new(WHO);
        assert_eq!(may_market(&contact), Ok(()));
        contact.marketing = contact.marketing.after(&said(Opted::Out, 1));
        assert_eq!(may_market(&contact), Err(Rejection::OptedOut));
        contact.marketing = contact.marketing.after(&said(Opted::In, 2));
        assert_eq!(may_market(&contact), Ok(()));
    }
}
