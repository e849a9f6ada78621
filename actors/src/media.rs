//! Fetches the files of messages from Meta: a job of its own that survives restarts, so that a failed download never
//! holds up its message.

use std::sync::{Arc, Weak};
use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Supervised, WrapFuture};
use engine::content::{Media, MediaState};
use engine::decision::MediaJob;
use engine::id::TenantId;
use engine::ports::FetchError;
use engine::time::Span;
use tokio::sync::Semaphore;

use crate::conversation::RecordFile;
use crate::metric;
use crate::supervisor::{self, Site};
use crate::world::Actors;

/// Downloads at once. One file may have 100 MB, and the machine must stay useful.
const AT_ONCE: usize = 4;
/// Jobs taken out of the store at a time.
const PAGE: u32 = 64;
/// The same where most of them may be other nodes'.
const PAGE_AMONG_OTHERS: u32 = 1024;
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Meta's own limit for what customers send.
const SIZE_MAX: u64 = 100 * 1024 * 1024;
/// Meta keeps a file for 7 days; tries double their distance from 5 s, so the last of these is after 5 days.
const TRIES_MAX: u32 = 17;

pub(crate) struct MediaActor {
    actors: Weak<Actors>,
    slots: Arc<Semaphore>,
    looking: bool,
}

/// A file to fetch now, if there is a free slot; else the next look finds it.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) struct Fetch {
    pub(crate) tenant: TenantId,
    pub(crate) job: MediaJob,
}

impl MediaActor {
    pub(crate) fn start(site: &Site, actors: Weak<Actors>) -> Addr<Self> {
        supervisor::start(
            site,
            move || Self { actors, slots: Arc::new(Semaphore::new(AT_ONCE)), looking: false },
            || {},
        )
    }

    /// Looks for due jobs in the store.
    fn look(&mut self, ctx: &mut Context<Self>) {
        let Some(actors) = self.actors.upgrade() else { return };
        if self.looking || self.slots.available_permits() < AT_ONCE {
            return;
        }
        self.looking = true;
        let slots = self.slots.clone();
        let look = async move {
            let page = if actors.is_alone() { PAGE } else { PAGE_AMONG_OTHERS };
            let due = actors.world.store.due_fetches(actors.world.clock.now(), page).await.unwrap_or_default();
            let mine = due.into_iter().filter(|(tenant, _)| actors.takes_in(*tenant).is_some());
            let due: Vec<_> = mine.take(PAGE as usize).collect();
            let all = due.into_iter().map(|(tenant, job)| {
                let (actors, slots) = (actors.clone(), slots.clone());
                async move {
                    let Ok(_slot) = slots.acquire().await else { return };
                    fetch(&actors, tenant, job).await;
                }
            });
            futures_util::future::join_all(all).await;
        };
        ctx.spawn(actix::ActorFutureExt::map(look.into_actor(self), |(), actor, _| actor.looking = false));
    }
}

impl Actor for MediaActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_interval(LOOK_EVERY, Self::look);
    }
}

impl Supervised for MediaActor {
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        self.looking = false;
        ctx.run_interval(LOOK_EVERY, Self::look);
    }
}

impl Handler<Fetch> for MediaActor {
    type Result = ();

    fn handle(&mut self, wanted: Fetch, ctx: &mut Context<Self>) {
        let Some(actors) = self.actors.upgrade() else { return };
        if actors.takes_in(wanted.tenant).is_none() {
            return;
        }
        let Ok(slot) = self.slots.clone().try_acquire_owned() else { return };
        let work = async move {
            fetch(&actors, wanted.tenant, wanted.job).await;
            drop(slot);
        };
        ctx.spawn(work.into_actor(self));
    }
}

/// The event goes out only after the file can be read.
async fn fetch(actors: &Arc<Actors>, tenant: TenantId, job: MediaJob) {
    let world = &actors.world;
    let mut media = Media {
        id: job.media,
        state: MediaState::Ready,
        mime: job.mime.clone(),
        size: None,
        filename: job.filename.clone(),
        reason: None,
    };
    let bytes = match actors.number_of(tenant, &job.number).await {
        Ok(Some(number)) => world.meta.download(&number, &job.meta_id, SIZE_MAX).await,
        Ok(None) => Err(FetchError::Never("The number is not connected any more.".to_owned())),
        Err(error) => Err(FetchError::Later(error.to_string())),
    };
    let label = match bytes {
        Ok(bytes) => {
            media.size = Some(bytes.len() as u64);
            if world.blobs.put(tenant, job.media, bytes).await.is_err() {
                return postpone(actors, tenant, &job).await;
            }
            "fetched"
        }
        Err(FetchError::Later(_)) if job.attempts + 1 < TRIES_MAX => return postpone(actors, tenant, &job).await,
        Err(FetchError::Later(reason) | FetchError::Never(reason)) => {
            media.state = MediaState::Failed;
            media.reason = Some(reason);
            "given_up"
        }
    };
    metrics::counter!(metric::MEDIA_FETCHES, "outcome" => label).increment(1);
    let to = actors.reserve_conversation(tenant, job.conversation).await;
    let recorded = to.address.send(RecordFile { message: job.message, media, permit: to.permit }).await;
    if !matches!(recorded, Ok(Ok(()))) {
        postpone(actors, tenant, &job).await;
    }
}

async fn postpone(actors: &Arc<Actors>, tenant: TenantId, job: &MediaJob) {
    metrics::counter!(metric::MEDIA_FETCHES, "outcome" => "postponed").increment(1);
    let next = actors.world.clock.now().plus(Span::seconds(5 << job.attempts.min(TRIES_MAX)));
    if let Err(error) = actors.world.store.postpone_fetch(tenant, job.media, next).await {
        tracing::warn!(%error, "a download was not postponed; it is tried again at the next look");
    }
}
