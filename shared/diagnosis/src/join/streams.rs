//! Lines without an id. Python's runtime, for one, reports an error without saying of which invocation.
//!
//! One log stream of a function belongs to one execution environment, which runs one invocation at a
//! time: what stands between its `START` and its `REPORT` is that invocation's, and what stands before a
//! `START` is of the start that it waited for. A pasted test of an API names its request once, at the top.

use std::collections::HashMap;

use super::incoming::{Incoming, Origin};
use crate::execution::Sentence;
use crate::{Cause, LambdaEvent, LogSource};

/// Streams that are remembered; more of them than functions run at a time are not met.
const MAX_STREAMS: usize = 4_096;

/// What goes on in a stream.
#[derive(Debug, Clone, Copy, Default)]
struct Stream {
    /// The request that lines without an id belong to.
    current: Option<u64>,
    /// Invocations that have begun and are not over: more than one only where the stream's name is not
    /// known, so that several are mixed. Then nobody knows whose a line is.
    running: u32,
}

/// Every stream that lines have been seen of.
#[derive(Debug, Default)]
pub(super) struct Streams {
    streams: HashMap<Box<str>, Stream>,
    key: String,
}

impl Streams {
    /// The request that a line without an id belongs to, or the one whose lines came before its `START`.
    pub(super) fn request_of(
        &mut self,
        incoming: &Incoming<'_, '_>,
        origin: &Origin<'_>,
    ) -> Option<u64> {
        let starts = matches!(incoming.lambda_event(), Some(LambdaEvent::Start));
        if incoming.source == LogSource::Access || !(starts || incoming.has_no_id()) {
            return None;
        }
        self.name(incoming.source, origin);
        let stream = self.streams.get(&*self.key)?;
        let belongs = match (incoming.source, stream.running) {
            (LogSource::Execution, _) => true,
            // Between two invocations there is nothing but a start that goes wrong.
            (_, 0) => starts || incoming.diagnosis.cause == Cause::LambdaInitFailed,
            (_, running) => running == 1 && !starts,
        };
        stream.current.filter(|_| belongs)
    }

    /// Notes what the line says about its stream. Returns the stream's key where the request has become
    /// the one that lines without an id belong to.
    pub(super) fn note(
        &mut self,
        incoming: &Incoming<'_, '_>,
        origin: &Origin<'_>,
        number: u64,
    ) -> Option<&str> {
        let line = incoming.execution();
        // Lines of an execution log in CloudWatch have their id.
        if incoming.source == LogSource::Access || line.is_some_and(|line| line.has_prefix) {
            return None;
        }
        self.name(incoming.source, origin);
        if !self.streams.contains_key(&*self.key) {
            if self.streams.len() >= MAX_STREAMS {
                self.streams.clear();
            }
            self.streams.insert(self.key.as_str().into(), Stream::default());
        }
        let stream = self.streams.get_mut(&*self.key)?;
        let is_current = match (line.map(|line| line.sentence), incoming.lambda_event()) {
            (Some(sentence), _) => sentence != Sentence::Completed,
            (_, Some(LambdaEvent::Report(_))) => {
                stream.running = stream.running.saturating_sub(1);
                false
            }
            (_, Some(LambdaEvent::Start)) => {
                stream.running = if origin.log_stream.is_some() { 1 } else { stream.running + 1 };
                true
            }
            // The service may still tell of an invocation that is over: that one is not current.
            _ if stream.running == 0 && !incoming.has_no_id() => return None,
            _ => true,
        };
        stream.current = is_current.then_some(number);
        is_current.then_some(&*self.key)
    }

    /// A request has become part of another.
    pub(super) fn replace(&mut self, key: &str, gone: u64, kept: u64) {
        if let Some(stream) = self.streams.get_mut(key).filter(|known| known.current == Some(gone))
        {
            stream.current = Some(kept);
        }
    }

    fn name(&mut self, source: LogSource, origin: &Origin<'_>) {
        self.key.clear();
        for part in
            [source.as_str(), origin.log_group.unwrap_or(""), origin.log_stream.unwrap_or("")]
        {
            self.key.push_str(part);
            self.key.push('\0');
        }
    }
}
