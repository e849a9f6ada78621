//! What is done after the answer, because doing it before would show in its time whether somebody has an account here:
//! entries of the audit log about refusals, and links to set a new password.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::account::Account;
use engine::audit::{Action, AuditActor, AuditEntry, Origin};
use engine::id::TenantId;
use engine::ports::StoreError;
use engine::time::Span;
use tokio::sync::{mpsc, oneshot};

use crate::app::App;
use crate::auth::links;
use crate::auth::{Touches, accounts};
use crate::http::problem::Problem;
use crate::mail::Letter;

/// Errands that may wait; when it is full, sign-ins are answered 503.
const ERRANDS: usize = 1024;
/// A link in a mail is good for an hour.
const RESET_LIFE: Span = Span::seconds(3600);

pub enum Errand {
    Refused(Refusal),
    /// Somebody wants a link to set a new password.
    ResetWanted {
        email: String,
        origin: Origin,
    },
    /// Tells when everything before is done.
    Done(oneshot::Sender<()>),
}

/// Somebody was not let in.
pub struct Refusal {
    /// In lower case; of an account or not.
    pub email: String,
    /// The only organization that is told; all of the account's when `None`.
    pub only: Option<TenantId>,
    pub why: &'static str,
    pub origin: Origin,
}

pub struct Clerk {
    desk: mpsc::Sender<Errand>,
    waiting: Mutex<Option<mpsc::Receiver<Errand>>>,
}

/// A place at the desk, taken before it is known whether there will be something to do.
pub struct Place<'a>(mpsc::Permit<'a, Errand>);

impl Place<'_> {
    pub fn send(self, errand: Errand) {
        self.0.send(errand);
    }
}

impl Default for Clerk {
    fn default() -> Self {
        let (desk, waiting) = mpsc::channel(ERRANDS);
        Self { desk, waiting: Mutex::new(Some(waiting)) }
    }
}

impl Clerk {
    pub fn reserve(&self) -> Result<Place<'_>, Problem> {
        self.desk.try_reserve().map(Place).map_err(|_| Problem::busy())
    }

    /// What waits at the desk.
    pub fn waiting(&self) -> usize {
        ERRANDS - self.desk.capacity()
    }

    /// Waits until everything that was asked before is done.
    pub async fn finish(&self, deadline: Duration) {
        let (done, told) = oneshot::channel();
        let finish = async {
            if self.desk.send(Errand::Done(done)).await.is_ok() {
                drop(told.await);
            }
        };
        if tokio::time::timeout(deadline, finish).await.is_err() {
            tracing::warn!("some refusals or wishes for a new password were not written down");
        }
    }
}

/// Runs as long as the server does.
pub async fn run(app: actix_web::web::Data<App>) {
    let waiting = app.clerk.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut waiting) = waiting else { return };
    let told = Touches::default();
    while let Some(errand) = waiting.recv().await {
        let done = match errand {
            Errand::Refused(refusal) => refused(&app, refusal, &told).await,
            Errand::ResetWanted { email, origin } => reset_wanted(&app, &email, &origin).await,
            Errand::Done(done) => {
                // Who asked may have stopped waiting.
                done.send(()).unwrap_or_default();
                Ok(())
            }
        };
        if let Err(error) = done {
            tracing::error!(%error, "a refusal or a wish for a new password was not written down");
        }
    }
}

async fn refused(app: &App, refusal: Refusal, told: &Touches) -> Result<(), StoreError> {
    let Some(account) = app.store.account_by_email(&refusal.email).await? else { return Ok(()) };
    let now = app.clock.now();
    // Attempts beyond the limit cost the sender nothing: they must not fill the log either.
    if refusal.why == "too_many_attempts" && !told.due(*account.id.as_bytes(), now) {
        return Ok(());
    }
    let entry = |member: &engine::directory::Member| {
        let entry = AuditEntry::new(now, AuditActor::Nobody, Action::SessionRefused).from(Some(&refusal.origin));
        entry.on(&member.id).with("reason", refusal.why).with("name", &member.name)
    };
    let entries = accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?;
    for (tenant, entry) in entries {
        if refusal.only.is_none_or(|only| only == tenant) {
            app.store.record(tenant, vec![entry]).await?;
        }
    }
    Ok(())
}

async fn reset_wanted(app: &App, email: &str, origin: &Origin) -> Result<(), StoreError> {
    let Some(account) = app.store.account_by_email(email).await? else { return Ok(()) };
    let now = app.clock.now();
    let entry = |member: &engine::directory::Member| {
        let entry = AuditEntry::new(now, AuditActor::Nobody, Action::AccountResetRequested).from(Some(origin));
        entry.on(&member.id).with("name", &member.name)
    };
    let audit = accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?;
    if !app.post.is_open() {
        // An admin of the organization reads it there, and makes the link.
        for (tenant, entry) in audit {
            app.store.record(tenant, vec![entry]).await?;
        }
        return Ok(());
    }
    let (token, hash) = links::new_token();
    app.store.put_reset(account.id, hash, now.plus(RESET_LIFE), audit).await?;
    app.post.send(reset_letter(app, account, &token));
    Ok(())
}

/// The page of the web app that takes a new password.
pub fn reset_link(origin: &str, token: &str) -> String {
    format!("{origin}/reset/{token}")
}

fn reset_letter(app: &App, account: Account, token: &str) -> Letter {
    let link = reset_link(&app.origin, token);
    let text = format!(
        "Somebody, probably you, asked for a new password.\n\nSet it here within an hour:\n{link}\n\n\
         If it was not you, do nothing: your password stays as it is.\n"
    );
    Letter { kind: "reset", to: account.email, subject: "Set a new password".to_owned(), text }
}
