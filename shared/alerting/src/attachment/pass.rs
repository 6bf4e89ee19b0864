//! One pass through the log groups of an account, as far as there is time.

use diagnosis::Timestamp;

use crate::attachment::{Attachment, Cursor, Filter, FilterStep, Wanted, next};
use crate::clock::Clock;

/// Changes of one log group in one pass: put ours, and remove a few others that deliver here as well.
const MAX_STEPS: usize = 6;

/// At most 20 troubles are kept by name; the others are counted.
const MAX_TROUBLES: usize = 20;

/// Names of log groups, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamesPage {
    /// The names.
    pub names: Vec<String>,
    /// Where to go on; `None`: these were the last.
    pub next: Option<String>,
}

/// Why a log group could not be attached or detached.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// The log group is gone.
    #[error("there is no such log group")]
    NotFound,
    /// Other filters take all places.
    #[error("it has no free subscription filter")]
    NoFreeFilter,
    /// The function's role may not do it.
    #[error("no permission: {0}")]
    Denied(String),
    /// Anything else, which may be over later.
    #[error("{0}")]
    Failed(String),
}

/// The log groups of the account and their subscription filters. Calls are paced by whoever makes them.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait LogGroups {
    /// Names with this prefix: the first page, or the one at `cursor`.
    async fn names(&self, prefix: &str, cursor: Option<&str>) -> Result<NamesPage, AttachError>;

    /// The filters of a log group.
    async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, AttachError>;

    /// Makes or replaces a filter.
    async fn put(&self, log_group: &str, filter: &Filter) -> Result<(), AttachError>;

    /// Removes a filter. One that is not there is no error.
    async fn remove(&self, log_group: &str, name: &str) -> Result<(), AttachError>;
}

/// What went wrong with one log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// The log group.
    pub log_group: String,
    /// What.
    pub kind: TroubleKind,
}

/// What can go wrong with a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TroubleKind {
    /// It was named, and does not exist.
    Missing,
    /// Its filters cannot be read or changed.
    Error(AttachError),
    /// All its filters belong to others: these.
    Taken(Vec<String>),
}

/// What a pass has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttachReport {
    /// Log groups that deliver now.
    pub attached: u64,
    /// Log groups whose filters were changed for that.
    pub changed: u64,
    /// Log groups that deliver no longer.
    pub detached: u64,
    /// What went wrong, the first 20.
    pub troubles: Vec<Trouble>,
    /// And how many did.
    pub failed: u64,
}

impl AttachReport {
    fn fail(&mut self, log_group: &str, kind: TroubleKind) {
        self.failed += 1;
        if self.troubles.len() < MAX_TROUBLES {
            self.troubles.push(Trouble { log_group: log_group.to_owned(), kind });
        }
    }
}

/// What one log group is to become.
#[derive(Clone, Copy)]
struct Aim<'a> {
    wanted: &'a Wanted,
    attached: bool,
    adopts: bool,
}

/// Goes on with a pass until it is done or `until`. Where names cannot be listed, that ends it for now; what
/// is wrong with one log group holds up no other.
pub async fn attach(
    at: &mut Attachment,
    groups: &impl LogGroups,
    wanted: &Wanted,
    clock: &impl Clock,
    until: Timestamp,
) -> Result<AttachReport, AttachError> {
    let mut report = AttachReport::default();
    let all = at.patterns.and(&at.leaving);
    let prefixes: Vec<String> = all.prefixes().into_iter().map(str::to_owned).collect();
    while let Some(cursor) = at.cursor.clone() {
        let Some(prefix) = prefixes.get(cursor.prefix) else {
            at.finish();
            break;
        };
        let mut page = None;
        loop {
            let NamesPage { names, next } = groups.names(prefix, page.as_deref()).await?;
            for name in names {
                // A page may be read again, after what another invocation has done of it.
                let is_done = cursor.after.as_ref().is_some_and(|after| name <= *after);
                if is_done || !all.matches(&name) {
                    continue;
                }
                if clock.now() >= until {
                    return Ok(report);
                }
                let attached = at.patterns.matches(&name);
                let aim = Aim { wanted, attached, adopts: at.adopts };
                let is_settled = one(&name, aim, groups, &mut report).await;
                at.incomplete |= !attached && !is_settled;
                at.cursor = Some(Cursor { prefix: cursor.prefix, after: Some(name) });
            }
            page = next;
            if page.is_none() {
                break;
            }
        }
        at.cursor = Some(Cursor { prefix: cursor.prefix + 1, after: None });
    }
    Ok(report)
}

/// Brings one log group to what is wanted. Returns whether that succeeded.
async fn one(name: &str, aim: Aim<'_>, groups: &impl LogGroups, report: &mut AttachReport) -> bool {
    match settle(name, aim, groups).await {
        Ok(changed) if aim.attached => {
            report.attached += 1;
            report.changed += u64::from(changed);
        }
        Ok(changed) => report.detached += u64::from(changed),
        // Deleted since it was listed.
        Err(TroubleKind::Error(AttachError::NotFound)) => {}
        Err(kind) => {
            report.fail(name, kind);
            return false;
        }
    }
    true
}

/// Returns whether anything had to be changed.
async fn settle(name: &str, aim: Aim<'_>, groups: &impl LogGroups) -> Result<bool, TroubleKind> {
    let Aim { wanted, attached, adopts } = aim;
    let mut changed = false;
    for _ in 0..MAX_STEPS {
        let filters = groups.filters(name).await.map_err(TroubleKind::Error)?;
        let Some(step) = next(&filters, wanted, attached, adopts) else { return Ok(changed) };
        changed = true;
        match step {
            FilterStep::Remove(filter) => {
                groups.remove(name, &filter).await.map_err(TroubleKind::Error)?;
            }
            FilterStep::Put => match groups.put(name, wanted).await {
                Ok(()) => {}
                Err(AttachError::NoFreeFilter) => make_room(name, &filters, groups, wanted).await?,
                Err(error) => return Err(TroubleKind::Error(error)),
            },
        }
    }
    Ok(changed)
}

/// Where all places are taken, one of Gatewatch's own makes room. Others' are never touched.
async fn make_room(
    name: &str,
    filters: &[Filter],
    groups: &impl LogGroups,
    wanted: &Wanted,
) -> Result<(), TroubleKind> {
    let Some(own) = filters.iter().find(|filter| filter.destination == wanted.destination) else {
        let names = filters.iter().map(|filter| filter.name.clone()).collect();
        return Err(TroubleKind::Taken(names));
    };
    groups.remove(name, &own.name).await.map_err(TroubleKind::Error)?;
    groups.put(name, wanted).await.map_err(TroubleKind::Error)
}
