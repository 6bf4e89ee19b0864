//! Runs many invocations at once, one step at a time. A step ends where a future waits, which is at each
//! call to the world and nowhere else.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// An invocation that has begun.
pub(crate) type Task<T> = Pin<Box<dyn Future<Output = T>>>;

/// Takes one step; `Some` at the end.
pub(crate) fn step<T>(task: &mut Task<T>) -> Option<T> {
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Runs what never waits.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("the ledger in memory never waits"),
    }
}

/// Waits once: lets other invocations take steps, and this one be cut off.
#[derive(Default)]
pub(crate) struct Pause(bool);

impl Future for Pause {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.0 {
            return Poll::Ready(());
        }
        self.0 = true;
        Poll::Pending
    }
}
