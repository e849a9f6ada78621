//! A filled template as Meta's `components`: the one place that builds them.

use engine::delivery::Failure;
use engine::ports::Uploads;
use engine::template::{ButtonValue, FilledPart, FilledTemplate, FilledText, HeaderValue, Place, SentMedia};
use serde::Serialize;
use serde_json::{Map, Value};

use super::message::file_missing;

#[derive(Debug, Serialize, PartialEq)]
#[serde(untagged)]
pub(super) enum Component<'a> {
    Plain {
        #[serde(rename = "type")]
        kind: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        sub_type: Option<&'static str>,
        /// Meta's samples write the index of a button as text.
        #[serde(skip_serializing_if = "Option::is_none")]
        index: Option<String>,
        parameters: Vec<Parameter<'a>>,
    },
    Carousel {
        #[serde(rename = "type")]
        kind: &'static str,
        cards: Vec<Card<'a>>,
    },
}

#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Card<'a> {
    card_index: u8,
    components: Vec<Component<'a>>,
}

#[derive(Debug, Serialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Parameter<'a> {
    Text {
        /// Only where the template names its variables.
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter_name: Option<&'a str>,
        text: &'a str,
    },
    Image {
        image: File<'a>,
    },
    Video {
        video: File<'a>,
    },
    Document {
        document: File<'a>,
    },
    Location {
        location: Location<'a>,
    },
    Product {
        product: Product<'a>,
    },
    CouponCode {
        coupon_code: &'a str,
    },
    Payload {
        payload: &'a str,
    },
    Action {
        action: Action<'a>,
    },
    LimitedTimeOffer {
        limited_time_offer: Offer,
    },
}

#[derive(Debug, Serialize, PartialEq)]
pub(super) struct File<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
}

/// Meta's samples write the degrees as texts.
#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Location<'a> {
    latitude: String,
    longitude: String,
    name: &'a str,
    address: &'a str,
}

#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Product<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    catalog_id: Option<&'a str>,
    product_retailer_id: &'a str,
}

#[derive(Debug, Serialize, PartialEq)]
#[serde(untagged)]
pub(super) enum Action<'a> {
    Flow {
        flow_token: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        flow_action_data: Option<&'a Map<String, Value>>,
    },
    Products {
        thumbnail_product_retailer_id: &'a str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sections: Vec<Section<'a>>,
    },
}

#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Section<'a> {
    title: &'a str,
    product_items: Vec<Product<'a>>,
}

#[derive(Debug, Serialize, PartialEq)]
pub(super) struct Offer {
    expiration_time_ms: i64,
}

/// `Err`: a file of ours is not at Meta.
pub(super) fn components<'a>(
    template: &'a FilledTemplate,
    uploads: &'a Uploads,
) -> Result<Vec<Component<'a>>, Failure> {
    of(&template.parts, uploads)
}

fn of<'a>(parts: &'a [FilledPart], uploads: &'a Uploads) -> Result<Vec<Component<'a>>, Failure> {
    parts.iter().map(|part| component(part, uploads)).collect()
}

fn component<'a>(part: &'a FilledPart, uploads: &'a Uploads) -> Result<Component<'a>, Failure> {
    Ok(match part {
        FilledPart::Header(value) => plain("header", header(value, uploads)?),
        FilledPart::Body(values) => plain("body", values.iter().map(text).collect()),
        FilledPart::Offer { expires_at } => {
            let limited_time_offer = Offer { expiration_time_ms: expires_at.0 };
            plain("limited_time_offer", vec![Parameter::LimitedTimeOffer { limited_time_offer }])
        }
        FilledPart::Button { index, value } => {
            let (sub_type, parameter) = button(value);
            Component::Plain {
                kind: "button",
                sub_type: Some(sub_type),
                index: Some(index.to_string()),
                parameters: vec![parameter],
            }
        }
        FilledPart::Carousel(cards) => {
            let cards = cards
                .iter()
                .map(|card| Ok(Card { card_index: card.index, components: of(&card.parts, uploads)? }))
                .collect::<Result<_, Failure>>()?;
            Component::Carousel { kind: "carousel", cards }
        }
    })
}

fn plain<'a>(kind: &'static str, parameters: Vec<Parameter<'a>>) -> Component<'a> {
    Component::Plain { kind, sub_type: None, index: None, parameters }
}

fn text(value: &FilledText) -> Parameter<'_> {
    Parameter::Text { parameter_name: value.name.as_deref(), text: &value.text }
}

fn header<'a>(value: &'a HeaderValue, uploads: &'a Uploads) -> Result<Vec<Parameter<'a>>, Failure> {
    Ok(match value {
        HeaderValue::Texts(values) => values.iter().map(text).collect(),
        HeaderValue::Image(media) => vec![Parameter::Image { image: file(media, None, uploads)? }],
        HeaderValue::Video(media) => vec![Parameter::Video { video: file(media, None, uploads)? }],
        HeaderValue::Document { file: media, filename } => {
            vec![Parameter::Document { document: file(media, filename.as_deref(), uploads)? }]
        }
        HeaderValue::Location(Place { latitude, longitude, name, address }) => {
            let (latitude, longitude) = (latitude.to_string(), longitude.to_string());
            vec![Parameter::Location { location: Location { latitude, longitude, name, address } }]
        }
        HeaderValue::Product { catalog_id, product_id } => {
            let product = Product { catalog_id: Some(catalog_id), product_retailer_id: product_id };
            vec![Parameter::Product { product }]
        }
    })
}

fn file<'a>(media: &'a SentMedia, filename: Option<&'a str>, uploads: &'a Uploads) -> Result<File<'a>, Failure> {
    match media {
        SentMedia::File(sent) => {
            let id = uploads.id_of(sent.media).ok_or_else(file_missing)?;
            Ok(File { id: Some(id.as_str()), link: None, filename })
        }
        SentMedia::Link(link) => Ok(File { id: None, link: Some(link), filename }),
    }
}

fn button(value: &ButtonValue) -> (&'static str, Parameter<'_>) {
    match value {
        ButtonValue::UrlSuffix(text) => ("url", Parameter::Text { parameter_name: None, text }),
        ButtonValue::Payload(payload) => ("quick_reply", Parameter::Payload { payload }),
        ButtonValue::CouponCode(coupon_code) => ("copy_code", Parameter::CouponCode { coupon_code }),
        ButtonValue::Flow { token, data } => {
            let action = Action::Flow { flow_token: token, flow_action_data: data.as_ref() };
            ("flow", Parameter::Action { action })
        }
        ButtonValue::Catalog { thumbnail } => {
            let action = Action::Products { thumbnail_product_retailer_id: thumbnail, sections: Vec::new() };
            ("catalog", Parameter::Action { action })
        }
        ButtonValue::Products { thumbnail, sections } => {
            let sections = sections.iter().map(|section| Section {
                title: &section.title,
                product_items: section
                    .products
                    .iter()
                    .map(|product| Product { catalog_id: None, product_retailer_id: product })
                    .collect(),
            });
            let action = Action::Products { thumbnail_product_retailer_id: thumbnail, sections: sections.collect() };
            ("mpm", Parameter::Action { action })
        }
    }
}
