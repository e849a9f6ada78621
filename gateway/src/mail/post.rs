//! The way out for letters: off the request path, tried again with growing waits, and given up in the end. Nothing that is
//! logged says to whom a letter was, or what stood in it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::{Letter, MailError, Mailer};
use crate::metric;

/// Letters on their way, those that wait for their next try among them.
const LETTERS_MAX: usize = 256;
/// Conversations with the SMTP server at once.
const SENDING_AT_ONCE: usize = 4;
/// Before each further try: a hiccup of the network, a restart of the server, grey-listing.
const WAITS: [Duration; 5] = [
    Duration::from_secs(1),
    Duration::from_secs(15),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(15),
];

pub struct Post {
    /// `None` when no server is set.
    mailer: Option<Arc<Mailer>>,
    room: Arc<Semaphore>,
    desk: mpsc::Sender<Parcel>,
    waiting: Mutex<Option<mpsc::Receiver<Parcel>>>,
    closing: watch::Sender<bool>,
}

struct Parcel {
    letter: Letter,
    mailer: Arc<Mailer>,
    _room: OwnedSemaphorePermit,
}

impl Post {
    pub fn new(mailer: Option<Mailer>) -> Self {
        let (desk, waiting) = mpsc::channel(LETTERS_MAX);
        Self {
            mailer: mailer.map(Arc::new),
            room: Arc::new(Semaphore::new(LETTERS_MAX)),
            desk,
            waiting: Mutex::new(Some(waiting)),
            closing: watch::Sender::new(false),
        }
    }

    /// Whether there is a server to give letters to.
    pub fn is_open(&self) -> bool {
        self.mailer.is_some()
    }

    /// Takes the letter without waiting; what becomes of it is in the log and in the metrics. Without a server nothing.
    pub fn send(&self, letter: Letter) {
        let Some(mailer) = self.mailer.clone() else { return };
        let room = Arc::clone(&self.room).try_acquire_owned();
        let kind = letter.kind;
        let taken = room.is_ok_and(|room| self.desk.try_send(Parcel { letter, mailer, _room: room }).is_ok());
        if !taken {
            give_up(kind, "too many mails wait already");
        }
    }

    /// Letters on their way.
    pub fn waiting(&self) -> usize {
        LETTERS_MAX - self.room.available_permits()
    }

    /// Lets what is being said to the server come to its end; what waits for another try is given up.
    pub async fn finish(&self, deadline: Duration) {
        self.closing.send_replace(true);
        let all = u32::try_from(LETTERS_MAX).unwrap_or(u32::MAX);
        if timeout(deadline, self.room.acquire_many(all)).await.is_err() {
            tracing::warn!("some mails were not sent");
        }
    }
}

/// Runs as long as the server does.
pub async fn run(post: &Post) {
    let waiting = post.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(mut waiting) = waiting else { return };
    let counters = Arc::new(Semaphore::new(SENDING_AT_ONCE));
    let mut deliveries = JoinSet::new();
    loop {
        tokio::select! {
            Some(parcel) = waiting.recv() => {
                let (counters, closing) = (Arc::clone(&counters), post.closing.subscribe());
                deliveries.spawn_local(async move {
                    let carry = async || {
                        let _counter = counters.acquire().await;
                        parcel.mailer.send(&parcel.letter).await
                    };
                    deliver(parcel.letter.kind, carry, closing).await;
                });
            }
            Some(delivered) = deliveries.join_next() => {
                if let Err(error) = delivered {
                    tracing::error!(%error, "a delivery of a mail panicked");
                }
            }
            else => return,
        }
    }
}

async fn deliver(
    kind: &'static str,
    carry: impl AsyncFn() -> Result<(), MailError>,
    mut closing: watch::Receiver<bool>,
) {
    let mut waits = WAITS.into_iter();
    loop {
        let Err(error) = carry().await else { return };
        let Some(wait) = waits.next().filter(|_| error.may_pass()) else {
            return give_up(kind, &error.to_string());
        };
        tracing::debug!(kind, %error, ?wait, "a mail is tried again");
        if timeout(wait, closing.wait_for(|closing| *closing)).await.is_ok() {
            return give_up(kind, "the server stops before the next try");
        }
    }
}

fn give_up(kind: &'static str, reason: &str) {
    metrics::counter!(metric::MAILS_FAILED).increment(1);
    tracing::warn!(kind, reason, "a mail was not sent; ask for it again, or hand the link over");
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use tokio::time::Instant;

    use super::*;

    const LATER: MailError = MailError::Refused(Some(451));

    /// Seconds after the start at which the letter was carried; each answer is used once, then it is taken.
    async fn tries(answers: Vec<MailError>, closing: watch::Receiver<bool>) -> Vec<u64> {
        let start = Instant::now();
        let (tries, answers) = (RefCell::new(Vec::new()), RefCell::new(answers));
        let carry = async || {
            tries.borrow_mut().push(start.elapsed().as_secs());
            answers.borrow_mut().pop().map_or(Ok(()), Err)
        };
        deliver("test", carry, closing).await;
        tries.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_letter_is_tried_again_after_growing_waits_and_given_up_in_the_end() {
        let open = watch::Sender::new(false);
        assert_eq!(tries(vec![], open.subscribe()).await, [0]);
        assert_eq!(tries(vec![LATER, MailError::Refused(None)], open.subscribe()).await, [0, 1, 16]);
        let always = (0..50).map(|_| LATER).collect();
        assert_eq!(tries(always, open.subscribe()).await, [0, 1, 16, 76, 376, 1276]);
        for never in [MailError::Refused(Some(550)), MailError::Unsendable] {
            assert_eq!(tries(vec![never], open.subscribe()).await, [0]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_waits_for_no_further_try() {
        let closing = watch::Sender::new(true);
        assert_eq!(tries(vec![LATER, LATER], closing.subscribe()).await, [0]);
    }

    #[tokio::test]
    async fn more_letters_than_there_is_room_for_are_given_up_and_the_rest_wait() {
        let config = crate::config::SmtpConfig { url: "smtp://127.0.0.1:1".into(), from: "a@b.example".into() };
        let post = Post::new(Mailer::open(&config).unwrap());
        for _ in 0..LETTERS_MAX + 10 {
            post.send(Letter { kind: "test", to: "c@d.example".into(), subject: String::new(), text: String::new() });
        }
        let mut waiting = post.waiting.lock().unwrap().take().unwrap();
        let mut parcels = Vec::new();
        while let Ok(parcel) = waiting.try_recv() {
            parcels.push(parcel);
        }
        assert_eq!((parcels.len(), post.room.available_permits()), (LETTERS_MAX, 0));
    }
}
