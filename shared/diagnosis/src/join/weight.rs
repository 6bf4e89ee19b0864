//! How much one finding of a request says against another.

use crate::{Cause, Confidence};

/// How much a finding says: its class, how sure it is, and how near it is to the root.
pub(super) type Weight = (Class, Confidence, u8);

/// Kinds of findings, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    /// An early warning.
    Slow,
    /// The status alone.
    Unattributed,
    /// A cause that is no more than a guess.
    Hint,
    /// A cause that another one may lie behind.
    General,
    /// A cause that explains itself.
    Specific,
}

/// Causes that are symptoms of others, and how near to the root they are: the runtime ends because of an
/// exception, and a function that has ended answers nothing.
const GENERAL: [(Cause, u8); 14] = [
    (Cause::LambdaFunctionError, 3),
    (Cause::LambdaRuntimeExited, 2),
    (Cause::LambdaMalformedResponse, 1),
    (Cause::ApiConfigurationError, 0),
    (Cause::GatewayInternalError, 0),
    (Cause::IntegrationNetworkFailure, 0),
    (Cause::BackendServerError, 0),
    (Cause::BackendUnavailable, 0),
    (Cause::BackendClientError, 0),
    (Cause::BackendDenied, 0),
    (Cause::BackendNotFound, 0),
    (Cause::ApiKeyInvalid, 0),
    (Cause::GatewayThrottled, 0),
    (Cause::AuthorizerUnauthorized, 0),
];

/// Causes that end a process.
const ENDS_A_PROCESS: [Cause; 3] =
    [Cause::LambdaOutOfMemory, Cause::LambdaInitFailed, Cause::AuthorizerFailed];

/// The weight of a finding of this cause.
pub(super) fn weight(cause: Cause, confidence: Confidence) -> Weight {
    let general = GENERAL.iter().find(|(general, _)| *general == cause);
    let class = match confidence {
        _ if cause == Cause::HighLatency => Class::Slow,
        _ if cause.is_unattributed() => Class::Unattributed,
        Confidence::Low => Class::Hint,
        _ if general.is_some() => Class::General,
        _ => Class::Specific,
    };
    // Of two specific causes the one that ends a process is behind the one that it ends.
    let depth = general.map_or(u8::from(ENDS_A_PROCESS.contains(&cause)), |(_, depth)| *depth);
    (class, confidence, depth)
}
