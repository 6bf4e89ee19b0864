//! What must hold after every run, whatever happened in it.
//!
//! I1: each batch is counted once. I2: who is to be told is told, on every channel. I3: an incident's
//! messages come in order, and no resolution comes alone. I4: a message is repeated only where its
//! sending was in doubt. I5: nothing is told without an incident, and of no source that is well. I6: no
//! secret leaves. I7: an invocation fails only with what a retry can mend (checked where it ends).

use std::collections::{BTreeMap, BTreeSet};

use alerting::{ChannelId, ChannelKind, Ledger as _, Source};
use diagnosis::Timestamp;

use crate::executor::ready;
use crate::run::Fate;
use crate::traffic::{SECRET, Traffic};
use crate::world::{Received, World};

/// Errors stay fresh for 15 minutes; what was counted well before must have opened an incident.
const SURELY_FRESH_MINUTES: i64 = 12;
/// And what was first seen later than this cannot have.
const SURELY_STALE_MINUTES: i64 = 16;

/// The fewest errors that any built-in rule asks for.
const FEWEST_ERRORS: i64 = 5;

/// All channels have had their message so many minutes after the faults ended.
const TOLD_WITHIN_MINUTES: i64 = 75;

pub(crate) fn check(world: &World, traffic: &Traffic, fates: &[Fate]) {
    each_batch_is_counted_once(world, traffic);
    who_is_to_be_told_is_told(world, traffic, fates);
    messages_come_in_order(world);
    nothing_is_repeated_without_doubt(world);
    nothing_is_told_without_an_incident(world, traffic, fates);
    no_secret_leaves(world);
    everything_ends(world, traffic);
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

/// The errors of a source's bad minute in batches whose time fits.
fn outage_errors(
    traffic: &Traffic,
    fates: &[Fate],
    source: usize,
    minute: i64,
    fits: impl Fn(&Fate) -> bool,
) -> i64 {
    let mut seen = BTreeSet::new();
    traffic
        .batches
        .iter()
        .zip(fates)
        .filter(|(batch, fate)| fits(fate) && seen.insert(&batch.payload))
        .filter_map(|(batch, _)| batch.errors.get(&(source, minute)))
        .sum()
}

fn who_is_to_be_told_is_told(world: &World, traffic: &Traffic, fates: &[Fate]) {
    for (source, broken) in traffic.broken.iter().enumerate() {
        let Some(minute) = *broken else { continue };
        let in_time = Timestamp::of_minute(minute + SURELY_FRESH_MINUTES);
        let all = outage_errors(traffic, fates, source, minute, |_| true);
        let counted = outage_errors(traffic, fates, source, minute, |fate| {
            fate.done.is_some_and(|done| done <= in_time)
        });
        // All of them: a part of an outage may be under the threshold, with the rest late.
        if counted < all {
            continue;
        }
        let name = &traffic.sources[source];
        let latest = world.calm_from.plus_millis(TOLD_WITHIN_MINUTES * 60_000);
        for channel in ChannelKind::named_in_rules().map(ChannelId::only) {
            let told = telling_of(world, name)
                .into_iter()
                .any(|message| message.channel == channel && message.at <= latest);
            if !told && !is_given_up(world, &channel, name) {
                world.violate("I2", &format!("{channel} is not told of {name}"));
            }
        }
    }
}

/// Whether the channel refused for good what tells of the source: that is counted and alarmed.
fn is_given_up(world: &World, channel: &ChannelId, source: &Source) -> bool {
    let sources = world.sources.borrow();
    world.given_up.borrow().iter().any(|(on, incident)| {
        let of = sources.get(incident);
        on == channel && (of == Some(source) || of == Some(&Source::Everywhere))
    })
}

/// The messages about a source's incidents.
fn about(world: &World, source: &Source) -> Vec<Received> {
    let sources = world.sources.borrow();
    let received = world.received.borrow();
    received.iter().filter(|m| sources.get(&m.incident) == Some(source)).cloned().collect()
}

/// The messages that tell of a source, those about many at once included.
fn telling_of(world: &World, source: &Source) -> Vec<Received> {
    let together = about(world, &Source::Everywhere);
    about(world, source).into_iter().chain(together).collect()
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
        let alone = messages
            .first()
            .is_some_and(|first| first.tells_a_resolution(world) && !first.tells_the_opening());
        if alone {
            world.violate("I3", &format!("{channel} gets only the resolution of {incident}"));
        }
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
    for message in world.received.borrow().iter().filter(|message| !message.committed) {
        let what =
            format!("{} gets {}#{} of no incident", message.channel, message.incident, message.seq);
        world.violate("I5", &what);
    }
    for (source, broken) in traffic.broken.iter().enumerate() {
        let name = &traffic.sources[source];
        let fresh = broken.map_or(0, |minute| {
            let stale = Timestamp::of_minute(minute + SURELY_STALE_MINUTES);
            outage_errors(traffic, fates, source, minute, |fate| {
                fate.begun.is_some_and(|begun| begun < stale)
            })
        });
        // One error of another minute may be in the window.
        if fresh + 1 < FEWEST_ERRORS && !about(world, name).is_empty() {
            world.violate("I5", &format!("people are disturbed for {name}, which is well"));
        }
    }
}

fn no_secret_leaves(world: &World) {
    for message in world.received.borrow().iter() {
        let text = serde_json::to_string(&message.content).unwrap();
        if text.contains(SECRET) {
            world.violate("I6", &format!("{} gets a secret", message.channel));
        }
    }
}

/// In the end every incident is resolved and nothing is owed.
fn everything_ends(world: &World, traffic: &Traffic) {
    for source in traffic.sources.iter().chain([&Source::Everywhere]) {
        let state = ready(world.ledger.state(source)).unwrap();
        if state.open().next().is_some() {
            world.violate("I3", &format!("an incident of {source} never ends"));
        }
    }
    let pending = world.ledger.pending_in_all();
    if pending > 0 {
        world.violate("I2", &format!("{pending} messages are still pending"));
    }
}
