//! Message templates: what Meta keeps of one, or we before it is submitted; the one builder that fills it in; and what is
//! wrong with it before Meta says so.

mod change;
mod fill;
mod filled;
mod kept;
mod lint;
mod parts;
mod slots;
mod standing;
mod value;

use serde::{Deserialize, Serialize};

pub use change::{TemplateChange, TemplateNews};
pub use fill::{Filled, Form};
pub use filled::{ButtonValue, FilledCard, FilledPart, FilledTemplate, FilledText, HeaderValue, SentFile, SentMedia};
pub use kept::KeptTemplate;
pub use lint::{LintFinding, LintSeverity};
pub use parts::{
    ButtonAction, Card, Example, HeaderKind, LimitedTimeOffer, LoginCode, OtpApp, OtpKind, TemplateButton,
    TemplateHeader, TemplateParts,
};
pub use slots::{ValueKind, VariablePlace, VariableSlot, names_in};
pub use standing::{Category, TemplateQuality, TemplateStatus};
pub use value::{Place, ProductSection, TemplateValue, TemplateVariable};

use crate::content::Media;
use crate::id::MetaTemplateId;
use crate::rejection::Rejection;

/// A template as Meta lists it, or a draft of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Template {
    /// Meta's own id. `None` on a draft that was never submitted.
    pub meta_id: Option<MetaTemplateId>,
    pub name: String,
    /// `pt_BR`: as sends write it.
    pub language: String,
    pub category: Category,
    pub status: TemplateStatus,
    pub quality: TemplateQuality,
    /// Why WhatsApp rejected, paused or disabled it, as far as it says.
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(flatten)]
    pub parts: TemplateParts,
}

impl Template {
    /// Fills in the values; `files` are those of ours that the values name. Whoever fills one template many times makes its
    /// [`Form`] once.
    pub fn fill(&self, values: &[TemplateVariable], files: &[Media]) -> Result<Filled, Rejection> {
        Form::of(self)?.fill(values, files)
    }

    /// The same one, perhaps of another time.
    pub fn is_named_as(&self, other: &Self) -> bool {
        self.name == other.name && self.language == other.language
    }

    /// The variables that want or may have a value.
    pub fn variables(&self) -> Vec<VariableSlot> {
        slots::of(&self.parts, self.category)
    }

    /// Why it cannot be sent now; `None`: it can.
    pub fn unsendable(&self) -> Option<String> {
        self.status.refusal().map(str::to_owned).or_else(|| self.parts.unfillable())
    }
}

/// Templates of tests.
#[cfg(test)]
pub(crate) mod fixture {
    use super::{Category, Template, TemplateParts, TemplateQuality, TemplateStatus};

    pub(crate) fn template(parts: TemplateParts) -> Template {
        Template {
            meta_id: Some("300".parse().unwrap()),
            name: "retorno".into(),
            language: "pt_BR".into(),
            category: Category::Marketing,
            status: TemplateStatus::Approved,
            quality: TemplateQuality::Green,
            reason: None,
            parts,
        }
    }

    pub(crate) fn saying(body: &str) -> TemplateParts {
        TemplateParts { body: body.into(), ..TemplateParts::default() }
    }
}
