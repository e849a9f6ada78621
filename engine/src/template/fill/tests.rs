use serde_json::json;

use super::super::fixture::{saying, template};
use super::super::parts::{Card, LimitedTimeOffer, OtpKind, TemplateParts};
use super::super::value::Place;
use super::*;
use crate::content::MediaState;
use crate::id::MediaId;
use crate::time::Timestamp;

fn given(place: VariablePlace, index: Option<u8>, name: &str, value: TemplateValue) -> TemplateVariable {
    TemplateVariable { name: name.into(), place, index, card: None, value }
}

fn text(name: &str, value: &str) -> TemplateVariable {
    given(VariablePlace::Body, None, name, value.into())
}

fn header(kind: HeaderKind) -> TemplateHeader {
    TemplateHeader { kind, text: None }
}

fn button(text: &str, action: ButtonAction) -> TemplateButton {
    TemplateButton { text: text.into(), action }
}

fn file(mime: &str, size: u64) -> Media {
    Media {
        id: MediaId::from_bytes([7; 16]),
        state: MediaState::Ready,
        mime: mime.into(),
        size: Some(size),
        filename: Some("list.pdf".into()),
        reason: None,
    }
}

fn refusal(filled: Result<Filled, Rejection>) -> String {
    match filled {
        Err(Rejection::BadTemplate(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_values_stand_in_the_text_and_leave_in_the_order_of_their_numbers() {
    let template = template(saying("Até {{2}}, {{1}}. Sim, {{2}}!"));
    let filled = template.fill(&[text("2", "sexta"), text("1", " Marina ")], &[]).unwrap();
    assert_eq!(filled.content.body, "Até sexta, Marina. Sim, sexta!");
    assert_eq!(filled.content.parameters, ["Marina", "sexta"]);
    let texts = ["Marina", "sexta"].map(|text| FilledText { name: None, text: text.into() });
    assert_eq!(filled.sent.parts, [FilledPart::Body(texts.into())]);
}

#[test]
fn named_variables_leave_with_their_names() {
    let filled = template(saying("Hi {{first_name}}, hi.")).fill(&[text("first_name", "Avery")], &[]).unwrap();
    let named = FilledText { name: Some("first_name".into()), text: "Avery".into() };
    assert_eq!(filled.sent.parts, [FilledPart::Body(vec![named])]);
}

#[test]
fn a_wrong_count_of_values_is_refused() {
    let template = template(saying("Olá, {{1}}. Até {{2}}."));
    let fill = |values: &[TemplateVariable]| refusal(template.fill(values, &[]));
    assert_eq!(fill(&[text("1", "Marina")]), "The variable {{2}} of the body is empty.");
    assert_eq!(fill(&[text("1", "Marina"), text("2", " ")]), "The variable {{2}} of the body is empty.");
    assert!(fill(&[text("1", "a"), text("2", "b"), text("3", "c")]).contains("{{3}}"));
    assert!(fill(&[text("1", "a"), text("2", "b"), text("2", "c")]).contains("two values"));
}

#[test]
fn a_value_that_meta_would_not_take_is_refused() {
    let template = template(saying("Olá, {{1}}. Até."));
    for value in ["a\nb", "a\tb", "a     b", &"x".repeat(1_025)] {
        refusal(template.fill(&[text("1", value)], &[]));
    }
    refusal(
        template
            .fill(&[given(VariablePlace::Body, None, "1", TemplateValue::Expiry { expires_at: Timestamp(1) })], &[]),
    );
}

#[test]
fn a_text_that_grows_too_long_is_refused() {
    let body = format!("{} {{{{1}}}} end", "x".repeat(1_000));
    let template = template(saying(&body));
    assert!(template.fill(&[text("1", &"é".repeat(19))], &[]).is_ok(), "characters count, not bytes");
    assert!(refusal(template.fill(&[text("1", &"é".repeat(20))], &[])).contains("1024"));
}

#[test]
fn a_file_of_ours_has_to_be_here_and_of_the_right_kind() {
    let image = template(TemplateParts { header: Some(header(HeaderKind::Image)), ..saying("Look.") });
    let value = |filename: Option<&str>| {
        let value =
            TemplateValue::File { media_id: MediaId::from_bytes([7; 16]), filename: filename.map(str::to_owned) };
        [given(VariablePlace::Header, None, "file", value)]
    };
    assert!(image.fill(&value(None), &[file("image/png", 9)]).is_ok());
    assert!(refusal(image.fill(&value(None), &[])).contains("not here"));
    assert!(refusal(image.fill(&value(None), &[file("image/gif", 9)])).contains("JPEG or PNG"));
    assert!(refusal(image.fill(&value(None), &[file("image/png", 6 << 20)])).contains("5 MB"));
    let document = template(TemplateParts { header: Some(header(HeaderKind::Document)), ..saying("Look.") });
    let filled = document.fill(&value(Some("Prices.pdf")), &[file("application/pdf", 9)]).unwrap();
    assert_eq!(filled.content.header.as_deref(), Some("Prices.pdf"));
    let names: Vec<_> = filled.sent.files().iter().map(|file| file.filename.as_deref()).collect();
    assert_eq!(names, [Some("Prices.pdf")]);
    let link = TemplateValue::Link { link: "https://a.example/p/list.pdf?x=1".into(), filename: None };
    let filled = document.fill(&[given(VariablePlace::Header, None, "file", link)], &[]).unwrap();
    assert!(matches!(filled.sent.parts.first(),
        Some(FilledPart::Header(HeaderValue::Document { filename: Some(name), .. })) if name == "list.pdf"));
}

#[test]
fn a_login_code_goes_into_the_text_and_the_button() {
    let otp = ButtonAction::Otp { otp: OtpKind::CopyCode, autofill_text: None, apps: vec![], terms_accepted: false };
    let parts = TemplateParts { buttons: vec![button("Copy", otp)], ..saying("*{{1}}* is your code.") };
    let login = Template { category: Category::Authentication, ..template(parts) };
    let filled = login.fill(&[text("1", "123456")], &[]).unwrap();
    let code = ButtonValue::UrlSuffix("123456".into());
    assert_eq!(filled.sent.parts.get(1), Some(&FilledPart::Button { index: 0, value: code }));
    assert!(refusal(login.fill(&[text("1", &"1".repeat(16))], &[])).contains("15"));
}

#[test]
fn buttons_take_what_they_want_and_need_not_have_what_they_may() {
    let parts = TemplateParts {
        buttons: vec![
            button("Yes", ButtonAction::QuickReply),
            button("Track", ButtonAction::Url { url: "https://a.example/{{1}}".into() }),
            button("", ButtonAction::CopyCode),
        ],
        ..saying("Hello.")
    };
    let template = template(parts);
    let press = |index, name: &str, value: &str| given(VariablePlace::Button, Some(index), name, value.into());
    let needed = [press(1, "1", "x/9"), press(2, "coupon_code", "SPRING")];
    assert_eq!(template.fill(&needed, &[]).unwrap().sent.parts.len(), 2);
    let [suffix, code] = needed;
    let all = [press(0, "payload", "yes:4821"), suffix.clone(), code.clone()];
    let filled = template.fill(&all, &[]).unwrap();
    let payload = FilledPart::Button { index: 0, value: ButtonValue::Payload("yes:4821".into()) };
    assert_eq!(filled.sent.parts.first(), Some(&payload));
    refusal(template.fill(&[press(1, "1", "a b"), code], &[]));
    refusal(template.fill(&[suffix, press(2, "coupon_code", &"C".repeat(16))], &[]));
}

#[test]
fn an_offer_ends_at_a_time_in_milliseconds() {
    let offer = Some(LimitedTimeOffer { text: "Now!".into(), has_expiration: true });
    let template = template(TemplateParts { offer, ..saying("Hello.") });
    let ends =
        |at| [given(VariablePlace::Offer, None, "expires_at", TemplateValue::Expiry { expires_at: Timestamp(at) })];
    let filled = template.fill(&ends(1_795_392_000_000), &[]).unwrap();
    assert_eq!(filled.sent.parts, [FilledPart::Offer { expires_at: Timestamp(1_795_392_000_000) }]);
    assert!(refusal(template.fill(&ends(1_795_392_000), &[])).contains("milliseconds"));
}

#[test]
fn each_card_has_its_own_values() {
    let card = |text: &str| Card {
        header: Some(header(HeaderKind::Image)),
        body: text.into(),
        buttons: vec![button("Buy", ButtonAction::Url { url: "https://a.example/{{1}}".into() })],
    };
    let cards = vec![card("Now {{1}} only."), card("As ever.")];
    let template = template(TemplateParts { cards, ..saying("Look.") });
    let on = |card, variable: TemplateVariable| TemplateVariable { card: Some(card), ..variable };
    let link = || {
        let link = TemplateValue::Link { link: "https://a.example/a.png".into(), filename: None };
        given(VariablePlace::Header, None, "file", link)
    };
    let buy = || given(VariablePlace::Button, Some(0), "1", "9".into());
    let mut values = vec![on(0, link()), on(0, text("1", "9 €")), on(0, buy()), on(1, link()), on(1, buy())];
    let filled = template.fill(&values, &[]).unwrap();
    assert_eq!(filled.content.cards.first().map(|card| card.body.as_str()), Some("Now 9 € only."));
    let Some(FilledPart::Carousel(cards)) = filled.sent.parts.first() else { panic!("no cards") };
    assert_eq!(cards.iter().map(|card| (card.index, card.parts.len())).collect::<Vec<_>>(), [(0, 3), (1, 2)]);
    values.pop();
    assert_eq!(refusal(template.fill(&values, &[])), "The end of the address of button 1 on card 2 is empty.");
}

#[test]
fn a_place_lies_on_earth() {
    let template = template(TemplateParts { header: Some(header(HeaderKind::Location)), ..saying("Here.") });
    let at = |latitude| {
        let place = Place { latitude, longitude: 2.0, name: "Shop".into(), address: "1 Road".into() };
        [given(VariablePlace::Header, None, "location", TemplateValue::Location(place))]
    };
    assert!(template.fill(&at(48.0), &[]).is_ok());
    refusal(template.fill(&at(91.0), &[]));
    refusal(template.fill(&at(f64::NAN), &[]));
}

#[test]
fn what_cannot_be_sent_says_why() {
    let paused = Template { status: super::super::TemplateStatus::Paused, ..template(saying("Hello.")) };
    assert!(refusal(paused.fill(&[], &[])).contains("paused"));
    let odd = template(TemplateParts { unknown: vec!["hologram".into()], ..saying("Hello.") });
    assert!(refusal(odd.fill(&[], &[])).contains("(hologram)"));
}

#[test]
fn values_are_written_shortly() {
    let read = |json| serde_json::from_value::<TemplateValue>(json);
    assert_eq!(read(json!("Avery")).unwrap(), "Avery".into());
    let id = MediaId::from_bytes([7; 16]);
    assert_eq!(read(json!({"media_id": id})).unwrap(), TemplateValue::File { media_id: id, filename: None });
    assert!(matches!(read(json!({"link": "https://a.example"})), Ok(TemplateValue::Link { .. })));
    assert!(matches!(read(json!({"expires_at": 1})), Ok(TemplateValue::Expiry { .. })));
    assert!(matches!(read(json!({"flow_token": "x"})), Ok(TemplateValue::Flow { .. })));
    assert!(read(json!({"nothing": 1})).unwrap_err().to_string().contains("a value is a text"));
}
