//! `Method completed with status: N`: the status, and no reason. The other lines of the request have it.

use super::super::{Diagnosis, status};
use crate::{Cause, Confidence, ExecutionLine};

pub(super) fn judge<'a>(line: &ExecutionLine<'a>) -> Option<Diagnosis<'a>> {
    let status = line.status()?;
    if status < 400 {
        return Some(Diagnosis::new(Cause::None, Confidence::High));
    }
    Some(status::of_status(status, false).told_by_execution_log(line))
}
