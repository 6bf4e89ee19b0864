//! The words keep to their limits, and the facts that mislead most often stand as they are.

use std::collections::HashSet;

use super::{Entry, entries};
use crate::{Cause, Family, Fault, RetryAdvice, redact};

/// What a message may hold to be sent as one SMS alphabet: GSM-7 without its two-unit characters,
/// and without the backtick, which it does not have.
fn fits_sms(text: &str) -> bool {
    text.bytes().all(|b| (b.is_ascii_graphic() || b == b' ') && !b"[]{}|^~\\`".contains(&b))
}

/// The words in braces, as far as they look like placeholders: `{api}`, not `{proxy+}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}').map(|(word, _)| word))
        .filter(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
}

fn texts(entry: &Entry) -> impl Iterator<Item = &'static str> {
    [entry.retry_reason, entry.title, entry.explanation]
        .into_iter()
        .chain(entry.next_steps.iter().copied())
}

#[test]
fn every_failure_has_its_entry_in_the_order_of_the_causes() {
    let failures: Vec<Cause> =
        Cause::ALL.iter().copied().filter(|cause| cause.is_failure()).collect();
    let described: Vec<Cause> = entries().iter().map(|entry| entry.cause).collect();
    assert_eq!(described, failures);
    for entry in entries() {
        assert_eq!(super::entry(entry.cause).map(|found| found.cause), Some(entry.cause));
    }
    for cause in [Cause::None, Cause::Unknown, Cause::Unparseable] {
        assert!(super::entry(cause).is_none(), "{cause}");
    }
}

#[test]
fn titles_fit_an_sms_and_differ() {
    let mut seen = HashSet::new();
    for Entry { cause, title, .. } in entries() {
        assert!(!title.is_empty() && title.len() <= 60, "{cause}: {}", title.len());
        assert!(fits_sms(title), "{cause}: {title}");
        assert!(!title.ends_with('.'), "{cause}");
        assert!(title.starts_with(|first: char| first.is_ascii_uppercase()), "{cause}");
        assert!(seen.insert(title.to_ascii_lowercase()), "{cause}: a second `{title}`");
    }
}

#[test]
fn explanations_are_one_or_two_plain_sentences() {
    for Entry { cause, explanation, .. } in entries() {
        assert!(explanation.is_ascii(), "{cause}");
        assert!((40..=300).contains(&explanation.len()), "{cause}: {}", explanation.len());
        assert!(explanation.ends_with('.'), "{cause}");
        assert!(explanation.matches(". ").count() <= 1, "{cause}: more than two sentences");
    }
}

#[test]
fn retry_reasons_are_half_sentences() {
    for Entry { cause, retry_reason, .. } in entries() {
        assert!(fits_sms(retry_reason), "{cause}");
        assert!((20..=140).contains(&retry_reason.len()), "{cause}: {}", retry_reason.len());
        assert!(!retry_reason.ends_with('.'), "{cause}");
        assert!(!retry_reason.starts_with("no retry"), "{cause} repeats the advice");
    }
}

#[test]
fn next_steps_are_few_and_fit_a_line() {
    for Entry { cause, next_steps, .. } in entries() {
        assert!((1..=5).contains(&next_steps.len()), "{cause}");
        for step in *next_steps {
            assert!(step.is_ascii() && !step.contains('\n'), "{cause}: {step}");
            assert!(step.len() <= 300, "{cause}: {} in {step}", step.len());
            assert!(!step.contains("  "), "{cause}: {step}");
            assert_eq!(step.matches('`').count() % 2, 0, "{cause}: an open backtick in {step}");
        }
    }
}

#[test]
fn only_the_four_placeholders_are_used() {
    for entry in entries() {
        for text in texts(entry) {
            for word in placeholders(text) {
                assert!(
                    matches!(word, "api" | "stage" | "route" | "function"),
                    "{}: {{{word}}}",
                    entry.cause
                );
            }
        }
        assert_eq!(placeholders(entry.title).count(), 0, "{}", entry.cause);
    }
}

#[test]
fn only_unattributed_causes_may_be_something_else() {
    for Entry { cause, may_be, .. } in entries() {
        assert_eq!(may_be.is_empty(), !cause.is_unattributed(), "{cause}");
        let mut seen = HashSet::new();
        for finer in *may_be {
            assert!(finer.is_failure() && !finer.is_unattributed(), "{cause} may be {finer}");
            assert!(seen.insert(finer), "{cause} may be {finer} twice");
        }
    }
}

/// What is behind no bare status: calls that are in no log, and causes that have a status of their own.
#[test]
fn what_has_no_status_of_its_own_may_be_behind_a_bare_one() {
    let alone = [
        Cause::CustomDomainUnmapped,
        Cause::BackendMethodNotAllowed,
        Cause::BackendConflict,
        Cause::PayloadTooLarge,
        Cause::UnsupportedMediaType,
        Cause::HighLatency,
    ];
    for Entry { cause, .. } in entries().iter().filter(|entry| !entry.cause.is_unattributed()) {
        let hidden = entries().iter().any(|entry| entry.may_be.contains(cause));
        assert_eq!(hidden, !alone.contains(cause), "{cause}");
    }
}

#[test]
fn unattributed_causes_begin_with_the_better_log_format() {
    for Entry { cause, next_steps, .. } in entries() {
        let first = next_steps.first().copied().unwrap_or_default();
        assert_eq!(first.contains("`gatewatch format rest`"), cause.is_unattributed(), "{cause}");
    }
}

#[test]
fn links_are_secure_and_lead_to_aws() {
    for Entry { cause, links, .. } in entries() {
        assert!((1..=3).contains(&links.len()), "{cause}");
        let mut seen = HashSet::new();
        for link in *links {
            assert!(
                link.starts_with("https://docs.aws.amazon.com/")
                    || link.starts_with("https://repost.aws/"),
                "{cause}: {link}"
            );
            assert!(!link.contains(char::is_whitespace), "{cause}: {link}");
            assert!(seen.insert(link), "{cause}: {link} twice");
        }
    }
}

#[test]
fn nothing_in_an_example_has_to_be_hidden() {
    for Entry { cause, example, .. } in entries() {
        assert!(!example.evidence.is_empty(), "{cause}");
        for (_, text) in example.evidence {
            assert_eq!(redact::text(text, 300), *text, "{cause}");
        }
    }
}

#[test]
fn the_facts_that_mislead_stand() {
    use Cause as C;
    use Family as Fam;
    use Fault as F;
    use RetryAdvice as R;
    for (cause, family, fault, retry) in [
        // 500 to the caller, and still a throttle
        (C::LambdaThrottled, Fam::Throttled, F::BackendCapacity, R::Backoff),
        // two kinds of 429: one ends with the period, the other with a pause
        (C::UsagePlanQuotaExceeded, Fam::QuotaExceeded, F::Client, R::AfterReset),
        (C::GatewayThrottled, Fam::Throttled, F::ApiConfiguration, R::Backoff),
        // 503 on HTTP APIs, and still a timeout
        (C::IntegrationTimeout, Fam::GatewayTimeout, F::BackendCode, R::SafeIfIdempotent),
        // 502 on REST APIs, and still a timeout
        (C::LambdaTimedOut, Fam::GatewayTimeout, F::BackendCode, R::SafeIfIdempotent),
        // 403 in place of a 404
        (C::MissingAuthenticationToken, Fam::AccessDenied, F::Client, R::Never),
        // a role of API Gateway itself is never a 403
        (C::LambdaPermissionMissing, Fam::InternalError, F::ApiConfiguration, R::AfterChange),
        (C::IntegrationRoleUnassumable, Fam::InternalError, F::ApiConfiguration, R::AfterChange),
        // 500 on HTTP APIs, and still no usable answer from the backend
        (C::LambdaFunctionError, Fam::BadGateway, F::BackendCode, R::SafeIfIdempotent),
        (C::LambdaMalformedResponse, Fam::BadGateway, F::BackendCode, R::Never),
        (C::LambdaOutOfMemory, Fam::BadGateway, F::BackendCapacity, R::AfterChange),
        (C::BackendConflict, Fam::Conflict, F::Client, R::Never),
        (C::WebsocketConnectionGone, Fam::Gone, F::BackendCode, R::Never),
        (C::HighLatency, Fam::Latency, F::BackendCode, R::SafeIfIdempotent),
    ] {
        let entry = &entries()[cause.index()];
        assert_eq!((entry.family, entry.fault, entry.retry), (family, fault, retry), "{cause}");
    }
}

#[test]
fn a_status_may_turn_out_to_be_what_it_hides() {
    for (unattributed, finer, may) in [
        (Cause::InternalErrorUnattributed, Cause::LambdaThrottled, true),
        (Cause::InternalErrorUnattributed, Cause::LambdaTimedOut, true),
        (Cause::TooManyRequestsUnattributed, Cause::UsagePlanQuotaExceeded, true),
        // behind a proxy integration Lambda's own limit is a 500
        (Cause::TooManyRequestsUnattributed, Cause::LambdaThrottled, false),
        (Cause::ServiceUnavailableUnattributed, Cause::IntegrationTimeout, true),
        (Cause::AccessDeniedUnattributed, Cause::MissingAuthenticationToken, true),
        (Cause::AccessDeniedUnattributed, Cause::LambdaPermissionMissing, false),
        // these calls are in no log, so no log line turns out to be one
        (Cause::AccessDeniedUnattributed, Cause::CustomDomainUnmapped, false),
    ] {
        let may_be = entries()[unattributed.index()].may_be;
        assert_eq!(may_be.contains(&finer), may, "{unattributed}: {finer}");
    }
}
