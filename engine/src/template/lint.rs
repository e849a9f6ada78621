//! What Meta would find wrong with a template, found before it is submitted: a rejected name is reserved, a rejected template
//! costs hours.

mod buttons;
mod texts;

use serde::{Deserialize, Serialize};

use super::parts::{ButtonAction, Card, HeaderKind, OtpKind, TemplateHeader, TemplateParts};
use super::slots::VariablePlace;
use super::standing::Category;
use super::{Template, slots};

pub(super) const BODY_MAX: usize = 1024;
pub(super) const HEADER_MAX: usize = 60;
pub(super) const CARD_BODY_MAX: usize = 160;
const NAME_MAX: usize = 512;
const FOOTER_MAX: usize = 60;
const OFFER_TEXT_MAX: usize = 16;
const OFFER_BODY_MAX: usize = 600;
const CARDS_MIN: usize = 2;
const CARDS_MAX: usize = 10;
const CODE_LIFE_MAX: u8 = 90;

/// Something about a template that is or may be refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LintFinding {
    pub severity: LintSeverity,
    /// `name`, `header`, `body`, `buttons.1`, `cards.0.body`.
    pub place: String,
    /// For people.
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LintSeverity {
    /// It can be submitted; it may be refused, or not look the same everywhere.
    Warning,
    /// WhatsApp refuses it.
    Error,
}

#[derive(Default)]
struct Findings(Vec<LintFinding>);

impl Findings {
    fn error(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(LintFinding { severity: LintSeverity::Error, place: place.into(), text: text.into() });
    }

    fn warn(&mut self, place: impl Into<String>, text: impl Into<String>) {
        self.0.push(LintFinding { severity: LintSeverity::Warning, place: place.into(), text: text.into() });
    }

    fn length(&mut self, place: &str, text: &str, max: usize) {
        let length = text.chars().count();
        if length > max {
            self.error(place, format!("WhatsApp takes at most {max} characters here; these are {length}."));
        }
    }
}

impl Template {
    /// Errors first.
    pub fn lint(&self) -> Vec<LintFinding> {
        let mut found = Findings::default();
        self.lint_name(&mut found);
        if let Some(reason) = self.parts.unfillable() {
            found.error("parts", reason);
        }
        match self.category {
            Category::Authentication => lint_login(&self.parts, &mut found),
            Category::Marketing | Category::Utility | Category::Unknown => self.lint_parts(&mut found),
        }
        self.lint_examples(&mut found);
        found.0.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        found.0
    }

    fn lint_name(&self, found: &mut Findings) {
        let valid = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if self.name.is_empty() || !self.name.bytes().all(valid) {
            found.error("name", "A name has lower-case letters, digits and underscores only.");
        }
        found.length("name", &self.name, NAME_MAX);
        if !is_language(&self.language) {
            found.error("language", "A language is a code like en, pt_BR or zh_CN.");
        }
        if self.category == Category::Unknown {
            found.error("category", "The category is MARKETING, UTILITY or AUTHENTICATION.");
        }
    }

    fn lint_parts(&self, found: &mut Findings) {
        let parts = &self.parts;
        if parts.login_code.is_some() {
            found.error("login_code", "Only an authentication template carries a login code.");
        }
        lint_header(parts.header.as_ref(), "header", found);
        if parts.body.trim().is_empty() {
            found.error("body", "The body is empty.");
        }
        found.length("body", &parts.body, BODY_MAX);
        texts::variables("body", &parts.body, found);
        if let Some(footer) = &parts.footer {
            found.length("footer", footer, FOOTER_MAX);
            if !slots::names_in(footer).is_empty() {
                found.error("footer", "A footer has no variables.");
            }
        }
        buttons::of_message(&parts.buttons, found);
        self.lint_offer(found);
        lint_cards(parts, found);
    }

    fn lint_offer(&self, found: &mut Findings) {
        let parts = &self.parts;
        let Some(offer) = &parts.offer else { return };
        found.length("offer", &offer.text, OFFER_TEXT_MAX);
        if offer.text.trim().is_empty() {
            found.error("offer", "The offer has no text.");
        }
        if self.category != Category::Marketing {
            found.error("category", "A limited-time offer is marketing.");
        }
        if parts.footer.is_some() {
            found.error("footer", "A template with a limited-time offer has no footer.");
        }
        found.length("body", &parts.body, OFFER_BODY_MAX);
        let pictured = |header: &TemplateHeader| matches!(header.kind, HeaderKind::Image | HeaderKind::Video);
        if parts.header.as_ref().is_some_and(|header| !pictured(header)) {
            found.error("header", "The header of a limited-time offer is a picture or a video.");
        }
        let copies = parts.buttons.iter().any(|button| button.action == ButtonAction::CopyCode);
        if offer.has_expiration && !copies {
            found.error("buttons", "A countdown needs a button that copies the code.");
        }
    }

    /// A reviewer who does not see what a variable may be rejects the template.
    fn lint_examples(&self, found: &mut Findings) {
        use slots::ValueKind;
        for slot in self.variables() {
            let wanted = match slot.kind {
                ValueKind::Text
                | ValueKind::UrlSuffix
                | ValueKind::Image
                | ValueKind::Video
                | ValueKind::Document
                | ValueKind::CouponCode => true,
                // Its words are WhatsApp's own.
                ValueKind::LoginCode
                | ValueKind::Location
                | ValueKind::Product
                | ValueKind::Products
                | ValueKind::Payload
                | ValueKind::Flow
                | ValueKind::Thumbnail
                | ValueKind::Expiry => false,
            };
            if wanted && slot.example.as_deref().is_none_or(|example| example.trim().is_empty()) {
                let place = match slot.place {
                    VariablePlace::Header => "header".to_owned(),
                    VariablePlace::Body => "body".to_owned(),
                    VariablePlace::Button => format!("buttons.{}", slot.index.unwrap_or_default()),
                    VariablePlace::Offer => "offer".to_owned(),
                };
                let place = slot.card.map_or(place.clone(), |card| format!("cards.{card}.{place}"));
                found.error(place, format!("The {slot} has no example for the reviewer."));
            }
        }
    }
}

fn is_language(code: &str) -> bool {
    let mut parts = code.split('_');
    let language = parts.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    let region = |part: &str| (2..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase());
    is_language && parts.next().is_none_or(region) && parts.next().is_none()
}

fn lint_header(header: Option<&TemplateHeader>, place: &str, found: &mut Findings) {
    let Some(header) = header else { return };
    match (header.kind, header.text.as_deref()) {
        (HeaderKind::Text, None | Some("")) => found.error(place, "The header is empty."),
        (HeaderKind::Text, Some(text)) => {
            found.length(place, text, HEADER_MAX);
            if text.contains(['\n', '\r']) {
                found.error(place, "A header is one line.");
            }
            if slots::names_in(text).len() > 1 {
                found.error(place, "A header has one variable at most.");
            }
            texts::braces(place, text, found);
        }
        (HeaderKind::Product, _) if place == "header" => found.error(place, "A product stands on cards only."),
        (
            HeaderKind::Image | HeaderKind::Video | HeaderKind::Document | HeaderKind::Location | HeaderKind::Product,
            _,
        ) => {}
    }
}

fn lint_login(parts: &TemplateParts, found: &mut Findings) {
    if parts.header.is_some() || !parts.cards.is_empty() || parts.offer.is_some() {
        found.error("header", "An authentication template has a code and one button, nothing else.");
    }
    let codes: Vec<_> = parts.buttons.iter().map(|button| &button.action).collect();
    match codes.as_slice() {
        [ButtonAction::Otp { otp, apps, terms_accepted, .. }] => {
            if *otp == OtpKind::ZeroTap && !terms_accepted {
                found.error("buttons.0", "Meta's terms of zero-tap codes have to be accepted (terms_accepted).");
            }
            if *otp != OtpKind::CopyCode && apps.is_empty() {
                found.error("buttons.0", "A code that fills itself in needs the app that takes it.");
            }
        }
        _ => found.error("buttons", "An authentication template has exactly one button, of the kind OTP."),
    }
    let expires = parts.login_code.and_then(|login| login.expires_minutes);
    if expires.is_some_and(|minutes| minutes == 0 || minutes > CODE_LIFE_MAX) {
        found.error("login_code", format!("A code expires after 1 to {CODE_LIFE_MAX} minutes."));
    }
}

fn lint_cards(parts: &TemplateParts, found: &mut Findings) {
    let [first, ..] = parts.cards.as_slice() else { return };
    if !(CARDS_MIN..=CARDS_MAX).contains(&parts.cards.len()) {
        found.error("cards", format!("A carousel has {CARDS_MIN} to {CARDS_MAX} cards."));
    }
    if parts.header.is_some() || parts.footer.is_some() || !parts.buttons.is_empty() {
        found.error("cards", "Beside its cards, a carousel has a body and nothing else.");
    }
    for (index, card) in parts.cards.iter().enumerate() {
        let place = format!("cards.{index}");
        let pictured = card
            .header
            .as_ref()
            .is_some_and(|header| matches!(header.kind, HeaderKind::Image | HeaderKind::Video | HeaderKind::Product));
        if !pictured {
            found.error(format!("{place}.header"), "A card begins with a picture, a video or a product.");
        }
        found.length(&format!("{place}.body"), &card.body, CARD_BODY_MAX);
        texts::variables(&format!("{place}.body"), &card.body, found);
        buttons::of_card(&place, &card.buttons, found);
        if shape(card) != shape(first) {
            found.error(place, "All cards of a carousel have the same kinds of header and buttons.");
        }
    }
}

fn shape(card: &Card) -> (Option<HeaderKind>, bool, Vec<&str>) {
    let kinds = card.buttons.iter().map(|button| button.action.kind());
    (card.header.as_ref().map(|header| header.kind), card.body.is_empty(), kinds.collect())
}

#[cfg(test)]
mod tests;
