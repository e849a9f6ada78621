//! A file of a message has arrived from Meta, or will not.

use super::Conversation;
use crate::content::Media;
use crate::decision::{Decision, Record};
use crate::message::Message;

impl Conversation {
    /// `None` when the message has no such file or says so already.
    pub fn record_file(&self, message: &Message, media: Media) -> Option<Decision> {
        let mut message = message.clone();
        let shown = message.content.media_mut().filter(|shown| shown.id == media.id && **shown != media)?;
        *shown = media.clone();
        Some(
            Decision::on(self.clone())
                .record(Record::Update(message.clone()))
                .record(Record::Fetched(media))
                .message_changed(&message),
        )
    }
}
