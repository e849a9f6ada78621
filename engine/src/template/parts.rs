use serde::{Deserialize, Serialize};

use super::slots::VariablePlace;

/// What a template is made of. Parts that this version does not know stay named, and keep it from being sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateParts {
    #[serde(default)]
    pub header: Option<TemplateHeader>,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub footer: Option<String>,
    #[serde(default)]
    pub buttons: Vec<TemplateButton>,
    /// A countdown in the message.
    #[serde(default)]
    pub offer: Option<LimitedTimeOffer>,
    /// A row of cards below the body.
    #[serde(default)]
    pub cards: Vec<Card>,
    /// Of an authentication template, whose words are WhatsApp's own.
    #[serde(default)]
    pub login_code: Option<LoginCode>,
    /// What a reviewer sees in place of the variables.
    #[serde(default)]
    pub examples: Vec<Example>,
    /// Kinds of parts that cannot be filled in, as WhatsApp calls them.
    #[serde(default)]
    pub unknown: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateHeader {
    pub kind: HeaderKind,
    #[serde(default)]
    pub text: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HeaderKind {
    Text,
    Image,
    Video,
    Document,
    Location,
    /// Of a catalog; on cards.
    Product,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateButton {
    #[serde(default)]
    pub text: String,
    #[serde(flatten)]
    pub action: ButtonAction,
}

/// What a button does, by Meta's word for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ButtonAction {
    QuickReply,
    /// With a variable at its end, each message leads elsewhere.
    Url {
        url: String,
    },
    PhoneNumber {
        phone_number: String,
    },
    CopyCode,
    Otp {
        otp: OtpKind,
        #[serde(default)]
        autofill_text: Option<String>,
        /// Apps that may take the code by themselves.
        #[serde(default)]
        apps: Vec<OtpApp>,
        /// Somebody has agreed to Meta's terms of zero-tap codes.
        #[serde(default)]
        terms_accepted: bool,
    },
    Flow {
        #[serde(default)]
        flow_id: Option<String>,
        #[serde(default)]
        flow_action: Option<String>,
        #[serde(default)]
        screen: Option<String>,
    },
    Catalog,
    /// Several products.
    Mpm,
    /// One product: of a card, whose header says which.
    Spm,
    VoiceCall,
    RequestContactInfo,
    /// One that this version does not know.
    Other {
        name: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OtpKind {
    CopyCode,
    OneTap,
    ZeroTap,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct OtpApp {
    pub package_name: String,
    pub signature_hash: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LimitedTimeOffer {
    pub text: String,
    /// Each message says when it ends.
    pub has_expiration: bool,
}

/// All cards of a template have the same kinds of parts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = TemplateCard))]
pub struct Card {
    #[serde(default)]
    pub header: Option<TemplateHeader>,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub buttons: Vec<TemplateButton>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LoginCode {
    /// Adds "do not share this code".
    #[serde(default)]
    pub security_recommendation: bool,
    /// 1 to 90; stands in the footer.
    #[serde(default)]
    pub expires_minutes: Option<u8>,
}

/// Of the variable at this place. Of a picture, video or file it is Meta's handle of a sample, or its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = TemplateExample))]
pub struct Example {
    pub name: String,
    pub place: VariablePlace,
    #[serde(default)]
    pub index: Option<u8>,
    #[serde(default)]
    pub card: Option<u8>,
    pub value: String,
}

impl TemplateParts {
    /// Why no values would make it a message.
    pub fn unfillable(&self) -> Option<String> {
        let reason = |name: &String| format!("This template has a part that Jetto cannot fill in yet ({name}).");
        if let Some(name) = self.unknown.first() {
            return Some(reason(name));
        }
        let cards = self.cards.iter().flat_map(|card| &card.buttons);
        self.buttons.iter().chain(cards).find_map(|button| match &button.action {
            ButtonAction::Other { name } => Some(reason(name)),
            ButtonAction::QuickReply
            | ButtonAction::Url { .. }
            | ButtonAction::PhoneNumber { .. }
            | ButtonAction::CopyCode
            | ButtonAction::Otp { .. }
            | ButtonAction::Flow { .. }
            | ButtonAction::Catalog
            | ButtonAction::Mpm
            | ButtonAction::Spm
            | ButtonAction::VoiceCall
            | ButtonAction::RequestContactInfo => None,
        })
    }
}

impl ButtonAction {
    /// Meta's word.
    pub fn kind(&self) -> &str {
        match self {
            Self::QuickReply => "QUICK_REPLY",
            Self::Url { .. } => "URL",
            Self::PhoneNumber { .. } => "PHONE_NUMBER",
            Self::CopyCode => "COPY_CODE",
            Self::Otp { .. } => "OTP",
            Self::Flow { .. } => "FLOW",
            Self::Catalog => "CATALOG",
            Self::Mpm => "MPM",
            Self::Spm => "SPM",
            Self::VoiceCall => "VOICE_CALL",
            Self::RequestContactInfo => "REQUEST_CONTACT_INFO",
            Self::Other { name } => name,
        }
    }
}
