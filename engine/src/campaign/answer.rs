//! What people do because of a broadcast: they write, tap one of its buttons, stop marketing. WhatsApp tells of a tap only where the
//! button answers (a quick reply, a form): of a link that was opened it says nothing.

use super::RecipientRow;
use crate::consent::{self, Consent, Opted};
use crate::content::Content;
use crate::inbound::{InboundBody, InboundMessage};
use crate::message::Direction;
use crate::time::{Span, Timestamp};

/// Without a quote, what a person says is about what a broadcast sent within this; who stops later than this had other reasons.
const ANSWERED_WITHIN: Span = Span::hours(72);
/// WhatsApp's times are whole seconds, and of another clock.
const CLOCKS_APART: Span = Span::seconds(-5);

/// Of one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answers {
    pub replied: bool,
    pub clicked: bool,
    pub opted_out: bool,
}

impl Answers {
    /// `marketing`: what they had said of it before. `None`: it is no answer to anything.
    pub fn of(inbound: &InboundMessage, marketing: Consent) -> Option<Self> {
        if !inbound.live || inbound.direction != Direction::In {
            return None;
        }
        let (replied, chosen) = match &inbound.body {
            InboundBody::Content(Content::System { .. } | Content::Reaction { .. }) => (false, false),
            InboundBody::Content(Content::Choice { .. }) => (true, true),
            InboundBody::Content(_) | InboundBody::File { .. } => (true, false),
            InboundBody::Reaction { .. } | InboundBody::Edit { .. } | InboundBody::Revoke { .. } => return None,
        };
        let stops = consent::heard(inbound).is_some_and(|heard| heard.wish.opted == Opted::Out);
        let opted_out = stops && !marketing.is_opted_out();
        let answers = Self { replied, clicked: chosen && inbound.reply_to.is_some(), opted_out };
        (answers != Self::default()).then_some(answers)
    }
}

impl RecipientRow {
    /// Whether what they say at this time, without a quote, is about it.
    pub fn is_recent_at(&self, at: Timestamp) -> bool {
        let since = self.delivery.accepted_at.map(|accepted| at.since(accepted));
        since.is_some_and(|since| since > CLOCKS_APART && since <= ANSWERED_WITHIN)
    }

    /// Each counts once, at the first time that is known; `false` when all of it was known.
    pub fn record_answers(&mut self, answers: Answers, at: Timestamp) -> bool {
        let opted_out = answers.opted_out && self.is_recent_at(at);
        let mut is_news = false;
        for (is_said, fact) in [
            (answers.replied, &mut self.replied_at),
            (answers.clicked, &mut self.clicked_at),
            (opted_out, &mut self.opted_out_at),
        ] {
            if is_said && fact.is_none_or(|known| at < known) {
                *fact = Some(at);
                is_news = true;
            }
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::waiting;
    use crate::content::ChoiceKind;
    use crate::conversation::fixture::{inbound, wamid};
    use crate::id::ClaimToken;
    use crate::outgoing::SendOutcome;

    fn said(content: Content) -> InboundMessage {
        InboundMessage { body: InboundBody::Content(content), ..inbound("a", Timestamp(1), "") }
    }

    fn button(id: &str) -> Content {
        let (kind, title) = (ChoiceKind::TemplateButton, "See it".to_owned());
        Content::Choice { kind, id: Some(id.into()), title, description: None }
    }

    fn of(inbound: &InboundMessage) -> Option<Answers> {
        Answers::of(inbound, Consent::NotAsked)
    }

    #[test]
    fn a_tap_on_what_was_sent_is_a_click_and_every_word_a_reply() {
        let replied = Answers { replied: true, ..Answers::default() };
        assert_eq!(of(&inbound("a", Timestamp(1), "How much is it?")), Some(replied));
        assert_eq!(of(&said(button("more"))), Some(replied), "nobody knows of what");
        let tapped = InboundMessage { reply_to: Some(wamid("b")), ..said(button("more")) };
        assert_eq!(of(&tapped), Some(Answers { clicked: true, ..replied }));
        assert_eq!(of(&InboundMessage { live: false, ..tapped }), None);
        let reaction = InboundBody::Reaction { target: wamid("b"), emoji: None };
        assert_eq!(of(&InboundMessage { body: reaction, ..said(button("more")) }), None);
    }

    #[test]
    fn a_stop_counts_by_word_by_button_and_by_whatsapps_own_switch_unless_it_was_said_before() {
        let stopped = Answers { replied: true, clicked: false, opted_out: true };
        let word = inbound("a", Timestamp(1), "STOP");
        assert_eq!(of(&word), Some(stopped));
        let tapped = InboundMessage { reply_to: Some(wamid("b")), ..said(button(consent::OPT_OUT_PAYLOAD)) };
        assert_eq!(of(&tapped), Some(Answers { clicked: true, ..stopped }));
        let switch = said(Content::System { kind: "marketing_stop".into(), body: String::new() });
        assert_eq!(of(&switch), Some(Answers { replied: false, ..stopped }));
        let (at, since) = (Timestamp(0), Timestamp(0));
        let before = Consent::OptedOut { at, source: consent::ConsentSource::Member, since };
        assert_eq!(Answers::of(&switch, before), None);
    }

    #[test]
    fn each_counts_once_at_its_first_time_and_a_stop_only_within_three_days() {
        let mut row = waiting();
        let token = ClaimToken::from_bytes([3; 16]);
        row.claim(token, Timestamp(0));
        row.record(token, SendOutcome::Accepted { wamid: wamid("b"), wa_id: None }, Timestamp(0));
        let hours = |hours| Timestamp(0).plus(Span::hours(hours));
        let all = Answers { replied: true, clicked: true, opted_out: true };
        assert!(row.record_answers(all, hours(73)));
        assert_eq!((row.replied_at, row.clicked_at, row.opted_out_at), (Some(hours(73)), Some(hours(73)), None));
        assert!(row.record_answers(all, hours(2)) && !row.record_answers(all, hours(2)));
        assert!(!row.record_answers(all, hours(3)));
        let tally = row.tally();
        assert!(tally.replied && tally.clicked && tally.opted_out);
        assert_eq!(row.opted_out_at, Some(hours(2)));
    }
}
