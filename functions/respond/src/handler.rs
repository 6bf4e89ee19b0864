//! One request: from the function URL's event to the response. Slack waits three seconds for it.
//!
//! A press is stored before the response is sent: afterwards Lambda freezes the function.

use alerting::{Channel, Clock, Engine, Invocation, Ledger, SendError};
use aws::SystemClock;
use aws::channel::{ReadSecret, Secret, SigningSecret, SlackBot, SsmParameter};
use aws::metrics::Metrics;
use aws::telemetry;
use aws_lambda_events::lambda_function_urls::{
    LambdaFunctionUrlRequest, LambdaFunctionUrlResponse,
};
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};

use crate::press::{Interaction, Press};
use crate::request::{self, Refusal};
use crate::signature::{Signed, WINDOW_SECONDS};
use crate::{answer, report};

/// The status of a request that Slack signed and that cannot be handled now.
const UNAVAILABLE: i64 = 503;

/// How long a request is remembered, so that a replay is refused. The request's time may be as far ahead of
/// our clock as behind it.
const REMEMBERED_MS: i64 = 3 * WINDOW_SECONDS as i64 * 1_000;

/// Shows a line to one user.
pub(crate) trait Whisper {
    /// Sends the line once, without a retry.
    async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError>;
}

impl Whisper for SlackBot<SsmParameter, SystemClock> {
    async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError> {
        Self::whisper(self, user, text).await
    }
}

/// Everything that handling a request needs.
pub(crate) struct World<'a, L, C, K, S, W> {
    pub(crate) engine: &'a Engine<L, C, K>,
    pub(crate) clock: K,
    pub(crate) secret: &'a Secret<S, K, SigningSecret>,
    pub(crate) whisper: &'a W,
    pub(crate) metrics: &'a Metrics,
}

impl<L: Ledger, C: Channel, K: Clock, S: ReadSecret, W: Whisper> World<'_, L, C, K, S, W> {
    /// Answers a request. Never returns an error, because Lambda would show its text to the caller.
    pub(crate) async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Diagnostic> {
        let deadline = Timestamp::from_millis(event.context.deadline as i64);
        let invocation = Invocation { id: &event.context.request_id, deadline };
        let (status, is_press) = self.answer(&event.payload, invocation).await;
        self.metrics.emit(self.clock.now(), &report::record_answer(status, is_press));
        let mut response = LambdaFunctionUrlResponse::default();
        response.status_code = status;
        Ok(response)
    }

    /// Returns the status, and whether a button was pressed.
    pub(crate) async fn answer(
        &self,
        request: &LambdaFunctionUrlRequest,
        invocation: Invocation<'_>,
    ) -> (i64, bool) {
        let (body, signed) = match request::read(request, self.clock.now()) {
            Ok(read) => read,
            Err(refusal) => return (refusal.status(), false),
        };
        let secret = match self.secret.get().await {
            Ok(secret) => secret,
            Err(why) => {
                tracing::error!(%why, "no signature can be checked");
                return (UNAVAILABLE, false);
            }
        };
        if !signed.holds(&body, &secret) {
            return (Refusal::Unsigned.status(), false);
        }
        match Interaction::read(&body) {
            Interaction::Unreadable => (Refusal::Unreadable.status(), false),
            Interaction::Ignored => (200, false),
            Interaction::Press(press) => self.press_once(&signed, &press, invocation).await,
        }
    }

    /// Handles a press, unless the same request was handled before.
    async fn press_once(
        &self,
        signed: &Signed<'_>,
        press: &Press,
        invocation: Invocation<'_>,
    ) -> (i64, bool) {
        let Some(request) = signed.request() else { return (Refusal::Unsigned.status(), false) };
        let ledger = self.engine.ledger();
        let now = self.clock.now();
        let until = now.plus_millis(REMEMBERED_MS);
        match ledger.first_time(&request, invocation.id, now, until).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("a request came again and was refused");
                return (Refusal::Replayed.status(), false);
            }
            Err(error) => {
                tracing::error!(why = error.reason, "cannot check whether a request is a replay");
                return (UNAVAILABLE, false);
            }
        }
        let status = self.press(press, invocation).await;
        if status == UNAVAILABLE
            && let Err(error) = ledger.forget_interaction(&request).await
        {
            tracing::warn!(
                why = error.reason,
                "a retry of this request will be refused as a replay"
            );
        }
        (status, true)
    }

    async fn press(&self, press: &Press, invocation: Invocation<'_>) -> i64 {
        let Press { action, target, user, name } = press;
        let report = match self.engine.press(*action, target, name, invocation).await {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(why = error.reason, "a press cannot be stored");
                return UNAVAILABLE;
            }
        };
        let counts = report::record_interaction(press, &report);
        let unreadable = telemetry::record_unreadable(&self.engine.unreadable_rows());
        self.metrics.emit(self.clock.now(), &[counts, unreadable].concat());
        if let Some(line) = answer::to(&report.pressed)
            && let Err(why) = self.whisper.whisper(user, &line).await
        {
            tracing::warn!(%why, "the user who pressed a button got no answer");
        }
        200
    }
}

#[cfg(test)]
mod tests;
