//! More is known of the person, or less: their contact became one with another, or was parted from it.

use super::Conversation;
use crate::contact::Contact;
use crate::decision::Decision;
use crate::id::WaId;
use crate::identity::is_same_number;

impl Conversation {
    /// `None` when it shows them so already. What they are reached by stays, because the window was opened from there; unless it is a number
    /// that they have `lost`.
    pub fn know(&self, contact: &Contact, lost: Option<&WaId>) -> Option<Decision> {
        let mut next = self.clone();
        next.contact.name.clone_from(&contact.name);
        next.contact.username.clone_from(&contact.username);
        next.contact.country.clone_from(&contact.country);
        next.contact.marketing = contact.marketing;
        let shown = next.contact.phone.as_ref();
        if shown.zip(lost).is_some_and(|(shown, lost)| is_same_number(shown, lost)) {
            next.contact.phone.clone_from(&contact.phone);
            next.contact.bsuid = next.contact.bsuid.or_else(|| contact.bsuid.clone());
        }
        (next != *self).then(|| Decision::on(next).conversation_changed())
    }
}

#[cfg(test)]
mod tests {
    use crate::contact::Contact;
    use crate::conversation::fixture::conversation;
    use crate::id::ContactId;

    #[test]
    fn a_conversation_shows_whom_its_contact_became_and_reaches_them_as_before() {
        let before = conversation();
        let mut kept = Contact::new(ContactId::from_bytes([9; 16]));
        kept.name = Some("Ana".into());
        kept.phone = Some("12025550199".parse().unwrap());
        let decision = before.know(&kept, None).unwrap();
        let shown = &decision.conversation.contact;
        assert_eq!(shown.name.as_deref(), Some("Ana"));
        assert_eq!((&shown.phone, shown.id), (&before.contact.phone, before.contact.id));
        assert_eq!(decision.events.len(), 1);
        assert_eq!(decision.conversation.know(&kept, None), None);
    }

    #[test]
    fn a_conversation_does_not_show_a_number_that_its_contact_has_lost() {
        let before = conversation();
        let number = before.contact.phone.clone().unwrap();
        let mut left = before.contact.clone();
        left.bsuid = Some("US.2".parse().unwrap());
        assert!(left.lose_number(&number));
        assert_eq!(before.know(&left, Some(&"12025550199".parse().unwrap())), None, "it was another");
        let decision = before.know(&left, Some(&number)).unwrap();
        assert_eq!((decision.conversation.contact.phone, decision.conversation.contact.bsuid), (None, left.bsuid));
    }
}
