//! Sentences about API keys and usage plans: wrong keys, throttles and quotas.
//! <https://repost.aws/knowledge-center/api-gateway-429-limit>

use super::super::Diagnosis;
use crate::execution::Sentence;
use crate::{Cause, ExecutionLine};

pub(super) fn judge<'a>(line: &ExecutionLine<'a>) -> Option<Diagnosis<'a>> {
    if line.sentence != Sentence::UsagePlan {
        return None;
    }
    let diagnosis = match line.text.strip_prefix("API Key ") {
        Some(rest) => of_key(rest)?,
        None => of_limit(line.text)?,
    };
    Some(diagnosis.told_by_execution_log(line))
}

/// What follows `API Key `: the key, masked, if one was sent, and what became of it.
fn of_key<'a>(rest: &str) -> Option<Diagnosis<'a>> {
    const OUTCOMES: [&str; 3] = [
        "not authorized because method ",
        "exceeded throttle limit for ",
        "exceeded quota limit for ",
    ];
    let (at, outcome) =
        OUTCOMES.iter().find_map(|outcome| Some((key_length(rest, outcome)?, *outcome)))?;
    let has_key = at > 0;
    let told = &rest[at..];
    Some(match outcome {
        "exceeded throttle limit for " => Diagnosis::high(Cause::UsagePlanThrottled),
        "exceeded quota limit for " => Diagnosis::high(Cause::UsagePlanQuotaExceeded),
        _ if !has_key => Diagnosis::high(Cause::ApiKeyInvalid),
        _ if told.contains("API Key is not associated with a Usage Plan") => {
            Diagnosis::high(Cause::ApiKeyNotInUsagePlan)
        }
        _ => Diagnosis::medium(Cause::ApiKeyInvalid),
    })
}

/// How many bytes the key before `outcome` takes: none, or one word.
fn key_length(rest: &str, outcome: &str) -> Option<usize> {
    let without_blanks = rest.trim_start();
    if without_blanks.starts_with(outcome) {
        return Some(0);
    }
    let (key, after) = without_blanks.split_once(' ')?;
    let blanks = rest.len() - without_blanks.len();
    after.trim_start().starts_with(outcome).then_some(blanks + key.len())
}

/// Limits without a key before them: those of a method or stage name no usage plan.
fn of_limit<'a>(text: &str) -> Option<Diagnosis<'a>> {
    const LIMITS: [(&str, Cause); 3] = [
        ("Key throttle limit exceeded for Usage Plan ID ", Cause::UsagePlanThrottled),
        ("Key throttle limit exceeded for ", Cause::GatewayThrottled),
        ("Key quota exhausted for ", Cause::UsagePlanQuotaExceeded),
    ];
    let (_, cause) = LIMITS.iter().find(|(beginning, _)| text.starts_with(beginning))?;
    Some(Diagnosis::high(*cause))
}
