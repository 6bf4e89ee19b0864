//! One call of AWS's API: paid for first, made once, over in time.

use std::time::Duration;

use alerting::{AccountError, Budget, Clock};

/// No call lasts longer, however much time the budget has.
const LONGEST: Duration = Duration::from_secs(3);

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
}

/// Makes a call of this SDK crate's client once, within a time.
macro_rules! once {
    ($sdk:ident, $operation:expr, $within:expr) => {
        $operation
            .customize()
            .config_override(
                $sdk::Config::builder()
                    .retry_config($sdk::config::retry::RetryConfig::disabled())
                    .timeout_config(
                        $sdk::config::timeout::TimeoutConfig::builder()
                            .operation_attempt_timeout($within)
                            .operation_timeout($within)
                            .build(),
                    ),
            )
            .send()
            .await
    };
}
pub(super) use once;
