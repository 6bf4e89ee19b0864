//! One call of AWS's API: paid for first, made once, over in time.

use std::time::Duration;

use alerting::{AccountError, Budget, Clock};
use serde::de::DeserializeOwned;

use super::errors;
use crate::Clients;
use crate::service::Call;

/// No call lasts longer, however much time the budget has.
pub(super) const LONGEST: Duration = Duration::from_secs(3);

/// Whoever makes calls out of a budget.
pub(super) struct Caller<'a, K> {
    pub(super) budget: &'a Budget,
    pub(super) clock: &'a K,
}

impl<K: Clock> Caller<'_, K> {
    /// Takes a call from the budget; returns how long it may last.
    pub(super) fn take(&self) -> Result<Duration, AccountError> {
        let now = self.clock.now();
        self.budget.take(now)?;
        let left = u64::try_from(self.budget.time_left(now)).unwrap_or_default();
        Ok(Duration::from_millis(left).min(LONGEST))
    }

    /// Makes a call and reads its answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        clients: &Clients,
        call: &Call,
    ) -> Result<T, AccountError> {
        let within = self.take()?;
        once(clients, call, within).await
    }
}

/// Makes a call once, within a time, and reads its answer.
pub(super) async fn once<T: DeserializeOwned>(
    clients: &Clients,
    call: &Call,
    within: Duration,
) -> Result<T, AccountError> {
    let answer = clients.call_once(call, within).await;
    answer.and_then(|answer| answer.json()).map_err(|error| errors::of_call(&error))
}
