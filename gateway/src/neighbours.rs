//! Hears what other nodes have changed, and looks by itself: a hint that is lost shows at the next look. What this process
//! remembers of households, sessions, routing and alerts is at most [`LOOK_EVERY`] and the time of a look behind.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::web;
use engine::id::{AlertId, TenantId};
use engine::ports::{Hint, Listener, Pulse, StoreError};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::auth::sessions::{self, Doubted};

/// With what a look takes, 5 s are kept.
const LOOK_EVERY: Duration = Duration::from_secs(4);
/// Hints that wait. What does not fit is looked for.
const HEARD_MAX: usize = 4_096;
/// Hints that are followed at once.
const AT_ONCE: usize = 32;
/// Organizations that are looked at together: when something fails, all of them are looked at anew.
const TOGETHER: usize = 500;

/// Where hints arrive.
struct Ear {
    heard: mpsc::Sender<Hint>,
    missed: Arc<AtomicBool>,
    look: Arc<Notify>,
}

impl Listener for Ear {
    fn heard(&self, hint: Hint) {
        if self.heard.try_send(hint).is_err() {
            self.missed();
        }
    }

    fn missed(&self) {
        self.missed.store(true, Ordering::Relaxed);
        self.look.notify_one();
    }
}

/// Runs as long as the server does, where other nodes may be.
pub async fn run(app: web::Data<App>) {
    if !app.peers.may_be() {
        return;
    }
    let (sender, mut heard) = mpsc::channel(HEARD_MAX);
    let (missed, look) = (Arc::new(AtomicBool::new(false)), Arc::new(Notify::new()));
    app.peers.hints().listen(Arc::new(Ear { heard: sender.clone(), missed: missed.clone(), look: look.clone() }));
    let mut tick = interval(LOOK_EVERY);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let looking = async {
        let mut seen = Seen::default();
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = look.notified() => {}
            }
            if missed.swap(false, Ordering::Relaxed) {
                app.actors.missed();
                reload_routing(&app).await;
            }
            seen.look(&app).await;
        }
    };
    let following = async {
        let mut followed = FuturesUnordered::new();
        loop {
            tokio::select! {
                Some(hint) = heard.recv(), if followed.len() < AT_ONCE => followed.push(follow(&app, hint)),
                Some(()) = followed.next() => {}
            }
        }
    };
    tokio::join!(looking, following);
}

async fn follow(app: &App, hint: Hint) {
    app.actors.heard(&hint);
    let done = match hint {
        Hint::Logged { tenant, head } => {
            app.hub.heard_head(tenant, head);
            Ok(())
        }
        Hint::Alerts { tenant } => {
            app.hub.heard_alerts(tenant);
            Ok(())
        }
        Hint::Presence { tenant, node, conversation, people } => {
            app.hub.heard_presence(tenant, node, conversation, &people);
            Ok(())
        }
        Hint::Household { tenant, revision } => catch_up(app, tenant, revision).await,
        Hint::Routing => {
            reload_routing(app).await;
            Ok(())
        }
        Hint::SessionEnded { tenant, session } => {
            sessions::look_at_connected(app, tenant, Doubted::Session(session)).await
        }
        Hint::MemberEnded { tenant, member } => sessions::look_at_connected(app, tenant, Doubted::Member(member)).await,
        // The actors have heard it.
        Hint::Work { .. } | Hint::Outbox { .. } | Hint::Campaign { .. } => Ok(()),
    };
    if let Err(error) = done {
        tracing::warn!(%error, "what another node told was not looked at; the next look tries again");
    }
}

async fn catch_up(app: &App, tenant: TenantId, revision: u64) -> Result<(), StoreError> {
    if app.households.kept(tenant).is_some_and(|kept| kept.revision < revision) {
        app.households.reload(app.store.as_ref(), tenant).await?;
    }
    Ok(())
}

async fn reload_routing(app: &App) {
    if let Err(error) = app.routing.reload(app.store.as_ref()).await {
        tracing::warn!(%error, "whose numbers there are was not read again; the next look tries again");
    }
}

/// What the last look showed.
#[derive(Default)]
struct Seen {
    pulses: BTreeMap<TenantId, Pulse>,
    alerts: BTreeMap<TenantId, Vec<AlertId>>,
    /// Another organization has changed since whose numbers were read.
    routing: bool,
}

impl Seen {
    async fn look(&mut self, app: &App) {
        if let Err(error) = app.hub.look_at_heads().await {
            tracing::warn!(%error, "the ends of event logs were not read; the next look tries again");
        }
        if let Err(error) = app.auth.keys.refresh(app.clock.now()).await {
            tracing::warn!(%error, "the keys that sign sessions were not read again; the next look tries again");
        }
        let attended: BTreeSet<TenantId> = app.hub.attended().into_iter().collect();
        let mut all: BTreeSet<TenantId> = app.households.all_kept().into_iter().collect();
        all.extend(app.routing.tenants());
        all.extend(&attended);
        self.pulses.retain(|tenant, _| all.contains(tenant));
        self.alerts.retain(|tenant, _| attended.contains(tenant));
        let all: Vec<_> = all.into_iter().collect();
        for some in all.chunks(TOGETHER) {
            match app.store.pulses(some).await {
                Ok(pulses) => self.compare_all(app, pulses, &attended).await,
                Err(error) => {
                    self.pulses.retain(|tenant, _| !some.contains(tenant));
                    tracing::warn!(%error, "some organizations were not looked at; the next look tries again");
                }
            }
        }
        if std::mem::take(&mut self.routing) {
            reload_routing(app).await;
        }
    }

    async fn compare_all(&mut self, app: &App, pulses: BTreeMap<TenantId, Pulse>, attended: &BTreeSet<TenantId>) {
        for (tenant, pulse) in pulses {
            if let Err(error) = self.compare(app, tenant, pulse, attended.contains(&tenant)).await {
                self.pulses.remove(&tenant);
                tracing::warn!(%error, "an organization was not looked at; the next look tries again");
            }
        }
    }

    async fn compare(&mut self, app: &App, tenant: TenantId, pulse: Pulse, attended: bool) -> Result<(), StoreError> {
        catch_up(app, tenant, pulse.revision).await?;
        let before = self.pulses.insert(tenant, pulse);
        if before.is_none_or(|before| before.audit != pulse.audit) {
            if attended {
                sessions::look_at_connected(app, tenant, Doubted::Everybody).await?;
            }
            self.routing |= app.routing.differs(app.store.as_ref(), tenant).await?;
        }
        if attended {
            let alerts: Vec<_> = app.store.alerts(tenant).await?.into_iter().map(|alert| alert.id).collect();
            let before = self.alerts.insert(tenant, alerts.clone());
            if before.is_some_and(|before| before != alerts) {
                app.hub.heard_alerts(tenant);
            }
        }
        Ok(())
    }
}
