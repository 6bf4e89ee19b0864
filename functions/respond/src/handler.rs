//! One request: from the function URL's event to the answer that Slack waits three seconds for.
//!
//! What was pressed is in the ledger before the answer goes out: afterwards the function is frozen.

use alerting::{Channel, Clock, Engine, Invocation, Ledger, PressReport, Pressed, SendError};
use aws::channel::{ReadSecret, Secret, SigningSecret, SlackBot, SsmParameter};
use aws::metrics::{self, Of};
use aws::{SystemClock, telemetry};
use aws_lambda_events::lambda_function_urls::{
    LambdaFunctionUrlRequest, LambdaFunctionUrlResponse,
};
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};

use crate::answer;
use crate::press::{Asked, Press};
use crate::request::{self, Refusal};
use crate::signature::{Signed, WINDOW_SECONDS};

/// What a request is told that is Slack's and cannot be done now.
const UNAVAILABLE: i64 = 503;

/// How long a request is remembered. Its time may lie as far ahead of our clock as behind it.
const REMEMBERED_MS: i64 = 3 * WINDOW_SECONDS as i64 * 1_000;

/// Tells one person a line.
pub(crate) trait Whisper {
    /// Tells it, or not: nobody keeps it.
    async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError>;
}

impl Whisper for SlackBot<SsmParameter, SystemClock> {
    async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError> {
        Self::whisper(self, user, text).await
    }
}

/// What requests are answered with.
pub(crate) struct World<'a, L, C, K, S, W> {
    pub(crate) engine: &'a Engine<L, C, K>,
    pub(crate) clock: K,
    pub(crate) secret: &'a Secret<S, K, SigningSecret>,
    pub(crate) whisper: &'a W,
    pub(crate) stack: &'a str,
}

impl<L: Ledger, C: Channel, K: Clock, S: ReadSecret, W: Whisper> World<'_, L, C, K, S, W> {
    /// Answers a request. Never fails: Lambda would tell whoever asked why.
    pub(crate) async fn handle(
        &self,
        event: LambdaEvent<LambdaFunctionUrlRequest>,
    ) -> Result<LambdaFunctionUrlResponse, Diagnostic> {
        let deadline = Timestamp::from_millis(event.context.deadline as i64);
        let invocation = Invocation { id: &event.context.request_id, deadline };
        let (status, pressed) = self.answer(&event.payload, invocation).await;
        let counts = [
            ("Presses", u64::from(pressed)),
            ("RefusedRequests", u64::from((400..500).contains(&status))),
            ("FailedRequests", u64::from(status >= 500)),
        ];
        let function = Of::Function(&event.context.env_config.function_name);
        metrics::count(self.clock.now(), function, &counts);
        let mut response = LambdaFunctionUrlResponse::default();
        response.status_code = status;
        Ok(response)
    }

    /// The status, and whether a button was pressed.
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
        match Asked::read(&body) {
            Asked::Unreadable => (Refusal::Unreadable.status(), false),
            Asked::Nothing => (200, false),
            Asked::Press(press) => self.press_once(&signed, &press, invocation).await,
        }
    }

    /// Carries out a press that was not carried out before.
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
                tracing::error!(why = error.reason, "nobody can say whether this came before");
                return (UNAVAILABLE, false);
            }
        }
        let status = self.press(press, invocation).await;
        if status == UNAVAILABLE
            && let Err(error) = ledger.forget_press(&request).await
        {
            tracing::warn!(why = error.reason, "the same request would be refused");
        }
        (status, true)
    }

    async fn press(&self, press: &Press, invocation: Invocation<'_>) -> i64 {
        let Press { action, target, user, name } = press;
        let report = match self.engine.press(*action, target, name, invocation).await {
            Ok(report) => report,
            Err(error) => {
                tracing::error!(why = error.reason, "what was pressed is not kept");
                return UNAVAILABLE;
            }
        };
        self.log(press, &report);
        if let Some(line) = answer::to(&report.pressed)
            && let Err(why) = self.whisper.whisper(user, &line).await
        {
            tracing::warn!(%why, "who pressed was not answered");
        }
        200
    }

    fn log(&self, press: &Press, report: &PressReport) {
        let came_to = match &report.pressed {
            Pressed::Acknowledged => "acknowledged",
            Pressed::AcknowledgedBefore(_) => "acknowledged before",
            Pressed::Silenced(_) => "silenced",
            Pressed::SilencedBefore(_) => "silenced before",
            Pressed::Over(_) => "over",
            Pressed::Unknown => "unknown",
            Pressed::NotAlone => "not alone",
        };
        let (incident, action) = (&press.target.incident, press.action.id());
        tracing::info!(%incident, action, user = press.user, came_to, "a button was pressed");
        let delivery = telemetry::log_delivery(&report.delivery);
        metrics::count(self.clock.now(), Of::Stack(self.stack), &delivery);
    }
}

#[cfg(test)]
mod tests;
