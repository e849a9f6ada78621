//! What a broadcast promises, as checks on what was seen: pure, so that each is tested without a server.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use engine::campaign::Class;
use engine::id::CampaignId;
use engine::outgoing::Callback;
use loadtest::simulator::LedgerEntry;

use super::campaign::{Counts, Recipient};
use crate::report::per_second;
use crate::scenario::torture_promises::{Promise, Violation};

#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) campaign: CampaignId,
    /// Who was to get it.
    pub(crate) people: u32,
    pub(crate) counts: Counts,
    pub(crate) recipients: Vec<Recipient>,
    pub(crate) ledger: Vec<LedgerEntry>,
}

/// What Meta accepted, by the recipient whom it was for.
#[derive(Debug, Default)]
struct Accepted {
    by_no: HashMap<u32, u32>,
    by_address: HashMap<String, u32>,
    /// Templates that no recipient of this broadcast was sent.
    strange: Vec<String>,
}

fn accepted(ledger: &[LedgerEntry], campaign: CampaignId) -> Accepted {
    let mut accepted = Accepted::default();
    for entry in ledger.iter().filter(|entry| entry.was_accepted() && entry.kind == "template") {
        *accepted.by_address.entry(entry.to.clone()).or_default() += 1;
        match recipient_of(entry) {
            Some((of, no)) if of == campaign => *accepted.by_no.entry(no).or_default() += 1,
            Some(_) | None => accepted.strange.extend(entry.biz_opaque_callback_data.clone()),
        }
    }
    accepted
}

fn recipient_of(entry: &LedgerEntry) -> Option<(CampaignId, u32)> {
    match entry.biz_opaque_callback_data.as_deref()?.parse().ok()? {
        Callback::Recipient { campaign, no, .. } => Some((campaign, no)),
        Callback::Message { .. } => None,
    }
}

/// Different recipients whose message Meta accepted.
pub(crate) fn reached(ledger: &[LedgerEntry], campaign: CampaignId) -> u64 {
    u64::try_from(accepted(ledger, campaign).by_no.len()).unwrap_or(u64::MAX)
}

/// How many got it twice, and of how many nobody knows what became.
pub(crate) fn twice_and_lost(evidence: &Evidence) -> (usize, usize) {
    let accepted = accepted(&evidence.ledger, evidence.campaign);
    let twice = accepted.by_no.values().filter(|times| **times > 1).count();
    let listed: HashSet<u32> = evidence.recipients.iter().map(|one| one.no).collect();
    let missing = (0..evidence.people).filter(|no| !listed.contains(no)).count();
    let lost =
        |one: &&Recipient| is_unsettled(one.class) || (has_it(one.class) && !accepted.by_no.contains_key(&one.no));
    (twice, missing + evidence.recipients.iter().filter(lost).count())
}

pub(crate) fn check(evidence: &Evidence) -> Vec<Violation> {
    let accepted = accepted(&evidence.ledger, evidence.campaign);
    let twice = |times: &HashMap<String, u32>| -> Vec<String> {
        times.iter().filter(|(_, times)| **times > 1).map(|(to, _)| to.clone()).collect()
    };
    let nos: Vec<u32> = accepted.by_no.iter().filter(|(_, times)| **times > 1).map(|(no, _)| *no).collect();
    let of = |is_meant: &dyn Fn(&Recipient) -> bool| -> Vec<u32> {
        evidence.recipients.iter().filter(|one| is_meant(one)).map(|one| one.no).collect()
    };
    let has_reached = |one: &Recipient| accepted.by_no.contains_key(&one.no);
    let unknown = of(&|one| has_reached(one) && !is_known(one.class));
    let invented = of(&|one| has_it(one.class) && !has_reached(one));
    let mut violations: Vec<Violation> = [
        Violation::of(Promise::SentOnce, "recipients were sent it twice", &nos),
        Violation::of(Promise::SentOnce, "people got it twice", &twice(&accepted.by_address)),
        Violation::of(Promise::Truth, "templates reached Meta for nobody of the broadcast", &accepted.strange),
        Violation::of(Promise::Outcome, "recipients never had an outcome", &of(&|one| is_unsettled(one.class))),
        Violation::of(Promise::Outcome, "sends that Meta accepted are not known to have been", &unknown),
        Violation::of(Promise::Truth, "recipients are shown as sent and never reached Meta", &invented),
    ]
    .into_iter()
    .flatten()
    .collect();
    violations.extend(check_list(evidence));
    violations.extend(check_sums(evidence));
    violations
}

/// Everybody is there, once.
fn check_list(evidence: &Evidence) -> Vec<Violation> {
    let mut seen = HashSet::new();
    let doubled: Vec<u32> = evidence.recipients.iter().filter(|one| !seen.insert(one.no)).map(|one| one.no).collect();
    let missing: Vec<u32> = (0..evidence.people).filter(|no| !seen.contains(no)).collect();
    [
        Violation::of(Promise::Kept, "recipients are not in the list", &missing),
        Violation::of(Promise::KeptOnce, "recipients are in the list twice", &doubled),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is counted is what is there, and adds up to everybody.
fn check_sums(evidence: &Evidence) -> Vec<Violation> {
    let Evidence { counts, people, recipients, .. } = evidence;
    let mut violations = Vec::new();
    if counts.sum() != counts.total || counts.total != u64::from(*people) {
        let words = format!("{} in {} places, of {people}: {counts:?}", counts.total, counts.sum());
        violations.push(Violation::new(Promise::Sums, words));
    }
    let mut listed: BTreeMap<&str, u64> = BTreeMap::new();
    for one in recipients {
        *listed.entry(place(one.class)).or_default() += 1;
    }
    let counted = [
        ("waiting", counts.waiting),
        ("under_way", counts.under_way),
        ("unknown", counts.unknown),
        ("parked", counts.parked),
        ("sent", counts.sent),
        ("delivered", counts.delivered),
        ("read", counts.read),
        ("failed", counts.failed),
        ("held", counts.held),
    ];
    for (place, counted) in counted {
        let listed = listed.get(place).copied().unwrap_or(0);
        if listed != counted {
            let words = format!("{counted} are counted as {place}, {listed} are listed");
            violations.push(Violation::new(Promise::Sums, words));
        }
    }
    violations
}

fn place(class: Class) -> &'static str {
    match class {
        Class::Failed(_) => "failed",
        Class::Waiting
        | Class::UnderWay
        | Class::Unknown
        | Class::Parked
        | Class::Sent
        | Class::Delivered
        | Class::Read
        | Class::Held => class.key(),
    }
}

fn is_unsettled(class: Class) -> bool {
    matches!(class, Class::Waiting | Class::UnderWay)
}

fn has_it(class: Class) -> bool {
    matches!(class, Class::Sent | Class::Delivered | Class::Read | Class::Held)
}

/// Meta's word on it is known, be it a later failure.
fn is_known(class: Class) -> bool {
    has_it(class) || matches!(class, Class::Failed(_))
}

/// What left for Meta in one stretch, by the ledger.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pace {
    pub(crate) sends: u64,
    pub(crate) elapsed: Duration,
    pub(crate) per_second: f64,
}

/// From the first send to the last; between `n` sends there are `n - 1` gaps.
pub(crate) fn pace(ledger: &[LedgerEntry]) -> Pace {
    let at = || ledger.iter().filter(|entry| entry.was_accepted()).map(|entry| entry.at_ms);
    let (first, last) = (at().min().unwrap_or(0), at().max().unwrap_or(0));
    let elapsed = Duration::from_millis(last - first);
    let sends = u64::try_from(at().count()).unwrap_or(u64::MAX);
    Pace { sends, elapsed, per_second: per_second(sends.saturating_sub(1), elapsed.max(Duration::from_millis(1))) }
}

#[cfg(test)]
mod tests {
    use engine::campaign::FailureClass;
    use engine::id::ClaimToken;
    use loadtest::simulator::Answer;

    use super::*;
    use crate::scenario::fixture;

    const CAMPAIGN: CampaignId = CampaignId::from_bytes([7; 16]);

    fn sent(no: u32, at_ms: u64) -> LedgerEntry {
        let token = ClaimToken::from_bytes([3; 16]);
        let callback = Callback::Recipient { campaign: CAMPAIGN, no, token }.to_string();
        LedgerEntry {
            at_ms,
            kind: "template".into(),
            to: format!("+1303555{no:04}"),
            biz_opaque_callback_data: Some(callback),
            ..fixture::sent()
        }
    }

    /// 0 has read it, 1 failed after it was accepted, 2 is in doubt and never reached Meta.
    fn good() -> Evidence {
        let classes = [Class::Read, Class::Failed(FailureClass::Permanent), Class::Unknown];
        Evidence {
            campaign: CAMPAIGN,
            people: 3,
            counts: Counts { total: 3, read: 1, failed: 1, unknown: 1, ..Counts::default() },
            recipients: (0..).zip(classes).map(|(no, class)| Recipient { no, class }).collect(),
            ledger: vec![sent(0, 1), sent(1, 2), LedgerEntry { answer: Answer::ResetBeforeAccept, ..sent(2, 3) }],
        }
    }

    fn broken(evidence: &Evidence) -> Vec<Promise> {
        check(evidence).iter().map(|violation| violation.promise).collect()
    }

    #[test]
    fn a_run_that_kept_its_promises_has_no_violation() {
        assert_eq!(check(&good()), []);
        assert_eq!((twice_and_lost(&good()), reached(&good().ledger, CAMPAIGN)), ((0, 0), 2));
    }

    #[test]
    fn who_got_it_twice_is_found_by_recipient_and_by_address_even_when_an_answer_was_dropped() {
        let mut evidence = good();
        evidence.ledger.push(LedgerEntry { answer: Answer::Dropped, ..sent(0, 9) });
        assert_eq!(broken(&evidence), [Promise::SentOnce, Promise::SentOnce]);
        assert_eq!(twice_and_lost(&evidence), (1, 0));
        let other_recipient_same_phone = LedgerEntry { to: sent(0, 0).to, ..sent(2, 9) };
        let mut evidence = good();
        evidence.recipients[2].class = Class::Sent;
        evidence.counts = Counts { sent: 1, unknown: 0, ..evidence.counts };
        evidence.ledger.push(other_recipient_same_phone);
        assert_eq!(broken(&evidence), [Promise::SentOnce]);
    }

    #[test]
    fn a_send_that_is_not_known_and_one_that_never_was_are_found() {
        let mut evidence = good();
        evidence.ledger.push(sent(2, 3));
        assert_eq!(broken(&evidence), [Promise::Outcome], "in doubt, though Meta has it");
        let mut evidence = good();
        evidence.ledger.remove(0);
        assert_eq!((broken(&evidence), twice_and_lost(&evidence)), (vec![Promise::Truth], (0, 1)));
    }

    #[test]
    fn who_still_waits_is_missing_or_counted_elsewhere_is_found() {
        let mut evidence = good();
        evidence.recipients[2].class = Class::Waiting;
        evidence.counts = Counts { waiting: 1, unknown: 0, ..evidence.counts };
        assert_eq!((broken(&evidence), twice_and_lost(&evidence)), (vec![Promise::Outcome], (0, 1)));
        evidence.recipients.pop();
        assert_eq!(broken(&evidence), [Promise::Kept, Promise::Sums]);
        let mut evidence = good();
        evidence.counts.total = 4;
        assert_eq!(broken(&evidence), [Promise::Sums]);
    }

    #[test]
    fn a_template_of_no_recipient_is_found_and_a_reply_is_none() {
        let mut evidence = good();
        evidence.ledger.push(LedgerEntry { text: Some("Reply k1".into()), ..fixture::sent() });
        assert_eq!(check(&evidence), []);
        let foreign = LedgerEntry { biz_opaque_callback_data: Some("campaign=42".into()), ..sent(3, 1) };
        evidence.ledger.push(foreign);
        assert_eq!(broken(&evidence), [Promise::Truth]);
    }

    #[test]
    fn the_pace_is_from_the_first_send_to_the_last() {
        let ledger: Vec<_> = (0..161).map(|n| sent(n, 5_000 + u64::from(n) * 25 / 2)).collect();
        let pace = pace(&ledger);
        assert!(pace.sends == 161 && (pace.per_second - 80.0).abs() < 0.01, "{pace:?}");
    }
}
