//! Several futures at once, on one thread.

use std::future::poll_fn;
use std::task::Poll;

/// The outputs of all futures, in their order. Each wake polls all that are not done: for a handful.
pub(in crate::engine) async fn all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut running: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
    poll_fn(|context| {
        let mut done = true;
        for (future, output) in running.iter_mut().filter(|(_, output)| output.is_none()) {
            match future.as_mut().poll(context) {
                Poll::Ready(value) => *output = Some(value),
                Poll::Pending => done = false,
            }
        }
        if done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    running.into_iter().filter_map(|(_, output)| output).collect()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::poll_fn;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::all;

    #[test]
    fn one_that_hangs_holds_up_no_other() {
        let (hangs, done) = (Cell::new(true), Cell::new(0));
        let work = |n: u32| {
            let (hangs, done) = (&hangs, &done);
            async move {
                poll_fn(|_| if n == 1 && hangs.get() { Poll::Pending } else { Poll::Ready(()) })
                    .await;
                done.set(done.get() + 1);
                n
            }
        };
        let mut joined = pin!(all((0..4).map(work)));
        let mut context = Context::from_waker(Waker::noop());
        assert!(joined.as_mut().poll(&mut context).is_pending());
        assert_eq!(done.get(), 3);
        hangs.set(false);
        assert_eq!(joined.as_mut().poll(&mut context), Poll::Ready(vec![0, 1, 2, 3]));
    }
}
