//! Customers.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use engine::audit::Action;
use engine::contact::{Contact, ContactEdit, FieldKey, FieldValue, Sought, Tag};
use engine::conversation::Conversation;
use engine::directory::Person;
use engine::id::{ContactId, ConversationId, WaId};
use engine::identity::Identities;
use engine::permission::Permission;
use engine::ports::Forgotten;
use engine::rejection::Rejection;
use engine::segment::{ContactFacts, Node, Question, TagCount};
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::administration::{entry, household};
use super::lists::{List, Paging, present};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts", web::get().to(list))
        .route("/contacts", web::post().to(create))
        .route("/contacts/search", web::post().to(search))
        .route("/tags", web::get().to(tags))
        .route("/contacts/export", web::get().to(super::contact_export::export))
        .route("/contacts/{id}", web::get().to(one))
        .route("/contacts/{id}", web::patch().to(update))
        .route("/contacts/{id}", web::delete().to(delete))
        .route("/contacts/{id}/reveal", web::post().to(reveal));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ContactDetail {
    #[serde(flatten)]
    contact: Contact,
    /// As far as the member may see them, newest first, at most 50.
    conversations: Vec<Conversation>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ContactRow {
    #[serde(flatten)]
    contact: Contact,
    /// Of the newest conversation that the member may see.
    #[serde(skip_serializing_if = "Option::is_none")]
    newest: Option<NewestConversation>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct NewestConversation {
    id: ConversationId,
    /// Until then anything can be written; `null`: they have never written there.
    window_until: Option<Timestamp>,
    assignee: Option<Person>,
}

/// A page with what lies with each of its people now.
async fn rows(app: &App, signed: &Signed, contacts: Vec<Contact>) -> Result<Vec<ContactRow>, Problem> {
    let ids: Vec<_> = contacts.iter().flat_map(Contact::everybody).collect();
    let found = app.store.newest_of(signed.0.tenant, &ids, signed.0.visibility()).await?;
    let row = |contact: Contact| {
        let own = found.iter().filter(|found| contact.everybody().any(|id| id == found.contact.id));
        let newest = own.max_by_key(|found| found.last_activity_at).map(|found| NewestConversation {
            id: found.id,
            window_until: found.window_until,
            assignee: found.assignee.clone(),
        });
        ContactRow { contact: contact.shown(), newest }
    };
    Ok(contacts.into_iter().map(row).collect())
}

/// Contacts, the newest first
#[utoipa::path(get, path = "/api/v1/contacts", params(Paging), responses((status = 200, body = List<ContactRow>), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<ContactRow>>, Problem> {
    let List { items, next } = app.store.contacts(signed.0.tenant, paging.request()).await?.into();
    Ok(web::Json(List { items: rows(&app, &signed, items).await?, next }))
}

/// Conversations that are shown with a contact.
const CONVERSATIONS_MAX: usize = 50;

/// One contact with their conversations
#[utoipa::path(get, path = "/api/v1/contacts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ContactDetail), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ContactId>,
) -> Result<web::Json<ContactDetail>, Problem> {
    let contact = app.store.contact(signed.0.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    let mut conversations = Vec::new();
    for same in contact.everybody() {
        conversations.extend(app.store.conversations_of(signed.0.tenant, same, signed.0.visibility()).await?);
    }
    conversations.sort_by_key(|conversation| std::cmp::Reverse(conversation.last_activity_at));
    conversations.truncate(CONVERSATIONS_MAX);
    Ok(web::Json(ContactDetail { contact: contact.shown(), conversations }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    /// With country code, `+5511987654321`.
    phone: String,
    name: Option<String>,
    /// As templates name it: `pt_BR`.
    language: Option<String>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, FieldValue>)]
    fields: BTreeMap<FieldKey, FieldValue>,
}

/// Digits of a number with its country code: spaces, brackets and the like are how people write it.
pub(super) fn number(text: &str) -> Result<WaId, Problem> {
    let wrong = || {
        Problem::invalid("This is not a phone number with its country code, like +5511987654321. Nothing was saved.")
    };
    let written = |char: char| char.is_ascii_digit() || "+-(). \u{a0}".contains(char);
    if !text.chars().all(written) {
        return Err(wrong());
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    if !(7..=15).contains(&digits.len()) || digits.starts_with('0') {
        return Err(wrong());
    }
    digits.parse().map_err(|_| wrong())
}

/// Make a contact
#[utoipa::path(post, path = "/api/v1/contacts", request_body = NewContact,
    responses((status = 201, body = Contact), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<NewContact>,
) -> Result<HttpResponse, Problem> {
    let NewContact { phone, name, language, tags, fields } = wanted.into_inner();
    let tenant = signed.0.tenant;
    let edit = ContactEdit {
        name: name.map(Some),
        language: language.map(Some),
        add_tags: tags,
        fields: fields.into_iter().map(|(key, value)| (key, Some(value))).collect(),
        ..ContactEdit::default()
    };
    edit.check(&household(&app, &signed.0).await?.settings.contact_fields)?;
    let identities =
        Identities { wa_id: Some(number(&phone)?), seen_at: Some(app.clock.now()), ..Identities::default() };
    // A number belongs to no portfolio.
    let made = app.store.resolve(tenant, "", &identities, None).await?;
    if !made.created {
        return Err(Rejection::Taken("There is a contact with this number already.").into());
    }
    let said = entry(&app, &signed, &request, Action::ContactCreated)
        .on(&made.contact.id)
        .with("name", &made.contact.masked());
    app.store.record(tenant, vec![said]).await?;
    let edited = app.store.edit_contact(tenant, made.contact.id, edit, Vec::new()).await?;
    Ok(HttpResponse::Created().json(edited.ok_or_else(Problem::not_found)?.contact.shown()))
}

/// What is absent stays as it is; `null` takes it away.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "three answers: absent, taken away, given")]
pub struct ContactChange {
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    language: Option<Option<String>>,
    #[serde(default)]
    add_tags: Vec<Tag>,
    #[serde(default)]
    remove_tags: Vec<Tag>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, FieldValue>)]
    fields: BTreeMap<FieldKey, FieldValue>,
    #[serde(default)]
    remove_fields: Vec<FieldKey>,
}

/// Change what the organization keeps of a contact
#[utoipa::path(patch, path = "/api/v1/contacts/{id}", params(("id" = String, Path)), request_body = ContactChange,
    responses((status = 200, body = Contact), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    wanted: web::Json<ContactChange>,
) -> Result<web::Json<Contact>, Problem> {
    let ContactChange { name, language, add_tags, remove_tags, fields, remove_fields } = wanted.into_inner();
    let set = fields.into_iter().map(|(key, value)| (key, Some(value)));
    let fields = set.chain(remove_fields.into_iter().map(|key| (key, None))).collect();
    let by = Some((signed.0.person.clone(), app.clock.now()));
    let edit = ContactEdit { name, language, add_tags, remove_tags, fields, by, ..ContactEdit::default() };
    edit.check(&household(&app, &signed.0).await?.settings.contact_fields)?;
    let said = entry(&app, &signed, &request, Action::ContactChanged).on(&*id).with("changed", &words(&edit));
    let edited = app.store.edit_contact(signed.0.tenant, *id, edit, vec![said]).await?;
    app.actors.contact_changed();
    Ok(web::Json(edited.ok_or_else(Problem::not_found)?.contact.shown()))
}

/// Which things, not what they hold: the audit log says nothing of a customer.
fn words(edit: &ContactEdit) -> String {
    let named = [
        ("name", edit.name.is_some()),
        ("language", edit.language.is_some()),
        ("tags", !edit.add_tags.is_empty() || !edit.remove_tags.is_empty()),
    ];
    let named = named.iter().filter(|(_, is)| *is).map(|(name, _)| *name);
    named.chain(edit.fields.iter().map(|(key, _)| key.as_str())).collect::<Vec<_>>().join(", ")
}

/// Delete a contact nobody has written with
#[utoipa::path(delete, path = "/api/v1/contacts/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let contact = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    let said = entry(&app, &signed, &request, Action::ContactDeleted).on(&*id).with("name", &contact.masked());
    match app.store.forget_contact(tenant, *id, vec![said]).await? {
        Forgotten::Forgotten => {
            app.actors.contact_changed();
            Ok(HttpResponse::NoContent().finish())
        }
        Forgotten::InUse => Err(Rejection::InUse("There is a conversation with this person.").into()),
        Forgotten::Unknown => Err(Problem::not_found()),
    }
}

/// Contacts that are looked at for one page of a search; further ones are for the next.
const SEARCHED_MAX: u32 = 10_000;
const SEARCHED_AT_ONCE: u32 = 1_000;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactSearch {
    /// Everybody when absent.
    #[serde(default = "everybody")]
    tree: Node,
    /// Part of a name, a username, a number or a BSUID. Who may not see whole numbers finds them by the whole number only.
    text: Option<String>,
    /// `next` of the page before.
    after: Option<String>,
    /// 1 to 100, 50 when absent.
    limit: Option<u32>,
}

fn everybody() -> Node {
    Node::EVERYBODY
}

/// Contacts that a segment and a text match, the oldest first; a page may be short and not the last
#[utoipa::path(post, path = "/api/v1/contacts/search", request_body = ContactSearch,
    responses((status = 200, body = List<ContactRow>), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn search(
    app: web::Data<App>,
    signed: Signed,
    wanted: web::Json<ContactSearch>,
) -> Result<web::Json<List<ContactRow>>, Problem> {
    let ContactSearch { tree, text, after, limit } = wanted.into_inner();
    let after = after.map(|after| after.parse::<i64>()).transpose();
    let mut after = after.map_err(|_| Problem::invalid("`after` is what the page before gave as `next`."))?;
    tree.check(&household(&app, &signed.0).await?.settings.contact_fields)?;
    let sees_numbers = !app.households.masks(signed.0.tenant) || signed.0.grants.allow(Permission::ContactsRevealPii);
    let sought = text.map(|text| Sought::new(&text, sees_numbers)).transpose()?;
    let limit = Paging { cursor: None, limit }.request().limit as usize;
    let question = Question::of(&tree, app.clock.now());
    let mut items = Vec::new();
    'scans: for _ in 0..SEARCHED_MAX / SEARCHED_AT_ONCE {
        let page = app.store.scan_contacts(signed.0.tenant, after, SEARCHED_AT_ONCE).await?;
        if page.is_empty() {
            after = None;
            break;
        }
        for (place, contact) in page {
            after = Some(place);
            let is_sought = sought.as_ref().is_none_or(|sought| sought.matches(&contact));
            if is_sought && question.matches(&ContactFacts::of(&contact)) {
                items.push(contact);
            }
            if items.len() == limit {
                break 'scans;
            }
        }
    }
    let next = after.map(|place| place.to_string());
    Ok(web::Json(List { items: rows(&app, &signed, items).await?, next }))
}

/// The tags in use, the one that most contacts have first; at most 1,000
#[utoipa::path(get, path = "/api/v1/tags", responses((status = 200, body = List<TagCount>), (status = 403, body = Problem)))]
pub async fn tags(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<TagCount>>, Problem> {
    Ok(web::Json(app.store.tags(signed.0.tenant).await?.into()))
}

/// A number as it is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Revealed {
    /// With `+`; `null` when the person did not share it.
    phone: Option<String>,
    #[schema(value_type = Option<String>)]
    wa_id: Option<WaId>,
}

/// The whole number, which the audit log then knows of
#[utoipa::path(post, path = "/api/v1/contacts/{id}/reveal", params(("id" = String, Path)),
    responses((status = 200, body = Revealed), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn reveal(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
) -> Result<web::Json<Revealed>, Problem> {
    let tenant = signed.0.tenant;
    let contact = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    // On disk before anybody sees the number.
    let said = entry(&app, &signed, &request, Action::ContactRevealed).on(&*id).with("name", &contact.masked());
    app.store.record(tenant, vec![said]).await?;
    Ok(web::Json(Revealed { phone: contact.phone.as_ref().map(WaId::e164), wa_id: contact.phone }))
}
