//! The index of the search to come, proven: FTS5 finds messages by words and by beginnings of words although it never sees
//! one. What it indexes are keyed hashes of normalised words and of their beginnings; the query is hashed the same way.

#![expect(clippy::unwrap_used, reason = "the helpers of a test are a test")]

use std::collections::BTreeSet;
use std::path::Path;

use engine::id::TenantId;
use rusqlite::Connection;
use storage::crypto::{Keyring, KeyringPlace, Sealer};

const OURS: TenantId = TenantId::from_bytes([1; 16]);
const THEIRS: TenantId = TenantId::from_bytes([2; 16]);

/// Beginnings that are indexed, in characters: what a person has typed before they expect an answer, and few enough that a
/// word makes six entries at most.
const PREFIXES: std::ops::RangeInclusive<usize> = 2..=6;

const MESSAGES: [(i64, &str); 5] = [
    (1, "Do you have red roses tomorrow?"),
    (2, "The rosemary was lovely, thank you"),
    (3, "MÜLLER asked for Rosé, not roses"),
    (4, "Can I come by at four?"),
    (5, "مرحبا، هل لديكم ورود؟"),
];

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// As FTS5's default tokenizer keeps it: letters and digits only. 80 bits: a false hit would need a billion words.
fn token(sealer: &Sealer, kind: &str, word: &str) -> String {
    sealer.lookup(kind, word).iter().take(10).fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn tokens(sealer: &Sealer, text: &str) -> String {
    let mut tokens = BTreeSet::new();
    for word in words(text) {
        tokens.insert(token(sealer, "word", &word));
        for length in PREFIXES {
            let beginning: String = word.chars().take(length).collect();
            if beginning.chars().count() == length {
                tokens.insert(token(sealer, "beginning", &beginning));
            }
        }
    }
    tokens.into_iter().collect::<Vec<_>>().join(" ")
}

/// All words must be there; the last may be a beginning.
fn query(sealer: &Sealer, text: &str) -> String {
    let words: Vec<_> = words(text).collect();
    let (last, whole) = words.split_last().unwrap();
    let beginning: String = last.chars().take(*PREFIXES.end()).collect();
    let last = format!("({} OR {})", token(sealer, "word", last), token(sealer, "beginning", &beginning));
    whole.iter().map(|word| token(sealer, "word", word)).chain([last]).collect::<Vec<_>>().join(" AND ")
}

struct Index {
    file: Connection,
}

impl Index {
    fn of(path: &Path, sealer: &Sealer) -> Self {
        let file = Connection::open(path).unwrap();
        // Without content: the index holds tokens and row ids, nothing else.
        file.execute_batch("CREATE VIRTUAL TABLE message_words USING fts5 (tokens, content = '', detail = none)")
            .unwrap();
        for (id, text) in MESSAGES {
            let sql = "INSERT INTO message_words (rowid, tokens) VALUES (?1, ?2)";
            file.execute(sql, (id, tokens(sealer, text))).unwrap();
        }
        Self { file }
    }

    fn find(&self, sealer: &Sealer, text: &str) -> Vec<i64> {
        let sql = "SELECT rowid FROM message_words WHERE message_words MATCH ?1 ORDER BY rowid";
        let mut statement = self.file.prepare(sql).unwrap();
        let found = statement.query_map([query(sealer, text)], |row| row.get(0)).unwrap();
        found.map(Result::unwrap).collect()
    }
}

#[test]
fn words_and_their_beginnings_find_the_messages_and_the_file_holds_neither() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(KeyringPlace::within(&dir.path().join("keys")), true).unwrap();
    let (ours, theirs) = (keyring.of(OURS).unwrap(), keyring.of(THEIRS).unwrap());
    let path = dir.path().join("index.db");
    let index = Index::of(&path, &ours);
    for (asked, found) in [
        ("roses", vec![1, 3]),
        ("ROSES", vec![1, 3]),
        ("ro", vec![1, 2, 3]),
        ("rosem", vec![2]),
        ("red ros", vec![1]),
        ("müller", vec![3]),
        ("rosé", vec![3]),
        ("ورود", vec![5]),
        ("four", vec![4]),
        ("tulips", vec![]),
        ("ed", vec![]),
        ("roses lovely", vec![]),
    ] {
        assert_eq!(index.find(&ours, asked), found, "{asked}");
    }
    assert_eq!(index.find(&theirs, "roses"), Vec::<i64>::new(), "another organization's words are other tokens");
    drop(index);
    let bytes = std::fs::read(&path).unwrap();
    for (_, text) in MESSAGES {
        // Shorter ones are in any file, and in SQL.
        for word in words(text).filter(|word| word.chars().count() > 3) {
            for spelled in [word.clone(), word.to_uppercase()] {
                let there = bytes.windows(spelled.len()).any(|window| window == spelled.as_bytes());
                assert!(!there, "the index holds {spelled:?}");
            }
        }
    }
    let known = token(&ours, "word", "roses");
    // The index leaves out what a token has in common with the one before it.
    let end = &known.as_bytes()[known.len() / 2..];
    assert!(bytes.windows(end.len()).any(|window| window == end), "what is looked for could be found");
}
