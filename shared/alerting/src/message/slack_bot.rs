//! What a bot posts: one living message per incident, and what goes into its thread.

use serde_json::json;

use super::slack;
use crate::channel::Content;
use crate::notification::{Change, Event, Facts};

/// The living message as the incident stands, and what has happened since the one before.
pub(super) fn content(facts: &Facts) -> Content {
    let reply = (facts.event != Event::Opened).then(|| {
        let mut reply = slack::message(facts);
        if rings(facts) {
            reply["reply_broadcast"] = json!(true);
        }
        reply
    });
    Content::SlackBot { message: slack::living(facts), reply }
}

/// Whether the channel hears of it as well. An edit is silent, and so is a thread for those who have
/// not written in it: what is more urgent than what was told, or is still unmended, must be seen.
fn rings(facts: &Facts) -> bool {
    match (facts.event, &facts.change) {
        (Event::Reminded, _) => true,
        (Event::Updated, Some(change)) => !matches!(change, Change::Sharpened { .. }),
        (Event::Updated, None) | (Event::Opened | Event::Resolved, _) => false,
    }
}
