//! The inventory at work: the sweep reads the account's stages a few calls at a time; reading lines,
//! evaluating and notifying look up the row of a log group.
//!
//! It only ever adds: with a ledger that does not answer, lines are read and counted as without an inventory.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Clock;
use crate::counting::StageFormats;
use crate::engine::caches::Known;
use crate::engine::{Accepted, Engine, Invocation};
use crate::incident::{OpenIncident, StormMember, place};
use crate::inventory::{
    AccountError, Budget, InventoryRefresh, LogGroupInventory, Progress, StageInfo, Stages,
    is_execution_log,
};
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Committed, Ledger, LedgerError};

/// Calls of AWS's API in one sweep. The account shares about ten a second among all who ask.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const CALLS: u32 = 40;

/// How long they may take.
const READING_MS: i64 = 4_000;

/// Rows written in one sweep.
const ROWS: u64 = 50;

/// So much of the invocation is left when it is over.
const RESERVE_MS: i64 = 6_000;

/// A stage that is new to the inventory has so long for the first line of its access log.
const FIRST_LINE_MS: i64 = 15 * 60_000;

/// What one sweep did for the inventory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InventoryReport {
    /// Calls of AWS's API.
    pub calls: u64,
    /// Rows written or deleted.
    pub rows: u64,
    /// 1 if the account has too many calls of this kind just now: the next sweep goes on.
    pub throttled: u64,
    /// What failed.
    pub errors: u64,
    /// Why, for the log.
    pub because: Option<String>,
    /// Stages that there was no room for, told when the refresh is over.
    pub cut_stages: u64,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// The same engine, which uses the inventory.
    #[must_use]
    pub fn with_inventory(self) -> Self {
        Self { has_inventory: true, ..self }
    }

    /// What is known of a log group. A ledger that does not answer is asked again in a minute.
    pub(super) async fn group_inventory(&self, log_group: &str) -> Option<Arc<Known>> {
        if !self.has_inventory || log_group.is_empty() {
            return None;
        }
        let now = self.clock.now();
        let (before, is_fresh) = self.remembered.get(log_group, now);
        if is_fresh {
            return before;
        }
        let known = match self.ledger.log_group(log_group).await {
            Err(_) => before,
            Ok(None) => None,
            Ok(Some(row)) => match before {
                // Compiling its formats anew would give the same.
                Some(before) if before.row == row => Some(before),
                _ => {
                    let stages = StageFormats::of(log_group, &row);
                    Some(Arc::new(Known { row, stages }))
                }
            },
        };
        self.remembered.put(log_group, now, known.clone());
        known
    }

    /// What the account says of the stage that a source is.
    pub(super) async fn stage_info(&self, source: &Source, log_group: &str) -> Option<StageInfo> {
        self.group_inventory(log_group).await?.row.stage(source).cloned()
    }

    /// The name of a source's API.
    pub(super) async fn api_name(&self, source: &Source, log_group: &str) -> Option<String> {
        source.api_id()?;
        self.group_inventory(log_group).await?.row.api_name(source).map(str::to_owned)
    }

    /// Calls the sources of a storm by the names of their APIs.
    pub(super) async fn name_scopes<'m>(
        &self,
        members: impl Iterator<Item = &'m mut StormMember>,
        audible: &[&OpenIncident],
    ) {
        let by_place: BTreeMap<String, &&OpenIncident> =
            audible.iter().map(|open| (place(open), open)).collect();
        for shown in members {
            let Some(member) = by_place.get(&shown.place) else { continue };
            let Some(stage) = member.source.stage() else { continue };
            if let Some(name) = self.api_name(&member.source, &member.log_group).await {
                shown.place = format!("{name}/{stage}");
            }
        }
    }

    /// Whether an access log that is subscribed counts the requests of this execution log, though no line
    /// of it has come lately. Only at first: one that stays silent has perhaps lost its subscription, and
    /// somebody must count.
    pub(super) async fn is_counted_by_access_log(&self, source: &Source, log_group: &str) -> bool {
        let Some(known) = self.group_inventory(log_group).await else { return false };
        let age = self.clock.now().as_millis() - known.row.refreshed_at.as_millis();
        let Some(stage) = known.row.stage(source).filter(|_| age < FIRST_LINE_MS) else {
            return false;
        };
        let access = stage.access_log_group.as_deref();
        let Some(access) = access.filter(|_| is_execution_log(log_group, stage)) else {
            return false;
        };
        self.is_watched(access).await.unwrap_or(false)
    }

    /// Reads stages and writes rows, as far as one sweep may. For after everything else that a sweep
    /// does: nothing waits for it, and what is left undone the next sweep does.
    pub async fn refresh_inventory(
        &self,
        stages: &impl Stages,
        invocation: Invocation<'_>,
    ) -> InventoryReport {
        let mut report = InventoryReport::default();
        if self.time_left(invocation) > READING_MS + RESERVE_MS
            && let Err(error) = self.continue_refresh(stages, invocation, &mut report).await
        {
            report.errors += 1;
            report.because = Some(error.to_string());
        }
        report
    }

    async fn continue_refresh(
        &self,
        stages: &impl Stages,
        invocation: Invocation<'_>,
        report: &mut InventoryReport,
    ) -> Result<(), LedgerError> {
        let Accepted::Watched { own } = &self.settings.accepted else { return Ok(()) };
        let watched = self.watched().await?;
        let Some(watched) = watched.as_ref() else { return Ok(()) };
        let is_watched =
            |group: &str| watched.patterns.matches(group) && !own.iter().any(|name| name == group);
        let now = self.clock.now();
        let refresh = match self.ledger.inventory_refresh().await? {
            None => InventoryRefresh::first(now),
            Some(refresh) => match refresh.due(now) {
                None => return Ok(()),
                Some(refresh) => refresh,
            },
        };
        let mut refresh = self.read_stages(stages, refresh, &is_watched, report).await;
        let mut outcome = Ok(());
        if refresh.progress == Progress::Writing {
            outcome = self.write_rows(&mut refresh, &is_watched, invocation, report).await;
        }
        refresh.version += 1;
        // Overtaken by another sweep, this one's calls were for nothing, and did no harm: the rows that
        // both have written are the same.
        let kept = self.ledger.store_inventory_refresh(&refresh).await?;
        if kept == Committed::Done && refresh.progress == Progress::Finished {
            report.cut_stages = refresh.cut;
        }
        outcome
    }

    async fn read_stages(
        &self,
        stages: &impl Stages,
        mut refresh: InventoryRefresh,
        is_watched: &impl Fn(&str) -> bool,
        report: &mut InventoryReport,
    ) -> InventoryRefresh {
        let budget = Budget::new(CALLS, self.clock.now().plus_millis(READING_MS));
        let mut read = false;
        while let Progress::Reading(cursor) = &refresh.progress {
            let before = budget.left();
            let page = stages.stages(cursor.as_deref(), &budget).await;
            report.calls += u64::from(before - budget.left());
            match page {
                Ok(page) => {
                    refresh.take(page, is_watched);
                    read = true;
                }
                Err(AccountError::OverBudget) => break,
                Err(AccountError::Throttled) => {
                    report.throttled = 1;
                    break;
                }
                Err(error) => {
                    report.errors += 1;
                    report.because = Some(format!("API Gateway: {error}"));
                    if error == AccountError::Denied {
                        refresh.give_up();
                    } else if !read {
                        refresh.fail();
                    }
                    break;
                }
            }
            // A port that takes nothing from the budget must not keep the sweep here.
            if before == budget.left() {
                break;
            }
        }
        refresh
    }

    /// Writes the rows that have changed.
    async fn write_rows(
        &self,
        refresh: &mut InventoryRefresh,
        is_watched: &impl Fn(&str) -> bool,
        invocation: Invocation<'_>,
        report: &mut InventoryReport,
    ) -> Result<(), LedgerError> {
        for (group, row) in refresh.to_write(is_watched) {
            if report.rows >= ROWS || self.time_left(invocation) < RESERVE_MS {
                return Ok(());
            }
            match &row {
                Some(stages) => {
                    let refreshed_at = self.clock.now();
                    let known = LogGroupInventory { stages: stages.clone(), refreshed_at };
                    self.ledger.store_log_group(&group, &known).await?;
                }
                None => self.ledger.forget_log_group(&group).await?,
            }
            report.rows += 1;
            refresh.wrote(&group, row.as_deref());
        }
        refresh.finish();
        Ok(())
    }
}
