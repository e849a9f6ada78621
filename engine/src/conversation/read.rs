//! A member has read it: the badge goes, and the customer sees blue ticks.

use super::Conversation;
use crate::decision::{Decision, Order};
use crate::message::{Direction, Message};

impl Conversation {
    /// `upto` is the newest message on the screen. `None` when nothing was unread.
    pub fn mark_read(&self, upto: &Message) -> Option<Decision> {
        if self.unread == 0 {
            return None;
        }
        let number = self.number.phone_number_id.clone();
        let decision = Decision::on(Self { unread: 0, ..self.clone() }).conversation_changed();
        match &upto.wamid {
            Some(wamid) if upto.direction == Direction::In => {
                Some(decision.order(Order::MarkRead { number, wamid: wamid.clone() }))
            }
            Some(_) | None => Some(decision),
        }
    }
}
