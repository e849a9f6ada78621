//! One actor per conversation in use: gives it order. Each message takes the cached state out, decides, commits, and puts
//! the new state back; after a panic or a failure there is no state, and the next message loads it from the store.

mod change;
mod know;
mod receive;
mod record_file;
mod record_send;
mod record_status;
mod reply;

use std::future::Future;
use std::sync::Arc;

use actix::{Actor, ActorContext, ActorFutureExt, AtomicResponse, Context, Handler, Supervised, WrapFuture};
use engine::conversation::Conversation;
use engine::decision::Decision;
use engine::id::{ConversationId, IntakeId, MessageId, TenantId};
use engine::intake::IntakeMark;
use engine::message::Message;
use engine::ports::StoreError;
use engine::rejection::Rejection;
use tracing::Instrument as _;

use crate::JOURNEY;
use crate::carry_out::{CarriedOut, carry_out};
use crate::metric;
use crate::registry::{Passivate, Permit, Reserved};
use crate::tenant::panicked;
use crate::world::{Actors, CommandError};

pub use change::ChangeRequest;
pub use reply::{ReactRequest, ReplyRequest, ResolveRequest};

pub(crate) use receive::Receive;
pub(crate) use record_file::RecordFile;
pub(crate) use record_send::{Park, RecordSend};
pub(crate) use record_status::RecordStatus;

/// A decision is made anew this often when somebody else changes the conversation in between. Each round somebody
/// else made progress, so more than a few means that two nodes believe they own it.
const DECIDE_AGAIN_MAX: u32 = 8;

pub(crate) struct ConversationActor {
    desk: Desk,
    state: Option<Box<Conversation>>,
    /// The inbox item whose handler runs: known before it runs, so that a panic can be counted against it.
    in_hand: Option<IntakeId>,
}

/// What a handler needs of the world, cheap to clone into its future.
#[derive(Clone)]
struct Desk {
    actors: Arc<Actors>,
    tenant: TenantId,
    id: ConversationId,
}

impl ConversationActor {
    fn new(actors: Arc<Actors>, tenant: TenantId, id: ConversationId) -> Self {
        Self { desk: Desk { actors, tenant, id }, state: None, in_hand: None }
    }

    /// Runs `work` with the state taken out; no other message is handled meanwhile.
    fn atomically<R, F, W>(&mut self, in_hand: Option<IntakeId>, work: W) -> AtomicResponse<Self, R>
    where
        R: 'static,
        F: Future<Output = (Option<Box<Conversation>>, R)> + 'static,
        W: FnOnce(Desk, Option<Box<Conversation>>) -> F,
    {
        self.in_hand = in_hand;
        let future = work(self.desk.clone(), self.state.take());
        AtomicResponse::new(Box::pin(future.into_actor(self).map(|(state, result), actor, _| {
            actor.state = state;
            actor.in_hand = None;
            result
        })))
    }
}

impl Actor for ConversationActor {
    type Context = Context<Self>;
}

impl Supervised for ConversationActor {
    fn restarting(&mut self, _: &mut Context<Self>) {
        self.state = None;
        if let Some(item) = self.in_hand.take() {
            panicked(&self.desk.actors, self.desk.tenant, item);
        }
    }
}

impl Handler<Passivate> for ConversationActor {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// What came of deciding.
enum Ruling {
    Commit(Box<Decision>),
    /// Nothing to change.
    Nothing,
}

impl From<Option<Decision>> for Ruling {
    fn from(decision: Option<Decision>) -> Self {
        decision.map_or(Self::Nothing, |decision| Self::Commit(Box::new(decision)))
    }
}

/// How a decision ended.
enum Ended {
    Committed,
    Unchanged,
    AlreadyThere,
}

impl Desk {
    async fn load(&self, cached: Option<Box<Conversation>>) -> Result<Option<Box<Conversation>>, StoreError> {
        match cached {
            Some(state) => Ok(Some(state)),
            None => Ok(self.actors.world.store.conversation(self.tenant, self.id).await?.map(Box::new)),
        }
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.actors.world.store.message(self.tenant, self.id, id).await
    }

    fn now(&self) -> engine::time::Timestamp {
        self.actors.world.clock.now()
    }

    /// Decides and commits; decides again on a fresh state when somebody else was faster. `rule` is asked anew each time,
    /// because what it looked up may have changed too.
    async fn decide<F, R>(
        &self,
        mut state: Box<Conversation>,
        intake: Option<IntakeMark>,
        mut rule: R,
    ) -> (Option<Box<Conversation>>, Result<Ended, CommandError>)
    where
        F: Future<Output = Result<Ruling, CommandError>>,
        R: FnMut(Conversation) -> F,
    {
        for _ in 0..DECIDE_AGAIN_MAX {
            let decision = match rule((*state).clone()).await {
                Ok(Ruling::Commit(decision)) => *decision,
                Ok(Ruling::Nothing) => return (Some(state), Ok(Ended::Unchanged)),
                Err(error) => return (Some(state), Err(error)),
            };
            match carry_out(&self.actors, self.tenant, decision, intake.clone()).await {
                Ok(CarriedOut::Done(next)) => return (Some(next), Ok(Ended::Committed)),
                Ok(CarriedOut::AlreadyThere) => return (Some(state), Ok(Ended::AlreadyThere)),
                Ok(CarriedOut::Stale) => match self.actors.world.store.conversation(self.tenant, self.id).await {
                    Ok(Some(fresh)) => state = Box::new(fresh),
                    Ok(None) => return (None, Err(Rejection::NotFound.into())),
                    Err(error) => return (None, Err(error.into())),
                },
                // Whether it was written is not known: the cached state cannot be trusted.
                Err(error) => return (None, Err(error.into())),
            }
        }
        metrics::counter!(metric::LIMITS_REACHED, "limit" => "decide_again").increment(1);
        (None, Err(StoreError::Unavailable("a conversation changes faster than it can be decided".to_owned()).into()))
    }

    /// Marks an inbox item that changed nothing.
    async fn mark(&self, intake: Option<IntakeMark>) -> Result<(), StoreError> {
        match intake {
            Some(mark) => self.actors.world.store.mark(self.tenant, mark).await,
            None => Ok(()),
        }
    }
}

impl Actors {
    /// Waits for a place at the conversation.
    pub(crate) async fn reserve_conversation(
        self: &Arc<Self>,
        tenant: TenantId,
        id: ConversationId,
    ) -> Reserved<ConversationActor> {
        let actors = self.clone();
        self.conversations.reserve(&(tenant, id), move || ConversationActor::new(actors.clone(), tenant, id)).await
    }

    /// Hands a person's command to the conversation; `Busy` when too much waits there.
    async fn command<M, R>(
        self: &Arc<Self>,
        tenant: TenantId,
        id: ConversationId,
        message: impl FnOnce(Permit) -> M,
    ) -> Result<R, CommandError>
    where
        M: actix::Message<Result = Result<R, CommandError>> + Send + 'static,
        R: Send + 'static,
        ConversationActor: Handler<M>,
    {
        let actors = self.clone();
        let make = move || ConversationActor::new(actors.clone(), tenant, id);
        let to = self.conversations.try_reserve(&(tenant, id), 1, make).map_err(|_full| CommandError::Busy)?;
        let span = tracing::info_span!(target: JOURNEY, "command", %tenant, conversation = %id);
        to.address.send(message(to.permit)).instrument(span).await.map_err(|_gone| CommandError::Crashed)?
    }
}
