//! Who got it and who did not: a page at a time, or all of it as a file.

use std::collections::VecDeque;
use std::sync::Arc;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use engine::audit::Action;
use engine::campaign::{Campaign, Class, Group, Letter, RecipientRow};
use engine::contact::Contact;
use engine::delivery::Delivery;
use engine::id::{CampaignId, ClientKey, ContactId, TenantId};
use engine::mask;
use engine::ports::{ListError, PageRequest, RecipientQuery, Store, StoreError};
use engine::price::{Country, PriceCategory, PriceKind};
use engine::time::Timestamp;
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};

use super::{found, said};
use crate::api::lists::{List, Paging};
use crate::api::sheet::cell;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// Recipients of an export that are read at a time.
const EXPORT_PAGE: u32 = 100;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RecipientFilter {
    /// `waiting`, `sent`, `failed_permanent`, …; all when absent.
    class: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecipientView {
    no: u32,
    contact: RecipientContact,
    /// By its place among the broadcast's numbers.
    lane: u8,
    #[schema(value_type = String)]
    class: Class,
    delivery: Delivery,
    replied_at: Option<Timestamp>,
    /// Of the first tap on a button that answers.
    clicked_at: Option<Timestamp>,
    /// When they stopped marketing, within 72 hours of it.
    opted_out_at: Option<Timestamp>,
    /// By whose prices it is charged: ISO 3166 alpha-2.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<Country>,
    /// What WhatsApp first said that it was charged as.
    #[serde(skip_serializing_if = "Option::is_none")]
    price_category: Option<PriceCategory>,
    #[serde(skip_serializing_if = "Option::is_none")]
    price_kind: Option<PriceKind>,
    /// What they were added by, where people are added one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<ClientKey>,
    /// Which of several messages they get; not there for who waits for a winner.
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<Letter>,
    /// Drawn for it, to find the winner.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_sample: Option<bool>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RecipientContact {
    id: ContactId,
    name: Option<String>,
    /// With `+`.
    phone: Option<String>,
}

impl RecipientView {
    pub(super) fn of(row: RecipientRow, contact: Option<Contact>, winner: Option<Letter>) -> Self {
        let class = row.tally().class;
        let name = contact.and_then(|contact| contact.name.or(contact.username));
        let phone = row.recipient.to.wa_id.as_ref().map(engine::id::WaId::e164);
        Self {
            no: row.recipient.no,
            contact: RecipientContact { id: row.recipient.contact, name, phone },
            lane: row.recipient.lane,
            class,
            country: row.recipient.country,
            price_category: row.charge.map(|charge| charge.pricing.category),
            price_kind: row.charge.map(|charge| charge.pricing.kind),
            delivery: row.delivery,
            replied_at: row.replied_at,
            clicked_at: row.clicked_at,
            opted_out_at: row.opted_out_at,
            key: row.recipient.trigger.map(|trigger| trigger.key),
            variant: row.recipient.group.and_then(|group| match group {
                Group::Sample(letter) => Some(letter),
                Group::Rest => winner,
            }),
            is_sample: row.recipient.group.map(|group| group != Group::Rest),
        }
    }

    /// For whoever may add people and not look at them.
    pub(super) fn without_person(self) -> Self {
        let contact = RecipientContact { name: None, phone: None, ..self.contact };
        Self { contact, ..self }
    }
}

/// Recipients, in the order in which they were written down
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/recipients", params(("id" = String, Path), RecipientFilter, Paging),
    responses((status = 200, body = List<RecipientView>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<CampaignId>,
    filter: web::Query<RecipientFilter>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<RecipientView>>, Problem> {
    let tenant = signed.0.tenant;
    let winner = winner_of(&found(&app, tenant, *id).await?);
    let class = class_of(filter.class.as_deref())?;
    let page = app.store.recipients(tenant, *id, RecipientQuery { class, page: paging.request() }).await?;
    let items = views(app.store.as_ref(), tenant, page.items, winner).await?;
    Ok(web::Json(List { items, next: page.next.map(|cursor| cursor.0) }))
}

fn class_of(key: Option<&str>) -> Result<Option<Class>, Problem> {
    let unknown = || {
        let keys: Vec<_> = Class::ALL.iter().map(|class| class.key()).collect();
        Problem::invalid(format!("class is one of: {}.", keys.join(", ")))
    };
    key.map(|key| Class::from_key(key).ok_or_else(unknown)).transpose()
}

fn winner_of(campaign: &Campaign) -> Option<Letter> {
    Some(campaign.launch.as_ref()?.winner.as_ref()?.variant)
}

async fn views(
    store: &dyn Store,
    tenant: TenantId,
    rows: Vec<RecipientRow>,
    winner: Option<Letter>,
) -> Result<Vec<RecipientView>, StoreError> {
    let mut views = Vec::with_capacity(rows.len());
    for row in rows {
        let contact = store.contact(tenant, row.recipient.contact).await?;
        views.push(RecipientView::of(row, contact, winner));
    }
    Ok(views)
}

/// All recipients as a file; that it was taken is an entry of the audit log
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/recipients.csv", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 404, body = Problem)))]
pub async fn export(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let campaign = found(&app, tenant, *id).await?;
    app.store.record(tenant, vec![said(&app, &signed, &request, Action::CampaignExported, &campaign)]).await?;
    let masks = app.households.masks(tenant);
    let pages = pages(app.store.clone(), tenant, &campaign, masks);
    let file = (CONTENT_DISPOSITION, "attachment; filename=\"recipients.csv\"");
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(file).streaming(pages))
}

/// Page by page, as the client takes them. A failure midway ends the connection without its last chunk.
fn pages(
    store: Arc<dyn Store>,
    tenant: TenantId,
    campaign: &Campaign,
    masks: bool,
) -> impl Stream<Item = Result<Bytes, ListError>> + use<> {
    let (id, winner) = (campaign.id, winner_of(campaign));
    let ready = VecDeque::from([Bytes::from_static(CSV_HEAD.as_bytes())]);
    let first = PageRequest { after: None, limit: EXPORT_PAGE };
    stream::try_unfold((ready, Some(first)), move |(mut ready, page)| {
        let store = Arc::clone(&store);
        async move {
            if let Some(bytes) = ready.pop_front() {
                return Ok(Some((bytes, (ready, page))));
            }
            let Some(page) = page else { return Ok(None) };
            let rows = store.recipients(tenant, id, RecipientQuery { class: None, page }).await?;
            let views = views(store.as_ref(), tenant, rows.items, winner).await?;
            let text: String = views.into_iter().map(|view| line(view, masks)).collect();
            let next = rows.next.map(|after| PageRequest { after: Some(after), limit: EXPORT_PAGE });
            Ok(Some((Bytes::from(text), (ready, next))))
        }
    })
}

const CSV_HEAD: &str = "no,contact_id,name,phone,lane,class,accepted_at,sent_at,delivered_at,read_at,failed_at,code,reason,\
    replied_at,country,price_category,price_kind,clicked_at,opted_out_at,key,variant,group\r\n";

fn line(view: RecipientView, masks: bool) -> String {
    let RecipientView { no, contact, lane, class, delivery, replied_at, country, price_category, price_kind, .. } =
        view;
    let (clicked_at, opted_out_at, key) = (view.clicked_at, view.opted_out_at, view.key);
    let time = |at: Option<Timestamp>| at.map(|at| at.0.to_string()).unwrap_or_default();
    let phone = contact.phone.map(|phone| if masks { mask::phone(&phone) } else { phone });
    let failure = delivery.failure.as_ref();
    let cells = [
        no.to_string(),
        contact.id.to_string(),
        contact.name.unwrap_or_default(),
        phone.unwrap_or_default(),
        lane.to_string(),
        class.key().to_owned(),
        time(delivery.accepted_at),
        time(delivery.sent_at),
        time(delivery.delivered_at),
        time(delivery.read_at),
        time(delivery.failed_at),
        failure.and_then(|failure| failure.code).map(|code| code.to_string()).unwrap_or_default(),
        failure.map(|failure| failure.text.clone()).unwrap_or_default(),
        time(replied_at),
        country.map(|country| country.to_string()).unwrap_or_default(),
        price_category.map(PriceCategory::key).unwrap_or_default().to_owned(),
        price_kind.map(PriceKind::key).unwrap_or_default().to_owned(),
        time(clicked_at),
        time(opted_out_at),
        key.map(|key| key.as_str().to_owned()).unwrap_or_default(),
        view.variant.map(Letter::as_str).unwrap_or_default().to_owned(),
        view.is_sample.map(|is_sample| if is_sample { "sample" } else { "rest" }).unwrap_or_default().to_owned(),
    ];
    cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n"
}
