use super::Findings;
use super::texts;
use crate::template::parts::{ButtonAction, TemplateButton};
use crate::template::slots;

const BUTTONS_MAX: usize = 10;
const CARD_BUTTONS_MAX: usize = 2;
const URLS_MAX: usize = 2;
const TEXT_MAX: usize = 25;
const URL_MAX: usize = 2_000;
const PHONE_MAX: usize = 20;
/// Those with more are not shown by the desktop app.
const SHOWN_EVERYWHERE: usize = 3;

pub(super) fn of_message(buttons: &[TemplateButton], found: &mut Findings) {
    let kinds: Vec<_> = buttons.iter().map(|button| button.action.kind()).collect();
    let count = |kind: &str| kinds.iter().filter(|one| **one == kind).count();
    if buttons.len() > BUTTONS_MAX {
        found.error("buttons", format!("A template has at most {BUTTONS_MAX} buttons."));
    }
    for (kind, max) in
        [("URL", URLS_MAX), ("PHONE_NUMBER", 1), ("COPY_CODE", 1), ("FLOW", 1), ("VOICE_CALL", 1), ("SPM", 1)]
    {
        if count(kind) > max {
            found.error("buttons", format!("A template has at most {max} buttons of the kind {kind}."));
        }
    }
    if buttons.len() > 1 && kinds.iter().any(|kind| matches!(*kind, "CATALOG" | "MPM" | "FLOW")) {
        found.error("buttons", "A button for a catalog, products or a flow stands alone.");
    }
    let quick = count("QUICK_REPLY");
    let mut grouped = kinds.clone();
    grouped.dedup_by(|one, other| (*one == "QUICK_REPLY") == (*other == "QUICK_REPLY"));
    if quick > 0 && grouped.len() > 2 {
        found.error("buttons", "Quick replies stand together: all before or all behind the other buttons.");
    }
    if buttons.len() > SHOWN_EVERYWHERE || (quick > 0 && quick < buttons.len()) {
        found.warn(
            "buttons",
            "People on the desktop app do not see this message: it has more than 3 buttons, or mixed ones.",
        );
    }
    each("buttons", buttons, found);
}

pub(super) fn of_card(place: &str, buttons: &[TemplateButton], found: &mut Findings) {
    if buttons.is_empty() || buttons.len() > CARD_BUTTONS_MAX {
        found.error(format!("{place}.buttons"), format!("A card has 1 to {CARD_BUTTONS_MAX} buttons."));
    }
    each(&format!("{place}.buttons"), buttons, found);
}

fn each(place: &str, buttons: &[TemplateButton], found: &mut Findings) {
    for (index, button) in buttons.iter().enumerate() {
        let here = format!("{place}.{index}");
        // WhatsApp writes that one itself.
        if button.action != ButtonAction::CopyCode {
            if button.text.trim().is_empty() {
                found.error(&here, "The button has no text.");
            }
            found.length(&here, &button.text, TEXT_MAX);
            let before = buttons.iter().take(index);
            if !button.text.is_empty() && before.into_iter().any(|other| other.text == button.text) {
                found.error(&here, "Two buttons have the same text.");
            }
        }
        if !slots::names_in(&button.text).is_empty() {
            found.error(&here, "The text of a button has no variables.");
        }
        match &button.action {
            ButtonAction::Url { url } => lint_url(&here, url, found),
            ButtonAction::PhoneNumber { phone_number } => lint_phone(&here, phone_number, found),
            ButtonAction::Flow { flow_id, .. } => {
                if flow_id.as_deref().is_none_or(|id| id.trim().is_empty()) {
                    found.error(&here, "The button does not say which flow it opens.");
                }
            }
            ButtonAction::Otp { .. } => {
                found.error(&here, "Only an authentication template has a button for its code.");
            }
            ButtonAction::QuickReply
            | ButtonAction::CopyCode
            | ButtonAction::Catalog
            | ButtonAction::Mpm
            | ButtonAction::Spm
            | ButtonAction::VoiceCall
            | ButtonAction::RequestContactInfo
            | ButtonAction::Other { .. } => {}
        }
    }
}

fn lint_url(place: &str, url: &str, found: &mut Findings) {
    found.length(place, url, URL_MAX);
    if !url.starts_with("https://") && !url.starts_with("http://") {
        found.error(place, "The address begins with https://.");
    }
    texts::braces(place, url, found);
    let names = slots::names_in(url);
    if names.len() > 1 || (!names.is_empty() && !url.ends_with("}}")) {
        found.error(place, "An address has one variable at most, at its end.");
    }
    if ["//wa.me/", "//api.whatsapp.com/"].iter().any(|host| url.contains(host)) {
        found.error(place, "WhatsApp refuses buttons that lead to WhatsApp.");
    }
}

fn lint_phone(place: &str, phone: &str, found: &mut Findings) {
    found.length(place, phone, PHONE_MAX);
    let digits = phone.bytes().filter(u8::is_ascii_digit).count();
    if !phone.starts_with('+') || digits < 7 {
        found.error(place, "A phone number begins with + and the code of its country.");
    }
}
