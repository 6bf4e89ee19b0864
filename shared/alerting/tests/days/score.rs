//! How well a day was told.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use alerting::{Event, IncidentId, Notification};
use diagnosis::Timestamp;

use crate::day::{Day, Real};
use crate::play::{self, MIDNIGHT};

/// A real incident is told so soon.
const WITHIN_MS: i64 = 2 * 60_000;

pub(crate) struct Score {
    name: &'static str,
    real: usize,
    told: usize,
    /// Until the first message about each incident, in seconds after a person would call it broken.
    seconds: Vec<i64>,
    messages: usize,
    false_ones: usize,
    pub(crate) complaints: Vec<String>,
}

impl Score {
    pub(crate) fn of(name: &'static str, day: &Day) -> Self {
        let told = play::play(day);
        let mut score = Self {
            name,
            real: day.incidents.len(),
            told: 0,
            seconds: Vec::new(),
            messages: told.iter().filter(|notification| is_a_message(notification)).count(),
            false_ones: 0,
            complaints: Vec::new(),
        };
        let mut explained = BTreeSet::new();
        for real in &day.incidents {
            score.evaluate(real, &told, &mut explained);
        }
        for notification in told.iter().filter(|notification| notification.event == Event::Opened) {
            if !explained.contains(&notification.incident.id) {
                score.false_ones += 1;
                let incident = &notification.incident;
                score.complain(&format!(
                    "{} told of {} at {} ({}, {} of {:?})",
                    incident.rule,
                    incident.cause,
                    notification.at,
                    incident.api_id.as_deref().unwrap_or("-"),
                    incident.errors,
                    incident.requests
                ));
            }
        }
        score
    }

    fn complain(&mut self, what: &str) {
        self.complaints.push(format!("{}: {what}", self.name));
    }

    fn evaluate(
        &mut self,
        real: &Real,
        told: &[Notification],
        explained: &mut BTreeSet<IncidentId>,
    ) {
        let is_about = |notification: &&Notification| {
            let incident = &notification.incident;
            incident.cause == real.cause && (real.api.is_none() || incident.api_id == real.api)
        };
        let opened: Vec<&Notification> = told
            .iter()
            .filter(is_about)
            .filter(|notification| notification.event == Event::Opened)
            .collect();
        explained.extend(opened.iter().map(|notification| notification.incident.id.clone()));
        let Some(first) = opened.first() else {
            self.complain(&format!("nobody was told of {}", real.cause));
            return;
        };
        self.told += 1;
        if real.api.is_some() && opened.len() > 1 {
            self.complain(&format!("{} was told {} times", real.cause, opened.len()));
        }
        let broken_from = Timestamp::of_minute(MIDNIGHT + real.broken_from);
        let after = first.at.as_millis() - broken_from.as_millis();
        self.seconds.push(after / 1_000);
        if after > WITHIN_MS {
            self.complain(&format!("{} was told {} s late", real.cause, after / 1_000));
        }
        let messages = told.iter().filter(is_about).filter(|n| is_a_message(n)).count();
        if messages > real.most_messages {
            let most = real.most_messages;
            self.complain(&format!("{} took {messages} messages, not {most}", real.cause));
        }
    }
}

/// Whether somebody was disturbed: what opens silently is no message.
fn is_a_message(notification: &Notification) -> bool {
    !notification.messages.is_empty()
}

pub(crate) fn table(scores: &[Score]) -> String {
    let mut table = format!(
        "{:<58} {:>9} {:>16} {:>9} {:>6}\n",
        "day", "incidents", "told after", "messages", "false"
    );
    for score in scores {
        let after: Vec<String> = score.seconds.iter().map(|s| format!("{s} s")).collect();
        let _ = writeln!(
            table,
            "{:<58} {:>9} {:>16} {:>9} {:>6}",
            score.name,
            format!("{}/{}", score.told, score.real),
            after.join(", "),
            score.messages,
            score.false_ones
        );
    }
    table
}
