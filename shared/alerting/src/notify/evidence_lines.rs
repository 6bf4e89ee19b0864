//! What other logs told of an incident, and what keeps them from telling more.

use diagnosis::ApiType;

use crate::evidence::{FunctionRun, Gap, GapKind};
use crate::notify::numbers::count;
use crate::notify::{Facts, sanitized};

/// A run that used this share of what it may use is near its limit.
const NEAR: f64 = 0.9;

/// A start that takes so long is felt by callers.
const SLOW_START_MS: u64 = 1_000;

/// Names of log groups are cut.
const MAX_NAME: usize = 200;

/// What the evidence of another log is to be read with, a line each.
pub(super) fn lines(facts: &Facts) -> Vec<String> {
    let Some(finding) = &facts.finding else { return Vec::new() };
    let mut lines: Vec<String> = finding.run.as_ref().and_then(run).into_iter().collect();
    if !finding.is_joined {
        lines.push("(written at the same time; no id joins it to a request)".to_owned());
    }
    lines
}

/// The figures of the failed invocation that explain something: `REPORT = used 128 of 128 MB`.
fn run(run: &FunctionRun) -> Option<String> {
    let near = |used: u64, most: u64| most > 0 && used as f64 >= most as f64 * NEAR;
    let mut figures = Vec::new();
    if let (Some(used), Some(most)) = (run.memory_used_mb, run.memory_mb)
        && near(used, most)
    {
        figures.push(format!("used {} of {} MB", count(used), count(most)));
    }
    if let (Some(ran), Some(timeout)) = (run.duration_ms, run.timeout_seconds)
        && near(ran, u64::from(timeout) * 1_000)
    {
        figures.push(format!("ran {} ms of the {timeout} s it may run", count(ran)));
    }
    if let Some(init) = run.init_ms.filter(|init| *init >= SLOW_START_MS) {
        figures.push(format!("cold start of {} ms", count(init)));
    }
    (!figures.is_empty()).then(|| format!("REPORT = {}", figures.join(", ")))
}

/// What would have told more, and how to have it next time; none where the cause is told anyway.
pub(super) fn steps(facts: &Facts) -> Vec<String> {
    if facts.finding.is_some() {
        return Vec::new();
    }
    facts.gaps.iter().filter_map(|missing| step(facts, missing)).take(2).collect()
}

fn step(facts: &Facts, missing: &Gap) -> Option<String> {
    let name = missing.name.as_deref().map(|name| sanitized::text(name, MAX_NAME));
    let name = name.as_deref().unwrap_or("of its function");
    Some(match missing.gap {
        GapKind::NoFunctionLog => format!(
            "The function's log would tell the error, and there is no log group `{name}`. Give the \
             function's role the policy `AWSLambdaBasicExecutionRole`, so that it can write."
        ),
        GapKind::FunctionLogDenied | GapKind::ExecutionLogDenied => format!(
            "Gatewatch may not read the log group `{name}`, which would tell more. Add it to the \
             stack's parameter `EvidenceLogGroups`."
        ),
        GapKind::ExecutionLogOff => execution_log_off(facts),
        GapKind::FunctionDenied => {
            "Gatewatch may not ask which function answers the route, whose log \
             would tell more: give the stack's sweep function `apigateway:GET` on this API."
                .to_owned()
        }
        GapKind::NoApi => {
            "The access log does not say which API and stage it is of, so no other log \
             can be looked into. Add `$context.apiId` and `$context.stage` to its format."
                .to_owned()
        }
        GapKind::NoAnswer => "AWS did not tell in time what other logs know of this.".to_owned(),
        GapKind::NoFunction | GapKind::SilentFunctionLog => return None,
    })
}

fn execution_log_off(facts: &Facts) -> String {
    let incident = &facts.incident;
    let kind = facts.exemplar.as_ref().and_then(|exemplar| exemplar.api_type);
    let known = |name: &Option<String>, unknown: &str| {
        let is_plain = |name: &&String| sanitized::is_plain_name(name);
        name.as_ref().filter(is_plain).map_or_else(|| unknown.to_owned(), Clone::clone)
    };
    let (api, stage) = (known(&incident.api_id, "API_ID"), known(&incident.stage, "STAGE"));
    let command = if kind == Some(ApiType::WebSocket) {
        format!(
            "aws apigatewayv2 update-stage --api-id {api} --stage-name {stage} \
             --default-route-settings LoggingLevel=ERROR"
        )
    } else {
        format!(
            "aws apigateway update-stage --rest-api-id {api} --stage-name {stage} \
             --patch-operations 'op=replace,path=/*/*/logging/loglevel,value=ERROR'"
        )
    };
    format!("The stage writes no execution log, which would tell more. Turn it on: `{command}`")
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Confidence};

    use super::{lines, steps};
    use crate::evidence::{Finding, FunctionRun, GapKind};
    use crate::incident::Event;
    use crate::notify::{Facts, sample};

    fn found(run: FunctionRun, is_joined: bool) -> Facts {
        let finding = Finding {
            cause: Cause::LambdaOutOfMemory,
            confidence: Confidence::High,
            evidence: vec![("Lambda log".to_owned(), "Runtime exited".to_owned())],
            function: Some("shop-orders".to_owned()),
            run: Some(run),
            is_joined,
            is_complete: true,
        };
        let facts = sample::facts(Event::Updated, Cause::LambdaOutOfMemory);
        Facts { finding: Some(finding), ..facts }
    }

    #[test]
    fn figures_are_told_where_they_explain_something() {
        let quiet = FunctionRun {
            duration_ms: Some(120),
            init_ms: Some(300),
            memory_used_mb: Some(64),
            memory_mb: Some(128),
            timeout_seconds: Some(3),
        };
        for (run, told) in [
            (quiet.clone(), None),
            (FunctionRun::default(), None),
            (
                FunctionRun { memory_used_mb: Some(128), ..quiet.clone() },
                Some("REPORT = used 128 of 128 MB"),
            ),
            (
                FunctionRun { duration_ms: Some(3_000), ..quiet.clone() },
                Some("REPORT = ran 3,000 ms of the 3 s it may run"),
            ),
            (
                FunctionRun { duration_ms: Some(2_900), init_ms: Some(4_200), ..quiet.clone() },
                Some("REPORT = ran 2,900 ms of the 3 s it may run, cold start of 4,200 ms"),
            ),
            (FunctionRun { memory_mb: Some(0), ..quiet.clone() }, None),
        ] {
            assert_eq!(lines(&found(run, true)).first().map(String::as_str), told);
        }
        let alone = lines(&found(quiet, false));
        assert_eq!(alone, ["(written at the same time; no id joins it to a request)"]);
        assert!(lines(&sample::facts(Event::Opened, Cause::LambdaTimedOut)).is_empty());
    }

    #[test]
    fn what_is_missing_is_said_with_what_to_do() {
        let mut facts = sample::facts(Event::Updated, Cause::BadGatewayUnattributed);
        for (missing, part) in [
            (
                GapKind::NoFunctionLog.of("/aws/lambda/shop"),
                Some("no log group `/aws/lambda/shop`"),
            ),
            (GapKind::FunctionLogDenied.of("/aws/lambda/shop"), Some("`EvidenceLogGroups`")),
            (GapKind::ExecutionLogDenied.of("x`y"), Some("log group `xˋy`")),
            (GapKind::ExecutionLogOff.of("x"), Some("aws apigateway update-stage --rest-api-id")),
            (GapKind::FunctionDenied.alone(), Some("`apigateway:GET`")),
            (GapKind::NoApi.alone(), Some("`$context.apiId`")),
            (GapKind::NoAnswer.alone(), Some("in time")),
            (GapKind::NoFunction.of("GET /"), None),
            (GapKind::SilentFunctionLog.of("/aws/lambda/shop"), None),
        ] {
            facts.gaps = vec![missing];
            let steps = steps(&facts);
            assert_eq!(steps.len(), usize::from(part.is_some()), "{:?}", facts.gaps);
            assert!(part.is_none_or(|part| steps[0].contains(part)), "{steps:?}");
            assert!(steps.iter().all(|step| step.matches('`').count().is_multiple_of(2)));
        }
        facts.incident.stage = Some("x;reboot".to_owned());
        facts.gaps = vec![GapKind::ExecutionLogOff.alone()];
        assert!(steps(&facts)[0].contains("--stage-name STAGE "), "only plain names are commands");
    }

    #[test]
    fn nothing_is_missing_where_the_cause_was_found() {
        let mut facts = found(FunctionRun::default(), true);
        facts.gaps = vec![GapKind::ExecutionLogOff.of("x")];
        assert!(steps(&facts).is_empty());
    }
}
