//! The one builder: chat, campaigns and the API fill templates in here, and what Meta would refuse (132000, 132005, 132012,
//! 132018) is refused here first.

mod check;

use super::filled::{ButtonValue, FilledCard, FilledPart, FilledTemplate, FilledText, HeaderValue};
use super::parts::{ButtonAction, HeaderKind, TemplateButton, TemplateHeader};
use super::slots::{self, ValueKind, VariablePlace, VariableSlot};
use super::standing::Category;
use super::value::{TemplateValue, TemplateVariable};
use super::{Template, lint};
use crate::content::{CardContent, Media, TemplateContent};
use crate::rejection::Rejection;
use check::Checked;

/// A template made ready to be filled in many times: its texts are cut at their variables, once.
#[derive(Debug, Clone)]
pub struct Form {
    name: String,
    language: String,
    category: Category,
    slots: Vec<VariableSlot>,
    message: Section,
    footer: Option<String>,
    offer: Option<Vec<usize>>,
    cards: Vec<Section>,
}

/// The message itself or one card.
#[derive(Debug, Clone)]
struct Section {
    header: Option<Header>,
    body: Text,
    body_max: usize,
    buttons: Vec<Button>,
}

#[derive(Debug, Clone)]
enum Header {
    Text(Text),
    /// Filled by this slot.
    Value(usize),
}

#[derive(Debug, Clone)]
struct Button {
    text: String,
    /// Filled by this slot.
    slot: Option<usize>,
}

/// A text cut at its variables.
#[derive(Debug, Clone, Default)]
struct Text {
    pieces: Vec<Piece>,
    /// Its variables, in the order in which Meta wants them.
    slots: Vec<usize>,
    /// Variables go by name, not by number.
    named: bool,
}

#[derive(Debug, Clone)]
enum Piece {
    Fixed(String),
    Slot(usize),
}

/// A template with its values: as people see it, and as it leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct Filled {
    pub content: TemplateContent,
    pub sent: FilledTemplate,
}

type Values<'a> = [Option<Checked<'a>>];

impl Form {
    pub fn of(template: &Template) -> Result<Self, Rejection> {
        if let Some(reason) = template.unsendable() {
            return Err(Rejection::BadTemplate(reason));
        }
        let (parts, category) = (&template.parts, template.category);
        let slots = slots::of(parts, category);
        let message = Section::of(
            &slots,
            None,
            (parts.header.as_ref(), &parts.body, &parts.buttons, lint::BODY_MAX),
            category == Category::Authentication,
        );
        let cards = (0..).zip(&parts.cards).map(|(index, card)| {
            let sources = (card.header.as_ref(), card.body.as_str(), card.buttons.as_slice(), lint::CARD_BODY_MAX);
            Section::of(&slots, Some(index), sources, false)
        });
        Ok(Self {
            name: template.name.clone(),
            language: template.language.clone(),
            category,
            message,
            footer: parts.footer.clone(),
            offer: parts.offer.as_ref().map(|_| placed(&slots, VariablePlace::Offer, None)),
            cards: cards.collect(),
            slots,
        })
    }

    pub fn slots(&self) -> &[VariableSlot] {
        &self.slots
    }

    pub fn category(&self) -> Category {
        self.category
    }

    /// `files`: those of ours that the values name.
    pub fn fill(&self, values: &[TemplateVariable], files: &[Media]) -> Result<Filled, Rejection> {
        let values = self.checked(values, files)?;
        let mut parts = self.message.parts(&values, self.offer.as_deref());
        if !self.cards.is_empty() {
            let cards = (0..).zip(&self.cards);
            let cards = cards.map(|(index, card)| FilledCard { index, parts: card.parts(&values, None) });
            parts.push(FilledPart::Carousel(cards.collect()));
        }
        let (header, body) = (self.message.header_text(&values)?, self.message.body_text(&values)?);
        let cards = self.cards.iter().map(|card| {
            Ok(CardContent {
                header: card.header_text(&values)?,
                body: card.body_text(&values)?,
                buttons: card.button_texts(),
            })
        });
        let content = TemplateContent {
            name: self.name.clone(),
            language: self.language.clone(),
            category: self.category.as_str().to_owned(),
            header,
            body,
            footer: self.footer.clone(),
            buttons: self.message.button_texts(),
            cards: cards.collect::<Result<_, Rejection>>()?,
            parameters: values.iter().flatten().filter_map(Checked::shown).map(str::to_owned).collect(),
        };
        let sent = FilledTemplate { name: self.name.clone(), language: self.language.clone(), parts };
        Ok(Filled { content, sent })
    }

    /// One for each slot; `None` where none is needed and none given.
    fn checked<'a>(
        &'a self,
        values: &'a [TemplateVariable],
        files: &'a [Media],
    ) -> Result<Vec<Option<Checked<'a>>>, Rejection> {
        let mut used = 0;
        let mut checked = Vec::with_capacity(self.slots.len());
        for (place, slot) in self.slots.iter().enumerate() {
            // Whoever fills many gives them in the order of the slots.
            let alike = values.get(place).filter(|value| value.is_for(slot));
            let given = alike.or_else(|| values.iter().find(|value| value.is_for(slot)));
            used += usize::from(given.is_some());
            let given = given.map(|given| &given.value).filter(|value| !is_blank(value));
            match given {
                Some(value) => checked.push(Some(check::value(slot, value, files)?)),
                None if slot.required => {
                    return Err(Rejection::BadTemplate(format!("The {slot} is empty.")));
                }
                None => checked.push(None),
            }
        }
        if used < values.len() {
            return Err(self.surplus(values));
        }
        Ok(checked)
    }

    fn surplus(&self, values: &[TemplateVariable]) -> Rejection {
        let stray = values.iter().find(|value| !self.slots.iter().any(|slot| value.is_for(slot)));
        Rejection::BadTemplate(match stray {
            Some(stray) => format!("There is a value for {{{{{}}}}}, which the template does not have.", stray.name),
            None => "There are two values for one variable.".to_owned(),
        })
    }
}

fn is_blank(value: &TemplateValue) -> bool {
    matches!(value, TemplateValue::Text(text) if text.trim().is_empty())
}

/// Slots at this place, in their order.
fn placed(slots: &[VariableSlot], place: VariablePlace, card: Option<u8>) -> Vec<usize> {
    let here = slots.iter().enumerate().filter(|(_, slot)| slot.place == place && slot.card == card);
    here.map(|(at, _)| at).collect()
}

/// Header, body, buttons, and how long the body may be.
type Sources<'a> = (Option<&'a TemplateHeader>, &'a str, &'a [TemplateButton], usize);

impl Section {
    fn of(slots: &[VariableSlot], card: Option<u8>, sources: Sources<'_>, is_login: bool) -> Self {
        let (header, body, buttons, body_max) = sources;
        let headers = placed(slots, VariablePlace::Header, card);
        let header = header.and_then(|header| match header.kind {
            HeaderKind::Text => {
                Some(Header::Text(Text::of(header.text.as_deref().unwrap_or_default(), slots, headers)))
            }
            HeaderKind::Image
            | HeaderKind::Video
            | HeaderKind::Document
            | HeaderKind::Location
            | HeaderKind::Product => headers.first().copied().map(Header::Value),
        });
        let body = Text::of(body, slots, placed(slots, VariablePlace::Body, card));
        let pressed = placed(slots, VariablePlace::Button, card);
        let buttons = (0_u8..).zip(buttons).map(|(index, button)| {
            let own = pressed.iter().find(|at| slots.get(**at).is_some_and(|slot| slot.index == Some(index)));
            let takes_code = is_login && matches!(button.action, ButtonAction::Otp { .. });
            let slot = own.copied().or_else(|| body.slots.first().copied().filter(|_| takes_code));
            Button { text: button.text.clone(), slot }
        });
        Self { header, buttons: buttons.collect(), body, body_max }
    }

    fn parts(&self, values: &Values<'_>, offer: Option<&[usize]>) -> Vec<FilledPart> {
        let mut parts = Vec::with_capacity(2 + self.buttons.len());
        match &self.header {
            Some(Header::Text(text)) if !text.slots.is_empty() => {
                parts.push(FilledPart::Header(HeaderValue::Texts(text.texts(values))));
            }
            Some(Header::Value(slot)) => parts.extend(at(values, *slot).and_then(Checked::header)),
            Some(Header::Text(_)) | None => {}
        }
        if !self.body.slots.is_empty() {
            parts.push(FilledPart::Body(self.body.texts(values)));
        }
        let ends = offer.into_iter().flatten().filter_map(|slot| at(values, *slot));
        parts.extend(ends.filter_map(Checked::offer));
        for (index, button) in (0..).zip(&self.buttons) {
            let value = button.slot.and_then(|slot| at(values, slot)).and_then(Checked::button);
            parts.extend(value.map(|value| FilledPart::Button { index, value }));
        }
        parts
    }

    fn header_text(&self, values: &Values<'_>) -> Result<Option<String>, Rejection> {
        match &self.header {
            Some(Header::Text(text)) => text.hydrated(values, lint::HEADER_MAX, "header").map(Some),
            Some(Header::Value(slot)) => Ok(at(values, *slot).and_then(Checked::shown).map(str::to_owned)),
            None => Ok(None),
        }
    }

    fn body_text(&self, values: &Values<'_>) -> Result<String, Rejection> {
        self.body.hydrated(values, self.body_max, "text")
    }

    fn button_texts(&self) -> Vec<String> {
        self.buttons.iter().map(|button| button.text.clone()).collect()
    }
}

fn at<'v, 'a>(values: &'v Values<'a>, slot: usize) -> Option<&'v Checked<'a>> {
    values.get(slot).and_then(Option::as_ref)
}

impl Text {
    fn of(text: &str, all: &[VariableSlot], slots: Vec<usize>) -> Self {
        let slot_of = |name: &str| slots.iter().copied().find(|at| all.get(*at).is_some_and(|slot| slot.name == name));
        let mut pieces = Vec::new();
        let mut parts = text.split("{{");
        let mut fixed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if let Some((slot, rest)) =
                part.split_once("}}").and_then(|(name, rest)| Some((slot_of(name.trim())?, rest)))
            {
                pieces.extend([Piece::Fixed(std::mem::take(&mut fixed)), Piece::Slot(slot)]);
                fixed.push_str(rest);
            } else {
                fixed.push_str("{{");
                fixed.push_str(part);
            }
        }
        pieces.push(Piece::Fixed(fixed));
        let names: Vec<_> = slots.iter().filter_map(|at| all.get(*at)).map(|slot| slot.name.clone()).collect();
        Self { pieces, named: !slots::are_numbered(&names), slots }
    }

    fn hydrated(&self, values: &Values<'_>, max: usize, what: &str) -> Result<String, Rejection> {
        let texts = self.pieces.iter().map(|piece| match piece {
            Piece::Fixed(text) => text.as_str(),
            Piece::Slot(slot) => at(values, *slot).and_then(Checked::shown).unwrap_or_default(),
        });
        let text: String = texts.collect();
        // A byte is at most a character: most texts need no count.
        if text.len() > max && text.chars().count() > max {
            let text = format!("With these values the {what} is longer than {max} characters.");
            return Err(Rejection::BadTemplate(text));
        }
        Ok(text)
    }

    fn texts(&self, values: &Values<'_>) -> Vec<FilledText> {
        let filled = self.slots.iter().filter_map(|slot| at(values, *slot));
        filled.filter_map(|value| value.text(self.named)).collect()
    }
}

impl Checked<'_> {
    fn text(&self, named: bool) -> Option<FilledText> {
        let name = named.then(|| self.slot.name.clone());
        self.shown().map(|text| FilledText { name, text: text.to_owned() })
    }

    fn button(&self) -> Option<ButtonValue> {
        let text = || self.shown().map(str::to_owned);
        match (self.slot.kind, self.value) {
            (ValueKind::UrlSuffix | ValueKind::LoginCode, _) => text().map(ButtonValue::UrlSuffix),
            (ValueKind::CouponCode, _) => text().map(ButtonValue::CouponCode),
            (ValueKind::Payload, _) => text().map(ButtonValue::Payload),
            (ValueKind::Thumbnail, _) => text().map(|thumbnail| ButtonValue::Catalog { thumbnail }),
            (ValueKind::Flow, TemplateValue::Flow { flow_token, data }) => {
                Some(ButtonValue::Flow { token: flow_token.clone(), data: data.clone() })
            }
            (ValueKind::Flow, _) => text().map(|token| ButtonValue::Flow { token, data: None }),
            (ValueKind::Products, TemplateValue::Products { thumbnail, sections }) => {
                Some(ButtonValue::Products { thumbnail: thumbnail.clone(), sections: sections.clone() })
            }
            (
                ValueKind::Text
                | ValueKind::Image
                | ValueKind::Video
                | ValueKind::Document
                | ValueKind::Location
                | ValueKind::Product
                | ValueKind::Products
                | ValueKind::Expiry,
                _,
            ) => None,
        }
    }
}

#[cfg(test)]
mod tests;
