//! Which messages an incident's change owes, and to whom.
//!
//! The severity says which kinds of channel are told. A critical opening is owed to the others as well,
//! if after five minutes none of those has taken it: whoever is on call must hear of it somehow.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::incident::{Event, Incident, Reason, Target};
use crate::notify::slack_bot::with_buttons;
use crate::notify::{self, Channel, ChannelId, ChannelKind, Content, Facts, Texts};
use crate::rules::Severity;
use crate::store::{Condition, Ledger, OutboxRow};

/// How long the channels of a critical incident's severity have before others are told.
const ESCALATE_AFTER_MS: i64 = 5 * 60 * 1_000;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// One message per kind of channel that the severity goes to and that is configured.
    pub(super) fn render(&self, facts: &Facts) -> Vec<Content> {
        let rules = self.rules();
        let wanted = rules
            .channels(facts.incident.severity)
            .iter()
            .filter_map(|kind| self.configured(*kind));
        wanted
            .filter(|kind| kind.format().wants(facts))
            .map(|kind| notify::render(kind, facts))
            .collect()
    }

    /// The message as its row holds it: with buttons that act, where it can have them and somebody answers
    /// them.
    pub(super) fn actionable(
        &self,
        content: Content,
        incident: &Incident,
        facts: &Facts,
    ) -> Content {
        if !self.buttons {
            return content.fitted();
        }
        let target = Target { incident: incident.id.clone(), source: incident.source.clone() };
        with_buttons(content, &target, facts).fitted()
    }

    /// The kind of channel that the stack has for one that rules name.
    pub(super) fn configured(&self, named: ChannelKind) -> Option<ChannelKind> {
        self.channels.iter().map(|channel| channel.id().kind).find(|kind| kind.in_rules() == named)
    }

    /// The rows that the change owes: `messages` to their channels, and what stands in for them.
    pub(super) fn enqueue(
        &self,
        incident: &Incident,
        facts: &Facts,
        reason: &Reason,
        messages: &[Content],
        now: Timestamp,
    ) -> Vec<OutboxRow> {
        let row = |channel: &C, content: Content| OutboxRow {
            incident: incident.id.clone(),
            opened_at: incident.opened_at,
            seq: incident.seq,
            event: facts.event,
            channel: channel.id().clone(),
            content: self.actionable(content, incident, facts),
            created_at: now,
            due: now,
            attempts: 0,
            condition: Condition::Always,
            failure: None,
            // A phone gets the count, and one message instead of several.
            names_members: (!facts.joined.is_empty() || facts.ends_some())
                && channel.id().kind != ChannelKind::Sms,
            stand_in_at: None,
            critical_opening: facts.is_critical_opening(),
            reason: (channel.id().kind == ChannelKind::Sms).then(|| Box::new(reason.clone())),
        };
        let mut rows = Vec::new();
        for channel in &self.channels {
            let of_kind = |content: &&Content| content.kind() == channel.id().kind;
            rows.extend(
                messages.iter().filter(of_kind).map(|content| row(channel, content.clone())),
            );
        }
        if facts.texts == Texts::Only {
            return rows;
        }
        let own: Vec<ChannelId> = rows.iter().map(|row| row.channel.clone()).collect();
        for channel in &self.channels {
            if own.contains(channel.id()) {
                continue;
            }
            let Some(condition) = self.condition_for_others(incident, facts, channel.id(), &own)
            else {
                continue;
            };
            let others = row(channel, notify::render(channel.id().kind, facts));
            // With nobody to wait for, it goes out at once.
            let wait = if own.is_empty() { 0 } else { ESCALATE_AFTER_MS };
            let stand_in_at = now.plus_millis(wait);
            let stands_in = matches!(condition, Condition::UnlessSentOn(_));
            rows.push(match (stands_in, facts.reopens()) {
                (false, _) => OutboxRow { condition, ..others },
                (true, false) => OutboxRow { condition, due: stand_in_at, ..others },
                (true, true) => OutboxRow { condition, stand_in_at: Some(stand_in_at), ..others },
            });
        }
        rows
    }

    /// When a channel gets a change that `own`, the channels of the incident's severity, get anyway; `None`
    /// for never. A critical opening goes to it if none of them takes it. Where an incident ends or reopens,
    /// so does the message that says so, if the channel has notified of the incident before: as a stand-in,
    /// while the severity was another, or before the rules changed.
    fn condition_for_others(
        &self,
        incident: &Incident,
        facts: &Facts,
        channel: &ChannelId,
        own: &[ChannelId],
    ) -> Option<Condition> {
        let kind = channel.kind.in_rules();
        // A phone gets few messages about a group, as a stand-in too.
        let is_of_group = facts.storm_sources > 0 && kind == ChannelKind::Sms;
        if is_of_group && facts.event == Event::Updated && !facts.reopens() {
            return None;
        }
        if self.rules().channels(facts.incident.severity).contains(&kind) {
            // Its format does not want this message.
            return None;
        }
        if facts.arrived_late {
            // It must not be lost where rules name phones alone.
            let stands_in = own.is_empty() && kind != ChannelKind::Sms;
            return stands_in.then_some(Condition::Always);
        }
        if facts.is_critical_opening() {
            return Some(Condition::UnlessSentOn(own.to_vec()));
        }
        let may_have_notified = match facts.event {
            Event::Updated if facts.reopens() => true,
            Event::Updated if !facts.ends_some() => false,
            // Only the channels that it can have reached: a row for each phone of the stack costs money.
            Event::Updated | Event::Resolved => {
                facts.incident.severity == Severity::Critical
                    || incident.history.channels.contains(&kind)
            }
            Event::Opened | Event::Reminded => false,
        };
        may_have_notified.then_some(Condition::IfToldBefore)
    }
}

#[cfg(test)]
mod tests;
