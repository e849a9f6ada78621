//! Whether a message as a whole says "no more of it" or "again". Never a word inside a sentence: "stop, he isn't coming" is
//! about somebody else.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization as _;

use super::phrases;
use super::{Opted, Wish};

/// Longer messages say more than that.
const TEXT_MAX: usize = 120;

struct Known {
    phrases: HashMap<String, Wish>,
    /// The longest first, so that "thank you" goes before "you" could stay.
    around: Vec<Vec<String>>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known { phrases: HashMap::new(), around: Vec::new() };
    for of_language in phrases::ALL {
        let language = of_language.language;
        for (opted, texts) in [(Opted::Out, of_language.stop), (Opted::In, of_language.start)] {
            for text in phrases::split(texts) {
                known.phrases.entry(key(&words(text))).or_insert(Wish { opted, language });
            }
        }
        known.around.extend(phrases::split(of_language.around).map(words));
    }
    known.around.sort_by_key(|words| std::cmp::Reverse(words.len()));
    known
});

/// What the whole message wishes, if it is nothing but that.
pub(super) fn wish(text: &str) -> Option<Wish> {
    if text.chars().nth(TEXT_MAX).is_some() {
        return None;
    }
    let mut words = words(text);
    words.dedup();
    let mut rest = words.as_slice();
    loop {
        if let Some(wish) = KNOWN.phrases.get(&key(rest)) {
            return Some(*wish);
        }
        rest = without_courtesy(rest)?;
    }
}

/// With one courtesy less at either end; `None` when there is none.
fn without_courtesy(words: &[String]) -> Option<&[String]> {
    KNOWN.around.iter().find_map(|courtesy| {
        let less = words.strip_prefix(courtesy.as_slice()).or_else(|| words.strip_suffix(courtesy.as_slice()));
        less.filter(|rest| !rest.is_empty())
    })
}

/// Spaces are not what a wish hangs on: "opt-out", "opt out" and "optout" are one.
fn key(words: &[String]) -> String {
    words.concat()
}

/// Lower case, without accents, emoji and punctuation.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let folded = text.nfkd().filter(|char| !is_accent(*char)).flat_map(char::to_lowercase);
    for char in folded.filter(|char| !is_accent(*char) && !is_silent(*char)) {
        if is_letter(char) {
            word.push(if char == 'ı' { 'i' } else { char });
        } else if !word.is_empty() {
            words.push(calmed(&std::mem::take(&mut word)));
        }
    }
    if !word.is_empty() {
        words.push(calmed(&word));
    }
    // "S.T.O.P" and "s t o p"
    if words.len() > 2 && words.iter().all(|word| word.chars().nth(1).is_none()) { vec![words.concat()] } else { words }
}

/// "STOOOOP" is meant as "stop".
fn calmed(word: &str) -> String {
    let chars: Vec<char> = word.chars().collect();
    let mut calm = String::with_capacity(word.len());
    for run in chars.chunk_by(|one, other| one == other) {
        calm.extend(run.iter().take(if run.len() > 2 { 1 } else { 2 }));
    }
    calm
}

/// Marks that people leave away as they like: accents of Latin, Greek and Cyrillic letters, vowel signs of Arabic and Hebrew, the
/// nukta of Indian scripts, and the stroke that lengthens Arabic words.
fn is_accent(char: char) -> bool {
    matches!(char, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}'
        | '\u{670}' | '\u{6d6}'..='\u{6ed}' | '\u{93c}' | '\u{9bc}')
}

/// Within a word, and not part of it: apostrophes, joiners, variants of emoji.
fn is_silent(char: char) -> bool {
    matches!(char, '\'' | '’' | '‘' | '`' | '´' | '\u{200b}'..='\u{200f}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\u{2060}')
}

/// Signs of Indian and Thai scripts are part of a word without being letters; their full stops are not.
fn is_letter(char: char) -> bool {
    let sign = matches!(char, '\u{900}'..='\u{dff}' | '\u{e30}'..='\u{e4e}' | '\u{3099}' | '\u{309a}');
    char.is_alphanumeric() || sign && !matches!(char, '\u{964}' | '\u{965}')
}
