//! Sends on their way, as one stream of the actor: actix polls all futures of an actor each time one of them wakes, and a fast
//! number has hundreds.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{Stream, StreamExt as _};

use super::send::Ended;

#[derive(Clone, Default)]
pub(super) struct UnderWay(Rc<RefCell<Inner>>);

#[derive(Default)]
struct Inner {
    sends: FuturesUnordered<LocalBoxFuture<'static, Ended>>,
    /// Of whoever waits for the next that ends.
    waker: Option<Waker>,
}

impl UnderWay {
    pub(super) fn begin(&self, send: impl Future<Output = Ended> + 'static) {
        let mut inner = self.0.borrow_mut();
        inner.sends.push(Box::pin(send));
        if let Some(waker) = inner.waker.take() {
            waker.wake();
        }
    }
}

impl Stream for UnderWay {
    type Item = Ended;

    /// Never ends: another may begin.
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Ended>> {
        let mut inner = self.0.borrow_mut();
        if let Poll::Ready(Some(ended)) = inner.sends.poll_next_unpin(cx) {
            return Poll::Ready(Some(ended));
        }
        inner.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}
