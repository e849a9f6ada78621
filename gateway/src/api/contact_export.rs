//! All contacts as a file.

use std::sync::Arc;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use engine::audit::Action;
use engine::consent::Consent;
use engine::contact::{Contact, FieldKey};
use engine::id::{TenantId, WaId};
use engine::mask;
use engine::permission::Permission;
use engine::ports::{Store, StoreError};
use futures_util::{Stream, stream};

use super::administration::{entry, household};
use super::sheet::cell;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// Contacts that are read at a time.
const PAGE: u32 = 1_000;

/// All contacts as CSV; that it was taken is an entry of the audit log, and numbers are whole only for who may reveal them
#[utoipa::path(get, path = "/api/v1/contacts/export",
    responses((status = 200, body = String, content_type = "text/csv"), (status = 403, body = Problem)))]
pub async fn export(app: web::Data<App>, signed: Signed, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let whole = !app.households.masks(tenant) || signed.0.grants.allow(Permission::ContactsRevealPii);
    let numbers = if whole { "whole" } else { "masked" };
    // On disk before anybody sees a number.
    let said = entry(&app, &signed, &request, Action::ContactsExported).with("numbers", numbers);
    app.store.record(tenant, vec![said]).await?;
    let household = household(&app, &signed.0).await?;
    let fields = household.settings.contact_fields.iter().map(|field| field.key.clone()).collect();
    let columns = Columns { fields, whole };
    let pages = pages(app.store.clone(), tenant, columns);
    let file = (CONTENT_DISPOSITION, "attachment; filename=\"contacts.csv\"");
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(file).streaming(pages))
}

#[derive(Clone)]
struct Columns {
    fields: Vec<FieldKey>,
    /// Whether numbers are shown whole.
    whole: bool,
}

enum Reading {
    Head,
    After(Option<i64>),
}

/// Page by page, as the client takes them. A failure midway ends the connection without its last chunk.
fn pages(store: Arc<dyn Store>, tenant: TenantId, columns: Columns) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold(Reading::Head, move |reading| {
        let (store, columns) = (Arc::clone(&store), columns.clone());
        async move {
            let after = match reading {
                Reading::Head => return Ok(Some((Bytes::from(columns.head()), Reading::After(None)))),
                Reading::After(after) => after,
            };
            let page = store.scan_contacts(tenant, after, PAGE).await?;
            let Some(last) = page.last().map(|(place, _)| *place) else { return Ok(None) };
            let text: String = page.iter().map(|(_, contact)| columns.line(contact)).collect();
            Ok(Some((Bytes::from(text), Reading::After(Some(last)))))
        }
    })
}

impl Columns {
    fn head(&self) -> String {
        let fixed = "id,name,username,phone,bsuid,country,language,marketing,tags,created_at,last_message_on";
        let fields = self.fields.iter().map(|field| format!(",{field}"));
        format!("{fixed}{}\r\n", fields.collect::<String>())
    }

    fn line(&self, contact: &Contact) -> String {
        let phone = contact.phone.as_ref().map(WaId::e164);
        let phone = if self.whole { phone } else { phone.map(|phone| mask::phone(&phone)) };
        let marketing = match contact.marketing {
            Consent::NotAsked => "not_asked",
            Consent::OptedIn { .. } => "opted_in",
            Consent::OptedOut { .. } => "opted_out",
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            contact.id.to_string(),
            text(&contact.name),
            text(&contact.username),
            phone.unwrap_or_default(),
            contact.bsuid.as_ref().map(ToString::to_string).unwrap_or_default(),
            text(&contact.country),
            text(&contact.language),
            marketing.to_owned(),
            contact.tags.iter().map(engine::contact::Tag::as_str).collect::<Vec<_>>().join(", "),
            contact.created_at.map(|at| at.0.to_string()).unwrap_or_default(),
            contact.last_message_on.map(|day| day.to_string()).unwrap_or_default(),
        ];
        let fields = self.fields.iter().map(|key| contact.fields.get(key).map(ToString::to_string).unwrap_or_default());
        cells.into_iter().chain(fields).map(|text| cell(&text)).collect::<Vec<_>>().join(",") + "\r\n"
    }
}
