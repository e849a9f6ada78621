//! What a message says, in one language for both directions. Meta's own shapes stay in the gateway.

use serde::{Deserialize, Serialize};

use crate::id::MediaId;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    Text {
        body: String,
    },
    Image {
        media: Media,
        caption: Option<String>,
    },
    Video {
        media: Media,
        caption: Option<String>,
    },
    Audio {
        media: Media,
        voice: bool,
    },
    Document {
        media: Media,
        caption: Option<String>,
    },
    Sticker {
        media: Media,
        animated: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
        url: Option<String>,
    },
    Contacts {
        contacts: Vec<SharedContact>,
    },
    /// A tap on a button, a list row, a form or the like.
    Choice {
        kind: ChoiceKind,
        id: Option<String>,
        title: String,
        description: Option<String>,
    },
    Order {
        catalog_id: String,
        text: Option<String>,
        items: Vec<OrderItem>,
    },
    Template(TemplateContent),
    /// Only when the message it points at is not in the history; otherwise a reaction sits on its message.
    Reaction {
        emoji: Option<String>,
        target: Option<String>,
    },
    /// Something happened: number changed, missed call.
    System {
        kind: String,
        body: String,
    },
    /// Stored in full in the inbox log; shown as "Unsupported message".
    Unsupported {
        kind: Option<String>,
        code: Option<i64>,
        detail: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContentKind {
    Text,
    Image,
    Video,
    Audio,
    Document,
    Sticker,
    Location,
    Contacts,
    Choice,
    Order,
    Template,
    Reaction,
    System,
    Unsupported,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ChoiceKind {
    Button,
    List,
    TemplateButton,
    Flow,
    CallPermission,
    Product,
    Other,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct SharedContact {
    pub name: String,
    pub phones: Vec<String>,
    pub emails: Vec<String>,
    pub organization: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OrderItem {
    pub product: String,
    pub quantity: u32,
    /// As Meta writes it; may be fractional.
    pub price: String,
    pub currency: String,
}

/// A template with its variables filled in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateContent {
    pub name: String,
    pub language: String,
    pub category: String,
    pub header: Option<String>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<String>,
    #[serde(default)]
    pub cards: Vec<CardContent>,
    /// The values in the order in which they appear.
    pub parameters: Vec<String>,
}

/// One of a row of cards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CardContent {
    pub header: Option<String>,
    pub body: String,
    pub buttons: Vec<String>,
}

/// A file of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Media {
    pub id: MediaId,
    pub state: MediaState,
    pub mime: String,
    /// Bytes, known once the file is here.
    pub size: Option<u64>,
    pub filename: Option<String>,
    /// Why the file could not be fetched, in plain words.
    pub reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MediaState {
    Pending,
    Ready,
    Failed,
}

impl Content {
    pub fn kind(&self) -> ContentKind {
        match self {
            Self::Text { .. } => ContentKind::Text,
            Self::Image { .. } => ContentKind::Image,
            Self::Video { .. } => ContentKind::Video,
            Self::Audio { .. } => ContentKind::Audio,
            Self::Document { .. } => ContentKind::Document,
            Self::Sticker { .. } => ContentKind::Sticker,
            Self::Location { .. } => ContentKind::Location,
            Self::Contacts { .. } => ContentKind::Contacts,
            Self::Choice { .. } => ContentKind::Choice,
            Self::Order { .. } => ContentKind::Order,
            Self::Template(_) => ContentKind::Template,
            Self::Reaction { .. } => ContentKind::Reaction,
            Self::System { .. } => ContentKind::System,
            Self::Unsupported { .. } => ContentKind::Unsupported,
        }
    }

    pub fn media(&self) -> Option<&Media> {
        match self {
            Self::Image { media, .. }
            | Self::Video { media, .. }
            | Self::Audio { media, .. }
            | Self::Document { media, .. }
            | Self::Sticker { media, .. } => Some(media),
            Self::Text { .. }
            | Self::Location { .. }
            | Self::Contacts { .. }
            | Self::Choice { .. }
            | Self::Order { .. }
            | Self::Template(_)
            | Self::Reaction { .. }
            | Self::System { .. }
            | Self::Unsupported { .. } => None,
        }
    }

    pub fn media_mut(&mut self) -> Option<&mut Media> {
        match self {
            Self::Image { media, .. }
            | Self::Video { media, .. }
            | Self::Audio { media, .. }
            | Self::Document { media, .. }
            | Self::Sticker { media, .. } => Some(media),
            Self::Text { .. }
            | Self::Location { .. }
            | Self::Contacts { .. }
            | Self::Choice { .. }
            | Self::Order { .. }
            | Self::Template(_)
            | Self::Reaction { .. }
            | Self::System { .. }
            | Self::Unsupported { .. } => None,
        }
    }

    /// One line for lists and quotes; empty where the kind says enough.
    pub fn snippet(&self) -> String {
        let text = match self {
            Self::Text { body } | Self::System { body, .. } => body.as_str(),
            Self::Image { caption, .. } | Self::Video { caption, .. } => caption.as_deref().unwrap_or_default(),
            Self::Document { media, caption } => caption.as_deref().or(media.filename.as_deref()).unwrap_or_default(),
            Self::Location { name, address, .. } => name.as_deref().or(address.as_deref()).unwrap_or_default(),
            Self::Contacts { contacts } => contacts.first().map(|contact| contact.name.as_str()).unwrap_or_default(),
            Self::Choice { title, .. } => title,
            Self::Order { text, .. } => text.as_deref().unwrap_or_default(),
            Self::Template(template) => &template.body,
            Self::Reaction { emoji, .. } => emoji.as_deref().unwrap_or_default(),
            Self::Audio { .. } | Self::Sticker { .. } | Self::Unsupported { .. } => "",
        };
        one_line(text)
    }
}

/// Longest snippet in characters: about twice what a list row shows.
const SNIPPET_MAX: usize = 120;

fn one_line(text: &str) -> String {
    let mut line = String::new();
    for (count, word) in text.split_whitespace().enumerate() {
        if count > 0 {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > SNIPPET_MAX * 4 {
            break;
        }
    }
    line.chars().take(SNIPPET_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snippet_is_one_bounded_line() {
        let content = Content::Text { body: format!("a\n\n b {}", "ü".repeat(5000)) };
        let snippet = content.snippet();
        assert!(snippet.starts_with("a b ü"));
        assert_eq!(snippet.chars().count(), SNIPPET_MAX);
    }
}
