//! Carries frames to the tabs of one worker thread: one hand-over between threads for all of them, where one for each would
//! cost more than all else that an event costs before it is written.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytestring::ByteString;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::frames::Reason;

/// What one tab is to be told.
#[derive(Debug, Clone)]
pub enum Parcel {
    Frame(ByteString),
    /// Good-bye, and the end.
    Close(Reason),
}

/// A tab.
pub trait Recipient: Sized + Send + Sync + 'static {
    /// Whose parcels are taken on the tab's own thread.
    fn courier(&self) -> &Courier<Self>;

    fn take(&self, parcel: Parcel);
}

/// What is handed over together.
type Bag<R> = Vec<(Arc<R>, Parcel)>;

/// To one worker thread. What waits is bounded by the limits of each connection, which count what was handed over here.
pub struct Courier<R> {
    number: usize,
    bag: UnboundedSender<Bag<R>>,
}

impl<R> Clone for Courier<R> {
    fn clone(&self) -> Self {
        Self { number: self.number, bag: self.bag.clone() }
    }
}

impl<R: Recipient> Courier<R> {
    /// For the calling thread, and as long as its runtime.
    pub fn start() -> Self {
        static STARTED: AtomicUsize = AtomicUsize::new(0);
        let (bag, parcels) = unbounded_channel();
        actix_web::rt::spawn(carry(parcels));
        Self { number: STARTED.fetch_add(1, Ordering::Relaxed), bag }
    }

    /// Parcels for one tab arrive in the order of the calls.
    pub fn hand_over(parcels: impl IntoIterator<Item = (Arc<R>, Parcel)>) {
        let mut bags: Vec<(Self, Bag<R>)> = Vec::new();
        for (to, parcel) in parcels {
            let courier = to.courier();
            // As many couriers as cores.
            match bags.iter_mut().find(|(other, _)| other.number == courier.number) {
                Some((_, bag)) => bag.push((to, parcel)),
                None => bags.push((courier.clone(), vec![(to, parcel)])),
            }
        }
        for (courier, bag) in bags {
            courier.send(bag);
        }
    }

    fn send(&self, bag: Bag<R>) {
        // Its thread ended, and every connection of it.
        drop(self.bag.send(bag));
    }
}

async fn carry<R: Recipient>(mut parcels: UnboundedReceiver<Bag<R>>) {
    while let Some(bag) = parcels.recv().await {
        for (to, parcel) in bag {
            to.take(parcel);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread::ThreadId;

    use super::*;

    struct Tab {
        courier: Courier<Self>,
        said: mpsc::Sender<(ThreadId, String)>,
    }

    impl Recipient for Tab {
        fn courier(&self) -> &Courier<Self> {
            &self.courier
        }

        fn take(&self, parcel: Parcel) {
            let text = match parcel {
                Parcel::Frame(frame) => frame.to_string(),
                Parcel::Close(reason) => format!("{reason:?}"),
            };
            drop(self.said.send((std::thread::current().id(), text)));
        }
    }

    #[test]
    fn each_tab_hears_everything_in_order_and_on_its_own_thread() {
        let _system = actix::System::new();
        let arbiters = [actix::Arbiter::new(), actix::Arbiter::new()];
        let mut tabs = Vec::new();
        for arbiter in &arbiters {
            let (started, courier) = mpsc::channel();
            arbiter.spawn_fn(move || drop(started.send((std::thread::current().id(), Courier::<Tab>::start()))));
            let (thread, courier) = courier.recv().unwrap();
            for _ in 0..2 {
                let (said, heard) = mpsc::channel();
                tabs.push((thread, Arc::new(Tab { courier: courier.clone(), said }), heard));
            }
        }
        for text in ["one", "two"] {
            let frame = Parcel::Frame(ByteString::from_static(text));
            Courier::hand_over(tabs.iter().map(|(_, tab, _)| (tab.clone(), frame.clone())));
        }
        for (thread, tab, heard) in &tabs {
            Courier::hand_over([(tab.clone(), Parcel::Close(Reason::Slow))]);
            let said: Vec<_> = (0..3).map(|_| heard.recv().unwrap()).collect();
            assert_eq!(said, ["one", "two", "Slow"].map(|text| (*thread, text.to_owned())));
        }
        for arbiter in arbiters {
            arbiter.stop();
            arbiter.join().unwrap();
        }
    }
}
