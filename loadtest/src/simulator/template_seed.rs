//! The templates that every simulated account starts with.

use serde_json::{Value, json};

use super::pricing::Category;
use super::templates::{Quality, Template};

pub(crate) fn templates() -> Vec<Template> {
    let mut templates = Vec::new();
    let mut add = |name: &str, language: &str, category, status: &str, named: bool, components: Value| {
        let id = 300_000_000_000_001 + u64::try_from(templates.len()).unwrap_or(0);
        let quality = if status == "PAUSED" { Quality::Red } else { Quality::Green };
        templates.push(Template {
            id,
            name: name.into(),
            language: language.into(),
            category,
            status: status.into(),
            quality,
            named,
            components,
        });
    };
    add("hello_world", "en_US", Category::Utility, "APPROVED", false, hello());
    for (language, body) in ORDER_SHIPPED {
        add("order_shipped", language, Category::Utility, "APPROVED", false, order_shipped(body));
    }
    for (language, body) in APPOINTMENT {
        add("appointment_reminder", language, Category::Utility, "APPROVED", true, appointment(body));
    }
    for (language, body) in SPRING_SALE {
        add("spring_sale", language, Category::Marketing, "APPROVED", false, spring_sale(body));
    }
    add("invoice_ready", "en", Category::Utility, "APPROVED", false, invoice());
    add("discount_code", "en", Category::Marketing, "APPROVED", false, discount());
    add("verification_code", "en_US", Category::Authentication, "APPROVED", false, verification());
    add("winter_clearance", "en", Category::Marketing, "PAUSED", false, plain("Our winter clearance ends on {{1}}."));
    add("price_list", "en", Category::Marketing, "REJECTED", false, plain("{{1}} is our new price list."));
    add("feedback_request", "en", Category::Utility, "PENDING", false, plain("How was your visit on {{1}}? Tell us."));
    add("garden_news", "en", Category::Marketing, "APPROVED", false, offer(GARDEN_NEWS, None));
    add("member_offer", "en", Category::Marketing, "APPROVED", false, offer(MEMBER_OFFER, Some("Avery")));
    templates
}

const GARDEN_NEWS: &str = "Our spring range is in the shop. Come and have a look.";
const MEMBER_OFFER: &str = "Hi {{1}}! As a member you have 10% off everything until Sunday.";

const ORDER_SHIPPED: [(&str, &str); 6] = [
    ("en", "Hello {{1}}, your order {{2}} has been shipped and arrives on {{3}}."),
    ("es", "Hola {{1}}, tu pedido {{2}} ya ha salido y llega el {{3}}."),
    ("pt_BR", "Olá {{1}}, seu pedido {{2}} foi enviado e chega em {{3}}."),
    ("ar", "مرحبًا {{1}}، تم شحن طلبك رقم {{2}} وسيصل يوم {{3}}."),
    ("hi", "नमस्ते {{1}}, आपका ऑर्डर {{2}} भेज दिया गया है और {{3}} को पहुँचेगा।"),
    ("de", "Hallo {{1}}, deine Bestellung {{2}} ist unterwegs und kommt am {{3}} an."),
];

const APPOINTMENT: [(&str, &str); 3] = [
    ("en", "Hello {{name}}, we look forward to seeing you on {{day}} at {{time}}. Does it still suit you?"),
    ("es", "Hola {{name}}, te esperamos el {{day}} a las {{time}}. ¿Te sigue viniendo bien?"),
    ("ar", "مرحبًا {{name}}، نتطلع إلى رؤيتك يوم {{day}} الساعة {{time}}. هل ما زال الموعد مناسبًا؟"),
];

const SPRING_SALE: [(&str, &str); 3] = [
    ("en", "Hi {{1}}! Everything for the garden is 20% off until {{2}}. Come and see us."),
    ("pt_BR", "Oi {{1}}! Tudo para o jardim com 20% de desconto até {{2}}. Venha nos visitar."),
    ("hi", "नमस्ते {{1}}! बगीचे का सारा सामान {{2}} तक 20% सस्ता है। ज़रूर आइए।"),
];

fn hello() -> Value {
    json!([
        {"type": "HEADER", "format": "TEXT", "text": "Hello World"},
        {"type": "BODY", "text": "Welcome and congratulations!! This message demonstrates your ability to send a template."},
        {"type": "FOOTER", "text": "WhatsApp Business Platform sample message"},
    ])
}

fn order_shipped(body: &str) -> Value {
    json!([
        {"type": "BODY", "text": body, "example": {"body_text": [["Avery", "4821", "12/05"]]}},
        {"type": "FOOTER", "text": "Example Ltd"},
        {"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}", "example": ["https://shop.example/t/4821"]},
        ]},
    ])
}

fn appointment(body: &str) -> Value {
    json!([
        {"type": "HEADER", "format": "TEXT", "text": "Example Ltd"},
        {"type": "BODY", "text": body, "example": {"body_text_named_params": [
            {"param_name": "name", "example": "Avery"},
            {"param_name": "day", "example": "12/05"},
            {"param_name": "time", "example": "16:00"},
        ]}},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Yes"},
            {"type": "QUICK_REPLY", "text": "Change it"},
        ]},
    ])
}

fn spring_sale(body: &str) -> Value {
    json!([
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::aW1hZ2U="]}},
        {"type": "BODY", "text": body, "example": {"body_text": [["Avery", "31 May"]]}},
        {"type": "FOOTER", "text": "Reply STOP to receive no more offers"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Stop promotions"},
        ]},
    ])
}

fn invoice() -> Value {
    json!([
        {"type": "HEADER", "format": "DOCUMENT", "example": {"header_handle": ["4::cGRm"]}},
        {"type": "BODY", "text": "Your invoice {{1}} is attached.", "example": {"body_text": [["2026-118"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "PHONE_NUMBER", "text": "Call us", "phone_number": "+12025550100"}]},
    ])
}

fn discount() -> Value {
    json!([
        {"type": "HEADER", "format": "TEXT", "text": "A gift for {{1}}", "example": {"header_text": ["Avery"]}},
        {"type": "BODY", "text": "Use this code before {{1}} and save.", "example": {"body_text": [["31 May"]]}},
        {"type": "BUTTONS", "buttons": [{"type": "COPY_CODE", "example": "SPRING20"}]},
    ])
}

fn verification() -> Value {
    json!([
        {"type": "BODY", "text": "*{{1}}* is your verification code.", "add_security_recommendation": true,
         "example": {"body_text": [["123456"]]}},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [
            {"type": "URL", "text": "Copy code", "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"},
        ]},
    ])
}

/// Without a file, so that it can be sent as it is.
fn offer(body: &str, example: Option<&str>) -> Value {
    let words = match example {
        Some(example) => json!({"type": "BODY", "text": body, "example": {"body_text": [[example]]}}),
        None => json!({"type": "BODY", "text": body}),
    };
    json!([
        words,
        {"type": "FOOTER", "text": "Reply STOP to receive no more offers"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Stop promotions"},
        ]},
    ])
}

fn plain(body: &str) -> Value {
    json!([{"type": "BODY", "text": body, "example": {"body_text": [["31 May"]]}}])
}
