//! One browser tab. The only file that knows actix-web-actors, so that another WebSocket library can take its place.

use std::cell::Cell;
use std::rc::Rc;

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, ContextFutureSpawner, Handler, Message, StreamHandler,
    WrapFuture,
};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws;
use bytestring::ByteString;
use engine::access::Principal;
use engine::id::{CampaignId, ConversationId};
use engine::permission::{Grants, Permission};
use engine::ports::StoreError;
use serde::Deserialize;
use tokio::time::Instant;

use super::courier::{Courier, Parcel, Recipient, Tab};
use super::frames::{ClientFrame, Reason, ServerFrame};
use super::hub::{BacklogLimit, Candidate, Step};
use crate::app::App;
use crate::auth::sessions;
use crate::http::guard::{Signed, exact_origin};
use crate::http::problem::Problem;
use crate::limits::count_reached;
use crate::metric;

/// Largest frame a browser may send: they are all tiny.
const FRAME_MAX: usize = 4096;
/// Messages that may wait for one connection; the limits of bytes and age act long before.
const MAILBOX: usize = 4096;
/// Code of the close after which there is nothing to come back to.
const SIGNED_OUT: u16 = 4001;
/// Payload of the ping after a page; its pong asks for the next one.
const MORE: &[u8] = b"more";

#[derive(Deserialize)]
pub struct After {
    after: Option<u64>,
}

/// `GET /api/v1/live?after=N`
pub async fn live(
    app: web::Data<App>,
    request: HttpRequest,
    stream: web::Payload,
    signed: Signed,
    query: web::Query<After>,
) -> Result<HttpResponse, actix_web::Error> {
    // No page can make a browser send an API key, so a program needs no Origin.
    if signed.0.api_key.is_none() {
        exact_origin(&app, &request)?;
    }
    if !app.hub.admit() {
        return Err(Problem::busy().into());
    }
    let socket = Socket {
        app: app.clone(),
        principal: signed.0,
        after: query.after,
        connection: None,
        greeted: false,
        backlog: Rc::default(),
        tab: None,
        watching: None,
    };
    ws::WsResponseBuilder::new(socket, &request, stream)
        .frame_size(FRAME_MAX)
        .start()
        .inspect_err(|_| app.hub.release())
}

pub struct Socket {
    app: web::Data<App>,
    principal: Principal,
    after: Option<u64>,
    connection: Option<u64>,
    greeted: bool,
    backlog: Rc<Backlog>,
    /// `None` until it is started.
    tab: Option<Tab>,
    /// The broadcast that the browser says it looks at.
    watching: Option<CampaignId>,
}

/// A frame to write.
#[derive(Message)]
#[rtype(result = "()")]
struct Push(ByteString);

/// Say good-bye and end.
#[derive(Message)]
#[rtype(result = "()")]
struct Close(Reason);

/// What is on its way to one connection and not yet written to its socket.
#[derive(Default)]
struct Backlog {
    bytes: Cell<usize>,
    /// When the oldest was handed over; `None` when there is none.
    since: Cell<Option<Instant>>,
    /// Nothing more is handed over: it was told to end.
    ended: Cell<bool>,
    /// It could not be told: it must end by itself instead of going on without what was lost.
    lost: Cell<bool>,
}

impl Backlog {
    /// Counts it; `false`: it would be too much.
    fn fits(&self, bytes: usize, limit: BacklogLimit, now: Instant) -> bool {
        let waiting = self.bytes.get() + bytes;
        let since = self.since.get().unwrap_or(now);
        self.bytes.set(waiting);
        self.since.set(Some(since));
        waiting <= limit.bytes && now.duration_since(since) <= limit.age
    }

    fn written(&self, bytes: usize) {
        let left = self.bytes.get().saturating_sub(bytes);
        self.bytes.set(left);
        self.since.set((left > 0).then(Instant::now));
    }
}

/// A socket as its courier knows it.
struct Door {
    socket: Addr<Socket>,
    backlog: Rc<Backlog>,
    limit: BacklogLimit,
}

thread_local! {
    static COURIER: Courier<Door> = Courier::start();
}

impl Recipient for Door {
    fn take(&self, parcel: Parcel, now: Instant) {
        let backlog = &self.backlog;
        if backlog.ended.get() {
            return;
        }
        let taken = match parcel {
            Parcel::Frame(frame) if backlog.fits(frame.len(), self.limit, now) => {
                self.socket.try_send(Push(frame)).is_ok()
            }
            Parcel::Frame(_) => {
                metrics::counter!(metric::LIVE_DROPPED).increment(1);
                backlog.ended.set(true);
                // Heard by one that is still read; one that is not dies of its unacknowledged bytes (`TCP_USER_TIMEOUT`).
                self.socket.try_send(Close(Reason::Slow)).is_ok()
            }
            Parcel::Close(reason) => {
                backlog.ended.set(true);
                self.socket.try_send(Close(reason)).is_ok()
            }
        };
        if !taken {
            backlog.ended.set(true);
            backlog.lost.set(true);
        }
    }
}

impl Actor for Socket {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        let (backlog, limit) = (Rc::clone(&self.backlog), self.app.hub.backlog_limit());
        let door = Door { socket: ctx.address(), backlog, limit };
        self.tab = Some(COURIER.with(|courier| courier.add(door)));
        self.step(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.app.hub.release();
        if let Some(tab) = &self.tab {
            COURIER.with(|courier| courier.remove(tab));
        }
        if let Some(id) = self.connection {
            self.app.hub.leave(self.principal.tenant, id, self.principal.person.clone());
        }
    }
}

impl Handler<Push> for Socket {
    type Result = ();

    fn handle(&mut self, push: Push, ctx: &mut Self::Context) {
        self.backlog.written(push.0.len());
        if self.backlog.lost.get() {
            // The browser comes back with its `n`.
            return ctx.stop();
        }
        ctx.text(push.0);
    }
}

impl Handler<Close> for Socket {
    type Result = ();

    fn handle(&mut self, close: Close, ctx: &mut Self::Context) {
        let over = close.0 == Reason::SignedOut;
        if over {
            ctx.text(ServerFrame::SignedOut.encode());
        }
        ctx.text(ServerFrame::Bye { reason: close.0 }.encode());
        ctx.close(over.then(|| ws::CloseReason::from(ws::CloseCode::Other(SIGNED_OUT))));
        ctx.stop();
    }
}

impl StreamHandler<Result<ws::Message, ws::ProtocolError>> for Socket {
    fn handle(&mut self, item: Result<ws::Message, ws::ProtocolError>, ctx: &mut Self::Context) {
        match item {
            Ok(ws::Message::Text(text)) => match serde_json::from_str::<ClientFrame>(&text) {
                Ok(frame) => self.heard(frame, ctx),
                // A newer web app may say something this server does not know.
                Err(_unknown) => {}
            },
            Ok(ws::Message::Ping(bytes)) => ctx.pong(&bytes),
            Ok(ws::Message::Close(reason)) => {
                ctx.close(reason);
                ctx.stop();
            }
            // It has read the last page, up to here nothing piles up.
            Ok(ws::Message::Pong(payload)) if payload == MORE && self.connection.is_none() => self.step(ctx),
            Ok(ws::Message::Pong(_) | ws::Message::Nop | ws::Message::Binary(_) | ws::Message::Continuation(_)) => {}
            Err(error) => {
                if matches!(error, ws::ProtocolError::Overflow) {
                    count_reached("frame");
                }
                ctx.stop();
            }
        }
    }
}

impl Socket {
    /// Joins the channel, or writes one page of what was missed and goes on when the browser has read it.
    fn step(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        let hub = self.app.hub.clone();
        let Some(outlet) = self.tab.clone() else { return };
        let app = self.app.clone();
        let (principal, after) = (self.principal.clone(), self.after);
        let join = async move {
            let principal = current(&app, principal).await?;
            hub.join(Candidate { outlet, principal }, after).await
        };
        // Nothing else is written meanwhile: what the hub pushes waits in the mailbox.
        join.into_actor(self).map(|step, socket, ctx| socket.take(step, ctx)).wait(ctx);
    }

    fn take(&mut self, step: Result<Step, StoreError>, ctx: &mut ws::WebsocketContext<Self>) {
        if self.app.auth.sessions.has_ended(self.principal.session) {
            ctx.notify(Close(Reason::SignedOut));
        }
        match step {
            Ok(Step::Live { id, head, frames }) => {
                self.greet(head, ctx);
                self.connection = Some(id);
                for frame in frames {
                    ctx.text(frame);
                }
            }
            Ok(Step::More { head, at, frames }) => {
                self.greet(head, ctx);
                self.after = Some(at);
                for frame in frames {
                    ctx.text(frame);
                }
                ctx.ping(MORE);
            }
            Ok(Step::Resync { id, head }) => {
                self.greet(head, ctx);
                self.connection = Some(id);
                ctx.text(ServerFrame::Resync { head }.encode());
            }
            Err(error) => {
                tracing::warn!(%error, "a live connection could not join");
                ctx.stop();
            }
        }
    }

    fn greet(&mut self, head: u64, ctx: &mut ws::WebsocketContext<Self>) {
        if !std::mem::replace(&mut self.greeted, true) {
            ctx.text(ServerFrame::Hello { head, session: self.principal.session }.encode());
        }
    }

    fn heard(&mut self, frame: ClientFrame, ctx: &mut ws::WebsocketContext<Self>) {
        let Some(id) = self.connection else { return };
        let (tenant, person) = (self.principal.tenant, self.principal.person.clone());
        match frame {
            ClientFrame::Ping => ctx.text(ServerFrame::Pong.encode()),
            ClientFrame::Typing { conversation_id, typing } => self.app.hub.typing(tenant, id, conversation_id, typing),
            ClientFrame::View { conversation_id: None } => self.app.hub.view(tenant, id, person, None),
            ClientFrame::View { conversation_id: Some(conversation) } => self.look_at(id, conversation, ctx),
            ClientFrame::WatchCampaign { campaign_id } => {
                self.watching = campaign_id;
                match campaign_id {
                    Some(campaign) => self.watch(id, campaign, ctx),
                    None => self.app.hub.watch(tenant, id, None),
                }
            }
        }
    }

    /// Only of one's own organization, and only for who may see broadcasts; others hear nothing.
    fn watch(&self, id: u64, campaign: CampaignId, ctx: &mut ws::WebsocketContext<Self>) {
        let (app, principal) = (self.app.clone(), self.principal.clone());
        let may = async move {
            let principal = current(&app, principal).await.ok()?;
            principal.require(Permission::CampaignsRead).ok()?;
            app.store.campaign(principal.tenant, campaign).await.ok()?.map(|_| principal.tenant)
        };
        // Whoever has looked away meanwhile looks away.
        let watch = may.into_actor(self).map(move |tenant, socket, _| match tenant {
            Some(tenant) if socket.watching == Some(campaign) => socket.app.hub.watch(tenant, id, Some(campaign)),
            Some(_) | None => {}
        });
        watch.spawn(ctx);
    }

    /// Only who may see a conversation is told who else does.
    fn look_at(&self, id: u64, conversation: ConversationId, ctx: &mut ws::WebsocketContext<Self>) {
        let (app, principal) = (self.app.clone(), self.principal.clone());
        let look = async move {
            let Ok(principal) = current(&app, principal).await else { return };
            if let Ok(Some(found)) = app.store.conversation(principal.tenant, conversation).await
                && principal.see(&found).is_ok()
            {
                app.hub.view(principal.tenant, id, principal.person, Some(conversation));
            }
        };
        look.into_actor(self).spawn(ctx);
    }
}

/// What this session is worth now: the upgrade may be hours ago.
async fn current(app: &App, principal: Principal) -> Result<Principal, StoreError> {
    let household = app.households.of(app.store.as_ref(), principal.tenant).await?;
    let nothing = Principal { grants: Grants::default(), ..principal.clone() };
    let Some(household) = household else { return Ok(nothing) };
    let principal = sessions::look_again(app, &household, principal).await;
    Ok(household.measure(&principal).filter(|now| !household.must_enroll(now)).unwrap_or(nothing))
}
