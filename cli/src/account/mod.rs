//! Lines from the user's AWS account instead of a file.

mod cache;
mod chunks;
mod fetch;
mod follow;
mod session;
mod span;
mod trouble;

use alerting::Clock as _;
use aws::SystemClock;
use diagnosis::Timestamp;

use crate::args::{Explain, Moment, Replay};
use crate::failure::Failure;
use crate::input::Take;
use crate::progress::Progress;

use cache::Cache;
use fetch::Fetcher;
use session::Session;
use span::Span;

/// Without `--since`.
const HOUR: Moment = Moment::Ago(chunks::HOUR_MS);

/// What is to be fetched.
pub(crate) struct Wanted<'a> {
    log_groups: Vec<&'a str>,
    region: Option<&'a str>,
    span: Span,
    now: Timestamp,
    uses_cache: bool,
    /// Only this request, through all its logs.
    request: Option<follow::Followed<'a>>,
}

impl<'a> Wanted<'a> {
    /// What `explain` is to fetch, if anything.
    pub(crate) fn by_explain(options: &'a Explain) -> Result<Option<Self>, Failure> {
        let fetch = &options.fetch;
        if fetch.log_group.is_empty() {
            return Ok(None);
        }
        let now = SystemClock.now();
        let span = Span::new(fetch.since.unwrap_or(HOUR), fetch.until, now);
        let request = options.request_id.as_deref().map(|id| follow::Followed {
            id,
            format: options.format.as_ref(),
            api: fetch.api.as_ref().map(|(id, stage)| (id.as_str(), stage.as_str())),
        });
        Ok(Some(Self {
            log_groups: fetch.log_group.iter().map(String::as_str).collect(),
            region: fetch.region.as_deref(),
            span: span.ok_or_else(trouble::no_time)?,
            now,
            uses_cache: !fetch.no_cache,
            request,
        }))
    }

    /// What `replay` is to fetch, if anything.
    pub(crate) fn by_replay(options: &'a Replay) -> Result<Option<Self>, Failure> {
        let (Some(since), Some(log_group)) = (options.fetch.since, &options.log_group) else {
            return Ok(None);
        };
        let now = SystemClock.now();
        let span = Span::new(since, options.fetch.until, now).ok_or_else(trouble::no_time)?;
        Ok(Some(Self {
            log_groups: vec![log_group],
            region: options.region.as_deref(),
            span,
            now,
            uses_cache: !options.fetch.no_cache,
            request: None,
        }))
    }

    /// Shows how far the fetch is.
    pub(crate) fn progress(&self) -> Progress {
        match self.request {
            Some(_) => Progress::hidden(),
            None => Progress::of_time(self.span.millis() * self.log_groups.len() as u64),
        }
    }

    /// Hands every line to `take`.
    pub(crate) fn read(&self, progress: &Progress, take: &mut Take<'_>) -> Result<(), Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| trouble::no_runtime(&error))?;
        runtime.block_on(async {
            let mut session = Session::start(self.region).await?;
            if let Some(request) = &self.request {
                return follow::follow(&mut session, &self.log_groups, self.span, request, take)
                    .await;
            }
            let cache = self.uses_cache.then(cache_root).flatten().map(Cache::open);
            let now = self.now;
            let mut fetcher =
                Fetcher { session: &mut session, cache, progress, take, now, lines: 0 };
            for log_group in &self.log_groups {
                fetcher.all(log_group, self.span).await?;
            }
            Ok(())
        })
    }
}

fn cache_root() -> Option<std::path::PathBuf> {
    let variable = |name| std::env::var(name).ok();
    cache::root(variable("XDG_CACHE_HOME").as_deref(), variable("HOME").as_deref())
}
