//! Whether a value fits its slot.

use crate::content::{Media, MediaState};
use crate::id::MediaId;
use crate::rejection::Rejection;
use crate::template::filled::{FilledPart, HeaderValue, SentFile, SentMedia};
use crate::template::slots::{ValueKind, VariableSlot};
use crate::template::value::{Place, ProductSection, TemplateValue};
use crate::time::Timestamp;

const CODE_MAX: usize = 15;
/// What an interactive reply may carry too.
const PAYLOAD_MAX: usize = 256;
const URL_MAX: usize = 2_000;
const FLOW_TOKEN_MAX: usize = 256;
const FLOW_DATA_MAX: usize = 4_096;
const PRODUCT_ID_MAX: usize = 100;
const SECTIONS_MAX: usize = 10;
const PRODUCTS_MAX: usize = 30;
const SECTION_TITLE_MAX: usize = 24;
const PLACE_NAME_MAX: usize = 1_000;
const IMAGE_BYTES_MAX: u64 = 5 << 20;
const VIDEO_BYTES_MAX: u64 = 16 << 20;
const DOCUMENT_BYTES_MAX: u64 = 100 << 20;
/// The year 2001 in milliseconds: what is below was written in seconds.
const MILLISECONDS_MIN: i64 = 1_000_000_000_000;

/// A value that fits.
#[derive(Debug)]
pub(super) struct Checked<'a> {
    pub(super) slot: &'a VariableSlot,
    pub(super) value: &'a TemplateValue,
    /// Of ours.
    file: Option<&'a Media>,
}

pub(super) fn value<'a>(
    slot: &'a VariableSlot,
    value: &'a TemplateValue,
    files: &'a [Media],
) -> Result<Checked<'a>, Rejection> {
    let complain = |what: &str| Rejection::BadTemplate(format!("The {slot} {what}."));
    let mut file = None;
    let checked = match (slot.kind, value) {
        (ValueKind::Text, TemplateValue::Text(text)) => plain_text(text.trim()),
        (ValueKind::UrlSuffix, TemplateValue::Text(text)) => address_part(text.trim()),
        (ValueKind::CouponCode | ValueKind::LoginCode, TemplateValue::Text(text)) => code(text.trim()),
        (ValueKind::Payload, TemplateValue::Text(text)) => at_most(text.trim(), PAYLOAD_MAX),
        (ValueKind::Thumbnail, TemplateValue::Text(text)) => at_most(text.trim(), PRODUCT_ID_MAX),
        (ValueKind::Flow, TemplateValue::Text(token)) => at_most(token.trim(), FLOW_TOKEN_MAX),
        (ValueKind::Flow, TemplateValue::Flow { flow_token, data }) => flow(flow_token, data.as_ref()),
        (ValueKind::Image | ValueKind::Video | ValueKind::Document, TemplateValue::File { media_id, filename: _ }) => {
            file = find(files, *media_id);
            fits(slot.kind, file)
        }
        (ValueKind::Image | ValueKind::Video | ValueKind::Document, TemplateValue::Link { link: url, filename: _ }) => {
            link(url)
        }
        (ValueKind::Location, TemplateValue::Location(at)) => place(at),
        (ValueKind::Expiry, TemplateValue::Expiry { expires_at }) => expiry(*expires_at),
        (ValueKind::Product, TemplateValue::Product { catalog_id, product_id }) => {
            at_most(catalog_id, PRODUCT_ID_MAX).and_then(|()| at_most(product_id, PRODUCT_ID_MAX))
        }
        (ValueKind::Products, TemplateValue::Products { thumbnail, sections }) => products(thumbnail, sections),
        (kind, _) => Err(wanted(kind)),
    };
    checked.map_err(|what| complain(&what))?;
    Ok(Checked { slot, value, file })
}

/// 132012: a value of another kind.
fn wanted(kind: ValueKind) -> String {
    match kind {
        ValueKind::Text | ValueKind::UrlSuffix | ValueKind::Payload => "has to be a text",
        ValueKind::CouponCode | ValueKind::LoginCode => "has to be a code",
        ValueKind::Image => "has to be a picture: media_id or link",
        ValueKind::Video => "has to be a video: media_id or link",
        ValueKind::Document => "has to be a file: media_id or link",
        ValueKind::Location => "has to be a place: latitude, longitude, name and address",
        ValueKind::Product => "has to be a product: catalog_id and product_id",
        ValueKind::Products => "has to be products: thumbnail and sections",
        ValueKind::Flow => "has to be a token, alone or as flow_token with data",
        ValueKind::Thumbnail => "has to be the id of a product",
        ValueKind::Expiry => "has to be a time: expires_at in milliseconds",
    }
    .to_owned()
}

/// 132018: Meta takes neither line breaks nor long gaps.
fn plain_text(text: &str) -> Result<(), String> {
    if text.contains(['\n', '\r', '\t']) || text.contains("     ") {
        return Err("has a line break, a tab or more than four spaces".to_owned());
    }
    at_most(text, crate::template::lint::BODY_MAX)
}

fn at_most(text: &str, max: usize) -> Result<(), String> {
    if text.is_empty() {
        return Err("is empty".to_owned());
    }
    if text.len() > max && text.chars().count() > max {
        return Err(format!("is longer than {max} characters"));
    }
    Ok(())
}

fn address_part(text: &str) -> Result<(), String> {
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err("has a space or a line break, which no address has".to_owned());
    }
    at_most(text, URL_MAX)
}

fn code(text: &str) -> Result<(), String> {
    if text.chars().any(|char| char.is_whitespace() || char.is_control()) {
        return Err("has a space".to_owned());
    }
    at_most(text, CODE_MAX)
}

fn flow(token: &str, data: Option<&serde_json::Map<String, serde_json::Value>>) -> Result<(), String> {
    let length = data.and_then(|data| serde_json::to_vec(data).ok()).map_or(0, |bytes| bytes.len());
    if length > FLOW_DATA_MAX {
        return Err(format!("has data of more than {FLOW_DATA_MAX} bytes"));
    }
    at_most(token, FLOW_TOKEN_MAX)
}

fn find(files: &[Media], id: MediaId) -> Option<&Media> {
    files.iter().find(|file| file.id == id && file.state == MediaState::Ready)
}

fn fits(kind: ValueKind, file: Option<&Media>) -> Result<(), String> {
    let Some(file) = file else { return Err("is a file that is not here".to_owned()) };
    let mime = file.mime.split(';').next().unwrap_or_default().trim();
    let (fits, size_max, takes) = match kind {
        ValueKind::Image => (matches!(mime, "image/jpeg" | "image/png"), IMAGE_BYTES_MAX, "JPEG or PNG"),
        ValueKind::Video => (matches!(mime, "video/mp4" | "video/3gpp"), VIDEO_BYTES_MAX, "MP4 or 3GPP"),
        ValueKind::Document => (!mime.is_empty(), DOCUMENT_BYTES_MAX, "a file"),
        ValueKind::Text
        | ValueKind::UrlSuffix
        | ValueKind::Location
        | ValueKind::Product
        | ValueKind::Products
        | ValueKind::CouponCode
        | ValueKind::LoginCode
        | ValueKind::Payload
        | ValueKind::Flow
        | ValueKind::Thumbnail
        | ValueKind::Expiry => return Err(wanted(kind)),
    };
    if !fits {
        return Err(format!("has to be {takes}, not {mime}"));
    }
    if file.size.is_some_and(|size| size > size_max) {
        return Err(format!("is larger than {} MB", size_max >> 20));
    }
    Ok(())
}

fn link(url: &str) -> Result<(), String> {
    if !url.starts_with("https://") && !url.starts_with("http://") {
        return Err("needs an address that begins with https://".to_owned());
    }
    address_part(url)
}

fn place(at: &Place) -> Result<(), String> {
    if !(-90.0..=90.0).contains(&at.latitude) || !(-180.0..=180.0).contains(&at.longitude) {
        return Err("lies nowhere on Earth: latitude is -90 to 90, longitude -180 to 180".to_owned());
    }
    at_most(at.name.trim(), PLACE_NAME_MAX)
        .and_then(|()| at_most(at.address.trim(), PLACE_NAME_MAX))
        .map_err(|what| format!("needs a name and an address: one {what}"))
}

fn expiry(at: Timestamp) -> Result<(), String> {
    if at.0 < MILLISECONDS_MIN {
        return Err("has to be in milliseconds since 1970".to_owned());
    }
    Ok(())
}

fn products(thumbnail: &str, sections: &[ProductSection]) -> Result<(), String> {
    let all: Vec<_> = sections.iter().flat_map(|section| &section.products).collect();
    if sections.len() > SECTIONS_MAX || all.len() > PRODUCTS_MAX {
        return Err(format!("has more than {SECTIONS_MAX} sections or {PRODUCTS_MAX} products"));
    }
    if all.is_empty() || sections.iter().any(|section| section.products.is_empty()) {
        return Err("has a section without a product".to_owned());
    }
    for section in sections {
        at_most(&section.title, SECTION_TITLE_MAX).map_err(|what| format!("has a title that {what}"))?;
    }
    for product in all {
        at_most(product, PRODUCT_ID_MAX)?;
    }
    at_most(thumbnail, PRODUCT_ID_MAX)
}

impl Checked<'_> {
    /// As people see it; `None` of what has no words.
    pub(super) fn shown(&self) -> Option<&str> {
        match self.value {
            TemplateValue::Text(text) => Some(text.trim()),
            TemplateValue::File { filename, .. } => {
                filename.as_deref().or_else(|| self.file.and_then(|file| file.filename.as_deref()))
            }
            TemplateValue::Link { link, filename } => Some(filename.as_deref().unwrap_or(link)),
            TemplateValue::Location(place) => Some(&place.name),
            TemplateValue::Product { product_id, .. } => Some(product_id),
            TemplateValue::Expiry { .. } | TemplateValue::Flow { .. } | TemplateValue::Products { .. } => None,
        }
    }

    pub(super) fn header(&self) -> Option<FilledPart> {
        if let TemplateValue::Location(place) = self.value {
            return Some(FilledPart::Header(HeaderValue::Location(place.clone())));
        }
        if let TemplateValue::Product { catalog_id, product_id } = self.value {
            let (catalog_id, product_id) = (catalog_id.clone(), product_id.clone());
            return Some(FilledPart::Header(HeaderValue::Product { catalog_id, product_id }));
        }
        let (media, filename) = self.media()?;
        Some(FilledPart::Header(if self.slot.kind == ValueKind::Image {
            HeaderValue::Image(media)
        } else if self.slot.kind == ValueKind::Video {
            HeaderValue::Video(media)
        } else {
            // Without a name WhatsApp shows "Untitled".
            HeaderValue::Document { file: media, filename }
        }))
    }

    fn media(&self) -> Option<(SentMedia, Option<String>)> {
        if let TemplateValue::Link { link, filename } = self.value {
            return Some((SentMedia::Link(link.clone()), filename.clone().or_else(|| name_in(link))));
        }
        let file = self.file?;
        let filename = self.shown().map(str::to_owned);
        let sent = SentFile { media: file.id, mime: file.mime.clone(), filename: filename.clone() };
        Some((SentMedia::File(sent), filename))
    }

    pub(super) fn offer(&self) -> Option<FilledPart> {
        match self.value {
            TemplateValue::Expiry { expires_at } => Some(FilledPart::Offer { expires_at: *expires_at }),
            TemplateValue::Text(_)
            | TemplateValue::File { .. }
            | TemplateValue::Link { .. }
            | TemplateValue::Location(_)
            | TemplateValue::Flow { .. }
            | TemplateValue::Product { .. }
            | TemplateValue::Products { .. } => None,
        }
    }
}

/// The last part of the path.
fn name_in(link: &str) -> Option<String> {
    let path = link.split(['?', '#']).next()?.split_once("://")?.1;
    let (_, name) = path.rsplit_once('/')?;
    (!name.is_empty()).then(|| name.to_owned())
}
