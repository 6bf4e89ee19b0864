//! One refresh of all stages, which may take many sweeps: what was read so far waits here until all of it
//! was, so that a row changes from one whole picture to the next.

use std::collections::{BTreeMap, BTreeSet};

use diagnosis::Timestamp;
use diagnosis::format::MAX_FORMAT_BYTES;
use serde::{Deserialize, Serialize};

use crate::hash;
use crate::inventory::log_group::{MAX_FORMATS, MAX_STAGES, is_execution_log};
use crate::inventory::{StageInfo, StagesPage};
use crate::lenient;

/// A refresh begins so long after the one before it at the earliest.
const EVERY_MS: i64 = 10 * 60_000;

/// After so many sweeps in which not one call succeeded, the refresh is given up: its cursor may be of no
/// use any more. Throttled ones do not count.
const MAX_FAILURES: u32 = 5;

/// A refresh keeps so many stages, and so many bytes of them: DynamoDB's rows end at 400 KB.
const MAX_GATHERED: usize = 2_000;
const MAX_GATHERED_BYTES: usize = 200_000;

/// So many bytes of names of written rows are kept beside them: some 2,000 log groups.
const MAX_KEPT_BYTES: usize = 120_000;

/// Longer names of APIs are cut, as nobody would read them in a message.
const MAX_API_NAME: usize = 128;

/// Names of stages have 128 characters at most, those of log groups 512.
const MAX_NAME: usize = 512;

/// How far a refresh is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// Stages are being read, the next from here on.
    Reading(Option<String>),
    /// All were read; rows are being written.
    Writing,
    /// All rows are written, or the refresh was given up.
    Finished,
}

/// The refresh that is on, or the last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InventoryRefresh {
    /// Goes up with each change, so that of two who change it at once one is first.
    pub version: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// How far it is.
    pub progress: Progress,
    /// Sweeps in a row in which nothing was read.
    pub failures: u32,
    /// The stages read so far that have anything to do with a configured log group.
    #[serde(with = "crate::inventory::stored")]
    pub gathered: Vec<StageInfo>,
    /// How many stages there was no room for.
    pub cut: u64,
    /// The rows that were written, and a hash of each.
    #[serde(default, deserialize_with = "lenient::or_default")]
    kept: BTreeMap<String, u64>,
}

impl InventoryRefresh {
    /// The first one.
    pub const fn first(now: Timestamp) -> Self {
        Self {
            version: 0,
            started_at: now,
            progress: Progress::Reading(None),
            failures: 0,
            gathered: Vec::new(),
            cut: 0,
            kept: BTreeMap::new(),
        }
    }

    /// The refresh to go on with: itself, or the one after it. `None`: there is nothing to do yet.
    pub(crate) fn due(self, now: Timestamp) -> Option<Self> {
        if self.progress != Progress::Finished {
            return Some(self);
        }
        let age = now.as_millis() - self.started_at.as_millis();
        // A clock that was set back holds nothing up.
        (!(0..EVERY_MS).contains(&age)).then(|| Self {
            version: self.version,
            kept: self.kept,
            ..Self::first(now)
        })
    }

    /// Takes over a page: of its stages, those that write to a log group that is watched.
    pub(crate) fn take(&mut self, page: StagesPage, is_watched: impl Fn(&str) -> bool) {
        self.failures = 0;
        let mut used = self.bytes();
        for stage in page.stages {
            if log_groups(&stage).iter().any(|group| is_watched(group)) {
                used = self.gather(bounded(stage), used);
            }
        }
        self.progress = match page.next {
            Some(next) => Progress::Reading(Some(next)),
            None => Progress::Writing,
        };
    }

    /// Keeps a stage, if there is room: `used` bytes are taken. Returns how many are then.
    fn gather(&mut self, stage: StageInfo, used: usize) -> usize {
        let is_known =
            |known: &&mut StageInfo| known.api_id == stage.api_id && known.stage == stage.stage;
        // An API that was made while the lists were gone through may stand in two of them.
        if let Some(known) = self.gathered.iter_mut().find(is_known) {
            *known = stage;
            return self.bytes();
        }
        let is_new = |format: &&str| {
            self.gathered.iter().all(|known| known.format.as_deref() != Some(*format))
        };
        let format = stage.format.as_deref().filter(is_new).map_or(0, escaped);
        let then = used + bytes(&stage) + format;
        if self.gathered.len() >= MAX_GATHERED || then > MAX_GATHERED_BYTES {
            self.cut += 1;
            return used;
        }
        self.gathered.push(stage);
        then
    }

    /// What the stages take up at most, each format counted once.
    fn bytes(&self) -> usize {
        let formats: BTreeSet<&str> =
            self.gathered.iter().filter_map(|stage| stage.format.as_deref()).collect();
        let formats: usize = formats.into_iter().map(escaped).sum();
        self.gathered.iter().map(bytes).sum::<usize>() + formats
    }

    /// Nothing was read in this sweep, though nobody was throttled.
    pub(crate) fn fail(&mut self) {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            self.give_up();
        }
    }

    /// Ends the refresh without a change to any row.
    pub(crate) fn give_up(&mut self) {
        self.gathered.clear();
        self.progress = Progress::Finished;
    }

    /// All rows are written.
    pub(crate) fn finish(&mut self) {
        self.gathered.clear();
        self.progress = Progress::Finished;
    }

    /// The rows that are not as they should be, by log group: `None` for one to forget.
    pub(crate) fn to_write(
        &self,
        is_watched: impl Fn(&str) -> bool,
    ) -> Vec<(String, Option<Vec<StageInfo>>)> {
        let mut rows: BTreeMap<String, Vec<StageInfo>> = BTreeMap::new();
        for stage in &self.gathered {
            for group in log_groups(stage).into_iter().filter(|group| is_watched(group)) {
                rows.entry(group).or_default().push(stage.clone());
            }
        }
        let mut bytes = 0;
        rows.retain(|group, _| {
            bytes += group.len();
            bytes <= MAX_KEPT_BYTES
        });
        let gone = self.kept.keys().filter(|group| !rows.contains_key(*group));
        let mut due: Vec<(String, Option<Vec<StageInfo>>)> =
            gone.map(|group| (group.clone(), None)).collect();
        for (group, stages) in rows {
            let stages = of_one_group(&group, stages);
            if self.kept.get(&group) != Some(&self.hash(&stages)) {
                due.push((group, Some(stages)));
            }
        }
        due.sort_by(|(a, _), (b, _)| a.cmp(b));
        due
    }

    /// Notes that a row was written.
    pub(crate) fn wrote(&mut self, group: &str, row: Option<&[StageInfo]>) {
        match row {
            Some(stages) => self.kept.insert(group.to_owned(), self.hash(stages)),
            None => self.kept.remove(group),
        };
    }

    /// Of a row and the day: each row is written anew once a day, before it is no longer believed.
    fn hash(&self, stages: &[StageInfo]) -> u64 {
        let day = self.started_at.minute().div_euclid(24 * 60);
        hash::of(&[format!("{day}{stages:?}").as_bytes()])
    }
}

/// The log groups that a stage may write to: where its access log goes, and where its execution log
/// would.
fn log_groups(stage: &StageInfo) -> Vec<String> {
    let mut groups: Vec<String> = stage.access_log_group.iter().cloned().collect();
    for beginning in ["API-Gateway-Execution-Logs_", "/aws/apigateway/"] {
        let group = format!("{beginning}{}/{}", stage.api_id, stage.stage);
        if is_execution_log(&group, stage) {
            groups.push(group);
        }
    }
    groups
}

/// A stage as it is kept.
fn bounded(mut stage: StageInfo) -> StageInfo {
    if let Some(name) = &mut stage.api_name
        && let Some((end, _)) = name.char_indices().nth(MAX_API_NAME)
    {
        name.truncate(end);
    }
    stage.format = stage.format.filter(|format| format.len() <= MAX_FORMAT_BYTES);
    for name in [&mut stage.api_id, &mut stage.stage] {
        name.truncate(name.floor_char_boundary(MAX_NAME));
    }
    stage
}

/// What a stage takes up in a row, beside its format.
fn bytes(stage: &StageInfo) -> usize {
    let names = [Some(&stage.api_id), Some(&stage.stage), stage.api_name.as_ref()];
    let names = names.into_iter().chain([stage.access_log_group.as_ref()]).flatten();
    80 + names.map(|name| escaped(name)).sum::<usize>()
}

/// The length of a text in JSON: formats are full of quotes.
fn escaped(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

/// The stages of one group, in an order that does not depend on when they were read.
fn of_one_group(group: &str, mut stages: Vec<StageInfo>) -> Vec<StageInfo> {
    stages.sort_by(|a, b| (&a.api_id, &a.stage).cmp(&(&b.api_id, &b.stage)));
    stages.truncate(MAX_STAGES);
    let mut formats: Vec<String> = Vec::new();
    for stage in &mut stages {
        // The format says how lines of the access log are read, which are elsewhere.
        if stage.access_log_group.as_deref() != Some(group) {
            stage.format = None;
        }
        let Some(format) = &stage.format else { continue };
        if formats.contains(format) {
            continue;
        }
        if formats.len() < MAX_FORMATS {
            formats.push(format.clone());
        } else {
            stage.format = None;
        }
    }
    stages
}
