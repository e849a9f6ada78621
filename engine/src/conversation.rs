//! The conversation of one contact with one business number, and everything that may happen to it, a file each.
//! Every function takes the state as it is and returns what is to become of it.

mod assign;
mod confirm;
mod file;
mod know;
mod reaction;
mod read;
mod receive;
mod record_send;
mod record_status;
mod reply;
mod resolve;

use serde::{Deserialize, Serialize};

use crate::access::Holder;
use crate::contact::Contact;
use crate::content::ContentKind;
use crate::delivery::DeliveryState;
use crate::directory::{NumberRef, Person};
use crate::id::{ConversationId, MessageId, TeamId};
use crate::message::{Direction, Message};
use crate::outgoing::Recipient;
use crate::time::{Span, Timestamp};

pub use assign::ConversationStatusChange;
pub use reply::{Compose, Draft};
pub use resolve::Resolution;

/// Meta's customer service window: free text is allowed this long after the customer's last message.
pub const WINDOW: Span = Span::hours(24);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Conversation {
    pub id: ConversationId,
    /// Their card: who they are, and what they had said of marketing when the conversation was last written.
    pub contact: Contact,
    pub number: NumberRef,
    pub status: ConversationStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Person>,
    /// Whose members see it besides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    pub unread: u32,
    pub last_activity_at: Timestamp,
    /// `None`: never opened. In the past: closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preview: Option<Preview>,
    /// Raised by every change; a commit names the one it was decided on. 0 = not stored yet.
    pub revision: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConversationStatus {
    Open,
    Snoozed,
    Closed,
}

/// The newest message, as a list row shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Preview {
    pub message_id: MessageId,
    pub direction: Direction,
    pub kind: ContentKind,
    pub snippet: String,
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryState>,
}

/// What may be written now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Composer {
    Free { until: Timestamp },
    TemplateOnly,
}

impl Conversation {
    pub fn new(id: ConversationId, contact: Contact, number: NumberRef) -> Self {
        Self {
            id,
            contact: contact.card(),
            number,
            status: ConversationStatus::Open,
            assignee: None,
            team: None,
            unread: 0,
            last_activity_at: Timestamp(0),
            window_until: None,
            preview: None,
            revision: 0,
        }
    }

    pub fn holder(&self) -> Holder {
        Holder { assignee: self.assignee.as_ref().map(|person| person.id), team: self.team }
    }

    pub fn composer(&self, now: Timestamp) -> Composer {
        match self.window_until {
            Some(until) if now < until => Composer::Free { until },
            Some(_) | None => Composer::TemplateOnly,
        }
    }

    fn recipient(&self) -> Recipient {
        Recipient { wa_id: self.contact.phone.clone(), bsuid: self.contact.bsuid.clone() }
    }

    /// Shows `message` in the list if it is the newest or the one shown already.
    fn show(&mut self, message: &Message) {
        self.last_activity_at = self.last_activity_at.max(message.at);
        let newest = self.preview.as_ref().is_none_or(|shown| shown.message_id == message.id || shown.at <= message.at);
        if newest {
            self.preview = Some(Preview {
                message_id: message.id,
                direction: message.direction,
                kind: message.content.kind(),
                snippet: message.content.snippet(),
                at: message.at,
                delivery: message.delivery.as_ref().map(|delivery| delivery.state),
            });
        }
    }

    /// Takes over a change of a message that may be the one shown.
    fn refresh(&mut self, message: &Message) {
        if self.preview.as_ref().is_some_and(|shown| shown.message_id == message.id) {
            self.show(message);
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use super::*;
    use crate::content::Content;
    use crate::id::{ContactId, TenantId, Wamid};
    use crate::identity::Identities;
    use crate::inbound::{InboundBody, InboundMessage};

    pub(crate) const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    pub(crate) const NOW: Timestamp = Timestamp(1_795_392_000_000);

    pub(crate) fn conversation() -> Conversation {
        let mut contact = Contact::new(ContactId::from_bytes([4; 16]));
        contact.learn(&peer());
        let number = NumberRef {
            phone_number_id: "200000000000001".parse().unwrap(),
            name: "Clínica".into(),
            display: "+1 202 555 0100".into(),
        };
        Conversation::new(ConversationId::from_bytes([5; 16]), contact, number)
    }

    pub(crate) fn peer() -> Identities {
        Identities {
            wa_id: Some("12025550123".parse().unwrap()),
            name: Some("Avery Sample".into()),
            ..Identities::default()
        }
    }

    pub(crate) fn wamid(name: &str) -> Wamid {
        format!("wamid.{name}").parse().unwrap()
    }

    pub(crate) fn inbound(name: &str, at: Timestamp, body: &str) -> InboundMessage {
        InboundMessage {
            number: "200000000000001".parse().unwrap(),
            peer: peer(),
            former: None,
            direction: Direction::In,
            live: true,
            opens_window: true,
            wamid: wamid(name),
            at,
            body: InboundBody::Content(Content::Text { body: body.into() }),
            reply_to: None,
            forwarded: false,
            referral: None,
            status: None,
        }
    }

    pub(crate) fn rafael() -> Person {
        Person { id: crate::id::MemberId::from_bytes([7; 16]), name: "Rafael".into() }
    }
}
