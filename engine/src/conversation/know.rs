//! More is known of the person, or less: their contact became one with another, or was parted from it.

use super::Conversation;
use crate::contact::Contact;
use crate::decision::Decision;

impl Conversation {
    /// `None` when it shows them so already. What they are reached by stays: the window was opened from there.
    pub fn know(&self, contact: &Contact) -> Option<Decision> {
        let mut next = self.clone();
        next.contact.name.clone_from(&contact.name);
        next.contact.username.clone_from(&contact.username);
        next.contact.country.clone_from(&contact.country);
        next.contact.marketing = contact.marketing;
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
        let decision = before.know(&kept).unwrap();
        let shown = &decision.conversation.contact;
        assert_eq!(shown.name.as_deref(), Some("Ana"));
        assert_eq!((&shown.phone, shown.id), (&before.contact.phone, before.contact.id));
        assert_eq!(decision.events.len(), 1);
        assert_eq!(decision.conversation.know(&kept), None);
    }
}
