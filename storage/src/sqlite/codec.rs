//! The common format, as rusqlite hands values over.

use engine::decision::MediaJob;
use engine::directory::Number;
use engine::id::{ConversationId, MediaId, MessageId};
use engine::message::Message;
use engine::time::Timestamp;
use rusqlite::types::ValueRef;
use serde::de::DeserializeOwned;

use super::fault::{Fault, Outcome};
use crate::codec;
use crate::crypto::{Column, Sealer};

pub(super) use crate::codec::{
    ACCOUNT, ALERT, API_KEY, AUDIT, CAMPAIGN, CONSENT, CONTACT, CONTACT_IMPORT, CONVERSATION, EVENT, Frame, IDENTITY,
    INBOX_ERROR, INBOX_RAW, INVITATION, MEDIA, MEDIA_JOB, MEMBER, MESSAGE, META_APP, NOTE, NUMBER, ORGANIZATION,
    OUTBOX, PARKED_STATUS, RECIPIENT, RECIPIENT_ERROR, RECIPIENT_WAMID, ROLE, SEGMENT, SESSION, TEAM, TEMPLATE,
    recipients, seal, seal_job, seal_message, seal_number, wamid_lookup,
};

pub(super) fn blob(value: ValueRef<'_>) -> Outcome<&[u8]> {
    Ok(value.as_blob().map_err(rusqlite::Error::from)?)
}

pub(super) fn open<T: DeserializeOwned>(
    sealer: &Sealer,
    column: Column,
    row: &[u8],
    value: ValueRef<'_>,
) -> Outcome<T> {
    Ok(codec::open(sealer, column, row, blob(value)?)?)
}

pub(super) fn open_bytes(sealer: &Sealer, column: Column, row: &[u8], value: ValueRef<'_>) -> Outcome<Vec<u8>> {
    Ok(sealer.open(column, row, blob(value)?)?)
}

pub(super) fn open_message(
    sealer: &Sealer,
    conversation: ConversationId,
    id: MessageId,
    at: Timestamp,
    value: ValueRef<'_>,
) -> Outcome<Message> {
    Ok(codec::open_message(sealer, conversation, id, at, blob(value)?)?)
}

pub(super) fn open_number(sealer: &Sealer, phone_number_id: &str, value: ValueRef<'_>) -> Outcome<Number> {
    Ok(codec::open_number(sealer, phone_number_id, blob(value)?)?)
}

pub(super) fn open_job(sealer: &Sealer, media: MediaId, attempts: u32, value: ValueRef<'_>) -> Outcome<MediaJob> {
    Ok(codec::open_job(sealer, media, attempts, blob(value)?)?)
}

pub(super) fn open_frame(
    sealer: &Sealer,
    conversation: ConversationId,
    n: u64,
    value: ValueRef<'_>,
) -> Outcome<Vec<u8>> {
    Ok(codec::open_frame(sealer, conversation, n, blob(value)?)?)
}

pub(super) fn corrupt(what: &str) -> Fault {
    Fault::Store(codec::corrupt(what))
}
