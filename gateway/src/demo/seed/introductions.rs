//! What the simulated WhatsApp has to know, so that people of the history can be answered and answer.

use engine::conversation::Conversation;
use engine::id::ConversationId;
use engine::ports::{Store, StoreError};
use engine::time::Timestamp;
use loadtest::simulator::Introduction;

use super::people::Customer;
use super::scene::Scene;
use super::{History, OPEN};

/// Everybody whose conversation is open. What a former start left counts more than the history.
pub(in crate::demo) async fn introductions(
    store: &dyn Store,
    seed: u64,
    now: Timestamp,
) -> Result<Vec<Introduction>, StoreError> {
    let scene = Scene::new(seed, now)?;
    let history = History::new(&scene)?;
    let mut introductions = Vec::with_capacity(OPEN);
    for index in 0..OPEN {
        let customer = Customer::of(&scene, index)?;
        let number = scene.number(History::open_number(index).unwrap_or_default())?;
        let id = ConversationId::of(scene.tenant, &number.phone_number_id, customer.contact.id);
        let conversation = match store.conversation(scene.tenant, id).await? {
            Some(conversation) => conversation,
            None => history.open(index)?.conversation,
        };
        introductions.push(introduction(conversation, &customer));
    }
    Ok(introductions)
}

fn introduction(conversation: Conversation, customer: &Customer) -> Introduction {
    let Conversation { contact, number, window_until, .. } = conversation;
    Introduction {
        number: number.phone_number_id.as_str().into(),
        phone: contact.phone.map(|phone| phone.as_str().into()),
        bsuid: contact.bsuid.map(|bsuid| bsuid.as_str().into()),
        name: contact.name,
        username: contact.username,
        window_until_ms: window_until.map_or(0, |until| u64::try_from(until.0).unwrap_or_default()),
        answers: customer.language.bank().thanks.iter().map(|words| (*words).to_owned()).collect(),
    }
}
