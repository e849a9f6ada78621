//! Every send that Meta's side saw, and whether its answer was let through: the truth against which double sends are found.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::payload::{PhoneNumberId, State, Wamid};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Given,
    /// Accepted, but the caller never learnt it.
    Dropped,
    /// Closed before it was accepted: the customer gets nothing.
    ResetBeforeAccept,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    pub sequence: u64,
    pub at_ms: u64,
    pub phone_number_id: PhoneNumberId,
    /// As the caller wrote it: a phone or a BSUID.
    pub to: String,
    pub kind: String,
    /// SHA-256 of the message object, hexadecimal.
    pub body_sha256: String,
    /// The words of a text message or caption, the name of a template.
    pub text: Option<String>,
    pub biz_opaque_callback_data: Option<String>,
    /// None only where nothing was accepted.
    pub wamid: Option<Wamid>,
    pub answer: Answer,
    /// The last status that was planned for it; none while it is held for assessment.
    pub outcome: Option<State>,
}

impl LedgerEntry {
    pub fn was_accepted(&self) -> bool {
        self.answer != Answer::ResetBeforeAccept
    }
}

#[derive(Debug)]
pub(crate) struct Ledger {
    entries: VecDeque<LedgerEntry>,
    capacity: usize,
    next_sequence: u64,
}

impl Ledger {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity: capacity.max(1), next_sequence: 0 }
    }

    /// Fills in the sequence and answers it.
    pub(crate) fn record(&mut self, mut entry: LedgerEntry) -> u64 {
        let sequence = self.next_sequence;
        self.next_sequence += 1;
        entry.sequence = sequence;
        if self.entries.len() == self.capacity {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
        sequence
    }

    pub(crate) fn note_answer(&mut self, wamid: &Wamid, answer: Answer) {
        if let Some(entry) = self.entry(wamid) {
            entry.answer = answer;
        }
    }

    /// Of a message that was held.
    pub(crate) fn note_outcome(&mut self, wamid: &Wamid, outcome: Option<State>) {
        if let Some(entry) = self.entry(wamid) {
            entry.outcome = outcome;
        }
    }

    /// Looks from the newest: answers are noted right after they were decided.
    fn entry(&mut self, wamid: &Wamid) -> Option<&mut LedgerEntry> {
        self.entries.iter_mut().rev().find(|entry| entry.wamid.as_ref() == Some(wamid))
    }

    pub(crate) fn page(&self, after: Option<u64>, limit: usize) -> Vec<LedgerEntry> {
        let is_wanted = |entry: &&LedgerEntry| after.is_none_or(|after| entry.sequence > after);
        self.entries.iter().filter(is_wanted).take(limit).cloned().collect()
    }

    /// All sends ever, and how many of the oldest are no longer here.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let kept = u64::try_from(self.entries.len()).unwrap_or(u64::MAX);
        (self.next_sequence, self.next_sequence - kept)
    }
}
