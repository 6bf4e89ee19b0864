//! Lines of an execution log. A line alone says less than its request: [`crate::Joiner`] puts them
//! together.

mod body;
mod completed;
mod failure;
mod refusal;
mod usage_plan;

use super::{Diagnosis, EvidenceField};
use crate::execution::Sentence;
use crate::{Cause, Confidence, ExecutionLine};

/// One kind of sentence's opinion of a line.
type Judge = for<'a> fn(&ExecutionLine<'a>) -> Option<Diagnosis<'a>>;

/// The kinds of sentences, most trustworthy first.
const JUDGES: [Judge; 5] =
    [failure::judge, refusal::judge, usage_plan::judge, body::judge, completed::judge];

/// Diagnoses one line by itself.
pub(super) fn line<'a>(line: &ExecutionLine<'a>) -> Diagnosis<'a> {
    JUDGES.iter().find_map(|judge| judge(line)).unwrap_or_else(|| match line.sentence {
        // A status outside HTTP's, or cut off.
        Sentence::Other | Sentence::Completed => Diagnosis::low(Cause::Unknown),
        // What the backend answered says no more than that; the verdict is another line.
        Sentence::EndpointBody
        | Sentence::EndpointHeaders
        | Sentence::AuthorizerBody
        | Sentence::Response => Diagnosis::medium(Cause::None),
        _ => Diagnosis::new(Cause::None, Confidence::High),
    })
}

impl<'a> Diagnosis<'a> {
    fn told_by_execution_log(self, line: &ExecutionLine<'a>) -> Self {
        self.told_in(EvidenceField::ExecutionLog, line.text)
    }
}

#[cfg(test)]
mod tests;
