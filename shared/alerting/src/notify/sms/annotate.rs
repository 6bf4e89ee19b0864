//! A note on a message's delivery, in what a segment has room for.

use crate::notify::sms::gsm7;
use crate::notify::sms::render::SEGMENT_SEPTETS;

/// One segment. What stands after the last comma (numbers, the incident's id) is worth more than the
/// end of a long title before it.
pub(super) fn annotate(body: &str, suffix: &str) -> String {
    if suffix.is_empty() {
        return body.to_owned();
    }
    let room = SEGMENT_SEPTETS.saturating_sub(gsm7::septets(suffix).unwrap_or(0));
    let (head, tail) = body.split_at(body.rfind(", ").unwrap_or(body.len()));
    let tail = gsm7::fit(tail, room);
    let head = gsm7::fit(head, room.saturating_sub(gsm7::septets(&tail).unwrap_or(0)));
    gsm7::fit(&format!("{head}{tail}{suffix}"), SEGMENT_SEPTETS)
}
