//! What leaves: typed and whole, so that a try after a restart needs no template.

use serde::{Deserialize, Serialize};

use super::value::{Place, ProductSection};
use crate::id::MediaId;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilledTemplate {
    pub name: String,
    pub language: String,
    /// In Meta's order; parts without values are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<FilledPart>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilledPart {
    Header(HeaderValue),
    Body(Vec<FilledText>),
    Offer { expires_at: Timestamp },
    Button { index: u8, value: ButtonValue },
    Carousel(Vec<FilledCard>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FilledCard {
    pub index: u8,
    pub parts: Vec<FilledPart>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilledText {
    /// Only where the template names its variables.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeaderValue {
    Texts(Vec<FilledText>),
    Image(SentMedia),
    Video(SentMedia),
    Document { file: SentMedia, filename: Option<String> },
    Location(Place),
    Product { catalog_id: String, product_id: String },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentMedia {
    /// Has to be at Meta before the message goes out.
    File(SentFile),
    Link(String),
}

/// A file of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentFile {
    pub media: MediaId,
    pub mime: String,
    pub filename: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonValue {
    UrlSuffix(String),
    Payload(String),
    CouponCode(String),
    Flow { token: String, data: Option<serde_json::Map<String, serde_json::Value>> },
    Catalog { thumbnail: String },
    Products { thumbnail: String, sections: Vec<ProductSection> },
}

impl FilledTemplate {
    /// Files of ours that it is sent with.
    pub fn files(&self) -> Vec<&SentFile> {
        let mut files = Vec::new();
        collect(&self.parts, &mut files);
        files
    }
}

fn collect<'a>(parts: &'a [FilledPart], files: &mut Vec<&'a SentFile>) {
    for part in parts {
        match part {
            FilledPart::Header(
                HeaderValue::Image(SentMedia::File(file))
                | HeaderValue::Video(SentMedia::File(file))
                | HeaderValue::Document { file: SentMedia::File(file), .. },
            ) => files.push(file),
            FilledPart::Carousel(cards) => cards.iter().for_each(|card| collect(&card.parts, files)),
            FilledPart::Header(_) | FilledPart::Body(_) | FilledPart::Offer { .. } | FilledPart::Button { .. } => {}
        }
    }
}
