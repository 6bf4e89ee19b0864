//! One invocation: what the stack watches is written down, log groups are attached and detached as far as
//! there is time, and CloudFormation gets its answer in any case.

use alerting::{
    AttachError, AttachReport, Attachment, Clock, Committed, Ledger, LedgerError, LogGroups,
    Patterns, Trouble, TroubleKind, Wanted, attach,
};
use aws::metrics::Metrics;
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::answer::{self, Outcome};
use crate::report;
use crate::request::{Operation, Request, StackRequest};

/// An invocation ends so long before Lambda would stop it, so that there is time for an answer.
const RESERVE_MS: i64 = 45_000;

/// Somebody else may change the row at the same time so often.
const MAX_CONFLICTS: u32 = 5;

/// What the function works with.
pub(crate) struct World<'a, L, G, K> {
    pub(crate) ledger: &'a L,
    pub(crate) groups: &'a G,
    pub(crate) clock: K,
    pub(crate) wanted: &'a Wanted,
    pub(crate) metrics: &'a Metrics,
}

impl<L: Ledger, G: LogGroups, K: Clock> World<'_, L, G, K> {
    /// Does what the event asks for.
    pub(crate) async fn handle(&self, event: LambdaEvent<Value>) -> Result<(), Diagnostic> {
        let deadline = Timestamp::from_millis(event.context.deadline as i64);
        let until = deadline.plus_millis(-RESERVE_MS);
        match Request::read(event.payload) {
            Request::Schedule => self.go_on(until).await.map_err(failure),
            Request::Stack(request) => {
                let outcome = self.change(&request, until).await;
                if let Outcome::Failed(reason) = &outcome {
                    tracing::error!(reason, "the stack's log groups cannot be attached");
                }
                let body = answer::body(&request.reply, &outcome);
                let sent = aws::answer_url::answer(&request.reply.url, body).await;
                // Lambda tries again, and an operation that is repeated changes nothing.
                sent.map_err(|error| Diagnostic {
                    error_type: "NoAnswer".to_owned(),
                    error_message: error,
                })
            }
        }
    }

    /// Goes on with a pass, or begins the next.
    async fn go_on(&self, until: Timestamp) -> Result<(), LedgerError> {
        let Some(known) = self.ledger.attachment().await? else { return Ok(()) };
        let Some(mut at) = known.due(self.clock.now()) else { return Ok(()) };
        let report = attach(&mut at, self.groups, self.wanted, &self.clock, until).await;
        self.record(&report);
        at.version += 1;
        // Overtaken by a change of the stack: its pass begins at the beginning, and so loses nothing.
        self.ledger.store_attachment(&at).await?;
        Ok(())
    }

    /// Takes over what the stack watches.
    async fn change(&self, request: &StackRequest, until: Timestamp) -> Outcome {
        let missing = self.missing(&request.patterns).await;
        if !missing.is_empty() {
            return answer::outcome(request.operation, &missing, &Ok(AttachReport::default()));
        }
        let kept = self.write_down(request).await;
        let mut at = match kept {
            Ok(at) => at,
            // The table may have been deleted by hand, and the stack must go all the same.
            Err(_) if request.operation == Operation::Delete => {
                Attachment::changed(None, &request.before, Patterns::default(), self.clock.now())
            }
            Err(error) => {
                return Outcome::Failed(format!("The table cannot be written: {}.", error.reason));
            }
        };
        let report = attach(&mut at, self.groups, self.wanted, &self.clock, until).await;
        self.record(&report);
        at.version += 1;
        if let Err(error) = self.ledger.store_attachment(&at).await {
            tracing::warn!(%error, "how far a pass is could not be kept; the next begins anew");
        }
        let named = named(&request.patterns, &report);
        answer::outcome(request.operation, &named, &report)
    }

    /// Those that are named and do not exist, or cannot be asked about.
    async fn missing(&self, patterns: &Patterns) -> Vec<Trouble> {
        let mut missing = Vec::new();
        for name in patterns.names() {
            let kind = match self.groups.filters(name).await {
                Ok(_) => continue,
                Err(AttachError::NotFound) => TroubleKind::Missing,
                Err(error) => TroubleKind::Error(error),
            };
            missing.push(Trouble { log_group: name.to_owned(), kind });
        }
        missing
    }

    /// Writes down what the stack watches, before anything delivers.
    async fn write_down(&self, request: &StackRequest) -> Result<Attachment, LedgerError> {
        for _ in 0..MAX_CONFLICTS {
            let known = self.ledger.attachment().await?;
            let (old, new) = (&request.before, request.patterns.clone());
            let mut at = Attachment::changed(known.as_ref(), old, new, self.clock.now());
            at.version += 1;
            if self.ledger.store_attachment(&at).await? == Committed::Done {
                return Ok(at);
            }
        }
        Err(LedgerError { reason: "others change it all the time".to_owned(), retryable: true })
    }

    fn record(&self, report: &Result<AttachReport, AttachError>) {
        self.metrics.emit(self.clock.now(), &report::record(report));
    }
}

/// The troubles with log groups that the stack names, and does not only match.
fn named(patterns: &Patterns, report: &Result<AttachReport, AttachError>) -> Vec<Trouble> {
    let Ok(report) = report else { return Vec::new() };
    let is_named = |trouble: &&Trouble| patterns.names().any(|name| name == trouble.log_group);
    report.troubles.iter().filter(is_named).cloned().collect()
}

/// The error as Lambda logs it.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}

#[cfg(test)]
mod tests;
