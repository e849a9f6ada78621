//! Texts from outside, made safe to keep and to show. Whatever is cut off here is still whole in the inbox log.

/// A message of WhatsApp has at most this many characters.
pub(super) const BODY_MAX: usize = 65_536;
/// Below a picture or file; the answers of a form.
pub(super) const CAPTION_MAX: usize = 4_096;
/// Titles, names, addresses, reasons.
pub(super) const LABEL_MAX: usize = 512;
/// Names of types and the like.
pub(super) const KIND_MAX: usize = 64;
const LINK_MAX: usize = 2_048;
const FILENAME_MAX: usize = 180;
const EXTENSION_MAX: usize = 16;
const MIME_MAX: usize = 127;
const MIME_UNKNOWN: &str = "application/octet-stream";

/// Without NUL (databases refuse it) and at most `max` characters.
pub(super) fn clean(text: &str, max: usize) -> String {
    text.chars().filter(|&char| char != '\0').take(max).collect()
}

/// As [`clean`]; `None` where nothing is left to show.
pub(super) fn label(text: &str, max: usize) -> Option<String> {
    let text = clean(text, max);
    (!text.trim().is_empty()).then_some(text)
}

/// The name of a type or field as it may stand in a list.
pub(super) fn kind(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(KIND_MAX).collect()
}

/// Only what a browser may open.
pub(super) fn link(text: &str) -> Option<String> {
    let safe = text.len() <= LINK_MAX && !text.chars().any(|char| char.is_control() || char.is_whitespace());
    let scheme = text.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    (safe && matches!(scheme.as_deref(), Some("http" | "https"))).then(|| text.to_owned())
}

/// `type/subtype; parameter`, or the type that says nothing.
pub(super) fn mime(text: &str) -> String {
    let text = text.trim();
    let plausible = text.len() <= MIME_MAX
        && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && text.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
    if plausible { text.to_owned() } else { MIME_UNKNOWN.to_owned() }
}

/// The last part of a path, without anything that could lead elsewhere or disguise the extension.
pub(super) fn filename(text: &str) -> Option<String> {
    let name: String = text
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|&char| !char.is_control() && !is_bidi_control(char))
        .collect();
    let name = name.trim_matches(|char: char| char == '.' || char.is_whitespace());
    if name.is_empty() {
        return None;
    }
    if name.chars().count() <= FILENAME_MAX {
        return Some(name.to_owned());
    }
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) if extension.chars().count() <= EXTENSION_MAX => (stem, format!(".{extension}")),
        Some(_) | None => (name, String::new()),
    };
    let stem: String = stem.chars().take(FILENAME_MAX - EXTENSION_MAX - 1).collect();
    Some(stem + &extension)
}

/// Marks that turn the reading direction: `invoice\u{202e}fdp.exe` reads as a PDF.
fn is_bidi_control(char: char) -> bool {
    matches!(char, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_folder_or_hide_its_extension() {
        assert_eq!(filename("../../etc/passwd").as_deref(), Some("passwd"));
        assert_eq!(filename(r"C:\Users\a\form.pdf").as_deref(), Some("form.pdf"));
        assert_eq!(filename("invoice\u{202e}fdp.exe").as_deref(), Some("invoicefdp.exe"));
        assert_eq!(filename("a\0b\r\n.txt").as_deref(), Some("ab.txt"));
        assert_eq!(filename(" .. "), None);
        assert_eq!(filename("/"), None);
    }

    #[test]
    fn a_long_file_name_keeps_its_extension() {
        let name = filename(&format!("{}.pdf", "ü".repeat(999))).unwrap();
        assert!(name.ends_with("ü.pdf"));
        assert!(name.chars().count() <= FILENAME_MAX);
    }

    #[test]
    fn a_text_is_clipped_by_characters_and_has_no_nul() {
        assert_eq!(clean("a\0é👍b", 3), "aé👍");
        assert_eq!(label(" \0 ", 9), None);
    }

    #[test]
    fn only_web_links_are_links() {
        assert_eq!(link("https://a.example/x").as_deref(), Some("https://a.example/x"));
        assert_eq!(link("javascript://a%0aalert(1)"), None);
        assert_eq!(link("https://a.example/\nx"), None);
    }

    #[test]
    fn an_odd_mime_type_says_nothing() {
        assert_eq!(mime("audio/ogg; codecs=opus"), "audio/ogg; codecs=opus");
        assert_eq!(mime("text"), MIME_UNKNOWN);
        assert_eq!(mime("text/html\r\nX: y"), MIME_UNKNOWN);
        assert_eq!(mime(&format!("a/{}", "b".repeat(200))), MIME_UNKNOWN);
    }
}
