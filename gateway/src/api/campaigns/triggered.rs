//! People whom the business's own systems add to a running broadcast, one by one. A key makes repeats of one wish one person.

use std::slice;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::audit::Action;
use engine::campaign::{Campaign, Given, RecipientKey, RecipientRow, Trigger};
use engine::contact::Contact;
use engine::id::{AskedId, CampaignId, ClientKey, ContactId, TenantId, WaId};
use engine::identity::Identities;
use engine::permission::Permission;
use engine::ports::Added;
use serde::Deserialize;

use super::check::cap;
use super::recipients::RecipientView;
use super::{control, found};
use crate::api::administration::entry;
use crate::api::contacts::number;
use crate::api::messages::idempotency_key;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// Values that come along with one person.
const VARIABLES_MAX: usize = 100;

/// One person: `contact_id`, or `phone`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewSend {
    contact_id: Option<ContactId>,
    /// With country code, `+5511987654321`. Whoever is not known by it becomes a contact, for which `contacts.write` is needed too.
    phone: Option<String>,
    /// Texts by the names of variables, instead of what the broadcast says.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    variables: Given,
}

/// Whom it is for.
enum Who {
    Contact(ContactId),
    Phone(WaId),
}

impl NewSend {
    fn who(&self) -> Result<Who, Problem> {
        match (self.contact_id, &self.phone) {
            (Some(id), None) => Ok(Who::Contact(id)),
            (None, Some(phone)) => Ok(Who::Phone(number(phone)?)),
            (Some(_), Some(_)) | (None, None) => {
                Err(Problem::invalid("A send is for one person: give `contact_id` or `phone`. Nothing was sent."))
            }
        }
    }

    /// The same wish is the same, in whatever order it names its values.
    fn asked(&self, who: &Who) -> AskedId {
        let (kind, id): (&[u8], &[u8]) = match who {
            Who::Contact(id) => (b"contact", id.as_bytes()),
            Who::Phone(phone) => (b"phone", phone.as_str().as_bytes()),
        };
        let values = self.variables.iter().flat_map(|(name, text)| [name.as_bytes(), text.as_bytes()]);
        AskedId::derive(&[kind, id].into_iter().chain(values).collect::<Vec<_>>())
    }
}

/// Add one person to a broadcast that your systems add people to; the same Idempotency-Key is the same person
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/sends", request_body = NewSend,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "Chosen by the client, 1 to 64 characters")),
    responses((status = 200, body = RecipientView, description = "This key was used before"), (status = 202, body = RecipientView),
        (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn send(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    new: web::Json<NewSend>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let key = idempotency_key(&request)?;
    let campaign = found(&app, tenant, *id).await?;
    let who = new.who()?;
    let trigger = Trigger { asked: new.asked(&who), key };
    if let Some(row) = app.store.added_by(tenant, *id, &trigger.key).await? {
        return known(&app, &signed, row, &trigger).await;
    }
    campaign.require_more()?;
    if new.variables.len() > VARIABLES_MAX {
        return Err(Problem::invalid("At most 100 values can come along with a person. Nothing was sent."));
    }
    let contact = contact(&app, &signed, &request, who).await?;
    let no = match add(&app, tenant, &campaign, &contact, &new.variables, &trigger).await? {
        Added::New(no) => no,
        Added::Known(no) => {
            let row = row(&app, tenant, RecipientKey { campaign: *id, no }).await?;
            return known(&app, &signed, row, &trigger).await;
        }
        Added::Closed => {
            // It was ended since it was looked at; for the words of it.
            found(&app, tenant, *id).await?.require_more()?;
            return Err(Problem::busy());
        }
    };
    app.actors.person_added(tenant, *id);
    let row = row(&app, tenant, RecipientKey { campaign: *id, no }).await?;
    Ok(HttpResponse::Accepted().json(shown(&signed, row, Some(contact))))
}

/// Who may only start broadcasts learns nothing of the person.
fn shown(signed: &Signed, row: RecipientRow, contact: Option<Contact>) -> RecipientView {
    let view = RecipientView::of(row, contact, None);
    if signed.0.grants.allow(Permission::CampaignsRead) { view } else { view.without_person() }
}

async fn add(
    app: &App,
    tenant: TenantId,
    campaign: &Campaign,
    contact: &Contact,
    given: &Given,
    trigger: &Trigger,
) -> Result<Added, Problem> {
    let now = app.clock.now();
    let is_capped = match cap(app, tenant, campaign).await? {
        Some(cap) => !cap.capped(app.store.as_ref(), tenant, slice::from_ref(contact), now).await?.is_empty(),
        None => false,
    };
    let addition = campaign.addition(contact, is_capped, given, trigger.clone(), now)?;
    Ok(app.store.add_recipient(tenant, campaign.id, addition).await?)
}

/// Who was added by this key before. Another wish under it is refused: it would be lost.
async fn known(app: &App, signed: &Signed, row: RecipientRow, trigger: &Trigger) -> Result<HttpResponse, Problem> {
    let is_same = row.recipient.trigger.as_ref().is_some_and(|known| known.asked == trigger.asked);
    if !is_same {
        let text = "This Idempotency-Key was used for somebody else or for other values. Nothing was sent.";
        return Err(
            Problem::new(StatusCode::CONFLICT, "key_reused", text).with_action("Send a new key with each wish.")
        );
    }
    let contact = app.store.contact(signed.0.tenant, row.recipient.contact).await?;
    Ok(HttpResponse::Ok().json(shown(signed, row, contact)))
}

async fn row(app: &App, tenant: TenantId, key: RecipientKey) -> Result<RecipientRow, Problem> {
    app.store.recipient(tenant, key).await?.ok_or_else(Problem::not_found)
}

async fn contact(app: &App, signed: &Signed, request: &HttpRequest, who: Who) -> Result<Contact, Problem> {
    let tenant = signed.0.tenant;
    let phone = match who {
        Who::Contact(id) => return app.store.contact(tenant, id).await?.ok_or_else(Problem::not_found),
        Who::Phone(phone) => phone,
    };
    signed.0.require(Permission::ContactsWrite)?;
    let identities = Identities { wa_id: Some(phone), seen_at: Some(app.clock.now()), ..Identities::default() };
    // A number belongs to no portfolio.
    let resolved = app.store.resolve(tenant, "", &identities, None).await?;
    if resolved.created {
        let said = entry(app, signed, request, Action::ContactCreated)
            .on(&resolved.contact.id)
            .with("name", &resolved.contact.masked());
        app.store.record(tenant, vec![said]).await?;
    }
    Ok(resolved.contact)
}

/// What became of whoever was added by this key
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/sends/{key}", params(("id" = String, Path), ("key" = String, Path)),
    responses((status = 200, body = RecipientView), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    path: web::Path<(CampaignId, ClientKey)>,
) -> Result<web::Json<RecipientView>, Problem> {
    let ((id, key), tenant) = (path.into_inner(), signed.0.tenant);
    let row = app.store.added_by(tenant, id, &key).await?.ok_or_else(Problem::not_found)?;
    let contact = app.store.contact(tenant, row.recipient.contact).await?;
    Ok(web::Json(RecipientView::of(row, contact, None)))
}

/// Takes nobody more; whoever was added still gets it
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/finish", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn finish(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
) -> Result<web::Json<Campaign>, Problem> {
    control(&app, &signed, &request, *id, Action::CampaignClosed, Campaign::closed).await
}
