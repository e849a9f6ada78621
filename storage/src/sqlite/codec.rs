//! What is written into the `body` columns, and back: the one place that knows the format, and the one that will
//! encrypt. The stored form has its own field names, so that the API can change without the files.

use std::borrow::Cow;

use engine::content::Content;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::delivery::Delivery;
use engine::directory::{Number, Person};
use engine::event::{Audience, Event, LoggedEvent};
use engine::id::{ClientKey, ConversationId, MediaId, MessageId, MetaMediaId, PhoneNumberId, Wamid};
use engine::message::{Direction, Message, Quote, Reaction, Referral};
use engine::ports::StoreError;
use engine::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Outcome};

pub(super) fn encode<T: Serialize>(value: &T) -> Outcome<Vec<u8>> {
    Ok(serde_json::to_vec(value)?)
}

pub(super) fn decode<T: DeserializeOwned>(body: &[u8]) -> Outcome<T> {
    Ok(serde_json::from_slice(body)?)
}

/// What a row is found by when it is found by something of a person: half as long as a wamid, and not readable.
pub(super) fn lookup(kind: &str, text: &str) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_bytes());
    hasher.update(&[0]);
    hasher.update(text.as_bytes());
    let mut key = [0; 16];
    hasher.finalize_xof().fill(&mut key);
    key
}

pub(super) fn wamid_lookup(wamid: &Wamid) -> [u8; 16] {
    lookup("wamid", wamid.as_str())
}

/// A message without what its row says already.
#[derive(Serialize, Deserialize)]
struct StoredMessage<'a> {
    #[serde(rename = "d")]
    direction: Direction,
    #[serde(rename = "c")]
    content: Cow<'a, Content>,
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    author: Option<Cow<'a, Person>>,
    #[serde(rename = "w", default, skip_serializing_if = "Option::is_none")]
    wamid: Option<Cow<'a, Wamid>>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    client_id: Option<Cow<'a, ClientKey>>,
    #[serde(rename = "q", default, skip_serializing_if = "Option::is_none")]
    reply_to: Option<Cow<'a, Quote>>,
    #[serde(rename = "r", default, skip_serializing_if = "<[Reaction]>::is_empty")]
    reactions: Cow<'a, [Reaction]>,
    #[serde(rename = "f", default, skip_serializing_if = "std::ops::Not::not")]
    forwarded: bool,
    #[serde(rename = "e", default, skip_serializing_if = "std::ops::Not::not")]
    edited: bool,
    #[serde(rename = "x", default, skip_serializing_if = "std::ops::Not::not")]
    revoked: bool,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    delivery: Option<Cow<'a, Delivery>>,
    #[serde(rename = "o", default, skip_serializing_if = "Option::is_none")]
    referral: Option<Cow<'a, Referral>>,
}

pub(super) fn encode_message(message: &Message) -> Outcome<Vec<u8>> {
    // Without `..`: a new field must decide where it is stored.
    let Message {
        id: _,
        conversation_id: _,
        direction,
        content,
        author,
        at: _,
        wamid,
        client_id,
        reply_to,
        reactions,
        forwarded,
        edited,
        revoked,
        delivery,
        referral,
    } = message;
    encode(&StoredMessage {
        direction: *direction,
        content: Cow::Borrowed(content),
        author: author.as_ref().map(Cow::Borrowed),
        wamid: wamid.as_ref().map(Cow::Borrowed),
        client_id: client_id.as_ref().map(Cow::Borrowed),
        reply_to: reply_to.as_ref().map(Cow::Borrowed),
        reactions: Cow::Borrowed(reactions),
        forwarded: *forwarded,
        edited: *edited,
        revoked: *revoked,
        delivery: delivery.as_ref().map(Cow::Borrowed),
        referral: referral.as_ref().map(Cow::Borrowed),
    })
}

pub(super) fn decode_message(
    conversation_id: ConversationId,
    id: MessageId,
    at: Timestamp,
    body: &[u8],
) -> Outcome<Message> {
    let stored: StoredMessage<'static> = decode(body)?;
    Ok(Message {
        id,
        conversation_id,
        direction: stored.direction,
        content: stored.content.into_owned(),
        author: stored.author.map(Cow::into_owned),
        at,
        wamid: stored.wamid.map(Cow::into_owned),
        client_id: stored.client_id.map(Cow::into_owned),
        reply_to: stored.reply_to.map(Cow::into_owned),
        reactions: stored.reactions.into_owned(),
        forwarded: stored.forwarded,
        edited: stored.edited,
        revoked: stored.revoked,
        delivery: stored.delivery.map(Cow::into_owned),
        referral: stored.referral.map(Cow::into_owned),
    })
}

pub(super) fn encode_conversation(conversation: &Conversation) -> Outcome<Vec<u8>> {
    encode(conversation)
}

pub(super) fn decode_conversation(body: &[u8]) -> Outcome<Conversation> {
    decode(body)
}

#[derive(Serialize, Deserialize)]
struct StoredNumber {
    waba_id: engine::id::WabaId,
    portfolio: String,
    name: String,
    display: String,
    token: String,
    rate_per_second: u32,
}

pub(super) fn encode_number(number: &Number) -> Outcome<Vec<u8>> {
    let Number { phone_number_id: _, waba_id, portfolio, name, display, token, rate_per_second } = number.clone();
    encode(&StoredNumber { waba_id, portfolio, name, display, token, rate_per_second })
}

pub(super) fn decode_number(phone_number_id: &str, body: &[u8]) -> Outcome<Number> {
    let StoredNumber { waba_id, portfolio, name, display, token, rate_per_second } = decode(body)?;
    Ok(Number { phone_number_id: phone_number_id.parse()?, waba_id, portfolio, name, display, token, rate_per_second })
}

#[derive(Serialize, Deserialize)]
struct StoredJob {
    meta_id: MetaMediaId,
    number: PhoneNumberId,
    message: MessageId,
    conversation: ConversationId,
    mime: String,
    filename: Option<String>,
}

pub(super) fn encode_job(job: &MediaJob) -> Outcome<Vec<u8>> {
    let MediaJob { media: _, meta_id, number, message, conversation, mime, filename, attempts: _ } = job.clone();
    encode(&StoredJob { meta_id, number, message, conversation, mime, filename })
}

pub(super) fn decode_job(media: MediaId, attempts: u32, body: &[u8]) -> Outcome<MediaJob> {
    let StoredJob { meta_id, number, message, conversation, mime, filename } = decode(body)?;
    Ok(MediaJob { media, meta_id, number, message, conversation, mime, filename, attempts })
}

/// An event that is encoded except for its place, which only the writer knows. Encoding is most of the work, and
/// this keeps it on the callers' threads.
pub(super) struct Frame {
    conversation: ConversationId,
    audience: Audience,
    after_n: Vec<u8>,
}

const FRAME_START: &[u8] = b"{\"n\":";

impl Frame {
    pub(super) fn of(event: &Event) -> Outcome<Self> {
        let LoggedEvent { n: _, conversation, audience, frame } = event.log(0)?;
        let after_n = frame.strip_prefix(FRAME_START).and_then(|rest| rest.strip_prefix(b"0"));
        let after_n = after_n.ok_or_else(|| corrupt("an event frame that does not start with n"))?.to_vec();
        Ok(Self { conversation, audience, after_n })
    }

    /// Byte for byte what `Event::log(n)` gives.
    pub(super) fn at(&self, n: u64) -> LoggedEvent {
        let place = n.to_string();
        let mut frame = Vec::with_capacity(FRAME_START.len() + place.len() + self.after_n.len());
        frame.extend_from_slice(FRAME_START);
        frame.extend_from_slice(place.as_bytes());
        frame.extend_from_slice(&self.after_n);
        LoggedEvent { n, conversation: self.conversation, audience: self.audience, frame: frame.into() }
    }
}

pub(super) fn corrupt(what: &str) -> Fault {
    Fault::Store(StoreError::Corrupt(what.to_owned()))
}

#[cfg(test)]
mod tests {
    use engine::access::Holder;
    use engine::contact::Contact;
    use engine::directory::NumberRef;
    use engine::event::EventBody;
    use engine::id::ContactId;
    use proptest::prelude::*;

    use super::*;

    fn event(name: String) -> Event {
        let mut contact = Contact::new(ContactId::from_bytes([4; 16]));
        contact.name = Some(name);
        let number = NumberRef { phone_number_id: "2".parse().unwrap(), name: String::new(), display: String::new() };
        let conversation = Conversation::new(ConversationId::from_bytes([5; 16]), contact, number);
        let audience = Audience { holder: Holder::default(), was: Holder::default(), moved: true };
        Event { audience, body: EventBody::ConversationChanged { conversation } }
    }

    proptest! {
        #[test]
        fn a_placed_frame_is_what_the_engine_would_have_written(n in any::<u64>(), name in any::<String>()) {
            let event = event(name);
            prop_assert_eq!(Frame::of(&event).unwrap().at(n), event.log(n).unwrap());
        }
    }

    #[test]
    fn what_finds_a_person_cannot_be_read() {
        assert_ne!(lookup("identity", "wa:12025550123"), lookup("wamid", "wa:12025550123"));
    }
}
