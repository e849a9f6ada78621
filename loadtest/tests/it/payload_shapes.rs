//! Each builder has the key paths and JSON types of Meta's sample.

use std::collections::BTreeSet;

use loadtest::payload::account::{self, Preference, TemplateName};
use loadtest::payload::coexistence::{self, PastMessage};
use loadtest::payload::content::Card;
use loadtest::payload::status::{Conversation, Failure, Pricing};
use loadtest::payload::{
    Bsuid, Content, Context, Inbound, Line, MediaReference, Phone, Referral, Sender, State, Status, Update, Wamid,
    webhook,
};
use serde_json::Value;

fn line() -> Line {
    Line { waba: "100000000000001".into(), number: "200000000000001".into(), display: "12025550100".into() }
}

fn avery() -> Sender {
    Sender {
        name: Some("Avery Sample".into()),
        username: None,
        phone: Some("12025550123".into()),
        bsuid: Some("US.10000000000000000123".into()),
    }
}

fn blake(phone: Option<&str>) -> Sender {
    Sender {
        name: Some("Blake Sample".into()),
        username: Some("blake.sample".into()),
        phone: phone.map(Phone::from),
        bsuid: Some(Bsuid::from("GB.20000000000000000145")),
    }
}

fn inbound(content: Content) -> Inbound {
    Inbound::new(line(), avery(), "wamid.x".into(), 1_795_392_001, content)
}

fn text() -> Content {
    Content::Text { body: "hello".into() }
}

fn file(url: bool) -> MediaReference {
    MediaReference {
        id: "900".into(),
        mime: "image/jpeg".into(),
        sha256: "x".into(),
        url: url.then(|| "https://lookaside.example/x".into()),
    }
}

fn ours() -> Context {
    Context::Reply { from: "12025550100".into(), id: "wamid.ours".into() }
}

/// `path: type` of every leaf and container; items of an array share a path.
fn shape(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(items) => {
            for item in items {
                shape(item, &format!("{path}[]"), found);
            }
            "array"
        }
        Value::Object(members) => {
            for (key, member) in members {
                shape(member, &format!("{path}.{key}"), found);
            }
            "object"
        }
    };
    found.insert(format!("{path}: {kind}"));
}

fn assert_same_shape(sample: &str, update: &Update) {
    let path = format!("{}/tests/samples/{sample}.json", env!("CARGO_MANIFEST_DIR"));
    let wanted: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let (mut ours, mut metas) = (BTreeSet::new(), BTreeSet::new());
    shape(&webhook([update]), "", &mut ours);
    shape(&wanted, "", &mut metas);
    assert_eq!(ours, metas, "{sample}");
    assert_eq!(update.field, wanted["entry"][0]["changes"][0]["field"], "{sample}");
}

#[test]
fn inbound_messages_have_the_shape_of_the_samples() {
    let caption = Some("caption".to_owned());
    let card = Card {
        first_name: "Casey".into(),
        last_name: "Example".into(),
        company: Some("Example Ltd".into()),
        phone: "12025550167".into(),
        email: Some("casey@example.com".into()),
    };
    let location = Content::Location {
        latitude: 37.4,
        longitude: -122.1,
        name: caption.clone(),
        address: caption.clone(),
        url: caption.clone(),
    };
    let reaction = Content::Reaction { message_id: "wamid.ours".into(), emoji: Some("👍".into()) };
    let unsupported = Content::Unsupported {
        kind_of: Some("poll_creation".into()),
        code: 131_051,
        title: "Message type unknown".into(),
        details: "Message type is currently not supported.".into(),
    };
    let moved = Content::NumberChanged {
        body: "moved".into(),
        new_phone: "12025550188".into(),
        new_bsuid: "US.188".into(),
        previous_bsuid: "US.123".into(),
    };
    let cases = [
        ("in_text", text()),
        ("in_image", Content::Image { media: file(true), caption: caption.clone() }),
        ("in_image_without_url", Content::Image { media: file(false), caption: None }),
        ("in_video", Content::Video { media: file(true), caption: caption.clone() }),
        ("in_audio_voice", Content::Audio { media: file(true), voice: true }),
        ("in_document", Content::Document { media: file(true), filename: "a.pdf".into(), caption }),
        ("in_sticker", Content::Sticker { media: file(true), animated: false }),
        ("in_location", location),
        ("in_contacts", Content::Contacts { cards: vec![card] }),
        ("in_reaction", reaction),
        ("in_unsupported_131051", unsupported),
        ("in_system_user_changed_number", moved),
    ];
    for (sample, content) in cases {
        assert_same_shape(sample, &inbound(content).update());
    }
}

#[test]
fn answers_to_our_messages_have_the_shape_of_the_samples() {
    let choice = |id: &str| (id.to_owned(), "title".to_owned());
    let (id, title) = choice("slot-1600");
    let cases = [
        ("in_interactive_button_reply", Content::ButtonReply { id: id.clone(), title: title.clone() }),
        ("in_interactive_list_reply", Content::ListReply { id, title: title.clone(), description: Some(title) }),
        ("in_interactive_call_permission_reply", Content::CallPermission { accept: true, expires_at_s: 1 }),
        ("in_button_template_quick_reply", Content::TemplateButton { payload: "optout".into(), text: "Stop".into() }),
        ("in_text_reply", text()),
    ];
    for (sample, content) in cases {
        assert_same_shape(sample, &Inbound { context: Some(ours()), ..inbound(content) }.update());
    }
}

#[test]
fn forwarded_advertised_and_grouped_texts_have_the_shape_of_the_samples() {
    let product = Context::Product {
        from: "12025550100".into(),
        id: "wamid.ours".into(),
        catalog_id: "300".into(),
        product_retailer_id: "sku-0001".into(),
    };
    let cases = [
        ("in_text_forwarded", Context::Forwarded),
        ("in_text_frequently_forwarded", Context::FrequentlyForwarded),
        ("in_text_product_inquiry", product),
    ];
    for (sample, context) in cases {
        assert_same_shape(sample, &Inbound { context: Some(context), ..inbound(text()) }.update());
    }
    let referral = Referral {
        source_url: "https://fb.me/x".into(),
        source_id: "120".into(),
        headline: "Chat with us".into(),
        body: "Spring".into(),
        image_url: "https://x.example/ad.jpg".into(),
        ctwa_clid: Some("click".into()),
        welcome: Some("Hi".into()),
    };
    assert_same_shape("in_text_ctwa_referral", &Inbound { referral: Some(referral), ..inbound(text()) }.update());
    let group = Inbound { group_id: Some("Y2Fw".into()), ..inbound(text()) };
    assert_same_shape("in_group_text", &group.update());
    let shared = Inbound { sender: blake(Some("447700900145")), ..inbound(text()) };
    assert_same_shape("in_text_username_with_phone", &shared.update());
    let card = Content::SharedContact { name: "Blake Sample".into(), phone: "447700900145".into() };
    let shared = Inbound { sender: blake(None), ..inbound(card) };
    assert_same_shape("in_contacts_request_contact_info", &shared.update());
}

fn status(state: State) -> Status {
    Status {
        line: line(),
        id: Wamid::from("wamid.ours"),
        state,
        at_s: 1_795_392_040,
        recipient_id: Some("12025550123".into()),
        recipient_bsuid: Some("US.10000000000000000123".into()),
        contact: Some(avery()),
        pricing: None,
        conversation: None,
        failure: None,
        callback_data: None,
    }
}

#[test]
fn statuses_have_the_shape_of_the_samples() {
    let pricing = |category| Some(Pricing { billable: true, kind: "regular", category });
    let conversation = |expires_at_s| Some(Conversation { id: "c0ffee".into(), expires_at_s, origin: "utility" });
    let delivered = Status { pricing: pricing("service"), ..status(State::Delivered) };
    let marketing =
        Status { pricing: pricing("marketing"), callback_data: Some("campaign=42".into()), ..status(State::Sent) };
    let old = Status { pricing: pricing("utility"), conversation: conversation(Some(1)), ..status(State::Sent) };
    let free = Status { conversation: conversation(None), ..delivered.clone() };
    let cases = [
        ("st_sent_marketing", marketing),
        ("st_sent_v23_with_conversation", old),
        ("st_delivered_service_charged", delivered.clone()),
        ("st_delivered_service_free_tier", delivered.clone()),
        ("st_delivered_utility_in_window_charged", delivered),
        ("st_delivered_free_entry_point", free),
        ("st_read_no_pricing", status(State::Read)),
        ("st_played_voice", status(State::Played)),
    ];
    for (sample, status) in cases {
        assert_same_shape(sample, &status.update());
    }
    for sample in [
        "st_failed_131026_undeliverable",
        "st_failed_131047_window",
        "st_failed_131049_ecosystem",
        "st_failed_131050_opted_out",
    ] {
        let failure = Some(Failure { code: 131_026, title: "title".into(), details: "details".into() });
        let failed = Status { contact: None, recipient_bsuid: None, failure, ..status(State::Failed) };
        assert_same_shape(sample, &failed.update());
    }
}

#[test]
fn account_changes_have_the_shape_of_the_samples() {
    let (waba, at) = (line().waba, 1_795_392_000);
    let template = TemplateName { id: 300_000_000_000_001, name: "order_shipped".into(), language: "en_US".into() };
    let display = Phone::from("12025550100");
    let cases = [
        ("ac_template_status_approved", account::template_approved(&waba, at, &template, "UTILITY")),
        ("ac_template_status_rejected", account::template_rejected(&waba, at, &template, "MARKETING", "why")),
        ("ac_template_status_paused", account::template_paused(&waba, at, &template, "MARKETING")),
        ("ac_template_status_disabled", account::template_disabled(&waba, at, &template, "MARKETING")),
        ("ac_template_quality", account::template_quality(&waba, at, &template, "GREEN", "YELLOW")),
        (
            "ac_template_category_completed",
            account::template_recategorised(&waba, at, &template, "UTILITY", "MARKETING"),
        ),
        ("ac_business_capability", account::limit_raised(&waba, at, Some(2_000))),
        ("ac_phone_name_approved", account::name_approved(&waba, at, &display, "Example Ltd")),
        ("ac_account_update_disabled", account::account_disabled(&waba, at, "November 23, 2026")),
        (
            "ac_account_update_restriction",
            account::account_restricted(&waba, at, "RESTRICTED_BIZ_INITIATED_MESSAGING", at),
        ),
    ];
    for (sample, update) in cases {
        assert_same_shape(sample, &update);
    }
    let sender = avery();
    let (phone, bsuid) = (sender.phone.clone(), sender.bsuid.clone());
    let stop = account::preference(&line(), &Preference { sender, phone, bsuid, stop: true, at_s: at });
    assert_same_shape("up_stop", &stop);
}

#[test]
fn coexistence_and_calls_have_the_shape_of_the_samples() {
    let phone = Phone::from("12025550123");
    let synced = coexistence::contact_synced(&line(), "Avery Sample", "Avery", &phone, 1_795_392_000);
    assert_same_shape("co_app_state_sync", &synced);
    let past = [
        PastMessage { from_us: true, id: "wamid.1".into(), at_s: 1, content: Some(text()), status: "READ" },
        PastMessage { from_us: false, id: "wamid.2".into(), at_s: 2, content: None, status: "PLAYED" },
    ];
    assert_same_shape("co_history_chunk", &coexistence::history(&line(), &phone, &past, 55));
    assert_same_shape("call_connect_user_initiated", &coexistence::call_connected(&line(), &avery(), "wacid.1", 3));
}
