//! All lines of log groups, hour by hour, from the cache where they are.

use alerting::AccountError;
use aws::{CallFailure, FoundGroup, LogPage, PageEvent, PageOf};
use diagnosis::Timestamp;

use super::cache::{Cache, Hours, Kept};
use super::chunks::{self, Chunk};
use super::session::Session;
use super::span::Span;
use super::trouble;
use crate::failure::Failure;
use crate::input::{Item, LogLine, Take};
use crate::progress::Progress;

/// As many as AWS puts on a page.
const PER_PAGE: usize = 10_000;

/// One run that fetches.
pub(super) struct Fetcher<'a, 't> {
    pub(super) session: &'a mut Session,
    pub(super) cache: Option<Cache>,
    pub(super) progress: &'a Progress,
    pub(super) take: &'a mut Take<'t>,
    pub(super) now: Timestamp,
    pub(super) lines: u64,
}

impl Fetcher<'_, '_> {
    /// Hands on every line of the log group in this span, oldest first as far as AWS sorts them.
    pub(super) async fn all(&mut self, log_group: &str, span: Span) -> Result<(), Failure> {
        let hours = self.hours(log_group).await?;
        for chunk in chunks::of(span, self.now) {
            self.chunk(log_group, chunk, hours.as_ref()).await?;
            self.progress.reach(chunk.span.millis(), self.lines);
        }
        Ok(())
    }

    /// The kept hours of a log group that exists. Without the permission to ask for the group itself,
    /// nothing is kept: it might be another account's.
    async fn hours(&mut self, log_group: &str) -> Result<Option<Hours>, Failure> {
        let region = self.session.region().to_owned();
        match (self.session.group(log_group).await, &self.cache) {
            (Ok(FoundGroup::Gap { alike }), _) => Err(trouble::missing(log_group, &region, &alike)),
            (Ok(FoundGroup::Exists { account, created }), Some(cache)) if !account.is_empty() => {
                Ok(Some(cache.hours(&account, &region, log_group, created)))
            }
            (Err(failure), _) if !failure.answered => {
                Err(trouble::reading(log_group, &region, &failure))
            }
            _ => Ok(None),
        }
    }

    async fn chunk(
        &mut self,
        log_group: &str,
        chunk: Chunk,
        hours: Option<&Hours>,
    ) -> Result<(), Failure> {
        let hour = hours.zip(chunk.settled_hour);
        let mut resumed = None;
        match hour.map_or(Kept::Nothing, |(hours, hour)| hours.kept(hour)) {
            Kept::Whole => return self.forward_buffered(log_group, chunk, hour),
            // Whether it still leads anywhere is known before anything is handed on.
            Kept::Begun(token) if chunk.is_whole => {
                match self.page(log_group, chunk, Some(&token)).await {
                    Ok(page) => resumed = Some(page),
                    Err(failure) if failure.answered && failure.error == AccountError::Failed => {
                        hour.inspect(|(hours, hour)| hours.forget(*hour));
                    }
                    Err(failure) => return Err(self.trouble(log_group, &failure)),
                }
            }
            Kept::Begun(_) | Kept::Nothing => {}
        }
        if resumed.is_some() {
            self.forward_buffered(log_group, chunk, hour)?;
        }
        let mut is_first = resumed.is_none();
        let mut token = None;
        loop {
            let page = match resumed.take() {
                Some(page) => page,
                None => self
                    .page(log_group, chunk, token.as_deref())
                    .await
                    .map_err(|failure| self.trouble(log_group, &failure))?,
            };
            if let (true, Some((hours, hour)), Some(cache)) =
                (chunk.is_whole, hour, &mut self.cache)
            {
                cache.add(hours, hour, &page, is_first);
                is_first = false;
            }
            for event in page.events {
                self.hand_on(log_group, event)?;
            }
            self.progress.reach(0, self.lines);
            // A token that comes again leads nowhere.
            match page.next {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                _ => return Ok(()),
            }
        }
    }

    async fn page(
        &mut self,
        log_group: &str,
        chunk: Chunk,
        token: Option<&str>,
    ) -> Result<LogPage, CallFailure> {
        let page = PageOf {
            log_group,
            log_stream: None,
            from: chunk.span.from,
            // CloudWatch's end belongs to it.
            to: chunk.span.until.plus_millis(-1),
            pattern: None,
            limit: PER_PAGE,
            token,
        };
        self.session.page(&page).await
    }

    fn trouble(&self, log_group: &str, failure: &CallFailure) -> Failure {
        trouble::reading(log_group, self.session.region(), failure)
    }

    fn forward_buffered(
        &mut self,
        log_group: &str,
        chunk: Chunk,
        hour: Option<(&Hours, i64)>,
    ) -> Result<(), Failure> {
        let Some((hours, hour)) = hour else { return Ok(()) };
        hours.events(hour, |event| {
            if (chunk.span.from..chunk.span.until).contains(&event.event.time) {
                self.hand_on(log_group, event)?;
            }
            Ok(())
        })
    }

    fn hand_on(&mut self, log_group: &str, event: PageEvent) -> Result<(), Failure> {
        self.lines += 1;
        (self.take)(Item::Line(line(self.lines, log_group, event)))
    }
}

/// The line of an event.
pub(super) fn line(number: u64, log_group: &str, PageEvent { id, event }: PageEvent) -> LogLine {
    LogLine {
        number,
        account: None,
        log_group: Some(log_group.to_owned()),
        log_stream: Some(event.log_stream),
        event_id: Some(id).filter(|id| !id.is_empty()),
        timestamp: Some(event.time),
        // The console and the command line of AWS show it without its end too.
        message: Some(event.message.trim_end_matches(['\n', '\r']).to_owned()),
    }
}
