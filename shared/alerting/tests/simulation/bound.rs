//! I8, the bound: every critical incident is named within two minutes.
//!
//! The clock runs from the commit that made the incident critical, which is where the batch that crossed
//! the threshold was processed, or the sweep evaluated the rule. Where faults hit, it runs from their
//! end. A message names a source if its text lists it; it counts if it was committed with or after the
//! incident. On phones, one text for a group is enough, if it counts the incident.

use std::collections::BTreeMap;

use alerting::{ChannelId, ChannelKind, IncidentId};
use diagnosis::Timestamp;

use crate::episodes::{self, Crisis, Episode};
use crate::run::Fate;
use crate::traffic::{MINUTE_MS, Traffic};
use crate::world::{Received, World};

/// A critical incident is named within so many milliseconds.
const NAMED_WITHIN_MS: i64 = 2 * MINUTE_MS;

/// What a step or two may take after the bound was met in the engine's own clock.
const SLACK_MS: i64 = 2_000;

/// Two texts on one group are so far apart at least.
const TEXT_PAUSE_MS: i64 = 10 * MINUTE_MS;

/// A message lists so many members at most.
const MAX_MEMBERS: usize = 40;

/// Lines that came so soon must have opened an incident: errors stay fresh for 15 minutes, and an outage
/// whose lines come after ten was over before.
pub(crate) const SURELY_FRESH_MINUTES: i64 = 9;

/// An outage whose last line is so old was over before its lines came.
const OVER_AFTER_MINUTES: i64 = 10;

/// How the run's critical incidents fared.
#[derive(Debug, Clone, Default)]
pub(crate) struct Bound {
    /// Critical incidents that had to be named.
    pub(crate) criticals: usize,
    /// The longest time until one was named on Slack and by email, from the end of the faults that hit it.
    pub(crate) worst_ms: i64,
    /// Resolutions while the source still failed and its lines had not come yet.
    pub(crate) blind_resolutions: usize,
    /// Most messages within a second on one channel.
    pub(crate) most_in_a_second: usize,
}

pub(crate) fn check(world: &World, traffic: &Traffic, fates: &[Fate]) -> Bound {
    let episodes = episodes::critical(world, traffic);
    for crisis in episodes::crises(traffic, fates) {
        is_noticed(world, &episodes, &crisis);
    }
    let mut bound = Bound { most_in_a_second: most_in_a_second(world), ..Bound::default() };
    for episode in &episodes {
        if was_over_before_it_was_known(traffic, episode) {
            continue;
        }
        bound.criticals += 1;
        for channel in &world.channels {
            if world.given_up_on(channel, episode.source)
                || was_over_with_its_silence(world, episode, channel)
            {
                continue;
            }
            if channel.kind == ChannelKind::Sms {
                is_texted(world, &episodes, episode, channel);
            } else {
                let delay = is_named(world, episode, channel);
                bound.worst_ms = bound.worst_ms.max(delay.unwrap_or(0));
            }
        }
    }
    messages_are_short(world);
    texts_on_a_group_are_apart(world);
    bound
}

/// The end of what a person may have to wait for what is due at `from`.
fn deadline(
    world: &World,
    from: Timestamp,
    channel: Option<&ChannelId>,
    source: usize,
) -> Timestamp {
    let within = NAMED_WITHIN_MS + SLACK_MS + 2 * world.faults.skew;
    world.calm_after(from, within, channel, source).plus_millis(within)
}

/// A source that crossed the threshold is in a critical incident by the next sweep.
fn is_noticed(world: &World, episodes: &[Episode], crisis: &Crisis) {
    let fresh_until = Timestamp::of_minute(crisis.minute + SURELY_FRESH_MINUTES);
    let Some(processed) = crisis.processed.filter(|done| *done <= fresh_until) else { return };
    if is_known_by_no_sweep(world, crisis, processed) || world.bad_row.get() == Some(crisis.source)
    {
        return;
    }
    let latest = deadline(world, processed, None, crisis.source);
    let begins = Timestamp::of_minute(crisis.minute);
    let noticed = episodes.iter().any(|episode| {
        episode.source == crisis.source
            && episode.from <= latest
            && episode.until.is_none_or(|until| until >= begins)
    });
    if !noticed {
        let Crisis { source, minute, failure, .. } = crisis;
        let what = format!(
            "source {source} failed in minute {minute} ({failure:?}), which was processed at \
             {processed}, and no critical incident had opened by {latest}"
        );
        world.violate("I8", &what);
    }
}

/// Whether faults lasted until the lines were too old, where only the sweep can evaluate them: it alone
/// raises a warning to critical, and it alone comes back to what the ledger refused for good.
pub(crate) fn is_known_by_no_sweep(world: &World, crisis: &Crisis, processed: Timestamp) -> bool {
    let within = NAMED_WITHIN_MS + SLACK_MS;
    let calm = world.calm_after(processed, within, None, crisis.source);
    let in_time = Timestamp::of_minute(crisis.minute + SURELY_FRESH_MINUTES);
    let began = Timestamp::of_minute(crisis.minute);
    let is_left_to_the_sweep = world.warns_of(crisis.source, processed)
        || world.was_refused(crisis.source, began, processed);
    calm > in_time && is_left_to_the_sweep
}

/// Whether the last line about the outage was so old when it opened an incident that it was over.
fn was_over_before_it_was_known(traffic: &Traffic, episode: &Episode) -> bool {
    let opened = episode.from.minute();
    let last = traffic
        .failed
        .keys()
        .filter(|(source, minute, _)| *source == episode.source && *minute <= opened)
        .map(|(_, minute, _)| *minute)
        .max();
    last.is_none_or(|last| opened - last >= OVER_AFTER_MINUTES)
}

/// Whether the incident was over, or the run, when its silence ended.
fn was_over_with_its_silence(world: &World, episode: &Episode, channel: &ChannelId) -> bool {
    let latest = deadline(world, episode.from, Some(channel), episode.source);
    let end = episode.until.unwrap_or(latest).min(world.now());
    latest >= end && world.was_silenced(episode.source, episode.from, latest)
}

/// The messages that name a source on a channel and were committed with an episode or after it began.
fn naming<'r>(
    received: &'r [Received],
    episode: &Episode,
    channel: &ChannelId,
) -> impl Iterator<Item = &'r Received> {
    let (source, order, channel) = (episode.source, episode.order, channel.clone());
    received.iter().filter(move |message| {
        message.channel == channel
            && !message.silent
            && message.row.is_some_and(|row| row.order >= order)
            && message.named.contains(&source)
    })
}

/// Checks that the episode was named in time, and returns how long that took.
fn is_named(world: &World, episode: &Episode, channel: &ChannelId) -> Option<i64> {
    let received = world.received.borrow();
    let first = naming(&received, episode, channel).map(|message| message.at).min();
    let latest = deadline(world, episode.from, Some(channel), episode.source);
    let calm =
        world.calm_after(episode.from, NAMED_WITHIN_MS + SLACK_MS, Some(channel), episode.source);
    if first.is_none_or(|at| at > latest) {
        let named = first.map_or_else(|| "never".to_owned(), |at| format!("at {at}"));
        let what = format!(
            "source {} was critical at {} and is named on {channel} {named}, not by {latest}",
            episode.source, episode.from
        );
        world.violate("I8", &what);
    }
    first.map(|at| (at.as_millis() - calm.as_millis()).max(0))
}

/// Checks that a phone was texted of the episode: by itself, or by a group's text that counts it.
fn is_texted(world: &World, episodes: &[Episode], episode: &Episode, phone: &ChannelId) {
    if world.sms_over.borrow().contains(phone) || world.drops_texts.get() {
        return;
    }
    let received = world.received.borrow();
    let own = naming(&received, episode, phone).map(|message| message.at).min();
    let groups = group_texts(world, phone);
    // The group's next text may have to wait for one that was decided before.
    let decided_before = |text: &&Received| text.row.is_some_and(|row| row.order < episode.order);
    let text_before = groups.iter().filter(decided_before).map(|text| text.at).max();
    let due =
        text_before.map_or(episode.from, |at| episode.from.max(at.plus_millis(TEXT_PAUSE_MS)));
    let latest = deadline(world, due, Some(phone), episode.source);
    let ended_before = |until: Timestamp| until <= latest && due > episode.from;
    if episode.until.is_some_and(ended_before) {
        return;
    }
    if own.is_some_and(|at| at <= latest) {
        return;
    }
    let counted = groups.iter().filter(|text| text.at <= latest).any(|text| {
        let Some(row) = text.row.filter(|row| row.order >= episode.order) else { return false };
        let by_itself =
            |other: &Episode| naming(&received, other, phone).any(|message| message.at <= text.at);
        // Those before it must be in the count as well, if no text was about them alone.
        let wanted = episodes
            .iter()
            .filter(|other| other.order <= episode.order && other.is_on(row.at))
            .filter(|other| !by_itself(other))
            .count();
        counted_by(&groups, text) >= wanted
    });
    if !counted {
        let what = format!(
            "source {} was critical at {} and {phone} gets no text that names or counts it by {latest}",
            episode.source, episode.from
        );
        world.violate("I8", &what);
    }
}

/// The texts on groups that a phone got.
fn group_texts(world: &World, phone: &ChannelId) -> Vec<Received> {
    let received = world.received.borrow();
    received
        .iter()
        .filter(|text| text.channel == *phone && world.is_group(&text.incident))
        .cloned()
        .collect()
}

/// How many sources the last texts on each group count, up to one of them.
fn counted_by(groups: &[Received], up_to: &Received) -> usize {
    let mut last: BTreeMap<&IncidentId, usize> = BTreeMap::new();
    for text in groups.iter().filter(|text| text.at <= up_to.at) {
        last.insert(&text.incident, text.sources_counted().unwrap_or(0));
    }
    last.values().sum()
}

fn messages_are_short(world: &World) {
    for message in world.received.borrow().iter() {
        if message.listed > MAX_MEMBERS {
            let what = format!("{} gets {} members at once", message.channel, message.listed);
            world.violate("I8", &what);
        }
    }
}

/// One text per phone and group, then at most one every ten minutes. A resolution may come any time.
fn texts_on_a_group_are_apart(world: &World) {
    for phone in world.channels.iter().filter(|channel| channel.kind == ChannelKind::Sms) {
        let mut last: BTreeMap<IncidentId, Received> = BTreeMap::new();
        for text in group_texts(world, phone).into_iter().filter(|text| !text.is_a_resolution()) {
            let before = last.insert(text.incident.clone(), text.clone());
            let (Some(row), Some(before)) = (text.row, before) else { continue };
            let Some(known) = before.row.filter(|_| before.seq != text.seq) else { continue };
            // By minutes of the clock: sweeps do not begin to the millisecond.
            let apart = row.at.minute() - known.at.minute();
            let skew_minutes = i64::from(world.faults.skew > 0);
            if apart < TEXT_PAUSE_MS / MINUTE_MS - skew_minutes {
                let what =
                    format!("{phone} gets two texts on {} within {apart} minutes", text.incident);
                world.violate("I8", &what);
            }
        }
    }
}

/// The most messages that reached one channel within a second.
fn most_in_a_second(world: &World) -> usize {
    let received = world.received.borrow();
    let times = |channel: &ChannelId| -> Vec<i64> {
        received.iter().filter(|m| m.channel == *channel).map(|m| m.at.as_millis()).collect()
    };
    let most = |times: Vec<i64>| {
        let within = |from: i64| times.iter().filter(move |at| (from..from + 1_000).contains(*at));
        times.iter().map(|from| within(*from).count()).max().unwrap_or(0)
    };
    world.channels.iter().map(times).map(most).max().unwrap_or(0)
}
