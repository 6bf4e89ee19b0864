//! I9: no incident is resolved while its source still fails. I10: everybody who was notified of a start
//! is notified of its end.

use std::collections::{BTreeMap, BTreeSet};

use alerting::{ChannelId, ChannelKind, IncidentId};
use diagnosis::Cause;

use crate::episodes::{self, Crisis};
use crate::run::Fate;
use crate::traffic::{MINUTE_MS, Traffic, cause_of};
use crate::world::{Received, World};

/// A source that failed so few minutes ago is not well, under the rules of the simulation.
const SURELY_FAILING_MINUTES: i64 = 8;

/// Where rules were in force that call it over sooner.
const SURELY_FAILING_MINUTES_AT_LEAST: i64 = 3;

/// Lines processed so long before a resolution were known to the sweep that decided it.
const SURELY_READ_MS: i64 = 90_000;

/// How many resolutions came while the lines of the last minutes were missing.
pub(crate) fn check(world: &World, traffic: &Traffic, fates: &[Fate]) -> usize {
    let crises = episodes::crises(traffic, fates);
    let blind = nothing_ends_while_it_fails(world, traffic, &crises);
    everybody_hears_the_end(world);
    who_was_named_is_named_again(world);
    blind
}

/// Compares each resolution that was received with what really failed. Returns how many were wrong
/// because the lines had not come yet: the engine cannot know of those.
fn nothing_ends_while_it_fails(world: &World, traffic: &Traffic, crises: &[Crisis]) -> usize {
    let failing_minutes = if world.rules_changed.get() {
        SURELY_FAILING_MINUTES_AT_LEAST
    } else {
        SURELY_FAILING_MINUTES
    };
    let mut blind = BTreeSet::new();
    let received = world.received.borrow();
    let ends = received.iter().filter(|message| message.is_a_resolution());
    // A late report says when it failed, and nothing of now.
    for message in ends.filter(|message| !world.arrived_late(&message.incident)) {
        let Some(row) = message.row else { continue };
        let covered = world.commits.borrow()[row.order].incident.covered.clone();
        let covers = |cause: Cause| covered.contains(&cause);
        let of = sources_of(world, traffic, &received, message);
        let fails = |crisis: &&Crisis| {
            let age = row.at.minute() - crisis.minute;
            of.contains(&crisis.source)
                && covers(cause_of(crisis.failure))
                && (0..=failing_minutes).contains(&age)
        };
        for crisis in crises.iter().filter(fails) {
            let read_by = row.at.plus_millis(-SURELY_READ_MS);
            if crisis.processed.is_some_and(|processed| processed <= read_by) {
                let what = format!(
                    "{} hears at {} that {} is over, and source {} failed in minute {}, processed at {:?}",
                    message.channel,
                    message.at,
                    message.incident,
                    crisis.source,
                    crisis.minute,
                    crisis.processed
                );
                world.violate("I9", &what);
                break;
            }
            blind.insert((message.incident.clone(), row.order));
        }
    }
    blind.len()
}

/// The sources that a resolution speaks of: the incident's own, or those that the end of a group names. A
/// text message does not name all: there it is those that the group's messages named, without those that have
/// had a message of their own since.
fn sources_of(
    world: &World,
    traffic: &Traffic,
    received: &[Received],
    message: &Received,
) -> BTreeSet<usize> {
    if !world.is_group(&message.incident) {
        let source = world.sources.borrow().get(&message.incident).cloned();
        return source.and_then(|source| traffic.number_of(&source)).into_iter().collect();
    }
    if message.channel.kind != ChannelKind::Sms {
        return message.named.clone();
    }
    let mut members = BTreeSet::new();
    for known in received.iter().filter(|known| known.channel == message.channel) {
        if known.at > message.at {
            break;
        }
        if known.incident == message.incident && known.ends_some() {
            members.retain(|member| !known.named.contains(member));
        } else if known.incident == message.incident {
            members.extend(known.named.iter().copied());
        } else if !world.is_group(&known.incident) {
            members.retain(|member| !known.named.contains(member));
        }
    }
    members
}

fn everybody_hears_the_end(world: &World) {
    let mut heard: BTreeMap<(ChannelId, IncidentId), Vec<Received>> = BTreeMap::new();
    for message in world.received.borrow().iter().filter(|message| !message.silent) {
        let key = (message.channel.clone(), message.incident.clone());
        heard.entry(key).or_default().push(message.clone());
    }
    for ((channel, incident), messages) in heard {
        let excused = world.given_up.borrow().contains(&(channel.clone(), incident.clone()))
            || (channel.kind == ChannelKind::Sms && world.sms_over.borrow().contains(&channel));
        // A reply in a thread, that somebody has silenced it, may come after the end.
        let since = last_opening(world, &incident);
        let mut of_now = messages.iter().filter(|m| m.row.is_some_and(|row| row.order >= since));
        let Some(first) = of_now.next().filter(|_| !excused) else { continue };
        // The end of a group is silent where its members are critical by now: see the next invariant.
        let became_critical = world.is_group(&incident) && channel.kind != ChannelKind::Sms;
        if !became_critical && !first.is_a_resolution() && !of_now.any(Received::is_a_resolution) {
            let (last, at) = (world.now().as_millis() - first.at.as_millis(), first.at);
            let minutes = last / MINUTE_MS;
            let what = format!(
                "{channel} hears of {incident} at {at} and in the {minutes} minutes after that not of its end"
            );
            world.violate("I10", &what);
        }
    }
}

/// Whoever a group's message named as failing is named when it is over: by the group, or by an incident of
/// its own or another group that was told of later.
fn who_was_named_is_named_again(world: &World) {
    let received = world.received.borrow();
    let groups = received.iter().filter(|message| world.is_group(&message.incident));
    let channels: BTreeSet<(&ChannelId, &IncidentId)> = groups
        .filter(|message| message.channel.kind != ChannelKind::Sms)
        .map(|message| (&message.channel, &message.incident))
        .collect();
    for (channel, group) in channels {
        let mut order: Vec<&Received> = received
            .iter()
            .filter(|message| message.channel == *channel && message.row.is_some())
            .filter(|message| !world.arrived_late(&message.incident))
            .collect();
        order.sort_by_key(|message| message.row.map(|row| row.order));
        let mut failing: BTreeSet<usize> = BTreeSet::new();
        for message in order {
            let is_over = message.is_a_resolution() || message.ends_some();
            if message.incident == *group && !is_over {
                failing.extend(message.named.iter().copied());
            } else {
                failing.retain(|member| !message.named.contains(member));
            }
        }
        let excused = world.given_up.borrow().contains(&(channel.clone(), group.clone()));
        if !excused && !failing.is_empty() {
            let what = format!("{channel} never hears that {failing:?} of {group} ended");
            world.violate("I10", &what);
        }
    }
}

/// The commit with which an incident opened last, or came back.
fn last_opening(world: &World, incident: &IncidentId) -> usize {
    let mut is_open = false;
    let mut opening = 0;
    for (order, commit) in world.commits.borrow().iter().enumerate() {
        if commit.incident.id == *incident {
            if commit.incident.is_open() && !is_open {
                opening = order;
            }
            is_open = commit.incident.is_open();
        }
    }
    opening
}
