//! What is known of an outgoing message. Facts are kept each for itself, what is shown is computed from them:
//! a late or repeated status can add a fact but never move the shown state back.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// The shown state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    Queued,
    /// WhatsApp accepted it.
    Sent,
    Delivered,
    Read,
    /// A voice message was played.
    Played,
    /// Will not arrive; `failure` says why.
    Failed,
    /// It left us, and whether Meta accepted it is not known. Never resent while in this state.
    Unknown,
}

/// A status as Meta reports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Sent,
    Delivered,
    Read,
    Played,
    Failed(Failure),
}

/// Why a message will not arrive, in plain words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Failure {
    /// WhatsApp's code, where there is one.
    pub code: Option<i64>,
    pub text: String,
    pub action: Option<FailureAction>,
}

/// What a person can do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureAction {
    Retry,
    RetryLater,
    UseTemplate,
    FixNumber,
    FixContent,
    FixAccount,
    /// They have opted out of what this is.
    WaitForOptIn,
    /// They have had as much advertising as the organization lets a person have.
    WaitForCap,
    None,
}

/// The facts, first seen wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Delivery {
    pub state: DeliveryState,
    pub queued_at: Timestamp,
    /// When Meta's answer to the request took it. Its own word on it, `sent_at`, comes later.
    pub accepted_at: Option<Timestamp>,
    pub sent_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub read_at: Option<Timestamp>,
    pub played_at: Option<Timestamp>,
    pub failed_at: Option<Timestamp>,
    /// Set while nobody knows whether Meta accepted the message.
    pub doubted_at: Option<Timestamp>,
    pub failure: Option<Failure>,
}

impl Delivery {
    pub fn queued(at: Timestamp) -> Self {
        Self {
            state: DeliveryState::Queued,
            queued_at: at,
            accepted_at: None,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            played_at: None,
            failed_at: None,
            doubted_at: None,
            failure: None,
        }
    }

    /// Meta answered the request that it has the message.
    pub fn accept(&mut self, at: Timestamp) {
        first(&mut self.accepted_at, at);
        self.doubted_at = None;
        self.state = self.shown();
    }

    /// Merges a status; `false` when it said nothing new.
    pub fn merge(&mut self, status: Status, at: Timestamp) -> bool {
        let before = self.clone();
        match status {
            Status::Sent => first(&mut self.sent_at, at),
            Status::Delivered => first(&mut self.delivered_at, at),
            Status::Read => first(&mut self.read_at, at),
            Status::Played => first(&mut self.played_at, at),
            Status::Failed(failure) => {
                if self.failed_at.is_none() {
                    self.failure = Some(failure);
                }
                first(&mut self.failed_at, at);
            }
        }
        // Whatever Meta reports proves that it had the message.
        self.doubted_at = None;
        self.state = self.shown();
        *self != before
    }

    /// The request left and no answer came; `false` when a status has settled it already.
    pub fn doubt(&mut self, at: Timestamp) -> bool {
        if self.state != DeliveryState::Queued {
            return false;
        }
        self.doubted_at = Some(at);
        self.state = self.shown();
        true
    }

    /// Back to the queue for another attempt, decided by a person or a policy.
    pub fn requeue(&mut self, at: Timestamp) {
        *self = Self::queued(at);
    }

    /// `queued < sent < delivered < read < played`, `failed` only over queued and sent.
    fn shown(&self) -> DeliveryState {
        if self.played_at.is_some() {
            DeliveryState::Played
        } else if self.read_at.is_some() {
            DeliveryState::Read
        } else if self.delivered_at.is_some() {
            DeliveryState::Delivered
        } else if self.failed_at.is_some() {
            DeliveryState::Failed
        } else if self.sent_at.is_some() || self.accepted_at.is_some() {
            DeliveryState::Sent
        } else if self.doubted_at.is_some() {
            DeliveryState::Unknown
        } else {
            DeliveryState::Queued
        }
    }
}

fn first(fact: &mut Option<Timestamp>, at: Timestamp) {
    fact.get_or_insert(at);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn status() -> impl Strategy<Value = Status> {
        prop_oneof![
            Just(Status::Sent),
            Just(Status::Delivered),
            Just(Status::Read),
            Just(Status::Played),
            Just(Status::Failed(Failure { code: Some(131_026), text: "Undeliverable".into(), action: None })),
        ]
    }

    fn rank(state: DeliveryState) -> u8 {
        match state {
            DeliveryState::Unknown | DeliveryState::Queued => 0,
            DeliveryState::Sent => 1,
            DeliveryState::Failed => 2,
            DeliveryState::Delivered => 3,
            DeliveryState::Read => 4,
            DeliveryState::Played => 5,
        }
    }

    proptest! {
        #[test]
        fn statuses_in_any_order_and_number_show_the_same_state(
            statuses in proptest::collection::vec(status(), 0..12).prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
        ) {
            let (given, shuffled) = statuses;
            let mut one = Delivery::queued(Timestamp(0));
            let mut other = Delivery::queued(Timestamp(0));
            for status in given.iter().chain(&given) {
                one.merge(status.clone(), Timestamp(1));
            }
            for status in shuffled {
                other.merge(status, Timestamp(1));
            }
            prop_assert_eq!(one, other);
        }

        #[test]
        fn the_shown_state_never_moves_back(statuses in proptest::collection::vec(status(), 0..12)) {
            let mut delivery = Delivery::queued(Timestamp(0));
            for (at, status) in (1_i64..).zip(statuses) {
                let before = rank(delivery.state);
                delivery.merge(status, Timestamp(at));
                prop_assert!(rank(delivery.state) >= before);
            }
        }
    }

    #[test]
    fn a_status_settles_a_doubt() {
        let mut delivery = Delivery::queued(Timestamp(0));
        assert!(delivery.doubt(Timestamp(1)));
        assert_eq!(delivery.state, DeliveryState::Unknown);
        delivery.merge(Status::Sent, Timestamp(2));
        assert_eq!(delivery.state, DeliveryState::Sent);
        assert!(!delivery.doubt(Timestamp(3)));
    }

    #[test]
    fn the_answer_shows_it_as_sent_and_the_status_that_says_so_is_still_news() {
        let mut delivery = Delivery::queued(Timestamp(0));
        delivery.accept(Timestamp(1));
        assert_eq!((delivery.state, delivery.sent_at), (DeliveryState::Sent, None));
        assert!(delivery.merge(Status::Sent, Timestamp(2)));
        assert!(!delivery.merge(Status::Sent, Timestamp(2)), "the second time it is not");
        delivery.accept(Timestamp(3));
        assert_eq!((delivery.accepted_at, delivery.sent_at), (Some(Timestamp(1)), Some(Timestamp(2))));
    }

    #[test]
    fn a_repeat_says_nothing_new() {
        let mut delivery = Delivery::queued(Timestamp(0));
        assert!(delivery.merge(Status::Read, Timestamp(2)));
        assert!(!delivery.merge(Status::Read, Timestamp(9)));
    }
}
