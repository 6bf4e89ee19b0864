//! When each source was in a critical incident, as the engine committed it, and when the truth says that
//! one had to begin.

use std::collections::BTreeMap;

use alerting::Severity;
use diagnosis::Timestamp;

use crate::run::Fate;
use crate::scenario::Failure;
use crate::traffic::Traffic;
use crate::world::World;

/// One time in which a source's incident was open and critical: it opened, reopened or rose.
#[derive(Debug, Clone)]
pub(crate) struct Episode {
    pub(crate) source: usize,
    pub(crate) from: Timestamp,
    /// The number of the commit that began it.
    pub(crate) order: usize,
    pub(crate) until: Option<Timestamp>,
}

impl Episode {
    pub(crate) fn is_on(&self, at: Timestamp) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// The critical episodes of the run, in the order in which they began.
pub(crate) fn critical(world: &World, traffic: &Traffic) -> Vec<Episode> {
    let mut all: Vec<Episode> = Vec::new();
    let mut running: BTreeMap<_, usize> = BTreeMap::new();
    for (order, commit) in world.commits.borrow().iter().enumerate() {
        let incident = &commit.incident;
        let Some(source) = traffic.number_of(&incident.source) else { continue };
        let is_on = incident.is_open()
            && incident.severity == Severity::Critical
            && incident.history.late_before.is_none();
        match (is_on, running.get(&incident.id)) {
            (true, None) => {
                running.insert(incident.id.clone(), all.len());
                all.push(Episode { source, from: commit.at, order, until: None });
            }
            (false, Some(&at)) => {
                all[at].until = Some(commit.at);
                running.remove(&incident.id);
            }
            _ => {}
        }
    }
    all
}

/// A minute in which a source surely crossed the threshold of a critical rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crisis {
    pub(crate) source: usize,
    pub(crate) minute: i64,
    pub(crate) failure: Failure,
    /// When all its lines had been processed; `None` if they never were.
    pub(crate) processed: Option<Timestamp>,
}

/// When all errors of a source's minute had been processed; `None` if they never were.
pub(crate) fn processed(
    traffic: &Traffic,
    fates: &[Fate],
    source: usize,
    minute: i64,
) -> Option<Timestamp> {
    let mut done: BTreeMap<&str, Option<Timestamp>> = BTreeMap::new();
    let batches = traffic.batches.iter().zip(fates);
    for (batch, fate) in batches.filter(|(batch, _)| batch.errors.contains_key(&(source, minute))) {
        let known = done.entry(&batch.payload).or_default();
        *known = [*known, fate.done].into_iter().flatten().min();
    }
    done.into_values().try_fold(None, |latest, done| Some(latest.max(Some(done?))))?
}

pub(crate) fn crises(traffic: &Traffic, fates: &[Fate]) -> Vec<Crisis> {
    let crisis = |(source, minute, failure)| Crisis {
        source,
        minute,
        failure,
        processed: processed(traffic, fates, source, minute),
    };
    traffic.crises().map(crisis).collect()
}
