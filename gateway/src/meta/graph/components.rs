//! A template's values as Meta's `components`: the one place that builds them.

use engine::outgoing::{TemplateVariable, VariablePlace};
use serde::Serialize;

/// The name of the variable of a copy-code button; all others are numbered or named by the template.
pub(super) const COUPON_CODE: &str = "coupon_code";

#[derive(Debug, Serialize, PartialEq, Eq)]
pub(super) struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub_type: Option<&'static str>,
    /// Meta's samples write the index of a button as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<String>,
    parameters: Vec<Parameter<'a>>,
}

#[derive(Debug, Serialize, PartialEq, Eq)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Parameter<'a> {
    Text {
        /// Only where the template names its variables.
        #[serde(skip_serializing_if = "Option::is_none")]
        parameter_name: Option<&'a str>,
        text: &'a str,
    },
    CouponCode {
        coupon_code: &'a str,
    },
}

/// Header, body, then buttons from the first to the last. Places without variables are left out.
pub(super) fn components(variables: &[TemplateVariable]) -> Vec<Component<'_>> {
    let mut components = Vec::new();
    for (place, kind) in [(VariablePlace::Header, "header"), (VariablePlace::Body, "body")] {
        let parameters = parameters(variables, place);
        if !parameters.is_empty() {
            components.push(Component { kind, sub_type: None, index: None, parameters });
        }
    }
    let mut buttons: Vec<_> = variables.iter().filter(|variable| variable.place == VariablePlace::Button).collect();
    buttons.sort_by_key(|button| button.index);
    components.extend(buttons.into_iter().map(button));
    components
}

/// Numbered variables in the order of their numbers, named ones by name.
fn parameters<'a>(variables: &'a [TemplateVariable], place: VariablePlace) -> Vec<Parameter<'a>> {
    let mut placed: Vec<_> = variables.iter().filter(|variable| variable.place == place).collect();
    let number = |variable: &&TemplateVariable| variable.name.parse::<u16>().ok();
    let is_numbered = placed.iter().all(|variable| number(variable).is_some());
    if is_numbered {
        placed.sort_by_key(number);
    }
    let named = |variable: &'a TemplateVariable| (!is_numbered).then_some(variable.name.as_str());
    placed
        .into_iter()
        .map(|variable| Parameter::Text { parameter_name: named(variable), text: variable.value.trim() })
        .collect()
}

fn button(variable: &TemplateVariable) -> Component<'_> {
    let value = variable.value.trim();
    let (sub_type, parameter) = if variable.name == COUPON_CODE {
        ("copy_code", Parameter::CouponCode { coupon_code: value })
    } else {
        ("url", Parameter::Text { parameter_name: None, text: value })
    };
    Component {
        kind: "button",
        sub_type: Some(sub_type),
        index: Some(variable.index.unwrap_or(0).to_string()),
        parameters: vec![parameter],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn variable(name: &str, place: VariablePlace, index: Option<u8>, value: &str) -> TemplateVariable {
        TemplateVariable { name: name.into(), place, index, value: value.into() }
    }

    #[test]
    fn numbered_variables_go_by_number() {
        let variables = [
            variable("10", VariablePlace::Body, None, "ten"),
            variable("2", VariablePlace::Body, None, "two"),
            variable("1", VariablePlace::Body, None, " one "),
        ];
        let expected = json!([{"type": "body", "parameters": [
            {"type": "text", "text": "one"}, {"type": "text", "text": "two"}, {"type": "text", "text": "ten"}
        ]}]);
        assert_eq!(serde_json::to_value(components(&variables)).unwrap(), expected);
    }

    #[test]
    fn named_variables_go_by_name_and_buttons_by_place() {
        let variables = [
            variable("coupon_code", VariablePlace::Button, Some(1), "SPRING"),
            variable("1", VariablePlace::Button, Some(0), "a/b"),
            variable("first_name", VariablePlace::Body, None, "Marina"),
            variable("shop", VariablePlace::Header, None, "Kasturi"),
        ];
        let expected = json!([
            {"type": "header", "parameters": [{"type": "text", "parameter_name": "shop", "text": "Kasturi"}]},
            {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Marina"}]},
            {"type": "button", "sub_type": "url", "index": "0", "parameters": [{"type": "text", "text": "a/b"}]},
            {"type": "button", "sub_type": "copy_code", "index": "1",
             "parameters": [{"type": "coupon_code", "coupon_code": "SPRING"}]},
        ]);
        assert_eq!(serde_json::to_value(components(&variables)).unwrap(), expected);
    }

    #[test]
    fn a_template_without_variables_has_no_components() {
        assert!(components(&[]).is_empty());
    }
}
