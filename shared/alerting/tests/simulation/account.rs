//! An account whose API answers as badly as AWS's can, and whose functions log secrets.

use std::rc::Rc;

use alerting::{
    Account, AccountError, Budget, Function, Integration, LogEvent, LogQuery, StageInfo, Stages,
    StagesPage,
};
use diagnosis::ApiType;

use crate::traffic::{LOG_GROUP, SECRET, api_id};
use crate::world::World;

pub(crate) struct Scripted(pub(crate) Rc<World>);

impl Scripted {
    /// A call: it may be overtaken, cut off, or refused.
    async fn call(&self, budget: &Budget) -> Result<(), AccountError> {
        const REFUSALS: [AccountError; 4] = [
            AccountError::Denied,
            AccountError::NotFound,
            AccountError::Throttled,
            AccountError::Failed,
        ];
        let world = &self.0;
        budget.take(world.now())?;
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.refused) {
            let refusal = world.rng.borrow_mut().usize(..REFUSALS.len());
            return Err(REFUSALS[refusal]);
        }
        Ok(())
    }
}

/// Stages on one page.
const PAGE: usize = 25;

/// The stages of the account: those that send traffic, with names.
pub(crate) struct Apis {
    pub(crate) account: Scripted,
    pub(crate) count: usize,
}

impl Stages for Apis {
    async fn stages(
        &self,
        cursor: Option<&str>,
        budget: &Budget,
    ) -> Result<StagesPage, AccountError> {
        self.account.call(budget).await?;
        let from = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let until = self.count.min(from + PAGE);
        let stage = |number| {
            let id = api_id(number);
            StageInfo {
                api_name: Some(format!("shop-{id}")),
                access_log_group: Some(LOG_GROUP.to_owned()),
                ..StageInfo::named(&id, "prod", ApiType::Rest)
            }
        };
        let next = (until < self.count).then(|| until.to_string());
        Ok(StagesPage { stages: (from..until).map(stage).collect(), next })
    }
}

impl Account for Scripted {
    async fn integration(
        &self,
        _stage: &StageInfo,
        _route: &str,
        budget: &Budget,
    ) -> Result<Integration, AccountError> {
        self.call(budget).await?;
        Ok(Integration::Function("shop".to_owned()))
    }

    async fn function(&self, name: &str, budget: &Budget) -> Result<Function, AccountError> {
        self.call(budget).await?;
        Ok(Function {
            name: name.to_owned(),
            log_group: format!("/aws/lambda/{name}"),
            timeout_seconds: Some(3),
            memory_mb: Some(128),
        })
    }

    async fn log_events(
        &self,
        query: &LogQuery<'_>,
        budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError> {
        self.call(budget).await?;
        if self.0.chance(0.5) {
            return Ok(Vec::new());
        }
        let error = format!(
            "[ERROR] ValueError: Authorization: Bearer {SECRET}\nTraceback (most recent call last):"
        );
        Ok(vec![LogEvent { time: query.from, log_stream: "s".to_owned(), message: error }])
    }
}
