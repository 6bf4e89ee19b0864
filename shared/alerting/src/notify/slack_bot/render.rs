//! What a bot posts: one living message per incident, and what goes into its thread.

use diagnosis::redact;
use serde_json::{Value, json};

use crate::incident::interaction::MAX_VALUE;
use crate::incident::{Action, Change, Event, Target};
use crate::notify::{Content, Facts, slack};
use crate::source::Source;

/// A line in a thread is cut.
const MAX_SAID: usize = 300;

/// The living message as the incident stands, and what has happened since the one before.
pub(in crate::notify) fn content(facts: &Facts) -> Content {
    let is_first = facts.event == Event::Opened || facts.arrived_late;
    let reply = (!is_first).then(|| {
        let mut reply = slack::message(facts);
        if rings(facts) {
            reply["reply_broadcast"] = json!(true);
        }
        reply
    });
    Content::SlackBot { message: slack::living(facts), reply }
}

/// The living message as the incident stands, where nothing has happened to it that is told: somebody
/// has done something about it. `said` goes into its thread.
pub(crate) fn edit(facts: &Facts, said: Option<&str>) -> Content {
    let reply = said.map(|said| {
        let said = redact::truncate(&redact::printable(said), MAX_SAID);
        // Markup to Slack, which a name must not become.
        let said = slack::escape(&said);
        json!({"text": said, "unfurl_links": false, "unfurl_media": false})
    });
    Content::SlackBot { message: slack::living(facts), reply }
}

/// The living message with buttons for what can be done about the incident; unchanged where it is over.
pub(crate) fn with_buttons(content: Content, target: &Target, facts: &Facts) -> Content {
    let Content::SlackBot { mut message, reply } = content else { return content };
    let buttons = buttons(target, facts);
    if let Some(Value::Array(blocks)) = message.get_mut("blocks")
        && !buttons.is_empty()
        && blocks.len() < slack::MAX_BLOCKS
    {
        // The last block holds the ids.
        let above_context = blocks.len().saturating_sub(1);
        blocks.insert(above_context, json!({"type": "actions", "elements": buttons}));
    }
    Content::SlackBot { message, reply }
}

/// The same for a made-up incident, whose view is all that is known of it.
pub(in crate::notify) fn sample_with_buttons(content: Content, facts: &Facts) -> Content {
    let view = &facts.incident;
    let source = match (&view.api_id, &view.stage) {
        _ if facts.storm_sources > 0 => Source::Everywhere,
        (Some(api_id), Some(stage)) => {
            Source::Stage { api_id: api_id.clone(), stage: stage.clone() }
        }
        _ => Source::LogGroup(view.log_group.clone().unwrap_or_default()),
    };
    with_buttons(content, &Target { incident: view.id.clone(), source }, facts)
}

fn buttons(target: &Target, facts: &Facts) -> Vec<Value> {
    let value = target.to_string();
    if facts.incident.resolved_at.is_some() || value.chars().count() > MAX_VALUE {
        return Vec::new();
    }
    let serves = |action: &Action| match action {
        Action::Acknowledge => facts.acknowledged_by.is_none(),
        Action::SilenceForAnHour | Action::SilenceForADay => target.can_be_silenced(),
    };
    let button = |action: Action| {
        json!({
            "type": "button",
            "action_id": action.id(),
            "text": {"type": "plain_text", "text": action.label(), "emoji": false},
            "value": value,
        })
    };
    Action::ALL.into_iter().filter(serves).map(button).collect()
}

/// Whether the channel hears of it as well. An edit is silent, and so is a thread for those who have
/// not written in it: what is more urgent than what was told, or is still unmended, must be seen.
fn rings(facts: &Facts) -> bool {
    match (facts.event, &facts.change) {
        (Event::Reminded, _) => true,
        (Event::Updated, Some(change)) => {
            !matches!(change, Change::Sharpened { .. } | Change::Explained | Change::Unexplained)
        }
        (Event::Updated, None) | (Event::Opened | Event::Resolved, _) => false,
    }
}
