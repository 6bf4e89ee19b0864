//! Calls of the user's account at a pace that leaves others room: AWS answers some five
//! `FilterLogEvents` a second in an account, dashboards and colleagues included.

use std::sync::Arc;
use std::time::Duration;

use alerting::Clock as _;
use aws::{CallFailure, Clients, FoundGroup, LogPage, LogPages, PageOf, SystemClock};
use diagnosis::Timestamp;

use super::trouble;
use crate::failure::Failure;

/// Four a second.
const BETWEEN_CALLS_MS: i64 = 250;

/// A search through much may take AWS longer than any other call.
const CALL: Duration = Duration::from_secs(30);

/// The first pause after a refusal; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Refused so often, a call is given up: after half a minute.
const MAX_TRIES: u32 = 6;

/// One run's calls.
pub(super) struct Session {
    pub(super) clients: Arc<Clients>,
    pages: LogPages,
    last_call: Option<Timestamp>,
    region: String,
}

impl Session {
    pub(super) async fn start(region: Option<&str>) -> Result<Self, Failure> {
        let clients = Arc::new(Clients::of_region(region.map(str::to_owned)).await);
        let pages = LogPages::new(clients.clone());
        let region = pages.region().await.ok_or_else(trouble::no_region)?;
        Ok(Self { clients, pages, last_call: None, region })
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// A page, asked for until it comes or cannot come.
    pub(super) async fn page(&mut self, page: &PageOf<'_>) -> Result<LogPage, CallFailure> {
        let mut tries = 1;
        loop {
            self.keep_pace().await;
            match self.pages.page(page, CALL).await {
                Err(failure) if failure.is_passing && tries < MAX_TRIES => {
                    tokio::time::sleep(pause(tries)).await;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    pub(super) async fn group(&mut self, log_group: &str) -> Result<FoundGroup, CallFailure> {
        self.keep_pace().await;
        self.pages.group(log_group, CALL).await
    }

    async fn keep_pace(&mut self) {
        let now = SystemClock.now();
        if let Some(last) = self.last_call {
            let since = now.as_millis() - last.as_millis();
            // A clock that is set back must not stop anything.
            let wait = (BETWEEN_CALLS_MS - since).clamp(0, BETWEEN_CALLS_MS);
            tokio::time::sleep(Duration::from_millis(wait.unsigned_abs())).await;
        }
        self.last_call = Some(SystemClock.now());
    }
}

fn pause(tries: u32) -> Duration {
    FIRST_PAUSE * 2_u32.pow(tries.saturating_sub(1).min(5))
}

#[cfg(test)]
mod tests {
    use super::{MAX_TRIES, pause};

    #[test]
    fn pauses_grow_and_come_to_half_a_minute() {
        let pauses: Vec<u64> = (1..MAX_TRIES).map(|tries| pause(tries).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16]);
    }
}
