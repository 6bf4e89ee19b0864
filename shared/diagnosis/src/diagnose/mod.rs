//! The decision: which cause a line speaks for.
//!
//! Each module looks at one kind of evidence and offers the same function, `judge`. The chains in
//! [`access_record`], [`execution`] and [`lambda`] are the order of trust; the first that has an opinion
//! wins. Texts are matched in the field or place that API Gateway or Lambda writes them to, never in the
//! whole line: a path, a user agent or a body may hold any of them.

mod cors;
mod diagnosis;
mod error_message;
mod execution;
mod hidden;
mod integration_error;
mod integration_status;
mod lambda;
mod latency;
mod phases;
mod response_type;
mod route;
mod status;
mod texts;
mod untouched;

use crate::{AccessRecord, Cause, Field, Line};

pub use diagnosis::{Diagnosis, Evidence, EvidenceField};

/// One kind of evidence's opinion of a record.
type Judge = for<'a> fn(&'a AccessRecord<'_>) -> Option<Diagnosis<'a>>;

/// The kinds of evidence, most trustworthy first.
const JUDGES: [Judge; 9] = [
    cors::judge,
    integration_error::judge,
    response_type::judge,
    phases::judge,
    integration_status::judge,
    error_message::judge,
    untouched::judge,
    latency::judge,
    route::judge,
];

/// Diagnoses one line by itself.
pub fn line<'a>(line: &'a Line<'_>) -> Diagnosis<'a> {
    match line {
        Line::Access(record) => access_record(record),
        Line::Execution(line) => execution::line(line),
        Line::Lambda(line) => lambda::line(line),
        Line::Foreign => Diagnosis::low(Cause::Unknown),
        Line::Unreadable => Diagnosis::low(Cause::Unparseable),
    }
}

/// Diagnoses one request by its access record.
pub fn access_record<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    // A gateway response may carry any status, 200 included, and so may a firewall's: but only a failed
    // request has a type, or was blocked.
    let answered_well = record.status().is_some_and(|status| status < 400);
    if answered_well && record.response_type().is_none() && !phases::blocked_by_waf(record) {
        return match hidden::judge(record) {
            Some(failure) => failure.because(record, Field::Status),
            None => latency::of_success(record),
        };
    }
    JUDGES
        .iter()
        .find_map(|judge| judge(record))
        .unwrap_or_else(|| status::judge(record))
        .because(record, Field::Status)
}

#[cfg(test)]
mod tests;
