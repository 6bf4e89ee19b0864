//! What went wrong with the account, and what to do.

use alerting::AccountError;
use aws::CallFailure;

use crate::failure::Failure;

pub(super) fn no_region() -> Failure {
    Failure::Account("no AWS region is set: use --region or AWS_REGION".to_owned())
}

pub(super) fn no_runtime(error: &std::io::Error) -> Failure {
    Failure::Account(format!("no connection can be made: {error}"))
}

pub(super) fn no_time() -> Failure {
    Failure::Account("--since must be before --until, and before now".to_owned())
}

pub(super) fn missing(log_group: &str, region: &str, alike: &[String]) -> Failure {
    let hint = match alike {
        [] => format!("`aws logs describe-log-groups --region {region}` lists them"),
        alike => format!("there are {}", alike.join(", ")),
    };
    Failure::Account(format!("there is no log group {log_group} in {region}; {hint}"))
}

/// Why a log group could not be read.
pub(super) fn reading(log_group: &str, region: &str, failure: &CallFailure) -> Failure {
    let reason = &failure.reason;
    Failure::Account(match failure.error {
        AccountError::Denied => format!(
            "{log_group} may not be read: these credentials need logs:FilterLogEvents on \
             arn:aws:logs:{region}:*:log-group:{log_group}:* ({reason})"
        ),
        AccountError::NotFound => return missing(log_group, region, &[]),
        AccountError::Throttled => format!(
            "AWS has no room for more calls of FilterLogEvents at the moment ({reason}); what was \
             fetched is kept, so the same command goes on from there later"
        ),
        AccountError::OverBudget | AccountError::Failed if failure.answered => {
            format!("{log_group} cannot be read: {reason}")
        }
        AccountError::OverBudget | AccountError::Failed => on_the_way(region, reason),
    })
}

/// The SDK's words for credentials that it does not find are about its own insides.
fn on_the_way(region: &str, reason: &str) -> String {
    let lower = reason.to_ascii_lowercase();
    if lower.contains("credential") || lower.contains("provider in chain") {
        format!(
            "no AWS credentials can be used: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and \
             AWS_SECRET_ACCESS_KEY; `aws configure list` shows what there is ({reason})"
        )
    } else {
        format!("CloudWatch Logs in {region} cannot be reached: {reason}")
    }
}

/// In a few words, for the list of what was looked into.
pub(super) const fn in_short(error: AccountError) -> &'static str {
    match error {
        AccountError::Denied => "no permission",
        AccountError::NotFound => "it does not exist",
        AccountError::Throttled => "AWS has no room for more calls at the moment",
        AccountError::OverBudget => "there was too much to look through",
        AccountError::Failed => "no answer",
    }
}

#[cfg(test)]
mod tests {
    use alerting::AccountError::{self, Denied, Failed, NotFound, Throttled};
    use aws::CallFailure;

    use super::reading;

    #[test]
    fn every_failure_says_what_to_do() {
        let table: [(AccountError, bool, &str, &str); 6] = [
            (
                Denied,
                true,
                "AccessDeniedException",
                "need logs:FilterLogEvents on arn:aws:logs:eu-west-1:*:log-group:/my/api:*",
            ),
            (NotFound, true, "", "`aws logs describe-log-groups --region eu-west-1` lists them"),
            (Throttled, true, "Rate exceeded", "goes on from there"),
            (Failed, true, "InvalidParameterException: no", "/my/api cannot be read: Inv"),
            (Failed, false, "no providers in chain provided credentials", "set AWS_PROFILE"),
            (Failed, false, "connection refused", "in eu-west-1 cannot be reached: connection"),
        ];
        for (error, answered, reason, wanted) in table {
            let reason = reason.to_owned();
            let failure = CallFailure { error, reason, answered, is_passing: false };
            let text = reading("/my/api", "eu-west-1", &failure).to_string();
            assert!(text.contains(wanted), "{text}");
        }
    }
}
