//! The body of `POST /{number}/messages`.

use engine::content::ContentKind;
use engine::delivery::{Failure, FailureAction};
use engine::outgoing::{Outgoing, OutgoingBody};
use engine::ports::{ReadReceipt, Uploads};
use serde::Serialize;

use super::components::{Component, components};

#[derive(Serialize)]
pub(super) struct Request<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    /// With `+`: without it Meta reads a local number of the business's country.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
    biz_opaque_callback_data: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    body: Body<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    message_id: &'a str,
}

/// The member that is called as the type says.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body<'a> {
    Text {
        body: &'a str,
        preview_url: bool,
    },
    Image(File<'a>),
    Video(File<'a>),
    Audio(File<'a>),
    Document(File<'a>),
    Sticker(File<'a>),
    Reaction {
        message_id: &'a str,
        emoji: &'a str,
    },
    Template {
        name: &'a str,
        language: Language<'a>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        components: Vec<Component<'a>>,
    },
}

#[derive(Serialize)]
struct File<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    caption: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filename: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voice: Option<bool>,
}

#[derive(Serialize)]
struct Language<'a> {
    code: &'a str,
    policy: &'static str,
}

#[derive(Serialize)]
pub(super) struct Receipt<'a> {
    messaging_product: &'static str,
    status: &'static str,
    message_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    typing_indicator: Option<Typing>,
}

#[derive(Serialize)]
struct Typing {
    #[serde(rename = "type")]
    kind: &'static str,
}

pub(super) fn read_receipt(receipt: &ReadReceipt) -> Receipt<'_> {
    Receipt {
        messaging_product: "whatsapp",
        status: "read",
        message_id: receipt.wamid.as_str(),
        typing_indicator: receipt.typing.then_some(Typing { kind: "text" }),
    }
}

/// `Err`: there is nothing that could be sent.
pub(super) fn message<'a>(
    outgoing: &'a Outgoing,
    uploads: &'a Uploads,
    callback: &'a str,
) -> Result<Request<'a>, Failure> {
    let to = outgoing.to.wa_id.as_ref().map(engine::id::WaId::e164);
    // A BSUID in `to` is dropped without a word, and with both set Meta takes `to`.
    let recipient = outgoing.to.bsuid.as_ref().filter(|_| to.is_none()).map(engine::id::Bsuid::as_str);
    if to.is_none() && recipient.is_none() {
        return Err(not_sent("There is no number to send to.", FailureAction::FixNumber));
    }
    let (kind, body) = body(&outgoing.body, uploads)?;
    let context = outgoing.reply_to.as_ref().map(|wamid| Context { message_id: wamid.as_str() });
    Ok(Request {
        messaging_product: "whatsapp",
        recipient_type: "individual",
        to,
        recipient,
        context,
        biz_opaque_callback_data: callback,
        kind,
        body,
    })
}

fn body<'a>(body: &'a OutgoingBody, uploads: &'a Uploads) -> Result<(&'static str, Body<'a>), Failure> {
    match body {
        OutgoingBody::Text { body } => Ok(("text", Body::Text { body, preview_url: has_link(body) })),
        OutgoingBody::Media { media: file, kind, caption, filename, voice, .. } => {
            let uploaded = uploads.id_of(*file).ok_or_else(file_missing)?;
            let file = File { id: uploaded.as_str(), caption: None, filename: None, voice: None };
            media(*kind, file, caption.as_deref(), filename.as_deref(), *voice)
        }
        OutgoingBody::Reaction { target, emoji, .. } => {
            let emoji = emoji.as_deref().unwrap_or_default();
            Ok(("reaction", Body::Reaction { message_id: target.as_str(), emoji }))
        }
        OutgoingBody::Template(template) => {
            let language = Language { code: &template.language, policy: "deterministic" };
            let components = components(template, uploads)?;
            Ok(("template", Body::Template { name: &template.name, language, components }))
        }
    }
}

/// Each kind has only the members that Meta lists for it.
fn media<'a>(
    kind: ContentKind,
    file: File<'a>,
    caption: Option<&'a str>,
    filename: Option<&'a str>,
    voice: bool,
) -> Result<(&'static str, Body<'a>), Failure> {
    match kind {
        ContentKind::Image => Ok(("image", Body::Image(File { caption, ..file }))),
        ContentKind::Video => Ok(("video", Body::Video(File { caption, ..file }))),
        ContentKind::Audio => Ok(("audio", Body::Audio(File { voice: voice.then_some(true), ..file }))),
        ContentKind::Document => Ok(("document", Body::Document(File { caption, filename, ..file }))),
        ContentKind::Sticker => Ok(("sticker", Body::Sticker(file))),
        ContentKind::Text
        | ContentKind::Location
        | ContentKind::Contacts
        | ContentKind::Choice
        | ContentKind::Order
        | ContentKind::Template
        | ContentKind::Reaction
        | ContentKind::System
        | ContentKind::Unsupported => Err(not_sent("This kind of file cannot be sent.", FailureAction::FixContent)),
    }
}

/// Meta makes a preview only for a link that says its scheme.
fn has_link(text: &str) -> bool {
    text.contains("https://") || text.contains("http://")
}

pub(super) fn file_missing() -> Failure {
    not_sent("The file did not reach WhatsApp.", FailureAction::Retry)
}

fn not_sent(what: &str, action: FailureAction) -> Failure {
    Failure { code: None, text: format!("{what} Nothing was sent."), action: Some(action) }
}
