//! Files of contacts: upload, say what the columns are, look what would happen, bring in, take back.

use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use engine::administration::{Command, ImportCommand};
use engine::contact::{Import, Mapping};
use engine::id::ImportId;
use engine::ports::StoreError;
use engine::time::IdSource as _;
use futures_util::{Stream, StreamExt as _, stream};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use super::administration::{change, household};
use super::lists::List;
use super::sheet::cell;
use crate::app::App;
use crate::contact_import::row::{Reading, guess};
use crate::contact_import::{ImportProgress, ImportReport, PART_BYTES, Source, Work, check, part, reading};
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

/// Largest file.
const FILE_MAX: u64 = 1 << 30;
/// Rows that are shown after an upload.
const PREVIEW_ROWS: usize = 5;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contact-imports", web::get().to(list))
        .route("/contact-imports", web::post().to(upload))
        .route("/contact-imports/{id}", web::get().to(one))
        .route("/contact-imports/{id}/mapping", web::put().to(map))
        .route("/contact-imports/{id}/report", web::get().to(report))
        .route("/contact-imports/{id}/rejected", web::get().to(rejected))
        .route("/contact-imports/{id}/run", web::post().to(run))
        .route("/contact-imports/{id}/undo", web::post().to(undo));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ImportView {
    #[serde(flatten)]
    import: Import,
    /// While it is brought in or taken back on this node.
    progress: Option<ImportProgress>,
}

/// What was uploaded, and what its columns seem to be.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Uploaded {
    import: Import,
    headings: Vec<String>,
    /// The first rows.
    rows: Vec<Vec<String>>,
}

fn known(household: &engine::household::Household, id: ImportId) -> Result<Import, Problem> {
    household.imports.get(&id).cloned().ok_or_else(Problem::not_found)
}

/// Files of contacts, the newest first
#[utoipa::path(get, path = "/api/v1/contact-imports", responses((status = 200, body = List<ImportView>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<ImportView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let mut imports: Vec<_> = household.imports.values().cloned().collect();
    imports.sort_by_key(|import| std::cmp::Reverse((import.uploaded_at, import.id)));
    let view = |import: Import| ImportView { progress: app.imports.progress(import.id), import };
    Ok(web::Json(imports.into_iter().map(view).collect::<Vec<_>>().into()))
}

/// One file, with how far it is
#[utoipa::path(get, path = "/api/v1/contact-imports/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ImportId>,
) -> Result<web::Json<ImportView>, Problem> {
    let import = known(household(&app, &signed.0).await?.as_ref(), *id)?;
    Ok(web::Json(ImportView { progress: app.imports.progress(*id), import }))
}

/// Upload a file of comma-separated values, with a heading
#[utoipa::path(post, path = "/api/v1/contact-imports",
    request_body(content = Vec<u8>, content_type = "text/csv"),
    params(("X-Filename" = Option<String>, Header, description = "Percent-encoded")),
    responses((status = 201, body = Uploaded), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
pub async fn upload(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    mut body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let (tenant, id) = (signed.0.tenant, ImportId::from_bytes(RandomIds.next()));
    let (mut whole, mut n, mut buffer) = (0_u64, 0_u64, BytesMut::new());
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|_| Problem::invalid("The upload was cut off. Nothing was stored."))?;
        whole += chunk.len() as u64;
        if whole > FILE_MAX {
            let detail = "The file is larger than 1 GB. Nothing was stored.";
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
        }
        buffer.extend_from_slice(&chunk);
        while buffer.len() >= PART_BYTES {
            app.blobs.put(tenant, part(id, n), buffer.split_to(PART_BYTES).freeze()).await?;
            n += 1;
        }
    }
    if !buffer.is_empty() {
        app.blobs.put(tenant, part(id, n), buffer.freeze()).await?;
    }
    let mut source = Source::of(app.blobs.clone(), tenant, id);
    let mut rows: Vec<Vec<String>> = Vec::new();
    while rows.len() < PREVIEW_ROWS {
        let Some(records) = source.records().await? else { break };
        rows.extend(records.into_iter().take(PREVIEW_ROWS - rows.len()).map(|record| record.cells));
    }
    let headings = source.heading().to_vec();
    if headings.is_empty() || rows.is_empty() {
        return Err(Problem::invalid("The file has no rows below its heading. Nothing was stored."));
    }
    let fields = household(&app, &signed.0).await?.settings.contact_fields.clone();
    let columns = headings.iter().map(|heading| guess(heading, &fields)).collect();
    let mapping = Mapping { columns, ..Mapping::default() };
    let import = Import::new(id, &file_name(&request), mapping, signed.0.person.clone(), app.clock.now());
    change(&app, &signed, &request, Command::Import(ImportCommand::Upload(Box::new(import.clone())))).await?;
    Ok(HttpResponse::Created().json(Uploaded { import, headings, rows }))
}

fn file_name(request: &HttpRequest) -> String {
    let named = request.headers().get("x-filename").and_then(|value| value.to_str().ok()).unwrap_or("contacts.csv");
    percent_decode_str(named).decode_utf8_lossy().into_owned()
}

/// Say what the columns are
#[utoipa::path(put, path = "/api/v1/contact-imports/{id}/mapping", params(("id" = String, Path)), request_body = Mapping,
    responses((status = 200, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn map(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ImportId>,
    wanted: web::Json<Mapping>,
) -> Result<web::Json<ImportView>, Problem> {
    let command = ImportCommand::Map { id: *id, mapping: wanted.into_inner() };
    let import = known(change(&app, &signed, &request, Command::Import(command)).await?.as_ref(), *id)?;
    Ok(web::Json(ImportView { progress: None, import }))
}

async fn opened(app: &App, signed: &Signed, id: ImportId) -> Result<(Source, Reading), Problem> {
    let household = household(app, &signed.0).await?;
    let import = known(&household, id)?;
    let source = Source::of(app.blobs.clone(), signed.0.tenant, id);
    Ok((source, reading(&import, &household.settings.contact_fields)))
}

/// What the file would do: how many rows are valid, completed or rejected, and why
#[utoipa::path(get, path = "/api/v1/contact-imports/{id}/report", params(("id" = String, Path)),
    responses((status = 200, body = ImportReport), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn report(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ImportId>,
) -> Result<web::Json<ImportReport>, Problem> {
    let (mut source, reading) = opened(&app, &signed, *id).await?;
    Ok(web::Json(check(&mut source, &reading).await?))
}

/// The rejected rows as a file, each with its reason
#[utoipa::path(get, path = "/api/v1/contact-imports/{id}/rejected", params(("id" = String, Path)),
    responses((status = 200, body = String, content_type = "text/csv"), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn rejected(app: web::Data<App>, signed: Signed, id: web::Path<ImportId>) -> Result<HttpResponse, Problem> {
    let (source, reading) = opened(&app, &signed, *id).await?;
    let file = (CONTENT_DISPOSITION, "attachment; filename=\"rejected.csv\"");
    let lines = lines(source, reading);
    Ok(HttpResponse::Ok().content_type("text/csv; charset=utf-8").insert_header(file).streaming(lines))
}

/// Part by part, as the client takes them.
fn lines(source: Source, reading: Reading) -> impl Stream<Item = Result<Bytes, StoreError>> {
    stream::try_unfold((source, reading, false), async |(mut source, reading, begun)| {
        let Some(records) = source.records().await? else { return Ok(None) };
        let mut text = String::new();
        let has_heading = !source.heading().is_empty();
        if has_heading && !begun {
            text += &line(&["line", "reason"], source.heading());
        }
        for record in records {
            if let Err(reason) = reading.read(&record) {
                text += &line(&[&record.line.to_string(), &reason], &record.cells);
            }
        }
        Ok::<_, StoreError>(Some((Bytes::from(text), (source, reading, begun || has_heading))))
    })
}

fn line(first: &[&str], cells: &[String]) -> String {
    let all = first.iter().copied().chain(cells.iter().map(String::as_str));
    all.map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Bring the file in; one that was cut short goes on
#[utoipa::path(post, path = "/api/v1/contact-imports/{id}/run", params(("id" = String, Path)),
    responses((status = 202, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn run(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ImportId>,
) -> Result<HttpResponse, Problem> {
    let work = Work::Bring { tenant: signed.0.tenant, import: *id };
    begin(&app, &signed, &request, ImportCommand::Start { id: *id }, *id, work).await
}

/// Take the file back: what it made and nobody used is removed, what it changed is as it was, what somebody changed since stays
#[utoipa::path(post, path = "/api/v1/contact-imports/{id}/undo", params(("id" = String, Path)),
    responses((status = 202, body = ImportView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn undo(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ImportId>,
) -> Result<HttpResponse, Problem> {
    let work = Work::Undo { tenant: signed.0.tenant, import: *id };
    begin(&app, &signed, &request, ImportCommand::Undo { id: *id }, *id, work).await
}

async fn begin(
    app: &App,
    signed: &Signed,
    request: &HttpRequest,
    command: ImportCommand,
    id: ImportId,
    work: Work,
) -> Result<HttpResponse, Problem> {
    let import = known(change(app, signed, request, Command::Import(command)).await?.as_ref(), id)?;
    if !app.imports.ask(work) {
        return Err(Problem::busy());
    }
    Ok(HttpResponse::Accepted().json(ImportView { progress: app.imports.progress(id), import }))
}
