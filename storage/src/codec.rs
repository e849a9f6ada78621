//! What is written into the `body` columns, and back: the one place that knows the format, and where it is sealed, in every store. The
//! stored form has its own field names, so that the API can change without the files.

pub(crate) mod recipients;

use std::borrow::Cow;

use bytes::Bytes;
use engine::content::Content;
use engine::decision::MediaJob;
use engine::delivery::Delivery;
use engine::directory::{Number, NumberStanding, Person};
use engine::event::{Audience, Event, LoggedEvent};
use engine::id::{ClientKey, ConversationId, MediaId, MessageId, MetaMediaId, PhoneNumberId, Wamid};
use engine::message::{Direction, Message, Quote, Reaction, Referral};
use engine::ports::StoreError;
use engine::time::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::crypto::{Column, Lookup, Sealer};

const fn column(table: &'static str, column: &'static str) -> Column {
    Column { table, column }
}

// What names the row is said at each; renaming any of this makes what is stored unreadable.

/// By the inbox item's id.
pub(crate) const INBOX_RAW: Column = column("inbox_body", "raw");
/// By the inbox item's id.
pub(crate) const INBOX_ERROR: Column = column("inbox", "error");
pub(crate) const CONVERSATION: Column = column("conversation", "body");
pub(crate) const MESSAGE: Column = column("message", "body");
/// By the wamid's look-up key.
pub(crate) const PARKED_STATUS: Column = column("parked_status", "body");
pub(crate) const CONTACT: Column = column("contact", "body");
/// By the identity's look-up key.
pub(crate) const IDENTITY: Column = column("identity", "body");
pub(crate) const CAMPAIGN: Column = column("campaign", "body");
/// By what [`recipients::name`] says; so are the next two.
pub(crate) const RECIPIENT: Column = column("recipient_body", "body");
pub(crate) const RECIPIENT_WAMID: Column = column("recipient", "body");
pub(crate) const RECIPIENT_ERROR: Column = column("recipient", "error");
/// By the message's id.
pub(crate) const OUTBOX: Column = column("outbox", "body");
/// By the conversation's id.
pub(crate) const EVENT: Column = column("event", "frame");
pub(crate) const MEDIA: Column = column("media", "body");
/// By the file's id.
pub(crate) const MEDIA_JOB: Column = column("media", "job");
/// By Meta's id of the number.
pub(crate) const NUMBER: Column = column("number", "body");
pub(crate) const ORGANIZATION: Column = column("tenant", "body");
/// By the installation's key.
pub(crate) const ACCOUNT: Column = column("account", "body");
pub(crate) const MEMBER: Column = column("member", "body");
pub(crate) const ROLE: Column = column("role", "body");
pub(crate) const TEAM: Column = column("team", "body");
pub(crate) const INVITATION: Column = column("invitation", "body");
pub(crate) const SEGMENT: Column = column("segment", "body");
pub(crate) const CONTACT_IMPORT: Column = column("contact_import", "body");
/// By the entry's id.
pub(crate) const CONSENT: Column = column("consent", "body");
/// By its own id.
pub(crate) const NOTE: Column = column("note", "body");
pub(crate) const API_KEY: Column = column("api_key", "body");
pub(crate) const SESSION: Column = column("session", "body");
/// By the organization's id.
pub(crate) const META_APP: Column = column("meta_app", "body");
pub(crate) const ALERT: Column = column("alert", "body");
/// By its own id.
pub(crate) const TEMPLATE: Column = column("template", "body");
/// By the entry's hash.
pub(crate) const AUDIT: Column = column("audit", "body");

/// Most bodies are shorter, so that their buffer grows once at most.
const USUAL_BYTES: usize = 480;

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, StoreError> {
    Ok(serde_json::from_slice(body)?)
}

pub(crate) fn seal<T: Serialize>(
    sealer: &Sealer,
    column: Column,
    row: &[u8],
    value: &T,
) -> Result<Vec<u8>, StoreError> {
    let mut draft = Sealer::draft(USUAL_BYTES);
    serde_json::to_writer(&mut draft, value)?;
    sealer.seal_draft(column, row, draft)
}

pub(crate) fn open<T: DeserializeOwned>(
    sealer: &Sealer,
    column: Column,
    row: &[u8],
    value: &[u8],
) -> Result<T, StoreError> {
    decode(&open_bytes(sealer, column, row, value)?)
}

pub(crate) fn open_bytes(sealer: &Sealer, column: Column, row: &[u8], value: &[u8]) -> Result<Vec<u8>, StoreError> {
    sealer.open(column, row, value)
}

pub(crate) fn wamid_lookup(sealer: &Sealer, wamid: &Wamid) -> Lookup {
    sealer.lookup("wamid", wamid.as_str())
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

pub(crate) fn seal_message(sealer: &Sealer, message: &Message) -> Result<Vec<u8>, StoreError> {
    // Without `..`: a new field must decide where it is stored.
    let Message {
        id,
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
    let stored = StoredMessage {
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
    };
    seal(sealer, MESSAGE, id.as_bytes(), &stored)
}

pub(crate) fn open_message(
    sealer: &Sealer,
    conversation_id: ConversationId,
    id: MessageId,
    at: Timestamp,
    value: &[u8],
) -> Result<Message, StoreError> {
    let stored: StoredMessage<'static> = open(sealer, MESSAGE, id.as_bytes(), value)?;
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

#[derive(Serialize, Deserialize)]
struct StoredNumber {
    waba_id: engine::id::WabaId,
    portfolio: String,
    name: String,
    display: String,
    token: String,
    rate_per_second: u32,
    standing: NumberStanding,
}

pub(crate) fn seal_number(sealer: &Sealer, number: &Number) -> Result<Vec<u8>, StoreError> {
    let Number { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing } =
        number.clone();
    let stored = StoredNumber { waba_id, portfolio, name, display, token, rate_per_second, standing };
    seal(sealer, NUMBER, phone_number_id.as_str().as_bytes(), &stored)
}

pub(crate) fn open_number(sealer: &Sealer, phone_number_id: &str, value: &[u8]) -> Result<Number, StoreError> {
    let StoredNumber { waba_id, portfolio, name, display, token, rate_per_second, standing } =
        open(sealer, NUMBER, phone_number_id.as_bytes(), value)?;
    let phone_number_id = phone_number_id.parse()?;
    Ok(Number { phone_number_id, waba_id, portfolio, name, display, token, rate_per_second, standing })
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

pub(crate) fn seal_job(sealer: &Sealer, job: &MediaJob) -> Result<Vec<u8>, StoreError> {
    let MediaJob { media, meta_id, number, message, conversation, mime, filename, attempts: _ } = job.clone();
    let stored = StoredJob { meta_id, number, message, conversation, mime, filename };
    seal(sealer, MEDIA_JOB, media.as_bytes(), &stored)
}

pub(crate) fn open_job(sealer: &Sealer, media: MediaId, attempts: u32, value: &[u8]) -> Result<MediaJob, StoreError> {
    let StoredJob { meta_id, number, message, conversation, mime, filename } =
        open(sealer, MEDIA_JOB, media.as_bytes(), value)?;
    Ok(MediaJob { media, meta_id, number, message, conversation, mime, filename, attempts })
}

/// An event that is encoded and sealed except for its place, which only the writer knows. That is most of the work, and
/// this keeps it on the callers' threads.
pub(crate) struct Frame {
    conversation: ConversationId,
    audience: Audience,
    after_n: Bytes,
    /// The same as it is stored.
    pub(crate) stored: Vec<u8>,
}

const FRAME_START: &[u8] = b"{\"n\":";
const FRAME_OF_0: &[u8] = b"{\"n\":0";

impl Frame {
    pub(crate) fn of(sealer: &Sealer, event: &Event) -> Result<Self, StoreError> {
        let LoggedEvent { n: _, conversation, audience, frame } = event.log(0)?;
        if !frame.starts_with(FRAME_OF_0) {
            return Err(corrupt("an event frame that does not start with n"));
        }
        let after_n = frame.slice(FRAME_OF_0.len()..);
        let stored = sealer.seal(EVENT, conversation.as_bytes(), &after_n)?;
        Ok(Self { conversation, audience, after_n, stored })
    }

    /// Byte for byte what `Event::log(n)` gives.
    pub(crate) fn at(&self, n: u64) -> LoggedEvent {
        let mut frame = frame_start(n, self.after_n.len());
        frame.extend_from_slice(&self.after_n);
        LoggedEvent { n, conversation: self.conversation, audience: self.audience, frame: frame.into() }
    }
}

fn frame_start(n: u64, more_bytes: usize) -> Vec<u8> {
    let place = n.to_string();
    let mut frame = Vec::with_capacity(FRAME_START.len() + place.len() + more_bytes);
    frame.extend_from_slice(FRAME_START);
    frame.extend_from_slice(place.as_bytes());
    frame
}

/// The frame of the event at `n`, from what [`Frame::stored`] was.
pub(crate) fn open_frame(
    sealer: &Sealer,
    conversation: ConversationId,
    n: u64,
    value: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let start = frame_start(n, value.len());
    sealer.open_behind(EVENT, conversation.as_bytes(), value, start)
}

pub(crate) fn corrupt(what: &str) -> StoreError {
    StoreError::Corrupt(what.to_owned())
}

#[cfg(test)]
mod tests {
    use engine::access::Holder;
    use engine::contact::Contact;
    use engine::conversation::Conversation;
    use engine::directory::NumberRef;
    use engine::event::EventBody;
    use engine::id::ContactId;
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::{Keyring, KeyringPlace};

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
            let dir = tempfile::tempdir().unwrap();
            let sealer = Keyring::open(KeyringPlace::within(dir.path()), true).unwrap().installation();
            let (frame, logged) = (Frame::of(&sealer, &event).unwrap(), event.log(n).unwrap());
            prop_assert_eq!(&frame.at(n), &logged);
            let read = open_frame(&sealer, logged.conversation, n, &frame.stored).unwrap();
            prop_assert_eq!(read, &logged.frame[..]);
        }
    }
}
