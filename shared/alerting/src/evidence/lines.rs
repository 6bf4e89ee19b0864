//! Lines of several logs, read together.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diagnosis::{JoinedDiagnosis, Joiner, LambdaEvent, Line, Origin, Reader};

use crate::evidence::LogEvent;

use crate::evidence::FunctionRun;

/// A line, and where it was found.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundLine<'a> {
    pub(crate) log_group: &'a str,
    pub(crate) event: &'a LogEvent,
}

/// What lines of an execution log and of a function's log say together.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// Requests that failed, as all their lines tell it.
    pub(crate) failed: Vec<JoinedDiagnosis>,
    /// Lambda's ids of the requests that execution logs tell of.
    pub(crate) invocations: Vec<String>,
    /// What Lambda reports of invocations, by id.
    runs: BTreeMap<String, FunctionRun>,
}

impl Lines {
    /// Reads lines, in the order in which they were written.
    pub(crate) fn read<'a>(lines: impl IntoIterator<Item = FoundLine<'a>>) -> Self {
        let mut read = Self::default();
        let (mut joiner, mut reader) = (Joiner::default(), Reader::default());
        for (number, FoundLine { log_group, event }) in (1..).zip(lines) {
            let origin = Origin {
                number,
                time: Some(event.time),
                log_group: Some(log_group),
                log_stream: Some(&event.log_stream),
            };
            // As where lines are counted: one panicking line costs one line.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let line = reader.line(&event.message);
                read.note(&line);
                joiner.add(&line, &origin);
            }));
        }
        let _ = catch_unwind(AssertUnwindSafe(|| joiner.close_all()));
        while let Some(request) = joiner.next_closed() {
            if request.cause.is_failure() {
                read.failed.push(request);
            }
        }
        read
    }

    fn note(&mut self, line: &Line<'_>) {
        match line {
            Line::Execution(line) => {
                if let Some(id) = line.integration_request_id()
                    && !self.invocations.iter().any(|known| known == id)
                {
                    self.invocations.push(id.to_owned());
                }
            }
            Line::Lambda(line) => {
                let (Some(id), LambdaEvent::Report(report) | LambdaEvent::Done(report)) =
                    (&line.request_id, &line.event)
                else {
                    return;
                };
                self.runs.entry(id.to_string()).or_default().take(report);
            }
            _ => {}
        }
    }

    /// What Lambda reports of the invocation behind a request.
    pub(crate) fn run_of(&self, request: &JoinedDiagnosis) -> Option<&FunctionRun> {
        self.runs.iter().find(|(id, _)| request.has_id(id)).map(|(_, run)| run)
    }
}
