//! Carries frames to the tabs of one worker thread: one hand-over between threads for all of them. One for each would wake
//! the thread nearly as often, and pass what is counted for each tab back and forth between two cores.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytestring::ByteString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;

use super::channel::Outlet;
use super::frames::Reason;

/// What a tab is to be told.
#[derive(Debug, Clone)]
pub enum Parcel {
    Frame(ByteString),
    /// Good-bye, and the end.
    Close(Reason),
}

/// A tab, on its own thread.
pub trait Recipient: 'static {
    fn take(&self, parcel: Parcel, now: Instant);
}

/// Never given twice: what is on its way to a tab that is gone must not reach another.
type Number = u64;

/// What is handed over together.
struct Bag {
    parcel: Parcel,
    to: Vec<Number>,
}

/// The tabs of the calling thread.
pub struct Courier<R> {
    number: Number,
    /// What waits is bounded by the limits of each connection, which count what arrives.
    bags: UnboundedSender<Bag>,
    recipients: Rc<RefCell<HashMap<Number, R>>>,
}

/// The way to a tab from every thread.
#[derive(Clone)]
pub struct Tab {
    courier: Number,
    number: Number,
    bags: UnboundedSender<Bag>,
}

fn next() -> Number {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<R: Recipient> Courier<R> {
    /// Works as long as the runtime of the calling thread.
    pub fn start() -> Self {
        let (bags, arriving) = unbounded_channel();
        let recipients = Rc::default();
        actix_web::rt::spawn(carry(arriving, Rc::clone(&recipients)));
        Self { number: next(), bags, recipients }
    }

    pub fn add(&self, recipient: R) -> Tab {
        let number = next();
        self.recipients.borrow_mut().insert(number, recipient);
        Tab { courier: self.number, number, bags: self.bags.clone() }
    }

    pub fn remove(&self, tab: &Tab) {
        self.recipients.borrow_mut().remove(&tab.number);
    }
}

async fn carry<R: Recipient>(mut arriving: UnboundedReceiver<Bag>, recipients: Rc<RefCell<HashMap<Number, R>>>) {
    while let Some(bag) = arriving.recv().await {
        let (recipients, now) = (recipients.borrow(), Instant::now());
        for recipient in bag.to.iter().filter_map(|number| recipients.get(number)) {
            recipient.take(bag.parcel.clone(), now);
        }
    }
}

impl Tab {
    fn send(&self, parcel: Parcel, to: Vec<Number>) {
        // Its thread ended, and every connection of it.
        drop(self.bags.send(Bag { parcel, to }));
    }
}

impl Outlet for Tab {
    fn push<'a>(frame: &ByteString, to: impl Iterator<Item = &'a Self>) {
        let mut bags: Vec<(&Self, Vec<Number>)> = Vec::new();
        for tab in to {
            // As many couriers as cores.
            match bags.iter_mut().find(|(other, _)| other.courier == tab.courier) {
                Some((_, numbers)) => numbers.push(tab.number),
                None => bags.push((tab, vec![tab.number])),
            }
        }
        for (tab, numbers) in bags {
            // A copy for each thread: a shared one would have its count of users on every core at once.
            tab.send(Parcel::Frame(frame.to_string().into()), numbers);
        }
    }

    fn close(&self, reason: Reason) {
        self.send(Parcel::Close(reason), vec![self.number]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::ThreadId;

    use super::*;

    struct Heard(mpsc::Sender<(ThreadId, String)>);

    impl Recipient for Heard {
        fn take(&self, parcel: Parcel, _: Instant) {
            let text = match parcel {
                Parcel::Frame(frame) => frame.to_string(),
                Parcel::Close(reason) => format!("{reason:?}"),
            };
            drop(self.0.send((std::thread::current().id(), text)));
        }
    }

    thread_local! {
        static HERE: Courier<Heard> = Courier::start();
    }

    type Ear = (Tab, mpsc::Receiver<(ThreadId, String)>);

    /// Two tabs of another thread.
    fn tabs(arbiter: &actix::Arbiter) -> (ThreadId, [Ear; 2]) {
        let (answer, tabs) = mpsc::channel();
        let make = || {
            let (said, heard) = mpsc::channel();
            (HERE.with(|here| here.add(Heard(said))), heard)
        };
        arbiter.spawn_fn(move || drop(answer.send((std::thread::current().id(), [make(), make()]))));
        tabs.recv().unwrap()
    }

    #[test]
    fn each_tab_hears_everything_in_order_and_on_its_own_thread() {
        let _system = actix::System::new();
        let arbiters = [actix::Arbiter::new(), actix::Arbiter::new()];
        let places = [tabs(&arbiters[0]), tabs(&arbiters[1])];
        let all = || places.iter().flat_map(|(_, tabs)| tabs);
        for text in ["one", "two"] {
            Tab::push(&ByteString::from_static(text), all().map(|(tab, _)| tab));
        }
        all().for_each(|(tab, _)| tab.close(Reason::Slow));
        for (thread, tabs) in &places {
            for (_, heard) in tabs {
                let said: Vec<_> = (0..3).map(|_| heard.recv().unwrap()).collect();
                assert_eq!(said, ["one", "two", "Slow"].map(|text| (*thread, text.to_owned())));
            }
        }
        for arbiter in arbiters {
            arbiter.stop();
            arbiter.join().unwrap();
        }
    }

    #[test]
    fn what_is_for_a_tab_that_is_gone_reaches_nobody() {
        let _system = actix::System::new();
        let arbiter = actix::Arbiter::new();
        let (_, [(gone, nothing), (stays, heard)]) = tabs(&arbiter);
        let left = gone.clone();
        arbiter.spawn_fn(move || HERE.with(|here| here.remove(&left)));
        let (_, [(new, silence), _]) = tabs(&arbiter);
        Tab::push(&ByteString::from_static("late"), [&gone, &stays].into_iter());
        assert_eq!(heard.recv().unwrap().1, "late");
        assert!(nothing.recv().is_err(), "it was thrown away");
        assert!(silence.try_recv().is_err(), "who came into its place hears nothing");
        drop(new);
        arbiter.stop();
        arbiter.join().unwrap();
    }
}
