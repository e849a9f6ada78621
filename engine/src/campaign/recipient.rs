//! One person of a campaign: frozen at the launch, then claimed, sent and counted. The same lattice as for every message.

use serde::{Deserialize, Serialize};

use super::tally::{Class, TallyKey};
use super::variant::{Forms, Group};
use super::{Campaign, FailureClass, Trigger};
use crate::delivery::{Delivery, DeliveryState, Status};
use crate::id::{CampaignId, ClaimToken, ContactId, ConversationId, MessageId, TenantId, Wamid};
use crate::inbound::StatusUpdate;
use crate::outgoing::{Lane, Outgoing, OutgoingBody, Recipient, SendOutcome};
use crate::ports::Claim;
use crate::price::{Charge, Country};
use crate::template::TemplateVariable;
use crate::time::Timestamp;

/// As it was written down at the launch; never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CampaignRecipient {
    /// From 0, without gaps.
    pub no: u32,
    pub contact: ContactId,
    /// By its place among the plan's numbers.
    pub lane: u8,
    pub to: Recipient,
    /// By whose prices WhatsApp charges, as far as known.
    pub country: Option<Country>,
    pub values: Vec<TemplateVariable>,
    /// Where somebody's system added them, and by what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trigger: Option<Box<Trigger>>,
    /// `None`: the campaign has one message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// Whoever waits for a winner has those of each message: `values` are A's, these B's and so on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_values: Vec<Vec<TemplateVariable>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SendState {
    Waiting,
    /// Somebody is sending it, or died while sending it.
    Claimed {
        token: ClaimToken,
        at: Timestamp,
    },
    /// No answer came. Settled by a status, or by the policy.
    InDoubt {
        since: Timestamp,
    },
    /// The policy has given up: a person decides, and nothing is sent by itself.
    Parked,
    /// The outcome is known.
    Settled,
    /// WhatsApp has it, and holds it until it knows how people like the template. A status says what became of it.
    Held,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecipientRow {
    pub recipient: CampaignRecipient,
    pub send: SendState,
    pub delivery: Delivery,
    pub wamid: Option<Wamid>,
    /// When the person first answered.
    pub replied_at: Option<Timestamp>,
    /// When the person first tapped one of its buttons, as far as WhatsApp tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clicked_at: Option<Timestamp>,
    /// When the person stopped marketing, as far as it may be because of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_at: Option<Timestamp>,
    /// What WhatsApp first said that it was charged as. Where a doubt had it sent twice, the second message is not in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<Charge>,
}

/// What becomes of a doubt that no status has settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Waits again: the policy of this kind of message prefers one twice to one never.
    Again,
    /// For a person.
    Park,
}

impl CampaignRecipient {
    /// On its way through the broadcast lane of its number. `None`: the campaign was not launched, or has no such lane, or what this
    /// person gets is not decided.
    pub fn outgoing(&self, tenant: TenantId, campaign: &Campaign, forms: &Forms) -> Option<Outgoing> {
        let number = campaign.plan.numbers.get(usize::from(self.lane))?.clone();
        let launch = campaign.launch.as_ref()?;
        // What cannot be filled in was left out when the audience was frozen.
        let filled = forms.fill(self, &launch.files)?;
        Some(Outgoing {
            tenant,
            id: MessageId::of_recipient(campaign.id, self.no),
            conversation: ConversationId::of(tenant, &number, self.contact),
            recipient: Some(self.key(campaign.id)),
            number,
            to: self.to.clone(),
            lane: Lane::Broadcast,
            reply_to: None,
            body: OutgoingBody::Template(filled.sent),
            queued_at: launch.at,
        })
    }

    fn key(&self, campaign: CampaignId) -> RecipientKey {
        RecipientKey { campaign, no: self.no }
    }
}

/// Names one recipient of one campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecipientKey {
    pub campaign: CampaignId,
    pub no: u32,
}

impl RecipientRow {
    pub fn waiting(recipient: CampaignRecipient, at: Timestamp) -> Self {
        let delivery = Delivery::queued(at);
        let (replied_at, clicked_at, opted_out_at) = (None, None, None);
        let (send, wamid, charge) = (SendState::Waiting, None, None);
        Self { recipient, send, delivery, wamid, replied_at, clicked_at, opted_out_at, charge }
    }

    /// At most one winner; the same token wins again.
    pub fn claim(&mut self, token: ClaimToken, at: Timestamp) -> Claim {
        match self.send {
            SendState::Waiting => {
                self.send = SendState::Claimed { token, at };
                Claim::Won
            }
            SendState::Claimed { token: holder, .. } if holder == token => Claim::Won,
            SendState::Claimed { .. }
            | SendState::InDoubt { .. }
            | SendState::Parked
            | SendState::Settled
            | SendState::Held => Claim::Lost,
        }
    }

    /// Only for what provably was not processed.
    pub fn release(&mut self, token: ClaimToken) {
        if matches!(self.send, SendState::Claimed { token: holder, .. } if holder == token) {
            self.send = SendState::Waiting;
        }
    }

    /// How the send under this claim ended. An answer that comes after the claim was put in doubt still counts; a doubt about what
    /// is known already does not.
    pub fn record(&mut self, token: ClaimToken, outcome: SendOutcome, at: Timestamp) {
        match outcome {
            SendOutcome::Accepted { wamid, .. } => {
                self.wamid.get_or_insert(wamid);
                self.delivery.accept(at);
                self.send = SendState::Settled;
            }
            SendOutcome::Held { wamid, .. } => {
                self.wamid.get_or_insert(wamid);
                self.delivery.accept(at);
                // A status that was faster has let it go.
                if self.send != SendState::Settled {
                    self.send = SendState::Held;
                }
            }
            SendOutcome::Refused(failure) => {
                if matches!(self.send, SendState::Claimed { token: holder, .. } if holder == token) {
                    self.delivery.merge(Status::Failed(failure), at);
                    self.send = SendState::Settled;
                }
            }
            SendOutcome::InDoubt => {
                let is_its = matches!(self.send, SendState::Claimed { token: holder, .. } if holder == token);
                if is_its && self.delivery.doubt(at) {
                    self.send = SendState::InDoubt { since: at };
                }
            }
        }
    }

    /// Meta's word on it, which proves that it had the message; `false` when it said nothing new.
    pub fn record_status(&mut self, update: &StatusUpdate) -> bool {
        let is_settled = std::mem::replace(&mut self.send, SendState::Settled) == SendState::Settled;
        let is_known = self.wamid.replace(update.wamid.clone()).is_some();
        let is_priced = self.charge.is_none() && update.pricing.is_some();
        self.charge = self.charge.or_else(|| update.pricing.map(|pricing| Charge::of(pricing, update.at)));
        self.delivery.merge(update.status.clone(), update.at) || !is_settled || !is_known || is_priced
    }

    /// `false` when the doubt was settled meanwhile.
    pub fn decide(&mut self, verdict: Verdict, at: Timestamp) -> bool {
        if !matches!(self.send, SendState::InDoubt { .. }) {
            return false;
        }
        match verdict {
            Verdict::Again => {
                self.send = SendState::Waiting;
                self.delivery.requeue(at);
            }
            Verdict::Park => self.send = SendState::Parked,
        }
        true
    }

    /// Where it is counted.
    pub fn tally(&self) -> TallyKey {
        let class = match (self.send, self.delivery.state) {
            (SendState::Waiting, _) => Class::Waiting,
            (SendState::Claimed { .. }, _) => Class::UnderWay,
            (SendState::InDoubt { .. }, _) => Class::Unknown,
            (SendState::Parked, _) => Class::Parked,
            (SendState::Held, _) => Class::Held,
            (SendState::Settled, DeliveryState::Played | DeliveryState::Read) => Class::Read,
            (SendState::Settled, DeliveryState::Delivered) => Class::Delivered,
            (SendState::Settled, DeliveryState::Failed) => {
                Class::Failed(self.delivery.failure.as_ref().map_or(FailureClass::Permanent, FailureClass::of))
            }
            (SendState::Settled, DeliveryState::Sent | DeliveryState::Queued | DeliveryState::Unknown) => Class::Sent,
        };
        let code = match class {
            Class::Failed(_) => self.delivery.failure.as_ref().and_then(|failure| failure.code).unwrap_or_default(),
            Class::Waiting
            | Class::UnderWay
            | Class::Unknown
            | Class::Parked
            | Class::Sent
            | Class::Delivered
            | Class::Read
            | Class::Held => 0,
        };
        let CampaignRecipient { lane, country, group, .. } = self.recipient;
        let (replied, clicked) = (self.replied_at.is_some(), self.clicked_at.is_some());
        let opted_out = self.opted_out_at.is_some();
        TallyKey { lane, class, code, replied, clicked, opted_out, country, charge: self.charge, group }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::fixture::waiting;
    use crate::day::Day;
    use crate::delivery::Failure;
    use crate::price::{PriceCategory, PriceKind, Pricing};

    fn row() -> RecipientRow {
        let mut row = waiting();
        row.recipient.no = 7;
        row
    }

    fn token(n: u8) -> ClaimToken {
        ClaimToken::from_bytes([n; 16])
    }

    fn wamid() -> Wamid {
        "wamid.A".parse().unwrap()
    }

    fn said(status: Status, at: Timestamp) -> StatusUpdate {
        StatusUpdate { number: "200".parse().unwrap(), wamid: wamid(), callback: None, status, pricing: None, at }
    }

    #[test]
    fn one_claim_wins_and_what_is_in_doubt_is_not_claimed_again() {
        let mut row = row();
        assert_eq!(row.claim(token(1), Timestamp(1)), Claim::Won);
        assert_eq!((row.claim(token(1), Timestamp(2)), row.claim(token(2), Timestamp(2))), (Claim::Won, Claim::Lost));
        row.record(token(1), SendOutcome::InDoubt, Timestamp(3));
        assert_eq!((row.claim(token(2), Timestamp(4)), row.tally().class), (Claim::Lost, Class::Unknown));
        assert!(row.record_status(&said(Status::Delivered, Timestamp(5))));
        assert_eq!((row.claim(token(2), Timestamp(6)), row.tally().class), (Claim::Lost, Class::Delivered));
    }

    #[test]
    fn what_was_not_processed_waits_again_but_only_for_the_one_who_had_it() {
        let mut row = row();
        row.claim(token(1), Timestamp(1));
        row.release(token(2));
        assert_eq!(row.tally().class, Class::UnderWay);
        row.release(token(1));
        assert_eq!(row, self::row());
    }

    #[test]
    fn a_doubt_that_nobody_settles_goes_to_a_person_or_waits_again() {
        let mut row = row();
        assert!(!row.decide(Verdict::Again, Timestamp(1)), "there is no doubt");
        row.claim(token(1), Timestamp(1));
        row.record(token(1), SendOutcome::InDoubt, Timestamp(2));
        let mut other = row.clone();
        assert!(row.decide(Verdict::Park, Timestamp(3)) && other.decide(Verdict::Again, Timestamp(3)));
        assert_eq!((row.tally().class, other.tally().class), (Class::Parked, Class::Waiting));
        // The answer that came too late is still the truth.
        row.record(token(1), SendOutcome::Accepted { wamid: wamid(), wa_id: None }, Timestamp(4));
        assert_eq!(row.tally().class, Class::Sent);
    }

    #[test]
    fn what_is_held_is_let_go_or_dropped_by_a_status_and_never_sent_again() {
        let held = || SendOutcome::Held { wamid: wamid(), wa_id: None };
        let mut row = row();
        row.claim(token(1), Timestamp(1));
        row.record(token(1), held(), Timestamp(2));
        assert_eq!((row.tally().class, row.delivery.accepted_at), (Class::Held, Some(Timestamp(2))));
        assert_eq!(row.claim(token(2), Timestamp(3)), Claim::Lost);
        let mut dropped = row.clone();
        assert!(row.record_status(&said(Status::Sent, Timestamp(4))));
        let failure = Failure { code: Some(132_015), text: "paused".into(), action: None };
        assert!(dropped.record_status(&said(Status::Failed(failure), Timestamp(4))));
        assert_eq!((row.tally().class, dropped.tally().code), (Class::Sent, 132_015));
        // The status was faster than the answer.
        row.record(token(1), held(), Timestamp(5));
        assert_eq!(row.tally().class, Class::Sent);
    }

    #[test]
    fn a_failure_is_counted_by_its_class_and_code() {
        let mut row = row();
        row.claim(token(1), Timestamp(1));
        let failure = Failure { code: Some(131_049), text: "held back".into(), action: None };
        row.record(token(1), SendOutcome::Refused(failure), Timestamp(2));
        let key = row.tally();
        assert_eq!((key.class, key.code), (Class::Failed(FailureClass::PersonLimit), 131_049));
    }

    #[test]
    fn what_was_charged_counts_once_as_it_was_first_said() {
        let priced = |status, kind, at| {
            let pricing = Pricing { category: PriceCategory::Marketing, kind };
            StatusUpdate { pricing: Some(pricing), ..said(status, Timestamp(at)) }
        };
        let mut row = row();
        assert!(row.record_status(&said(Status::Sent, Timestamp(1))));
        assert_eq!(row.tally().charge, None);
        let first = priced(Status::Delivered, PriceKind::Regular, 2);
        assert!(row.record_status(&first) && !row.record_status(&first));
        // The status is known and what it was charged as too; only the reading is new.
        assert!(row.record_status(&priced(Status::Read, PriceKind::FreeEntryPoint, 3)));
        assert_eq!(row.tally().charge.map(|charge| charge.pricing.kind), Some(PriceKind::Regular));
        assert_eq!(row.tally().charge.map(|charge| charge.month), Some(Day(0)));
    }

    #[test]
    fn a_status_that_only_adds_its_price_is_news() {
        let mut row = row();
        assert!(row.record_status(&said(Status::Sent, Timestamp(1))));
        let pricing = Some(Pricing { category: PriceCategory::Utility, kind: PriceKind::Regular });
        assert!(row.record_status(&StatusUpdate { pricing, ..said(Status::Sent, Timestamp(1)) }));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_claimable_again_but_a_release_or_a_verdict(steps in proptest::collection::vec(0..5_u8, 0..12)) {
            let mut row = row();
            row.claim(token(1), Timestamp(0));
            for (at, step) in (1..).zip(steps) {
                match step {
                    0 => row.record(token(1), SendOutcome::InDoubt, Timestamp(at)),
                    1 => row.record(token(1), SendOutcome::Accepted { wamid: wamid(), wa_id: None }, Timestamp(at)),
                    2 => drop(row.record_status(&said(Status::Sent, Timestamp(at)))),
                    3 => drop(row.record_status(&said(Status::Read, Timestamp(at)))),
                    _ => row.release(token(2)),
                }
                prop_assert_eq!(row.clone().claim(token(3), Timestamp(at)), Claim::Lost);
            }
        }
    }
}
