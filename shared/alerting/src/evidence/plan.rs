//! Which causes leave a question that another log answers.

use diagnosis::{ApiType, Cause};

/// Which logs may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct EvidencePlan {
    /// The execution log of the stage.
    pub(crate) execution_log: bool,
    /// The log of the function behind the route.
    pub(crate) function_log: bool,
}

impl EvidencePlan {
    /// What `cause` leaves open; `None` where other logs would only repeat it.
    pub(crate) const fn left_by(cause: Cause) -> Option<Self> {
        match cause {
            Cause::InternalErrorUnattributed
            | Cause::BadGatewayUnattributed
            | Cause::ServiceUnavailableUnattributed
            | Cause::GatewayTimeoutUnattributed
            | Cause::ServerErrorUnattributed => {
                Some(Self { execution_log: true, function_log: true })
            }
            // The gateway has said what it knows: only the function knows more.
            _ if cause.is_told_by_function()
                || matches!(
                    cause,
                    Cause::LambdaInvocationFailed
                        | Cause::BackendServerError
                        | Cause::IntegrationTimeout
                ) =>
            {
                Some(Self { execution_log: false, function_log: true })
            }
            _ => None,
        }
    }

    /// The same for this kind of API: HTTP APIs have no execution log.
    pub(crate) const fn of_api(self, api_type: ApiType) -> Self {
        let execution_log = self.execution_log && !matches!(api_type, ApiType::Http);
        Self { execution_log, ..self }
    }
}
