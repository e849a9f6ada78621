//! Which values a template wants, and where each stands.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::parts::{ButtonAction, HeaderKind, TemplateButton, TemplateHeader, TemplateParts};
use super::standing::Category;

/// Names of slots that the template itself does not name.
pub(super) const FILE: &str = "file";
pub(super) const LOCATION: &str = "location";
pub(super) const PRODUCT: &str = "product";
pub(super) const EXPIRES_AT: &str = "expires_at";
pub(super) const COUPON_CODE: &str = "coupon_code";
pub(super) const PAYLOAD: &str = "payload";
pub(super) const FLOW: &str = "flow";
pub(super) const THUMBNAIL: &str = "thumbnail";
pub(super) const PRODUCTS: &str = "products";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum VariablePlace {
    Header,
    Body,
    Button,
    /// The countdown.
    Offer,
}

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ValueKind {
    Text,
    /// What comes behind the button's address.
    UrlSuffix,
    Image,
    Video,
    Document,
    Location,
    Product,
    Products,
    CouponCode,
    /// A one-time code.
    LoginCode,
    /// Comes back when the customer presses the button.
    Payload,
    Flow,
    /// The product whose picture stands for the catalog.
    Thumbnail,
    Expiry,
}

/// A variable that wants a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariableSlot {
    pub name: String,
    pub place: VariablePlace,
    /// Which button, from 0.
    pub index: Option<u8>,
    /// Which card, from 0; `None`: the message itself.
    pub card: Option<u8>,
    pub kind: ValueKind,
    /// Without a value the message cannot be sent.
    pub required: bool,
    pub example: Option<String>,
}

/// As it stands in a sentence.
impl fmt::Display for VariableSlot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ValueKind::Text | ValueKind::LoginCode => write!(f, "variable {{{{{}}}}}", self.name)?,
            ValueKind::UrlSuffix => f.write_str("end of the address")?,
            ValueKind::Image => f.write_str("picture")?,
            ValueKind::Video => f.write_str("video")?,
            ValueKind::Document => f.write_str("file")?,
            ValueKind::Location => f.write_str("place")?,
            ValueKind::Product => f.write_str("product")?,
            ValueKind::Products => f.write_str("list of products")?,
            ValueKind::CouponCode => f.write_str("coupon code")?,
            ValueKind::Payload => f.write_str("payload")?,
            ValueKind::Flow => f.write_str("flow token")?,
            ValueKind::Thumbnail => f.write_str("thumbnail product")?,
            ValueKind::Expiry => f.write_str("end of the offer")?,
        }
        match self.place {
            VariablePlace::Header => f.write_str(" of the header")?,
            VariablePlace::Button => write!(f, " of button {}", self.index.unwrap_or_default() + 1)?,
            VariablePlace::Body => f.write_str(" of the body")?,
            VariablePlace::Offer => {}
        }
        self.card.map_or(Ok(()), |card| write!(f, " on card {}", card + 1))
    }
}

/// The variables that `text` names: `{{1}}`, `{{first_name}}`, each once; numbered ones by number, named ones as they come.
pub fn names_in(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split("{{").skip(1) {
        if let Some((name, _)) = part.split_once("}}") {
            let name = name.trim();
            if !name.is_empty() && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
    }
    if are_numbered(&names) {
        names.sort_by_key(|name| name.parse::<u16>().ok());
    }
    names
}

pub(super) fn are_numbered(names: &[String]) -> bool {
    names.iter().all(|name| name.parse::<u16>().is_ok())
}

/// In the order in which Meta wants them: header, body, offer, buttons, cards.
pub(super) fn of(parts: &TemplateParts, category: Category) -> Vec<VariableSlot> {
    let mut slots = Slots { parts, found: Vec::new() };
    slots.header(parts.header.as_ref(), None);
    let kind = if category == Category::Authentication { ValueKind::LoginCode } else { ValueKind::Text };
    slots.texts(&parts.body, VariablePlace::Body, None, kind);
    if parts.offer.as_ref().is_some_and(|offer| offer.has_expiration) {
        slots.add(EXPIRES_AT, VariablePlace::Offer, None, None, ValueKind::Expiry, true);
    }
    slots.buttons(&parts.buttons, None);
    for (card, part) in (0..).zip(&parts.cards) {
        slots.header(part.header.as_ref(), Some(card));
        slots.texts(&part.body, VariablePlace::Body, Some(card), ValueKind::Text);
        slots.buttons(&part.buttons, Some(card));
    }
    slots.found
}

struct Slots<'a> {
    parts: &'a TemplateParts,
    found: Vec<VariableSlot>,
}

impl Slots<'_> {
    fn add(
        &mut self,
        name: &str,
        place: VariablePlace,
        index: Option<u8>,
        card: Option<u8>,
        kind: ValueKind,
        required: bool,
    ) {
        let mut examples = self.parts.examples.iter();
        let example = examples
            .find(|one| one.name == name && one.place == place && one.index == index && one.card == card)
            .map(|one| one.value.clone());
        self.found.push(VariableSlot { name: name.to_owned(), place, index, card, kind, required, example });
    }

    fn texts(&mut self, text: &str, place: VariablePlace, card: Option<u8>, kind: ValueKind) {
        for name in names_in(text) {
            self.add(&name, place, None, card, kind, true);
        }
    }

    fn header(&mut self, header: Option<&TemplateHeader>, card: Option<u8>) {
        let Some(header) = header else { return };
        let (name, kind) = match header.kind {
            HeaderKind::Text => {
                let text = header.text.as_deref().unwrap_or_default();
                return self.texts(text, VariablePlace::Header, card, ValueKind::Text);
            }
            HeaderKind::Image => (FILE, ValueKind::Image),
            HeaderKind::Video => (FILE, ValueKind::Video),
            HeaderKind::Document => (FILE, ValueKind::Document),
            HeaderKind::Location => (LOCATION, ValueKind::Location),
            HeaderKind::Product => (PRODUCT, ValueKind::Product),
        };
        self.add(name, VariablePlace::Header, None, card, kind, true);
    }

    fn buttons(&mut self, buttons: &[TemplateButton], card: Option<u8>) {
        for (index, button) in (0..).zip(buttons) {
            let (name, kind, required) = match &button.action {
                ButtonAction::Url { url } => match names_in(url).into_iter().next() {
                    Some(name) => (name, ValueKind::UrlSuffix, true),
                    None => continue,
                },
                ButtonAction::CopyCode => (COUPON_CODE.to_owned(), ValueKind::CouponCode, true),
                ButtonAction::QuickReply => (PAYLOAD.to_owned(), ValueKind::Payload, false),
                ButtonAction::Flow { .. } => (FLOW.to_owned(), ValueKind::Flow, false),
                ButtonAction::Catalog => (THUMBNAIL.to_owned(), ValueKind::Thumbnail, false),
                ButtonAction::Mpm => (PRODUCTS.to_owned(), ValueKind::Products, true),
                // The code of the body goes into it.
                ButtonAction::Otp { .. }
                | ButtonAction::Spm
                | ButtonAction::PhoneNumber { .. }
                | ButtonAction::VoiceCall
                | ButtonAction::RequestContactInfo
                | ButtonAction::Other { .. } => continue,
            };
            self.add(&name, VariablePlace::Button, Some(index), card, kind, required);
        }
    }
}
