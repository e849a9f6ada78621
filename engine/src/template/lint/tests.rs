use super::super::fixture::{saying, template};
use super::super::parts::{Example, LimitedTimeOffer, LoginCode, OtpApp, TemplateButton};
use super::*;

fn example(place: VariablePlace, index: Option<u8>, name: &str) -> Example {
    Example { name: name.into(), place, index, card: None, value: "x".into() }
}

fn body_example(name: &str) -> Example {
    example(VariablePlace::Body, None, name)
}

fn errors(template: &Template) -> Vec<(String, String)> {
    let found = template.lint().into_iter().filter(|finding| finding.severity == LintSeverity::Error);
    found.map(|finding| (finding.place, finding.text)).collect()
}

fn places(parts: TemplateParts) -> Vec<String> {
    errors(&template(parts)).into_iter().map(|(place, _)| place).collect()
}

fn button(text: &str, action: ButtonAction) -> TemplateButton {
    TemplateButton { text: text.into(), action }
}

fn url(text: &str) -> TemplateButton {
    button(text, ButtonAction::Url { url: "https://a.example/x".into() })
}

fn quick(text: &str) -> TemplateButton {
    button(text, ButtonAction::QuickReply)
}

#[test]
fn a_good_template_has_nothing() {
    let parts = TemplateParts {
        examples: vec![body_example("1")],
        footer: Some("Example Ltd".into()),
        buttons: vec![quick("Yes"), quick("No")],
        ..saying("Hello {{1}}, your order is ready.")
    };
    assert_eq!(template(parts).lint(), []);
}

#[test]
fn names_and_languages_have_their_letters() {
    let with = |name: &str, language: &str| {
        errors(&Template { name: name.into(), language: language.into(), ..template(saying("Hello you.")) }).len()
    };
    assert_eq!(with("order_2", "pt_BR"), 0);
    for (name, language) in [("Order", "en"), ("", "en"), ("a b", "en"), ("a", "pt-BR"), ("a", "english"), ("a", "")] {
        assert_eq!(with(name, language), 1, "{name} {language}");
    }
    assert_eq!(with(&"x".repeat(513), "en"), 1);
}

#[test]
fn variables_have_words_on_both_sides_and_no_gaps() {
    let with = |body: &str| {
        let examples = slots::names_in(body).iter().map(|name| body_example(name)).collect();
        places(TemplateParts { examples, ..saying(body) }).len()
    };
    assert_eq!(with("Hello dear {{1}}, see you on {{2}} then."), 0);
    for body in [
        "{{1}} is here.",
        "This is {{1}}",
        "See {{1}} and {{3}} there.",
        "See {{1}} and {{name}} there.",
        "See {{1} there.",
        "See {{First Name}} there.",
        "",
    ] {
        assert!(with(body) > 0, "{body}");
    }
    let few = template(TemplateParts { examples: vec![body_example("1")], ..saying("It {{1}} is.") });
    assert_eq!(few.lint().len(), 1, "a warning: too few words");
}

#[test]
fn a_reviewer_sees_examples() {
    assert_eq!(places(saying("Hello dear {{1}}, welcome here.")), ["body"]);
    let header = Some(TemplateHeader { kind: HeaderKind::Image, text: None });
    assert_eq!(places(TemplateParts { header: header.clone(), ..saying("Hello.") }), ["header"]);
    let examples = vec![example(VariablePlace::Header, None, "file")];
    assert!(places(TemplateParts { header, examples, ..saying("Hello.") }).is_empty());
}

#[test]
fn texts_have_their_lengths() {
    let too_long = TemplateParts {
        header: Some(TemplateHeader { kind: HeaderKind::Text, text: Some("x".repeat(61)) }),
        footer: Some("x".repeat(61)),
        buttons: vec![quick(&"x".repeat(26))],
        ..saying(&"x".repeat(1_025))
    };
    assert_eq!(places(too_long), ["header", "body", "footer", "buttons.0"]);
}

#[test]
fn buttons_are_counted_and_grouped() {
    let with = |buttons: Vec<TemplateButton>| places(TemplateParts { buttons, ..saying("Hello.") });
    assert!(with(vec![quick("A"), quick("B"), url("C"), url("D")]).is_empty());
    assert_eq!(with(vec![quick("A"), url("B"), quick("C")]), ["buttons"]);
    assert_eq!(with(vec![url("A"), url("B"), url("C")]), ["buttons"]);
    assert_eq!(with((0..11).map(|n| quick(&n.to_string())).collect()), ["buttons"]);
    assert_eq!(with(vec![quick("A"), quick("A")]), ["buttons.1"]);
    let call = |phone: &str| button("Call", ButtonAction::PhoneNumber { phone_number: phone.into() });
    assert!(with(vec![call("+12025550100")]).is_empty());
    assert_eq!(with(vec![call("555")]), ["buttons.0"]);
    let leads = |url: &str| vec![button("Go", ButtonAction::Url { url: url.into() })];
    assert_eq!(with(leads("ftp://a")), ["buttons.0"]);
    assert_eq!(with(leads("https://wa.me/1")), ["buttons.0"]);
    assert_eq!(with(vec![button("Go", ButtonAction::Catalog), quick("A")]), ["buttons"]);
}

#[test]
fn an_offer_is_short_and_marketing() {
    let offer = |text: &str| Some(LimitedTimeOffer { text: text.into(), has_expiration: false });
    assert!(places(TemplateParts { offer: offer("Only today"), ..saying("Hello.") }).is_empty());
    assert_eq!(places(TemplateParts { offer: offer("More than 16 letters"), ..saying("Hello.") }), ["offer"]);
    let utility = Template {
        category: Category::Utility,
        ..template(TemplateParts { offer: offer("Today"), footer: Some("x".into()), ..saying("Hello.") })
    };
    assert_eq!(errors(&utility).len(), 2);
}

#[test]
fn a_carousel_has_cards_of_one_shape() {
    let card = |buttons: Vec<TemplateButton>| Card {
        header: Some(TemplateHeader { kind: HeaderKind::Image, text: None }),
        body: String::new(),
        buttons,
    };
    let examples: Vec<_> =
        (0..2).map(|card| Example { card: Some(card), ..example(VariablePlace::Header, None, "file") }).collect();
    let with = |cards| places(TemplateParts { cards, examples: examples.clone(), ..saying("Look.") });
    assert!(with(vec![card(vec![url("A")]), card(vec![url("B")])]).is_empty());
    assert_eq!(with(vec![card(vec![url("A")])]), ["cards"]);
    assert_eq!(with(vec![card(vec![url("A")]), card(vec![quick("B")])]), ["cards.1"]);
    assert_eq!(with(vec![card(vec![]), card(vec![])]), ["cards.0.buttons", "cards.1.buttons"]);
}

#[test]
fn a_login_code_has_one_button() {
    let with = |buttons: Vec<TemplateButton>, expires| {
        let login_code = Some(LoginCode { security_recommendation: true, expires_minutes: expires });
        let parts = TemplateParts { buttons, login_code, ..saying("") };
        errors(&Template { category: Category::Authentication, ..template(parts) }).len()
    };
    let otp = |otp, apps| button("Copy", ButtonAction::Otp { otp, autofill_text: None, apps, terms_accepted: false });
    let app = OtpApp { package_name: "example.app".into(), signature_hash: "K8a/AINcGX7".into() };
    assert_eq!(with(vec![otp(OtpKind::CopyCode, vec![])], Some(10)), 0);
    assert_eq!(with(vec![otp(OtpKind::OneTap, vec![app])], None), 0);
    assert_eq!(with(vec![otp(OtpKind::ZeroTap, vec![])], None), 2, "no app and no terms");
    assert_eq!(with(vec![], None), 1);
    assert_eq!(with(vec![otp(OtpKind::CopyCode, vec![])], Some(91)), 1);
}
