//! What must hold after every run, whatever happened in it.
//!
//! | | invariant | file |
//! | --- | --- | --- |
//! | I1 | Each batch is counted once. | this one |
//! | I2 | What crosses a threshold is named on every channel of its severity, in the end. | this one |
//! | I3 | An incident's messages come in order, no resolution comes alone, and every incident ends. | this one |
//! | I4 | A message is repeated only where its sending was in doubt. | this one |
//! | I5 | No message without an incident, and none that names a source that is well. | this one |
//! | I6 | No secret leaves. | this one |
//! | I7 | An invocation fails only with what a retry can fix, and no row is too large. | [`run`](crate::run) |
//! | I8 | Every critical incident is named within two minutes. | [`bound`](crate::bound) |
//! | I9 | No resolution while the source still fails. | [`ends`](crate::ends) |
//! | I10 | Whoever was notified of a start is notified of its end. | [`ends`](crate::ends) |

use std::collections::{BTreeMap, BTreeSet};

use alerting::{ChannelId, ChannelKind, Ledger as _};
use diagnosis::Timestamp;

use crate::bound::{self, Bound};
use crate::ends;
use crate::episodes::{self, Crisis};
use crate::executor::ready;
use crate::run::Fate;
use crate::traffic::{SECRET, Traffic};
use crate::world::{Received, World};

/// Errors stay fresh for 15 minutes: what was first seen later than this cannot have opened an incident.
const SURELY_STALE_MINUTES: i64 = 16;

/// The fewest errors that any rule asks for.
const FEWEST_ERRORS: i64 = 5;

/// So many throttled requests in a minute, or requests over their quota, are surely worth a warning.
const SURELY_A_WARNING: i64 = 15;

/// All channels have had their message so many minutes after the faults ended.
const NAMED_WITHIN_MINUTES: i64 = 75;

/// Checks everything. Returns how the critical incidents fared.
pub(crate) fn check(world: &World, traffic: &Traffic, fates: &[Fate]) -> Bound {
    each_batch_is_counted_once(world, traffic);
    who_is_to_be_notified_is_notified(world, traffic, fates);
    messages_come_in_order(world);
    nothing_is_repeated_without_doubt(world);
    nothing_is_told_without_an_incident(world, traffic, fates);
    one_person_is_first(world);
    no_secret_leaves(world);
    everything_ends(world);
    let blind_resolutions = ends::check(world, traffic, fates);
    Bound { blind_resolutions, ..bound::check(world, traffic, fates) }
}

fn each_batch_is_counted_once(world: &World, traffic: &Traffic) {
    for ((source, minute), (requests, errors)) in traffic.truth() {
        let name = &traffic.sources[source];
        let counters = ready(world.ledger.counters(name, minute, minute)).unwrap();
        let counted: u64 = counters.errors(minute, minute, |_, _| true).values().sum();
        let found = (counters.requests(minute, minute) as i64, counted as i64);
        if found != (requests, errors) {
            let what = format!("{name} in {minute}: {found:?} counted, {requests}, {errors} true");
            world.violate("I1", &what);
        }
    }
}

fn who_is_to_be_notified_is_notified(world: &World, traffic: &Traffic, fates: &[Fate]) {
    for ((source, minute, failure), errors) in &traffic.failed {
        let critical = failure.is_critical();
        if !critical && *errors < SURELY_A_WARNING {
            continue;
        }
        if critical && *errors < traffic.scenario.rules.surely_critical() {
            continue;
        }
        let Some(processed) = episodes::processed(traffic, fates, *source, *minute) else {
            continue;
        };
        let crisis =
            Crisis { source: *source, minute: *minute, failure: *failure, processed: None };
        if critical && bound::is_known_by_no_sweep(world, &crisis, processed) {
            continue;
        }
        // All of them: a part of an outage may be under the threshold, with the rest late.
        if processed > Timestamp::of_minute(minute + bound::SURELY_FRESH_MINUTES) {
            continue;
        }
        let latest = world.calm_from.max(processed).plus_millis(NAMED_WITHIN_MINUTES * 60_000);
        let of_severity = |channel: &&ChannelId| critical || channel.kind != ChannelKind::Sms;
        if world.was_silenced(*source, Timestamp::of_minute(*minute), latest)
            || world.bad_row.get() == Some(*source)
        {
            continue;
        }
        for channel in world.channels.iter().filter(of_severity) {
            let notified = world.received.borrow().iter().any(|message| {
                let names = message.named.contains(source)
                    || (channel.kind == ChannelKind::Sms && world.is_group(&message.incident));
                message.channel == *channel && message.at <= latest && names
            });
            let excused = world.given_up_on(channel, *source)
                || world.sms_over.borrow().contains(channel)
                || (channel.kind == ChannelKind::Sms && world.drops_texts.get());
            if !notified && !excused {
                let what = format!("{channel} is not notified of source {source} ({failure:?})");
                world.violate("I2", &what);
            }
        }
    }
}

/// The messages of each incident on each channel, in the order of their arrival.
fn by_incident_and_channel(world: &World) -> BTreeMap<(String, ChannelId), Vec<Received>> {
    let mut sorted: BTreeMap<_, Vec<Received>> = BTreeMap::new();
    for message in world.received.borrow().iter() {
        let key = (message.incident.to_string(), message.channel.clone());
        sorted.entry(key).or_default().push(message.clone());
    }
    sorted
}

fn messages_come_in_order(world: &World) {
    for ((incident, channel), messages) in by_incident_and_channel(world) {
        let numbers: Vec<u64> = messages.iter().map(|message| message.seq).collect();
        if !numbers.is_sorted() {
            world.violate("I3", &format!("{channel} gets {incident} as {numbers:?}"));
        }
        if messages.first().is_some_and(|first| world.arrived_late(&first.incident)) {
            late_reports_are_alone(world, &incident, &channel, &messages);
            continue;
        }
        let alone = messages
            .first()
            .is_some_and(|first| first.is_a_resolution() && !first.tells_the_opening());
        if alone {
            world.violate("I3", &format!("{channel} gets only the resolution of {incident}"));
        }
    }
}

/// A late report is the only message of its incident, and phones never get it.
fn late_reports_are_alone(
    world: &World,
    incident: &str,
    channel: &ChannelId,
    messages: &[Received],
) {
    if messages.iter().any(|message| !message.is_a_resolution()) {
        world.violate("I3", &format!("{channel} gets more than the late report of {incident}"));
    }
    if channel.kind == ChannelKind::Sms {
        world.violate("I3", &format!("{channel} gets the late report of {incident}"));
    }
}

fn nothing_is_repeated_without_doubt(world: &World) {
    for ((incident, channel), messages) in by_incident_and_channel(world) {
        for same in messages.chunk_by(|a, b| a.seq == b.seq) {
            // Whoever knew that it was sent was the last to send it.
            let known = same.iter().position(|message| message.settled);
            if known.is_some_and(|at| at + 1 < same.len()) {
                let what = format!("{channel} gets {incident}#{} again", same[0].seq);
                world.violate("I4", &what);
            }
        }
    }
}

fn nothing_is_told_without_an_incident(world: &World, traffic: &Traffic, fates: &[Fate]) {
    for message in world.received.borrow().iter().filter(|message| message.row.is_none()) {
        let what =
            format!("{} gets {}#{} of no incident", message.channel, message.incident, message.seq);
        world.violate("I5", &what);
    }
    let mut fresh: BTreeMap<usize, i64> = BTreeMap::new();
    let mut all: BTreeMap<usize, i64> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut seen_fresh = BTreeSet::new();
    for (batch, fate) in traffic.batches.iter().zip(fates) {
        for ((source, minute), errors) in &batch.errors {
            let stale = Timestamp::of_minute(minute + SURELY_STALE_MINUTES);
            let counts = fate.begun.is_some_and(|begun| begun < stale);
            if fate.begun.is_some() && seen.insert((&batch.payload, *source, *minute)) {
                *all.entry(*source).or_default() += errors;
            }
            if counts && seen_fresh.insert((&batch.payload, *source, *minute)) {
                *fresh.entry(*source).or_default() += errors;
            }
        }
    }
    for message in world.received.borrow().iter() {
        let known = if world.arrived_late(&message.incident) { &all } else { &fresh };
        for source in &message.named {
            if known.get(source).is_none_or(|errors| *errors < FEWEST_ERRORS) {
                let what = format!("{} hears of source {source}, which is well", message.channel);
                world.violate("I5", &what);
            }
        }
    }
}

/// Of several people who acknowledge an incident, one is first; again only after it has come back.
fn one_person_is_first(world: &World) {
    for (incident, times) in world.acknowledged.borrow().iter() {
        let commits = world.commits.borrow();
        let returns = commits.iter().filter(|commit| commit.incident.id == *incident);
        let returns = returns.map(|commit| commit.incident.history.returns).max().unwrap_or(0);
        if *times > 1 + returns {
            world.violate("I4", &format!("{incident} was acknowledged {times} times"));
        }
    }
}

fn no_secret_leaves(world: &World) {
    for message in world.received.borrow().iter() {
        if message.text.contains(SECRET) {
            world.violate("I6", &format!("{} gets a secret", message.channel));
        }
    }
}

/// In the end every incident is resolved and nothing is owed.
fn everything_ends(world: &World) {
    for open in ready(world.ledger.open_incidents()).unwrap() {
        world.violate("I3", &format!("{} of {} never ends", open.id, open.source));
    }
    let pending = world.ledger.pending_in_all();
    if pending > 0 {
        world.violate("I2", &format!("{pending} messages are still pending"));
    }
}
