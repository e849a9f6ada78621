//! A message that opts out or in: on the ledger before its conversation takes it in, so that whatever is sent after it is decided on
//! what it said.

use std::sync::Arc;

use engine::consent::{self, Consent, ConsentEntry, ConsentSource, Opted};
use engine::contact::Contact;
use engine::inbound::InboundMessage;
use engine::ports::StoreError;

use super::State;

impl State {
    /// The contact as it is then, and what to answer. Everything in here may be done twice.
    pub(super) async fn heed(
        &self,
        inbound: &InboundMessage,
        contact: Contact,
    ) -> Result<(Contact, Option<Arc<str>>), StoreError> {
        let Some(heard) = consent::heard(inbound) else { return Ok((contact, None)) };
        let store = &self.actors.world.store;
        // What is remembered of them may be older than what a member recorded.
        let contact = store.contact(self.tenant, contact.id).await?.unwrap_or(contact);
        let is_greeting = heard.source == ConsentSource::Keyword && heard.wish.opted == Opted::In;
        if is_greeting && contact.marketing == Consent::NotAsked {
            return Ok((contact, None));
        }
        let entry = ConsentEntry::heard(self.tenant, contact.id, inbound, &heard);
        let heeded = store.record_consent(self.tenant, entry.clone(), Vec::new()).await?;
        self.forget(contact.id);
        let contact = heeded.unwrap_or(contact);
        if !inbound.live || !contact.marketing.turned_by(&entry) {
            return Ok((contact, None));
        }
        let Some(household) = store.household(self.tenant).await? else { return Ok((contact, None)) };
        let language = contact.language.as_deref().unwrap_or(&household.settings.locale);
        let text = household.settings.confirmations.text(heard.wish, Some(language)).map(Arc::from);
        Ok((contact, text))
    }
}
