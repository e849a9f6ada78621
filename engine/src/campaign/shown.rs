//! What a broadcast sent, as a message among those of its person. No conversation keeps it: it is looked up where one is shown,
//! so that a million sends write to no history and its ticks are those of the recipient.

use super::{Campaign, RecipientRow};
use crate::content::Content;
use crate::id::{ConversationId, MessageId, TenantId};
use crate::message::{Direction, Message};

impl Campaign {
    /// In its place in time: when WhatsApp took it. `None`: WhatsApp never did, or it was launched by another version that filled
    /// in what this one cannot.
    pub fn message_to(&self, tenant: TenantId, row: &RecipientRow) -> Option<Message> {
        let at = row.delivery.accepted_at?;
        let launch = self.launch.as_ref()?;
        let number = self.plan.numbers.get(usize::from(row.recipient.lane))?;
        let filled = launch.forms()?.fill(&row.recipient, &launch.files)?;
        Some(Message {
            id: MessageId::of_recipient(self.id, row.recipient.no),
            conversation_id: ConversationId::of(tenant, number, row.recipient.contact),
            direction: Direction::Out,
            content: Content::Template(filled.content),
            author: None,
            at,
            wamid: row.wamid.clone(),
            client_id: None,
            reply_to: None,
            reactions: Vec::new(),
            forwarded: false,
            edited: false,
            revoked: false,
            delivery: Some(row.delivery.clone()),
            referral: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{contact, draft, launched, page};
    use crate::campaign::{ContactField, Source, VariableSource, freeze};
    use crate::delivery::DeliveryState;
    use crate::id::ClaimToken;
    use crate::outgoing::SendOutcome;
    use crate::template::VariablePlace;
    use crate::time::Timestamp;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    fn greeting() -> (Campaign, RecipientRow) {
        let mut campaign = draft();
        campaign.plan.variables = vec![VariableSource {
            name: "1".into(),
            place: VariablePlace::Body,
            index: None,
            card: None,
            source: Source::Contact { field: ContactField::FirstName },
            fallback: None,
        }];
        let (campaign, mut people) = freeze(&launched(&campaign), &page(&[1], None)).unwrap();
        (campaign, RecipientRow::waiting(people.remove(0), Timestamp(2)))
    }

    #[test]
    fn what_was_sent_stands_where_whatsapp_took_it_with_its_words_and_ticks() {
        let (campaign, mut row) = greeting();
        assert_eq!(campaign.message_to(TENANT, &row), None, "it waits");
        let token = ClaimToken::from_bytes([3; 16]);
        row.claim(token, Timestamp(5));
        assert_eq!(campaign.message_to(TENANT, &row), None, "nobody knows yet");
        let wamid = "wamid.A".parse().unwrap();
        row.record(token, SendOutcome::Accepted { wamid, wa_id: None }, Timestamp(7));
        let message = campaign.message_to(TENANT, &row).unwrap();
        let Content::Template(shown) = &message.content else { panic!("another content") };
        assert_eq!((shown.body.as_str(), message.at), ("Hi Marina, Kasturi turns six.", Timestamp(7)));
        assert_eq!(message.delivery.unwrap().state, DeliveryState::Sent);
        let number = campaign.plan.numbers.first().unwrap();
        assert_eq!(message.conversation_id, ConversationId::of(TENANT, number, contact(1).id));
    }
}
