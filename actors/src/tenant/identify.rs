//! Whose message it is. Known customers cost a look into memory; a new or changed one costs a write.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use engine::contact::Contact;
use engine::directory::{Number, NumberRef};
use engine::id::{ContactId, PhoneNumberId};
use engine::identity::Identities;
use engine::inbound::InboundMessage;
use engine::ports::StoreError;
use engine::time::{Span, Timestamp};

use super::State;
use crate::metric;

/// Identities kept in memory; all are forgotten when there are more, the store has them.
const KNOWN_MAX: usize = 16_384;
/// … and after this time: another node may have changed them.
const KNOWN_FOR: Span = Span::seconds(30);

#[derive(Default)]
pub(super) struct Known {
    contacts: HashMap<String, Contact>,
    /// The changes of contacts on this node that these are as old as.
    edits: u64,
    since: Timestamp,
    numbers: HashMap<PhoneNumberId, KnownNumber>,
}

#[derive(Clone)]
struct KnownNumber {
    reference: NumberRef,
    portfolio: String,
}

impl State {
    /// `None` when the number is not this tenant's any more.
    pub(super) async fn identify(&self, inbound: &InboundMessage) -> Result<Option<(NumberRef, Contact)>, StoreError> {
        let Some(number) = self.known_number(&inbound.number).await? else { return Ok(None) };
        // Kept by the day: whoever writes all day costs one write of their contact.
        let peer = Identities { seen_at: Some(inbound.at), wrote: inbound.is_written(), ..inbound.peer.clone() };
        let keys = peer.keys(&number.portfolio);
        if inbound.former.is_none()
            && let Some(contact) = self.known_contact(&keys, &peer)
        {
            return Ok(Some((number.reference, contact)));
        }
        let resolved = self.resolve(&number.portfolio, &peer, inbound.former.as_ref()).await?;
        if resolved.clashes.is_empty() {
            self.remember(keys, &resolved.contact);
        }
        Ok(Some((number.reference, resolved.contact)))
    }

    fn remember(&self, keys: Vec<String>, contact: &Contact) {
        let mut known = self.known.borrow_mut();
        if known.contacts.len() + keys.len() > KNOWN_MAX {
            metrics::counter!(metric::LIMITS_REACHED, "limit" => "known_contacts").increment(1);
            known.contacts.clear();
        }
        for key in keys {
            known.contacts.insert(key, contact.clone());
        }
    }

    /// What is known of somebody is not all of it any more.
    pub(super) fn forget(&self, contact: ContactId) {
        self.known.borrow_mut().contacts.retain(|_, known| known.id != contact);
    }

    /// Only when every identity leads to the same contact and says nothing new of it.
    fn known_contact(&self, keys: &[String], peer: &Identities) -> Option<Contact> {
        let mut known = self.known.borrow_mut();
        let (edits, now) = (self.actors.contact_edits.load(Ordering::Acquire), self.actors.world.clock.now());
        if known.edits != edits || now.since(known.since) > KNOWN_FOR {
            known.contacts.clear();
            (known.edits, known.since) = (edits, now);
        }
        let first = known.contacts.get(keys.first()?)?;
        let agree = keys.iter().all(|key| known.contacts.get(key).is_some_and(|other| other == first));
        (agree && !first.clone().learn(peer)).then(|| first.clone())
    }

    async fn known_number(&self, id: &PhoneNumberId) -> Result<Option<KnownNumber>, StoreError> {
        if let Some(known) = self.known.borrow().numbers.get(id) {
            return Ok(Some(known.clone()));
        }
        let Some(number) = self.actors.number_of(self.tenant, id).await? else { return Ok(None) };
        let known = KnownNumber { reference: Number::reference(&number), portfolio: number.portfolio };
        self.known.borrow_mut().numbers.insert(id.clone(), known.clone());
        Ok(Some(known))
    }
}
