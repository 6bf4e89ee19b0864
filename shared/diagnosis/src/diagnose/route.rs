//! What the matched route says, where the status is all the rest: an HTTP API whose route key is logged
//! as `-` had none for this request.

use super::{Diagnosis, error_message};
use crate::{AccessRecord, Cause, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    (record.status() == Some(404) && error_message::no_route(record))
        .then(|| Diagnosis::medium(Cause::RouteNotFound).because(record, Field::RouteKey))
}
