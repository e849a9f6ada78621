//! The promises, as checks on what was seen: pure, so that each is tested without a server.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use engine::mask;
use loadtest::payload::{Phone, Wamid};
use loadtest::simulator::LedgerEntry;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::torture::{CUSTOMERS, QUESTION, Reply};
use super::torture_promises::{Promise, Violation};
use crate::api::count_wamids;
use crate::error::LoadError;
use crate::follower::Followed;
use crate::jetto::{MAIL_DOMAIN, PASSWORD, SECRET, TOKEN};

/// Characters of a line of the log that are shown.
const LINE_SHOWN: usize = 160;

#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// What customers said; the simulator repeats each until it is answered with 200.
    pub(crate) told: Vec<Wamid>,
    pub(crate) replies: Vec<Reply>,
    pub(crate) history: Vec<Value>,
    pub(crate) followed: Vec<Followed>,
    pub(crate) head: u64,
    pub(crate) ledger: Vec<LedgerEntry>,
    /// Every webhook was answered with 200 in the end.
    pub(crate) is_quiet: bool,
    /// SIGTERM ended the server by itself.
    pub(crate) drained: bool,
}

/// Answers what was broken, in words; empty is good.
pub(crate) fn check(evidence: &Evidence, agents: usize) -> Vec<Violation> {
    let mut violations = check_end(evidence.is_quiet, evidence.drained);
    violations.extend(check_history(evidence));
    violations.extend(check_replies(evidence));
    violations.extend(check_ledger(&evidence.ledger));
    violations.extend(check_truth(evidence));
    violations.extend(check_events(evidence, agents));
    violations
}

/// `is_quiet`: every webhook was answered with 200 in the end. `drained`: SIGTERM ended the server by itself.
pub(crate) fn check_end(is_quiet: bool, drained: bool) -> Vec<Violation> {
    let taken = (!is_quiet).then(|| Violation::new(Promise::Taken, "some webhooks were never answered with 200"));
    let ended = (!drained).then(|| Violation::new(Promise::Stop, "SIGTERM did not end the server cleanly"));
    taken.into_iter().chain(ended).collect()
}

fn check_history(evidence: &Evidence) -> Vec<Violation> {
    let counts = count_wamids(&evidence.history);
    let of = |wamid: &&Wamid| counts.get(mask::wamid(wamid.as_str()).as_str()).copied().unwrap_or(0);
    let lost: Vec<&Wamid> = evidence.told.iter().filter(|wamid| of(wamid) == 0).collect();
    let doubled: Vec<&Wamid> = evidence.told.iter().filter(|wamid| of(wamid) > 1).collect();
    let without_file: Vec<&str> =
        evidence.history.iter().filter(|one| !has_file(one)).filter_map(|one| one.get("wamid")?.as_str()).collect();
    [
        Violation::of(Promise::Kept, "answered webhooks are not in the history", &lost),
        Violation::of(Promise::KeptOnce, "messages are in the history twice", &doubled),
        Violation::of(Promise::File, "messages never got their file", &without_file),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What has none needs none.
fn has_file(message: &Value) -> bool {
    message.pointer("/content/media/state").is_none_or(|state| state == "ready")
}

fn check_replies(evidence: &Evidence) -> Vec<Violation> {
    let mut by_key: HashMap<&str, Vec<&Value>> = HashMap::new();
    for message in &evidence.history {
        if let Some(key) = message.get("client_id").and_then(Value::as_str) {
            by_key.entry(key).or_default().push(message);
        }
    }
    let accepted: Vec<&Reply> = evidence.replies.iter().filter(|reply| reply.accepted).collect();
    let count = |reply: &Reply| by_key.get(reply.key.as_str()).map_or(0, Vec::len);
    let lost: Vec<&str> = accepted.iter().filter(|reply| count(reply) == 0).map(|reply| reply.key.as_str()).collect();
    let doubled: Vec<&str> = by_key.iter().filter(|(_, found)| found.len() > 1).map(|(key, _)| *key).collect();
    let unsettled: Vec<&str> = by_key
        .iter()
        .filter(|(_, found)| found.iter().any(|message| !has_outcome(message)))
        .map(|(key, _)| *key)
        .collect();
    [
        Violation::of(Promise::Kept, "accepted replies are not in the history", &lost),
        Violation::of(Promise::KeptOnce, "replies are in the history twice", &doubled),
        Violation::of(Promise::Outcome, "replies have no outcome", &unsettled),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn has_outcome(message: &Value) -> bool {
    let state = message.pointer("/delivery/state").and_then(Value::as_str);
    matches!(state, Some("sent" | "delivered" | "read" | "played" | "failed" | "unknown"))
}

/// Nobody got a reply twice, by the words and by the id that came with them.
fn check_ledger(ledger: &[LedgerEntry]) -> Vec<Violation> {
    let (mut words, mut ids) = (HashSet::new(), HashSet::new());
    let (mut same_words, mut same_id) = (Vec::new(), Vec::new());
    for entry in ledger.iter().filter(|entry| entry.was_accepted()) {
        if let Some(text) = entry.text.as_deref().filter(|text| !words.insert((*text).to_owned())) {
            same_words.push(text);
        }
        if let Some(id) = entry.biz_opaque_callback_data.as_deref().filter(|id| !ids.insert((*id).to_owned())) {
            same_id.push(id);
        }
    }
    [
        Violation::of(Promise::SentOnce, "replies reached a customer twice", &same_words),
        Violation::of(Promise::SentOnce, "send ids were used twice", &same_id),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What the inbox shows as sent was received by Meta.
fn check_truth(evidence: &Evidence) -> Option<Violation> {
    let words: HashSet<&str> = evidence.ledger.iter().filter_map(|entry| entry.text.as_deref()).collect();
    let shown: HashSet<&str> = evidence
        .history
        .iter()
        .filter(|message| {
            let state = message.pointer("/delivery/state").and_then(Value::as_str);
            matches!(state, Some("sent" | "delivered" | "read"))
        })
        .filter_map(|message| message.get("client_id")?.as_str())
        .collect();
    let invented = |reply: &&Reply| shown.contains(reply.key.as_str()) && !words.contains(reply.text.as_str());
    let invented: Vec<&str> = evidence.replies.iter().filter(invented).map(|reply| reply.key.as_str()).collect();
    Violation::of(Promise::Truth, "replies are shown as sent and never reached Meta", &invented)
}

fn check_events(evidence: &Evidence, agents: usize) -> Vec<Violation> {
    let mut violations = Vec::new();
    if evidence.followed.len() < agents {
        let words = format!("{} of {agents} agents never ended", agents - evidence.followed.len());
        violations.push(Violation::new(Promise::Events, words));
    }
    for (agent, followed) in evidence.followed.iter().enumerate() {
        let sequence = followed.sequence;
        if !followed.is_complete || sequence.last != Some(evidence.head) {
            let words = format!("agent {agent} ended at event {:?} of {}", sequence.last, evidence.head);
            violations.push(Violation::new(Promise::Events, words));
        }
        if sequence.missed + sequence.doubled > 0 || !followed.resyncs.is_empty() {
            let words = format!(
                "agent {agent}: {} events missed, {} doubled, resyncs (seen, head) {:?}",
                sequence.missed, sequence.doubled, followed.resyncs
            );
            violations.push(Violation::new(Promise::Events, words));
        }
    }
    violations
}

pub(crate) fn is_settled(history: &[Value], told: &[Wamid], replies: &[Reply]) -> bool {
    let counts = count_wamids(history);
    let outcomes: HashSet<&str> =
        history.iter().filter(|one| has_outcome(one)).filter_map(|one| one.get("client_id")?.as_str()).collect();
    history.iter().all(has_file)
        && told.iter().all(|wamid| counts.contains_key(mask::wamid(wamid.as_str()).as_str()))
        && replies.iter().filter(|reply| reply.accepted).all(|reply| outcomes.contains(reply.key.as_str()))
}

/// What nobody may read in a log: who customers are, what they wrote, and secrets.
pub(crate) fn check_log(log: &str, people: &[(String, Phone)]) -> Option<Violation> {
    let mut canaries = vec![CUSTOMERS, QUESTION, "wamid.", "eyJ", SECRET, TOKEN, MAIL_DOMAIN, PASSWORD];
    canaries.extend(people.iter().map(|(name, _)| name.as_str()));
    let holds = |line: &&str| canaries.iter().any(|canary| line.contains(canary));
    let told = log.lines().filter(holds).map(|line| line.chars().take(LINE_SHOWN).collect::<String>());
    Violation::of(Promise::Log, "lines of the log hold what no log may", &told.collect::<Vec<_>>())
}

/// `PRAGMA integrity_check` of every database of the stopped server.
pub(crate) fn integrity(data: &Path) -> Result<Vec<Violation>, LoadError> {
    let mut violations = Vec::new();
    let mut checked = 0;
    let mut directories = vec![data.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "db") {
                checked += 1;
                let database = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
                let answer: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
                if answer != "ok" {
                    let words = format!("integrity_check of {}: {answer}", path.display());
                    violations.push(Violation::new(Promise::Database, words));
                }
            }
        }
    }
    if checked == 0 {
        violations.push(Violation::new(Promise::Database, format!("no database in {}", data.display())));
    }
    Ok(violations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::Sequence;
    use crate::scenario::fixture;
    use loadtest::simulator::Answer;
    use serde_json::json;

    fn sent(text: &str, answer: Answer) -> LedgerEntry {
        LedgerEntry { text: Some(text.into()), answer, ..fixture::sent() }
    }

    fn good() -> Evidence {
        let reply = Reply { key: "k1".into(), text: "Reply k1".into(), accepted: true };
        let sequence = Sequence { first: Some(1), last: Some(9), missed: 0, doubled: 0 };
        Evidence {
            told: vec!["wamid.1".into()],
            replies: vec![reply],
            history: vec![
                json!({"wamid": mask::wamid("wamid.1")}),
                json!({"wamid": "wamid.9", "client_id": "k1", "delivery": {"state": "sent"}}),
            ],
            followed: vec![Followed { sequence, is_complete: true, ..Followed::default() }],
            head: 9,
            ledger: vec![sent("Reply k1", Answer::Given)],
            is_quiet: true,
            drained: true,
        }
    }

    fn broken(violations: &[Violation]) -> Vec<Promise> {
        violations.iter().map(|violation| violation.promise).collect()
    }

    #[test]
    fn a_run_that_kept_its_promises_has_no_violation() {
        assert_eq!(check(&good(), 1), Vec::new());
    }

    #[test]
    fn a_lost_and_a_doubled_message_are_found() {
        let mut evidence = good();
        evidence.told.push("wamid.2".into());
        evidence.history.push(json!({"wamid": mask::wamid("wamid.1")}));
        assert_eq!(broken(&check(&evidence, 1)), [Promise::Kept, Promise::KeptOnce]);
    }

    #[test]
    fn a_file_that_never_came_is_found() {
        let mut evidence = good();
        evidence.history[0]["content"] = json!({"type": "image", "media": {"state": "ready"}});
        assert!(check(&evidence, 1).is_empty() && is_settled(&evidence.history, &evidence.told, &evidence.replies));
        evidence.history[0]["content"]["media"]["state"] = json!("pending");
        assert_eq!(broken(&check(&evidence, 1)), [Promise::File]);
        assert!(!is_settled(&evidence.history, &evidence.told, &evidence.replies));
    }

    #[test]
    fn a_reply_that_reached_the_customer_twice_is_found_even_when_its_answer_was_dropped() {
        let mut evidence = good();
        evidence.ledger.push(sent("Reply k1", Answer::ResetBeforeAccept));
        assert!(check(&evidence, 1).is_empty(), "nothing arrived");
        evidence.ledger.push(sent("Reply k1", Answer::Dropped));
        assert_eq!(broken(&check(&evidence, 1)), [Promise::SentOnce]);
    }

    #[test]
    fn an_unsettled_reply_and_a_gap_are_found() {
        let mut evidence = good();
        evidence.history[1]["delivery"]["state"] = json!("queued");
        evidence.followed[0].sequence.missed = 1;
        assert_eq!(broken(&check(&evidence, 1)), [Promise::Outcome, Promise::Events]);
        assert_eq!(check(&evidence, 2).len(), 3, "and an agent that never ended");
    }

    #[test]
    fn a_broken_database_is_found() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(integrity(directory.path()).unwrap().len(), 1, "no database at all");
        let database = Connection::open(directory.path().join("jetto.db")).unwrap();
        database.execute_batch("CREATE TABLE t (x)").unwrap();
        drop(database);
        assert!(integrity(directory.path()).unwrap().is_empty());
    }

    #[test]
    fn a_log_holds_no_customer_and_no_secret() {
        let people = [("Philippa".to_owned(), Phone::from("13035550001"))];
        let clean = "INFO listening\nDEBUG a webhook came, 512 bytes\n";
        assert_eq!(check_log(clean, &people), None);
        for word in [
            "+13035550001",
            "Question 00ff",
            "Philippa",
            TOKEN,
            SECRET,
            PASSWORD,
            "owner1@torture.example",
            "wamid.HBgL",
        ] {
            let found = check_log(&format!("{clean}DEBUG {word}\n"), &people).unwrap();
            assert!(found.words.starts_with("1 lines") && found.words.contains(word), "{found}");
        }
    }
}
