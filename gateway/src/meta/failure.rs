//! Meta's error codes in plain words, and what they mean for a send. One table; a code that is not in it is shown with
//! Meta's own words.

mod table;

use engine::delivery::{Failure, FailureAction};

use super::text::label;
pub use table::TABLE;

/// What a code says about trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Refused before it was looked at: the same request again, after a pause.
    Slower,
    /// Not now: hours later, by decision of a person or a campaign.
    Later,
    Never,
    /// It may have gone out all the same.
    InDoubt,
}

/// A code, or a range of them.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    pub first: i64,
    pub last: i64,
    pub retry: Retry,
    pub action: FailureAction,
    /// What happened; the code in brackets and a full stop follow.
    pub happened: &'static str,
    /// What to do; may be empty.
    pub advice: &'static str,
    /// Meta's details say which parameter it was, so they belong to the text.
    pub details: bool,
}

/// Longest quotation of Meta's own words, in characters.
const DETAILS_MAX: usize = 300;

pub fn code(code: i64) -> Option<&'static Code> {
    TABLE.iter().find(|row| (row.first..=row.last).contains(&code))
}

/// `details` are Meta's own words.
pub fn describe(code: Option<i64>, details: Option<&str>) -> Failure {
    let quoted = details.and_then(|details| label(details.trim(), DETAILS_MAX));
    let quoted = quoted.map(|details| format!(" WhatsApp says: \u{201c}{details}\u{201d}")).unwrap_or_default();
    let Some(number) = code else {
        let text = format!("WhatsApp gave no reason.{quoted}");
        return Failure { code, text, action: Some(FailureAction::Retry) };
    };
    let Some(row) = self::code(number) else {
        let text = format!("The reason is one that Jetto does not know yet ({number}).{quoted}");
        return Failure { code, text, action: Some(FailureAction::Retry) };
    };
    let mut text = format!("{} ({number}).", row.happened);
    if !row.advice.is_empty() {
        text.push(' ');
        text.push_str(row.advice);
    }
    if row.details {
        text.push_str(&quoted);
    }
    Failure { code, text, action: Some(row.action) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every code of the error table in the fact sheet.
    const KNOWN: &[i64] = &[
        0, 1, 2, 3, 4, 10, 33, 100, 190, 200, 250, 299, 368, 80_007, 130_403, 130_429, 130_472, 130_497, 131_000,
        131_005, 131_008, 131_009, 131_016, 131_021, 131_026, 131_030, 131_031, 131_037, 131_042, 131_044, 131_045,
        131_047, 131_048, 131_049, 131_050, 131_051, 131_052, 131_053, 131_055, 131_056, 131_057, 131_060, 131_061,
        131_062, 131_063, 131_064, 131_065, 131_070, 132_000, 132_001, 132_005, 132_007, 132_008, 132_018, 132_012,
        132_015, 132_016, 132_068, 132_069, 133_000, 133_004, 133_005, 133_008, 133_009, 133_006, 133_010, 133_015,
        133_016, 134_011, 134_100, 134_101, 134_102, 135_000, 136_024, 137_000, 138_000, 138_999, 139_100, 139_101,
        139_102, 139_103, 147_001, 147_002, 147_003, 147_004, 147_005, 2_388_019, 2_388_040, 2_388_047, 2_388_072,
        2_388_073, 2_388_293, 2_388_299, 2_593_107, 2_593_108, 2_593_109, 2_494_100,
    ];

    #[test]
    fn every_known_code_has_words_of_its_own() {
        for number in KNOWN {
            assert!(code(*number).is_some(), "{number}");
            let text = describe(Some(*number), None).text;
            assert!(text.contains(&format!("({number}). ")) || text.ends_with(&format!("({number}).")), "{text}");
        }
    }

    #[test]
    fn the_words_are_for_people() {
        for row in TABLE {
            let text = describe(Some(row.first), None).text;
            for not in ["Error", "error", "went wrong", "!", "oops", "Please", "please", "API", "parameter", "  ", ".."]
            {
                assert!(!text.contains(not), "{not}: {text}");
            }
            assert!(text.ends_with('.'), "{text}");
            assert!(row.happened.starts_with(char::is_uppercase) && !row.happened.ends_with('.'), "{text}");
        }
    }

    #[test]
    fn ranges_do_not_overlap() {
        for (index, row) in TABLE.iter().enumerate() {
            assert!(row.first <= row.last, "{}", row.first);
            for other in &TABLE[index + 1..] {
                assert!(row.last < other.first, "{} and {} are in order", row.first, other.first);
            }
        }
    }

    #[test]
    fn only_what_meta_refuses_unread_is_sent_again_by_itself() {
        let slower: Vec<_> = TABLE.iter().filter(|row| row.retry == Retry::Slower).map(|row| row.first).collect();
        assert_eq!(slower, [4, 80_007, 130_429, 131_056, 131_057]);
        let doubt: Vec<_> = TABLE.iter().filter(|row| row.retry == Retry::InDoubt).map(|row| row.first).collect();
        assert_eq!(doubt, [1, 2, 131_000, 131_016]);
    }

    #[test]
    fn an_unknown_code_is_shown_with_what_whatsapp_says() {
        let failure = describe(Some(199_999), Some("Something new\0"));
        assert_eq!(failure.code, Some(199_999));
        assert!(failure.text.ends_with("(199999). WhatsApp says: “Something new”"), "{}", failure.text);
    }
}
