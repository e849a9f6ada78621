//! The audit log: pages, and the whole of it as a file.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use engine::audit::{Action, AuditRecord, Origin};
use engine::id::{ActorId, TenantId};
use engine::ports::{AuditQuery, ListError, PageRequest, Store};
use engine::time::{Span, Timestamp};
use futures_util::stream::{self, Stream};
use serde::{Deserialize, Serialize};

use super::administration::entry;
use super::lists::{List, Paging};
use super::sheet::cell;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// Entries of an export that are read at a time.
const EXPORT_PAGE: u32 = 100;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/audit", web::get().to(list)).route("/audit/export", web::get().to(export));
}

/// What narrows the log; together.
#[derive(Debug, Clone, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditFilter {
    /// Id of a member or an API key.
    #[param(value_type = Option<String>)]
    actor: Option<ActorId>,
    /// Key of an action, or its beginning: `role.`
    action: Option<String>,
    /// In ms since 1970, inclusive.
    from: Option<Timestamp>,
    /// In ms since 1970, inclusive.
    to: Option<Timestamp>,
}

impl AuditFilter {
    fn query(self, page: PageRequest) -> AuditQuery {
        let Self { actor, action, from, to } = self;
        AuditQuery { actor, action, from, to: to.map(|to| to.plus(Span(1))), page }
    }

    /// As the audit log tells of an export.
    fn words(&self) -> String {
        let parts = [
            self.actor.map(|actor| format!("actor {actor}")),
            self.action.as_ref().map(|action| format!("action {action}")),
            self.from.map(|from| format!("from {}", from.0)),
            self.to.map(|to| format!("to {}", to.0)),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditView {
    /// Its place in the organization's chain.
    n: u64,
    at: Timestamp,
    actor: AuditActorView,
    action: &'static str,
    /// The id of what it was done to.
    target: Option<String>,
    details: BTreeMap<String, String>,
    ip: Option<String>,
    browser: Option<String>,
    device: Option<String>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct AuditActorView {
    /// `member`, `api_key`, `system` or `nobody`.
    kind: &'static str,
    #[schema(value_type = Option<String>)]
    id: Option<ActorId>,
    /// As it was then.
    name: String,
}

impl From<AuditRecord> for AuditView {
    fn from(record: AuditRecord) -> Self {
        let AuditRecord { n, entry, .. } = record;
        let actor =
            AuditActorView { kind: entry.actor.kind(), id: entry.actor.id(), name: entry.actor.name().to_owned() };
        let (ip, browser, device) = match entry.origin {
            Some(Origin { ip, browser, device }) => (Some(ip), Some(browser), Some(device)),
            None => (None, None, None),
        };
        let (at, action, target, details) = (entry.at, entry.action.key(), entry.target, entry.details);
        Self { n, at, actor, action, target, details, ip, browser, device }
    }
}

/// Who did what, newest first
#[utoipa::path(get, path = "/api/v1/audit", params(AuditFilter, Paging),
    responses((status = 200, body = List<AuditView>), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    filter: web::Query<AuditFilter>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<AuditView>>, Problem> {
    let page = app.store.audit_page(signed.0.tenant, filter.into_inner().query(paging.request())).await?;
    let next = page.next.map(|cursor| cursor.0);
    Ok(web::Json(List { items: page.items.into_iter().map(AuditView::from).collect(), next }))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Csv,
    Ndjson,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    format: ExportFormat,
}

/// The same as a file; that it was taken is an entry too
#[utoipa::path(get, path = "/api/v1/audit/export", params(ExportQuery, AuditFilter),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 403, body = Problem)))]
pub async fn export(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    export: web::Query<ExportQuery>,
    filter: web::Query<AuditFilter>,
) -> Result<HttpResponse, Problem> {
    let (format, filter) = (export.format, filter.into_inner());
    let (mime, file) = match format {
        ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        ExportFormat::Ndjson => ("application/x-ndjson", "attachment; filename=\"audit.ndjson\""),
    };
    let told = entry(&app, &signed, &request, Action::AuditExported).with("filter", &filter.words());
    app.store.record(signed.0.tenant, vec![told]).await?;
    let query = filter.query(PageRequest { after: None, limit: EXPORT_PAGE });
    let pages = pages(app.store.clone(), signed.0.tenant, query, format);
    Ok(HttpResponse::Ok().content_type(mime).insert_header((CONTENT_DISPOSITION, file)).streaming(pages))
}

/// Page by page, as the client takes them. A failure midway ends the connection without its last chunk.
fn pages(
    store: Arc<dyn Store>,
    tenant: TenantId,
    query: AuditQuery,
    format: ExportFormat,
) -> impl Stream<Item = Result<Bytes, ListError>> {
    let head = (format == ExportFormat::Csv).then(|| Bytes::from_static(CSV_HEAD.as_bytes()));
    let ready: VecDeque<Bytes> = head.into_iter().collect();
    stream::try_unfold((ready, Some(query)), move |(mut ready, query)| {
        let store = Arc::clone(&store);
        async move {
            if let Some(bytes) = ready.pop_front() {
                return Ok(Some((bytes, (ready, query))));
            }
            let Some(query) = query else { return Ok(None) };
            let page = store.audit_page(tenant, query.clone()).await?;
            let text: String = page.items.into_iter().map(|record| line(record.into(), format)).collect();
            let next = page.next.map(|after| {
                let page = PageRequest { after: Some(after), limit: EXPORT_PAGE };
                AuditQuery { page, ..query }
            });
            Ok(Some((Bytes::from(text), (ready, next))))
        }
    })
}

const CSV_HEAD: &str = "n,at,actor_kind,actor_id,actor,action,target,details,ip,browser,device\r\n";

fn line(view: AuditView, format: ExportFormat) -> String {
    match format {
        // These types have nothing that could fail to encode.
        ExportFormat::Ndjson => serde_json::to_string(&view).unwrap_or_default() + "\n",
        ExportFormat::Csv => {
            let details = serde_json::to_string(&view.details).unwrap_or_default();
            let text = |text: Option<String>| text.unwrap_or_default();
            let cells = [
                view.n.to_string(),
                view.at.0.to_string(),
                view.actor.kind.to_owned(),
                text(view.actor.id.map(|id| id.to_string())),
                view.actor.name,
                view.action.to_owned(),
                text(view.target),
                details,
                text(view.ip),
                text(view.browser),
                text(view.device),
            ];
            cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(",") + "\r\n"
        }
    }
}
