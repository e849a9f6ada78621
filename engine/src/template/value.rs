use serde::{Deserialize, Serialize};

use super::slots::{VariablePlace, VariableSlot};
use crate::id::MediaId;
use crate::time::Timestamp;

/// A value for the variable at this place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateVariable {
    /// `1` or a name.
    pub name: String,
    pub place: VariablePlace,
    /// Which button, from 0.
    #[serde(default)]
    pub index: Option<u8>,
    /// Which card, from 0.
    #[serde(default)]
    pub card: Option<u8>,
    pub value: TemplateValue,
}

impl TemplateVariable {
    pub(super) fn is_for(&self, slot: &VariableSlot) -> bool {
        self.place == slot.place && self.index == slot.index && self.card == slot.card && self.name == slot.name
    }
}

/// Most values are texts. Each other one is known by its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(
    untagged,
    expecting = "a value is a text, or an object with media_id, link, latitude and longitude, expires_at, flow_token, \
                 product_id or sections"
)]
pub enum TemplateValue {
    Text(String),
    /// A file that was uploaded before.
    File {
        media_id: MediaId,
        #[serde(default)]
        filename: Option<String>,
    },
    /// A file that WhatsApp fetches itself.
    Link {
        link: String,
        #[serde(default)]
        filename: Option<String>,
    },
    Location(Place),
    Expiry {
        expires_at: Timestamp,
    },
    Flow {
        flow_token: String,
        /// For the first screen.
        #[serde(default)]
        #[cfg_attr(feature = "schema", schema(value_type = Option<Object>))]
        data: Option<serde_json::Map<String, serde_json::Value>>,
    },
    Product {
        catalog_id: String,
        product_id: String,
    },
    Products {
        /// The product whose picture is shown.
        thumbnail: String,
        sections: Vec<ProductSection>,
    },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = TemplateLocation))]
pub struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub name: String,
    pub address: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ProductSection {
    pub title: String,
    pub products: Vec<String>,
}

impl From<&str> for TemplateValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
