//! What happened with a contact, newest first.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use engine::contact::{Contact, Edited, FieldDefinition, FieldKey, Happening, Merge, Standing, What, timeline_page};
use engine::id::{CampaignId, ContactId, TenantId};
use engine::note::NOTES_MAX;
use engine::ports::{ListError, PageRequest};

use super::administration::household;
use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::masking::Also;

/// Broadcasts that a contact shows, the newest; of each of several that were merged.
const CAMPAIGNS_MAX: u32 = 100;
/// Notes that are read together.
const NOTES_PAGE: u32 = 100;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/contacts/{id}/timeline", web::get().to(list));
}

/// What happened with a contact, the newest first: notes, consent, files, edits, merges and broadcasts (the newest 20 edits, 100 broadcasts)
#[utoipa::path(get, path = "/api/v1/contacts/{id}/timeline", params(("id" = String, Path), Paging),
    responses((status = 200, body = List<Happening>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<Happening>>, Problem> {
    let tenant = signed.0.tenant;
    let contact = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    Also::hide(&request, &contact);
    let PageRequest { after, limit } = paging.request();
    let before = after.map(|cursor| cursor.0.parse::<Standing>()).transpose();
    let before = before.map_err(|_| Problem::invalid("The cursor is not one of this list."))?;
    let mut all = told_by(&contact);
    let household = household(&app, &signed.0).await?;
    let fields = &household.settings.contact_fields;
    all.extend(contact.edits.iter().map(|edit| edited(edit.clone(), fields)));
    all.extend(contact.imports.iter().filter_map(|id| household.imports.get(id)).map(|import| Happening {
        at: import.uploaded_at,
        what: What::Imported { import: import.id, file_name: import.file_name.clone() },
    }));
    let consents = app.store.consents(tenant, contact.id).await?;
    all.extend(consents.into_iter().map(|entry| Happening { at: entry.at, what: What::Consent { entry } }));
    all.extend(notes(&app, tenant, &contact).await?);
    all.extend(campaigns(&app, tenant, &contact).await?);
    let (items, next) = timeline_page(all, before.as_ref(), limit as usize);
    Ok(web::Json(List { items, next: next.map(|next| next.to_string()) }))
}

/// What the contact itself says.
fn told_by(contact: &Contact) -> Vec<Happening> {
    let created = contact.created_at.map(|at| Happening { at, what: What::Created });
    let merged = contact.clone().shown().merged.into_iter();
    let merged = merged.map(|merge: Merge| Happening { at: merge.at, what: What::Merged { merge } });
    created.into_iter().chain(merged).collect()
}

/// A field that is not defined any more is told by its key.
fn edited(edit: Edited, definitions: &[FieldDefinition]) -> Happening {
    let Edited { at, by, name, language, tags_added, tags_removed, fields } = edit;
    let named = |key: &FieldKey| definitions.iter().find(|known| known.key == *key).map(|known| known.name.clone());
    let fields = fields.iter().map(|key| named(key).unwrap_or_else(|| key.as_str().to_owned())).collect();
    Happening { at, what: What::Edited { by, name, language, tags_added, tags_removed, fields } }
}

/// All of them: a contact has so many.
async fn notes(app: &App, tenant: TenantId, contact: &Contact) -> Result<Vec<Happening>, Problem> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..=contact.everybody().count() * NOTES_MAX / NOTES_PAGE as usize {
        let page = match app.store.notes(tenant, contact.id, PageRequest { after, limit: NOTES_PAGE }).await {
            Ok(page) => page,
            Err(ListError::Store(error)) => return Err(error.into()),
            Err(ListError::BadCursor) => return Err(Problem::internal(&"a cursor of a list is none of it")),
        };
        all.extend(page.items.into_iter().map(|note| Happening { at: note.at, what: What::Note { note } }));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

async fn campaigns(app: &App, tenant: TenantId, contact: &Contact) -> Result<Vec<Happening>, Problem> {
    let mut sent = Vec::new();
    for id in contact.everybody() {
        sent.extend(app.store.sent_to(tenant, id, CAMPAIGNS_MAX).await?);
    }
    let mut names: BTreeMap<CampaignId, String> = BTreeMap::new();
    for (campaign, _) in &sent {
        if !names.contains_key(campaign) {
            let found = app.store.campaign(tenant, *campaign).await?;
            names.insert(*campaign, found.map(|found| found.name).unwrap_or_default());
        }
    }
    let happening = |(campaign, row): (CampaignId, engine::campaign::RecipientRow)| {
        let name = names.get(&campaign).cloned().unwrap_or_default();
        let what = What::Campaign { campaign, name, state: row.delivery.state };
        Some(Happening { at: row.delivery.accepted_at?, what })
    };
    Ok(sent.into_iter().filter_map(happening).collect())
}
