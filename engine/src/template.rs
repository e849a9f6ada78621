//! A template as Meta lists it, and the one builder that fills it in.

use serde::{Deserialize, Serialize};

use crate::content::TemplateContent;
use crate::outgoing::{TemplateVariable, VariablePlace};
use crate::rejection::Rejection;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Template {
    pub name: String,
    pub language: String,
    pub category: String,
    pub status: String,
    pub quality: String,
    pub header: Option<TemplateHeader>,
    pub body: String,
    pub footer: Option<String>,
    pub buttons: Vec<TemplateButton>,
    pub variables: Vec<VariableSlot>,
    pub sendable: bool,
    pub unsendable_reason: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateHeader {
    pub kind: HeaderKind,
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
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TemplateButton {
    pub kind: String,
    pub text: String,
    pub url: Option<String>,
}

/// A variable that wants a value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariableSlot {
    pub name: String,
    pub place: VariablePlace,
    pub index: Option<u8>,
    pub example: Option<String>,
}

/// Longest value of one variable in characters: the body may have 1,024 in all.
const VALUE_MAX: usize = 1024;

impl Template {
    /// The variables that `text` names: `{{1}}`, `{{first_name}}`, in order, each once.
    pub fn variables_in(text: &str) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for part in text.split("{{").skip(1) {
            if let Some((name, _)) = part.split_once("}}") {
                let name = name.trim();
                if !name.is_empty() && !names.iter().any(|known| known == name) {
                    names.push(name.to_owned());
                }
            }
        }
        names
    }

    /// Fills in the values. Anything that Meta would refuse (132000, 132012) is refused here first.
    pub fn fill(&self, values: &[TemplateVariable]) -> Result<TemplateContent, Rejection> {
        if !self.sendable {
            let reason = self.unsendable_reason.clone().unwrap_or_else(|| "This template cannot be sent.".to_owned());
            return Err(Rejection::BadTemplate(reason));
        }
        let mut parameters = Vec::with_capacity(self.variables.len());
        for slot in &self.variables {
            let value = value_of(values, slot)
                .ok_or_else(|| Rejection::BadTemplate(format!("Variable {{{{{}}}}} is empty.", slot.name)))?;
            if value.chars().count() > VALUE_MAX {
                return Err(Rejection::BadTemplate(format!("Variable {{{{{}}}}} is too long.", slot.name)));
            }
            if value.contains(['\n', '\t']) || value.contains("     ") {
                let text = format!("Variable {{{{{}}}}} has a line break, a tab or more than four spaces.", slot.name);
                return Err(Rejection::BadTemplate(text));
            }
            parameters.push(value.to_owned());
        }
        if values.len() > self.variables.len() {
            return Err(Rejection::BadTemplate("There are more values than the template has variables.".to_owned()));
        }
        let filled = |text: &str, place| self.filled(text, place, values);
        Ok(TemplateContent {
            name: self.name.clone(),
            language: self.language.clone(),
            category: self.category.clone(),
            header: self
                .header
                .as_ref()
                .and_then(|header| header.text.as_deref())
                .map(|text| filled(text, VariablePlace::Header)),
            body: filled(&self.body, VariablePlace::Body),
            footer: self.footer.clone(),
            buttons: self.buttons.iter().map(|button| button.text.clone()).collect(),
            parameters,
        })
    }

    fn filled(&self, text: &str, place: VariablePlace, values: &[TemplateVariable]) -> String {
        let mut out = String::with_capacity(text.len());
        let mut parts = text.split("{{");
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let Some((name, rest)) = part.split_once("}}") else {
                out.push_str("{{");
                out.push_str(part);
                continue;
            };
            let slot = self.variables.iter().find(|slot| slot.place == place && slot.name == name.trim());
            out.push_str(slot.and_then(|slot| value_of(values, slot)).unwrap_or_default());
            out.push_str(rest);
        }
        out
    }
}

fn value_of<'a>(values: &'a [TemplateVariable], slot: &VariableSlot) -> Option<&'a str> {
    values
        .iter()
        .find(|value| value.place == slot.place && value.index == slot.index && value.name == slot.name)
        .map(|value| value.value.trim())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Template {
        Template {
            name: "retorno".into(),
            language: "pt_BR".into(),
            category: "UTILITY".into(),
            status: "APPROVED".into(),
            quality: "GREEN".into(),
            header: None,
            body: "Olá, {{1}}. Até {{2}}.".into(),
            footer: None,
            buttons: Vec::new(),
            variables: Template::variables_in("Olá, {{1}}. Até {{2}}.")
                .into_iter()
                .map(|name| VariableSlot { name, place: VariablePlace::Body, index: None, example: None })
                .collect(),
            sendable: true,
            unsendable_reason: None,
        }
    }

    fn value(name: &str, value: &str) -> TemplateVariable {
        TemplateVariable { name: name.into(), place: VariablePlace::Body, index: None, value: value.into() }
    }

    #[test]
    fn the_values_stand_in_the_text() {
        let filled = template().fill(&[value("2", "sexta"), value("1", "Marina")]).unwrap();
        assert_eq!(filled.body, "Olá, Marina. Até sexta.");
        assert_eq!(filled.parameters, ["Marina", "sexta"]);
    }

    #[test]
    fn an_empty_a_surplus_and_a_broken_value_are_refused() {
        assert!(template().fill(&[value("1", "Marina"), value("2", " ")]).is_err());
        assert!(template().fill(&[value("1", "a"), value("2", "b"), value("3", "c")]).is_err());
        assert!(template().fill(&[value("1", "a\nb"), value("2", "b")]).is_err());
    }
}
