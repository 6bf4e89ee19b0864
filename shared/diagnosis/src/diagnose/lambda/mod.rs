//! Lines of a function's log.

mod error;
mod report;
mod said;
mod service;

use super::Diagnosis;
use crate::{Cause, Confidence, LambdaLine};

/// One kind of line's opinion.
type Judge = for<'a> fn(&'a LambdaLine<'_>) -> Option<Diagnosis<'a>>;

/// The kinds of lines, most trustworthy first.
const JUDGES: [Judge; 4] = [report::judge, service::judge, error::judge, said::judge];

/// Diagnoses one line by itself.
pub(super) fn line<'a>(line: &'a LambdaLine<'_>) -> Diagnosis<'a> {
    JUDGES
        .iter()
        .find_map(|judge| judge(line))
        .unwrap_or_else(|| Diagnosis::new(Cause::None, Confidence::High))
}

#[cfg(test)]
mod tests;
