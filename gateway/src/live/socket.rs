//! One browser tab. The only file that knows actix-web-actors, so that another WebSocket library can take its place.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorFutureExt, Addr, AsyncContext, ContextFutureSpawner, Handler, Message, StreamHandler,
    WrapFuture,
};
use actix_web::{HttpRequest, HttpResponse, web};
use actix_web_actors::ws;
use bytestring::ByteString;
use engine::access::Principal;
use engine::id::ConversationId;
use engine::permission::Grants;
use engine::ports::StoreError;
use serde::Deserialize;

use super::channel::{Backlog, Outlet};
use super::courier::{Courier, Parcel, Recipient};
use super::frames::{ClientFrame, Reason, ServerFrame};
use super::hub::{Candidate, Step};
use crate::app::App;
use crate::auth::sessions;
use crate::http::guard::{Signed, exact_origin};
use crate::http::problem::Problem;

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
        backlog: Arc::default(),
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
    backlog: Arc<Backlog>,
}

/// A frame to write.
#[derive(Message)]
#[rtype(result = "()")]
struct Push(ByteString);

/// Say good-bye and end.
#[derive(Message)]
#[rtype(result = "()")]
struct Close(Reason);

/// The way to a socket from every thread.
pub type Tab = Arc<Door>;

/// A socket as its courier knows it.
pub struct Door {
    socket: Addr<Socket>,
    backlog: Arc<Backlog>,
    courier: Courier<Self>,
}

thread_local! {
    static COURIER: Courier<Door> = Courier::start();
}

impl Recipient for Door {
    fn courier(&self) -> &Courier<Self> {
        &self.courier
    }

    fn take(&self, parcel: Parcel) {
        let taken = match parcel {
            Parcel::Frame(frame) => self.socket.try_send(Push(frame)).is_ok(),
            Parcel::Close(reason) => self.socket.try_send(Close(reason)).is_ok(),
        };
        if !taken {
            self.backlog.lost.store(true, Ordering::Relaxed);
        }
    }
}

impl Outlet for Tab {
    fn push(&self, frame: ByteString) {
        Courier::hand_over([(Self::clone(self), Parcel::Frame(frame))]);
    }

    fn close(&self, reason: Reason) {
        Courier::hand_over([(Self::clone(self), Parcel::Close(reason))]);
    }

    fn push_all(frames: Vec<(Self, ByteString)>) {
        Courier::hand_over(frames.into_iter().map(|(tab, frame)| (tab, Parcel::Frame(frame))));
    }
}

impl Actor for Socket {
    type Context = ws::WebsocketContext<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.set_mailbox_capacity(MAILBOX);
        if let Some(until) = self.principal.until {
            let left = until.since(self.app.clock.now()).0.max(0);
            ctx.notify_later(Close(Reason::SignedOut), Duration::from_millis(left.cast_unsigned()));
        }
        self.step(ctx);
    }

    fn stopped(&mut self, _: &mut Self::Context) {
        self.app.hub.release();
        if let Some(id) = self.connection {
            self.app.hub.leave(self.principal.tenant, id, self.principal.person.clone());
        }
    }
}

impl Handler<Push> for Socket {
    type Result = ();

    fn handle(&mut self, push: Push, ctx: &mut Self::Context) {
        let left = self.backlog.bytes.fetch_sub(push.0.len(), Ordering::Relaxed) - push.0.len();
        let since = if left == 0 { 0 } else { self.app.hub.now_ms() };
        self.backlog.since.store(since, Ordering::Relaxed);
        if self.backlog.lost.load(Ordering::Relaxed) {
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
            Err(_protocol) => ctx.stop(),
        }
    }
}

impl Socket {
    /// Joins the channel, or writes one page of what was missed and goes on when the browser has read it.
    fn step(&mut self, ctx: &mut ws::WebsocketContext<Self>) {
        let hub = self.app.hub.clone();
        let (socket, courier) = (ctx.address(), COURIER.with(Courier::clone));
        let outlet = Arc::new(Door { socket, backlog: self.backlog.clone(), courier });
        let (app, backlog) = (self.app.clone(), self.backlog.clone());
        let (principal, after) = (self.principal.clone(), self.after);
        let join = async move {
            let principal = current(&app, principal).await?;
            hub.join(Candidate { outlet, principal, backlog }, after).await
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
        }
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
