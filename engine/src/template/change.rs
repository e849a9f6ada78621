//! What webhooks say of a template.

use serde::{Deserialize, Serialize};

use super::parts::{ButtonAction, HeaderKind, TemplateButton, TemplateHeader};
use super::standing::{Category, TemplateQuality, TemplateStatus};
use super::{Template, TemplateParts};
use crate::id::WabaId;
use crate::time::Timestamp;

/// An item of a webhook about one template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateNews {
    pub waba: WabaId,
    pub name: String,
    /// As sends write it.
    pub language: String,
    pub change: TemplateChange,
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TemplateChange {
    Status {
        status: TemplateStatus,
        reason: Option<String>,
        category: Option<Category>,
    },
    Quality {
        quality: TemplateQuality,
    },
    Category {
        category: Category,
    },
    /// Only the texts: everything else stays as it was.
    Texts {
        header: Option<String>,
        body: String,
        footer: Option<String>,
        buttons: Vec<(String, Option<String>)>,
    },
}

impl Template {
    /// As it is after the news.
    pub(super) fn changed(&self, change: &TemplateChange) -> Self {
        let mut next = self.clone();
        match change {
            TemplateChange::Status { status, reason, category } => {
                next.status = *status;
                next.reason.clone_from(reason);
                next.category = category.unwrap_or(next.category);
            }
            TemplateChange::Quality { quality } => next.quality = *quality,
            TemplateChange::Category { category } => next.category = *category,
            TemplateChange::Texts { header, body, footer, buttons } => {
                next.parts = texts(&next.parts, header.as_ref(), body, footer.as_ref(), buttons);
            }
        }
        next
    }
}

fn texts(
    before: &TemplateParts,
    header: Option<&String>,
    body: &str,
    footer: Option<&String>,
    buttons: &[(String, Option<String>)],
) -> TemplateParts {
    let mut parts = before.clone();
    body.clone_into(&mut parts.body);
    parts.footer = footer.cloned();
    if let Some(title) = header {
        parts.header = Some(TemplateHeader { kind: HeaderKind::Text, text: Some(title.clone()) });
    }
    // The news do not name buttons without an address by their kind: those that are known stay.
    for (place, (text, url)) in buttons.iter().enumerate() {
        match (parts.buttons.get_mut(place), url) {
            (Some(TemplateButton { text: known, action: ButtonAction::Url { url: leads } }), Some(url)) => {
                known.clone_from(text);
                leads.clone_from(url);
            }
            (Some(button), _) => button.text.clone_from(text),
            (None, Some(url)) => {
                parts
                    .buttons
                    .push(TemplateButton { text: text.clone(), action: ButtonAction::Url { url: url.clone() } });
            }
            (None, None) => {}
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::fixture::{saying, template};

    #[test]
    fn news_change_what_they_name() {
        let before = template(saying("Olá, {{1}}."));
        let paused = before.changed(&TemplateChange::Status {
            status: TemplateStatus::Paused,
            reason: Some("Low quality.".into()),
            category: None,
        });
        assert!(paused.unsendable().unwrap().contains("paused"));
        assert_eq!((paused.category, paused.quality), (before.category, before.quality));
        let worse = before.changed(&TemplateChange::Quality { quality: TemplateQuality::Red });
        assert_eq!((worse.quality, worse.status), (TemplateQuality::Red, before.status));
        let now = before.changed(&TemplateChange::Category { category: Category::Utility });
        assert_eq!(now.category, Category::Utility);
    }

    #[test]
    fn new_texts_leave_the_kinds_of_buttons() {
        let url = ButtonAction::Url { url: "https://a.example/{{1}}".into() };
        let buttons = vec![
            TemplateButton { text: "Track".into(), action: url },
            TemplateButton { text: "Stop".into(), action: ButtonAction::QuickReply },
        ];
        let before = template(TemplateParts { buttons, ..saying("Hello.") });
        let change = TemplateChange::Texts {
            header: None,
            body: "Hello again.".into(),
            footer: Some("Example Ltd".into()),
            buttons: vec![("Follow".into(), Some("https://b.example/{{1}}".into())), ("Stop".into(), None)],
        };
        let parts = before.changed(&change).parts;
        assert_eq!((parts.body.as_str(), parts.footer.as_deref()), ("Hello again.", Some("Example Ltd")));
        let action = ButtonAction::Url { url: "https://b.example/{{1}}".into() };
        assert_eq!(parts.buttons.first(), Some(&TemplateButton { text: "Follow".into(), action }));
        assert_eq!(parts.buttons.get(1).map(|button| &button.action), Some(&ButtonAction::QuickReply));
    }
}
