//! The words that qualify a cause: its family, whose fault it is, whether to retry, and how sure
//! the diagnosis is.

use crate::closed_enum;

closed_enum! {
    /// The kind of error a cause means. It follows the cause's meaning, not the status: a throttled
    /// function shows as 500 and still belongs to `throttled`.
    pub enum Family as "family" {
        BadRequest = "bad-request",
        Unauthorized = "unauthorized",
        AccessDenied = "access-denied",
        NotFound = "not-found",
        MethodNotAllowed = "method-not-allowed",
        Conflict = "conflict",
        Gone = "gone",
        PayloadTooLarge = "payload-too-large",
        UriOrHeadersTooLarge = "uri-or-headers-too-large",
        UnsupportedMediaType = "unsupported-media-type",
        QuotaExceeded = "quota-exceeded",
        Throttled = "throttled",
        InternalError = "internal-error",
        BadGateway = "bad-gateway",
        ServiceUnavailable = "service-unavailable",
        GatewayTimeout = "gateway-timeout",
        Latency = "latency",
    }
}

closed_enum! {
    /// Who must act.
    pub enum Fault as "fault" {
        Client = "client",
        CallerConfiguration = "caller-configuration",
        ApiConfiguration = "api-configuration",
        BackendCode = "backend-code",
        BackendCapacity = "backend-capacity",
        AwsNetwork = "aws-network",
    }
}

closed_enum! {
    /// Whether sending the same request again can help.
    pub enum RetryAdvice as "retry advice" {
        /// The same request always fails.
        Never = "never",
        /// Somebody must change credentials, configuration or code first.
        AfterChange = "after-change",
        /// With growing, random pauses.
        Backoff = "backoff",
        /// When the next quota period begins.
        AfterReset = "after-reset",
        /// A few times, and only where a repeat does no harm.
        SafeIfIdempotent = "safe-if-idempotent",
    }
}

closed_enum! {
    /// How sure a diagnosis is. Ordered: `Low < Medium < High`.
    pub enum Confidence as "confidence" {
        /// The status alone.
        Low = "low",
        /// A consistent combination of fields.
        Medium = "medium",
        /// A field or text that only this cause writes.
        High = "high",
    }
}
