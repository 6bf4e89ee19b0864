//! The lines of a batch that are parts of requests, put together.
//!
//! An execution log has many lines for each request, and one log group may hold the lines of several
//! logs. The lines of one batch are joined by the ids that they share. Where a request has a record of
//! the access log, that record counts it and the others only make its cause more specific. Where it has
//! none, the request counts once, if its lines hold a verdict or its end: `Method completed with status`.
//! All that is neither was a line and no request.
//!
//! A batch may end in the middle of a request. The part without verdict and end counts nothing, so most
//! cuts do no harm; one between the verdict and the end makes two of one.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diagnosis::decode::Batch;
use diagnosis::{Diagnosis, Evidence, JoinedDiagnosis, Joiner, Line, LogSource, Origin, Reader};

use crate::counting::formats::{self, StageFormats};

/// So many records of a batch get a better cause from other lines; the rest count by what they say
/// themselves.
const MAX_SHARPER: usize = 10_000;

/// What the lines of a batch say together.
#[derive(Default)]
pub(super) struct Joined {
    /// Whether a batch was joined at all.
    pub(super) is_done: bool,
    /// By the number of their record in the access log: requests of which other lines know the cause.
    pub(super) sharper: BTreeMap<u64, JoinedDiagnosis>,
    /// For each line, whether it is a part of a request.
    parts: Vec<bool>,
}

impl Joined {
    /// Joins the lines of a batch, which are numbered from 1. Requests without a record in the access log
    /// go to `count` as soon as they are closed: a batch may hold hundreds of thousands.
    pub(super) fn of(
        batch: &Batch,
        known: Option<&StageFormats>,
        mut count: impl FnMut(&JoinedDiagnosis),
    ) -> Self {
        let mut found = Self { is_done: true, ..Self::default() };
        let (mut joiner, mut reader) = (Joiner::default(), Reader::default());
        for (number, event) in (1..).zip(batch.events()) {
            let origin = Origin {
                number,
                time: event.timestamp,
                log_group: Some(&batch.log_group),
                log_stream: Some(&batch.log_stream),
            };
            // As where lines are counted: one panicking line costs one line.
            let is_part = catch_unwind(AssertUnwindSafe(|| {
                let text = event.message?.text();
                let (line, _) = formats::line(known, &mut reader, &text);
                joiner.add(&line, &origin);
                Some(matches!(line, Line::Execution(_) | Line::Lambda(_)))
            }));
            found.parts.push(is_part.ok().flatten().unwrap_or(false));
            found.take_closed(&mut joiner, &mut count);
        }
        // What is left open when this panics has been counted as lines.
        let _ = catch_unwind(AssertUnwindSafe(|| joiner.close_all()));
        found.take_closed(&mut joiner, &mut count);
        found
    }

    /// Whether the line is a part of a request.
    pub(super) fn is_part(&self, number: u64) -> bool {
        let at = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        at.and_then(|at| self.parts.get(at)).is_some_and(|is_part| *is_part)
    }

    fn take_closed(&mut self, joiner: &mut Joiner, count: &mut impl FnMut(&JoinedDiagnosis)) {
        while let Some(request) = joiner.next_closed() {
            match request.record {
                Some(record) if self.sharper.len() < MAX_SHARPER && is_sharper(&request) => {
                    self.sharper.insert(record, request);
                }
                None if is_request(&request) => count(&request),
                _ => {}
            }
        }
    }
}

/// Whether other lines know better why a request with a record failed.
fn is_sharper(joined: &JoinedDiagnosis) -> bool {
    joined.source != Some(LogSource::Access) && joined.cause.is_failure()
}

/// Whether lines without a record in the access log tell how a request ended.
fn is_request(joined: &JoinedDiagnosis) -> bool {
    let has_verdict = joined.source == Some(LogSource::Execution) && joined.cause.is_failure();
    has_verdict || joined.completed.is_some_and(|status| status < 400 || joined.cause.is_failure())
}

/// The diagnosis of a request as that of its record.
pub(super) fn diagnosis(joined: &JoinedDiagnosis) -> Diagnosis<'_> {
    Diagnosis {
        cause: joined.cause,
        confidence: joined.confidence,
        evidence: joined
            .evidence
            .iter()
            .map(|evidence| Evidence { field: evidence.field, text: &evidence.text })
            .collect(),
    }
}
