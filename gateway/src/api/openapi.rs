//! The API's description, made from the code. The web app's types are generated from it.

use actix_web::HttpResponse;
use engine::segment::{Condition, FieldTest, IdentityKind, MarketingState, When};
use serde_json::Value;
use utoipa::OpenApi;

use super::{
    alerts, api_keys, audit, campaign_messages, campaigns, channels, consents, contact_export, contact_settings,
    contacts, conversations, demo, imports, invitations, joining, me, media, members, merges, messages, notes,
    organization, password_resets, roles, second_factor, segments, sessions, sign_ups, teams, templates, timeline,
    webhook_log,
};
use crate::live::frames::{ClientFrame, EventFrame, ServerFrame};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Jetto",
        description = "Every write needs the header X-Jetto-Client. Errors are RFC 9457 problems.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        sessions::sign_in,
        sessions::sign_out,
        conversations::list,
        conversations::counts,
        conversations::one,
        conversations::change,
        conversations::read,
        conversations::typing,
        messages::history,
        messages::send,
        campaign_messages::list,
        messages::resolve,
        media::upload,
        media::download,
        contacts::list,
        contacts::one,
        contacts::create,
        contacts::search,
        contacts::update,
        contacts::delete,
        contacts::tags,
        contact_export::export,
        consents::list,
        consents::record,
        notes::list,
        notes::add,
        notes::rewrite,
        notes::delete,
        merges::preview,
        merges::merge,
        merges::part,
        timeline::list,
        contact_settings::one,
        contact_settings::update,
        segments::list,
        segments::create,
        segments::update,
        segments::delete,
        segments::count,
        imports::list,
        imports::upload,
        imports::one,
        imports::map,
        imports::report,
        imports::rejected,
        imports::run,
        imports::undo,
        templates::list,
        campaigns::list,
        campaigns::create,
        campaigns::one,
        campaigns::edit,
        campaigns::delete,
        campaigns::check::check,
        campaigns::trial::test,
        campaigns::approval::submit,
        campaigns::approval::approve,
        campaigns::approval::send_back,
        campaigns::launch,
        campaigns::pause,
        campaigns::resume,
        campaigns::cancel,
        campaigns::rate,
        campaigns::lanes::lane,
        campaigns::retry::retry,
        campaigns::spend::spend_max,
    campaigns::series::occurrences, campaigns::triggered::finish, campaigns::triggered::send, campaigns::triggered::one, campaigns::winner::winner,
        campaigns::progress::progress,
        campaigns::recipients::list,
        campaigns::recipients::export,
        templates::create,
        templates::lint,
        templates::sync,
        templates::one,
        templates::edit,
        templates::delete,
        templates::submit,
        templates::unpause,
        webhook_log::list,
        webhook_log::summary,
        webhook_log::one,
        webhook_log::replay,
        channels::list,
        channels::connect,
        channels::read_app,
        channels::write_app,
        channels::change,
        channels::disconnect,
        channels::check,
        alerts::list,
        alerts::dismiss,
        contacts::reveal,
        demo::people,
        demo::sign_in,
        sessions::refresh,
        sessions::list,
        sessions::end_one,
        sessions::end_others,
        sessions::switch,
        me::me,
        me::change,
        me::password,
        me::preferences,
        second_factor::begin,
        second_factor::confirm,
        second_factor::recovery_codes,
        second_factor::remove,
        password_resets::ask,
        password_resets::look,
        password_resets::set,
        password_resets::hand_over,
        sign_ups::look,
        sign_ups::sign_up,
        joining::look,
        joining::join,
        members::list,
        members::update,
        members::deactivate,
        members::reactivate,
        members::access,
        members::sessions,
        members::end_sessions,
        roles::permissions,
        roles::list,
        roles::create,
        roles::update,
        roles::delete,
        teams::list,
        teams::create,
        teams::update,
        teams::delete,
        invitations::list,
        invitations::create,
        invitations::withdraw,
        invitations::renew,
        api_keys::list,
        api_keys::create,
        api_keys::delete,
        organization::one,
        organization::update,
        organization::transfer,
        audit::list,
        audit::export,
    ),
    // Frames are of no route, and what a tree of conditions leads to is not followed: it leads back to itself.
    components(schemas(
        EventFrame,
        ServerFrame,
        ClientFrame,
        conversations::ViewName,
        Condition,
        FieldTest,
        IdentityKind,
        MarketingState,
        When
    ))
)]
struct Document;

/// What clients send: here an optional field may be left out. In answers every field is there, `null` when it has no value.
const REQUESTS: &[&str] = &[
    "Credentials",
    "Change",
    "ReadUpto",
    "NewMessage",
    "NewContent",
    "TemplateVariable",
    "TemplateValue",
    "NewTemplate",
    "TemplateDraft",
    "TemplateEdit",
    "TemplateSync",
    "Resolve",
    "DemoChoice",
    "ClientFrame",
    "Switch",
    "MeChange",
    "PasswordChange",
    "Code",
    "PasswordAndCode",
    "ResetWish",
    "NewPassword",
    "NewOrganization",
    "Join",
    "NewChannel",
    "ChannelChange",
    "CheckRequest",
    "AppChange",
    "MemberChange",
    "Deactivation",
    "RoleContent",
    "TeamContent",
    "NewInvitation",
    "NewApiKey",
    "OrganizationChange",
    "Handing",
    "NewContact",
    "ContactChange",
    "ContactSearch",
    "NewConsent",
    "NoteText",
    "MergeWish",
    "ContactSettingsChange",
    "SegmentContent",
    "SegmentQuestion",
    "Condition",
];

/// Answers in which a field is left out when there is nothing to say: an action, what only some may see.
const SPARSE: &[&str] = &[
    "Problem",
    "MemberView",
    "Conversation",
    "Contact",
    "ConsentEntry",
    "Note",
    "Merge",
    "Confirmations",
    "Preview",
    "Message",
];

/// The document as JSON, with a line break at its end.
pub fn json() -> String {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        for (name, schema) in schemas {
            if !REQUESTS.contains(&name.as_str()) && !SPARSE.contains(&name.as_str()) {
                require_all(schema);
            }
        }
    }
    serde_json::to_string_pretty(&document).map(|text| text + "\n").unwrap_or_default()
}

fn require_all(schema: &mut Value) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let names: Vec<Value> = properties.keys().cloned().map(Value::String).collect();
        if let Some(object) = schema.as_object_mut() {
            object.insert("required".to_owned(), Value::Array(names));
        }
    }
    for part in ["oneOf", "allOf"] {
        for part in schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
            require_all(part);
        }
    }
}

pub async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(json())
}
