//! The message for each kind of channel.

use crate::notify::{ChannelKind, Content, Facts, email, slack, slack_bot, sms};

/// The message for a kind of channel.
pub fn render(kind: ChannelKind, facts: &Facts) -> Content {
    match kind {
        ChannelKind::Slack => Content::Slack { body: slack::message(facts) },
        ChannelKind::SlackBot => slack_bot::content(facts),
        ChannelKind::Sms => Content::Sms { body: sms::text(facts) },
        ChannelKind::Email => {
            let (subject, body) = (email::subject(facts), email::body(facts));
            Content::Email { subject, body, attributes: email::attributes(facts) }
        }
    }
}

/// The one message of a Slack channel that edits instead of telling again: everything about the
/// incident, and on top how it stands: what changed, who has acknowledged it, or, once
/// [`IncidentView::resolved_at`](crate::IncidentView::resolved_at) is set, that it is over.
pub fn living(facts: &Facts) -> Content {
    Content::Slack { body: slack::living(facts) }
}

/// What a bot posts of a made-up incident, with the buttons that act; `living` as after somebody has done
/// something about it.
pub fn sample_of_bot(facts: &Facts, living: bool) -> Content {
    let content = if living { slack_bot::edit(facts, None) } else { slack_bot::content(facts) };
    slack_bot::sample_with_buttons(content, facts)
}
