//! The running server: listeners, housekeeping, and an orderly stop.

use std::any::Any;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::dev::{Extensions, Server, ServerHandle};
use actix_web::middleware::Compress;
use actix_web::rt::net::TcpStream;
use actix_web::{App as WebApp, HttpServer, web};
use engine::audit::{Action, AuditActor, AuditEntry};
use engine::id::TenantId;
use engine::time::{Span, Timestamp};
use rustls::ServerConfig;

use crate::app::{self, App, StartError, threads};
use crate::handover::hand_over_all;
use crate::http::problem::Problem;
use crate::http::{headers, outage};
use crate::live::watched;
use crate::mail::post;
use crate::tls::{self, Tls};
use crate::{api, backup, clerk, contact_import, health, inbox, metric, neighbours, rounds, webhook};

/// A peer that does not take what was sent for this long is gone: the kernel ends the connection, whatever state the
/// socket's actor is in (actix does not poll an actor whose write buffer is full).
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(8);
/// Bytes that wait in the kernel for a peer that does not take them. Without a limit it buffers megabytes for each.
const UNSENT_MAX: u32 = 256 * 1024;
/// Time to send the head of a request.
const REQUEST_HEAD_MAX: Duration = Duration::from_secs(10);
const KEEP_ALIVE: Duration = Duration::from_secs(75);
const CONNECTIONS_MAX: usize = 25_000;
const BACKLOG: i32 = 4096;
/// Events kept in the log per organization.
const EVENTS_KEPT: u64 = 200_000;
/// Trimming and passivation.
const HOUSEKEEPING: Duration = Duration::from_secs(15);

/// Binds before anything else is started: a taken port is told at once.
pub fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let failed = |error: std::io::Error| {
        StartError(format!("Cannot listen on {address}: {error}. Choose another address with JETTO_LISTEN."))
    };
    let socket =
        socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None).map_err(failed)?;
    socket.set_reuse_address(true).map_err(failed)?;
    socket.bind(&address.into()).map_err(failed)?;
    socket.listen(BACKLOG).map_err(failed)?;
    Ok(socket.into())
}

/// Serves until SIGTERM or SIGINT.
pub async fn serve(
    app: web::Data<App>,
    listener: TcpListener,
    tls: Option<Tls>,
    ready: impl FnOnce(),
) -> Result<(), StartError> {
    let end = signalled().map_err(|error| StartError(format!("Signals cannot be heard: {error}.")))?;
    serve_until(app, listener, tls, ready, end).await
}

/// Serves until the end, then stops in order: listener, sessions, actors, store.
pub async fn serve_until(
    app: web::Data<App>,
    listener: TcpListener,
    tls: Option<Tls>,
    ready: impl FnOnce(),
    end: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let failed = |error: std::io::Error| StartError(format!("The server did not start: {error}."));
    let mut tasks = tokio::task::JoinSet::new();
    let tls = tls.map(|Tls { server, keeper }| {
        tasks.spawn_local(keeper.run());
        server
    });
    let main = main_server(&app, listener, tls).map_err(failed)?;
    let handle = main.handle();
    tasks.spawn_local(async move { drop(main.await) });
    if let Some(address) = app.config.metrics_listen {
        let metrics = metrics_server(&app, address)?;
        tasks.spawn_local(async move { drop(metrics.await) });
    }
    tasks.spawn_local(beat(app.clone()));
    tasks.spawn_local(watched::run(app.clone()));
    tasks.spawn_local(keep_house(app.clone()));
    tasks.spawn_local(neighbours::run(app.clone()));
    tasks.spawn_local(rounds::run(app.clone()));
    tasks.spawn_local(outage::run(app.clone()));
    tasks.spawn_local(clerk::run(app.clone()));
    tasks.spawn_local(contact_import::run(app.clone()));
    let posted = app.clone();
    tasks.spawn_local(async move { post::run(&posted.post).await });
    ready();
    end.await;
    stop(&app, handle).await;
    tasks.shutdown().await;
    Ok(())
}

fn main_server(app: &web::Data<App>, listener: TcpListener, tls: Option<ServerConfig>) -> std::io::Result<Server> {
    let data = app.clone();
    let server = HttpServer::new(move || {
        WebApp::new()
            .app_data(data.clone())
            .configure(api::extractors)
            // Machines come here: headers for browsers would only cost.
            .configure(webhook::routes)
            .route("/healthz", web::get().to(health::healthz))
            .route("/readyz", web::get().to(health::readyz))
            .configure(api::routes)
            .service(
                web::scope("")
                    .wrap(Compress::default())
                    .wrap(headers::security())
                    .default_service(web::get().to(inbox::serve)),
            )
    });
    let server = server
        .workers(threads(app.config.http_threads))
        .max_connections(CONNECTIONS_MAX)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(REQUEST_HEAD_MAX)
        .on_connect(tune)
        .disable_signals()
        .shutdown_timeout(app.config.drain_seconds);
    let bound = match tls {
        Some(tls) => server.listen_rustls_0_23(listener, tls)?,
        None => server.listen(listener)?,
    };
    Ok(bound.run())
}

/// A connection, for as long as it is one.
struct Connected;

impl Connected {
    fn new() -> Self {
        metrics::gauge!(metric::CONNECTIONS).increment(1.0);
        Self
    }
}

impl Drop for Connected {
    fn drop(&mut self) {
        metrics::gauge!(metric::CONNECTIONS).decrement(1.0);
    }
}

fn tune(connection: &dyn Any, of_the_connection: &mut Extensions) {
    of_the_connection.insert(Connected::new());
    let below = connection.downcast_ref().map(tls::inner);
    if let Some(stream) = connection.downcast_ref::<TcpStream>().or(below) {
        let socket = socket2::SockRef::from(stream);
        let tuned = socket
            .set_tcp_nodelay(true)
            .and_then(|()| socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED_MAX)))
            .and_then(|()| socket.set_tcp_notsent_lowat(UNSENT_MAX));
        if let Err(error) = tuned {
            tracing::debug!(%error, "a connection was not tuned");
        }
    }
}

fn metrics_server(app: &web::Data<App>, address: SocketAddr) -> Result<Server, StartError> {
    let data = app.clone();
    let listener = bind(address)?;
    if let Ok(address) = listener.local_addr() {
        tracing::info!("metrics on http://{address}");
    }
    HttpServer::new(move || WebApp::new().app_data(data.clone()).route("/metrics", web::get().to(health::metrics)))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .map(HttpServer::run)
        .map_err(|error| StartError(format!("Metrics cannot listen on {address}: {error}.")))
}

/// Heads and presence of live connections.
async fn beat(app: web::Data<App>) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    let every = crate::live::hub::HEARTBEAT.as_secs().max(1);
    for count in 0_u64.. {
        second.tick().await;
        app.hub.beat(app.clock.now(), count.is_multiple_of(every));
    }
}

async fn keep_house(app: web::Data<App>) {
    let mut tick = tokio::time::interval(HOUSEKEEPING);
    loop {
        tick.tick().await;
        app.actors.sweep();
        app.look_at_disk();
        app.auth.keep_house(app.clock.now()).await;
        if let Err(error) = backup::tell(&app).await {
            tracing::warn!(%error, "the audit log was not told of a backup; it is, next time");
        }
        keep_heard(&app, false).await;
        if app.actors.holds(&app::HOUSEKEEPING).is_none() {
            continue;
        }
        let organizations = app.store.organizations().await.unwrap_or_default();
        for organization in organizations {
            if let Err(error) = app.store.trim(organization.id, EVENTS_KEPT).await {
                tracing::warn!(%error, "an event log was not trimmed");
            }
            if let Err(error) = app.footing.roll_forward(organization.id).await {
                tracing::warn!(%error, "what was decided was not finished; the next round tries again");
            }
            if let Err(error) = tidy_up(&app, organization.id).await {
                tracing::warn!(%error, "what an organization leaves behind was not tidied up");
            }
        }
        if let Err(error) = app.store.forget_expired(app.clock.now()).await {
            tracing::warn!(%error, "expired sessions were not forgotten");
        }
    }
}

async fn keep_heard(app: &App, all: bool) {
    if let Err(error) = app.routing.keep(app.store.as_ref(), all).await {
        tracing::warn!(%error, "when webhooks last came was not kept");
    }
}

/// What somebody who left still has, and entries of the audit log that are older than the organization keeps them.
async fn tidy_up(app: &App, tenant: TenantId) -> Result<(), Problem> {
    let Some(household) = app.households.of(app.store.as_ref(), tenant).await? else { return Ok(()) };
    hand_over_all(app, &household).await?;
    let (now, days) = (app.clock.now(), household.settings.audit_days);
    let kept_since = now.minus(Span::hours(24 * i64::from(days)));
    // Whole days: each trimming is an entry, and one of a few seconds' worth would always leave the next to trim.
    let before = Timestamp(kept_since.0 - kept_since.0.rem_euclid(Span::hours(24).0));
    let entry = AuditEntry::new(now, AuditActor::System, Action::AuditTrimmed);
    app.store.trim_audit(tenant, before, entry.with("before", &before.0).with("kept_days", &days)).await?;
    Ok(())
}

/// Heard from the call on, so that one that comes as soon as we say that we listen does not simply end the process.
fn signalled() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

async fn stop(app: &App, server: ServerHandle) {
    tracing::info!("stopping");
    let deadline = Duration::from_secs(app.config.drain_seconds);
    app.hub.close_all();
    if tokio::time::timeout(deadline, server.stop(true)).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
    app.clerk.finish(deadline).await;
    app.post.finish(deadline).await;
    keep_heard(app, true).await;
    app.stop(deadline).await;
    tracing::info!("stopped");
}
