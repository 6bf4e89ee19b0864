//! Labelled lines, each judged alone: how often the cause that an expert would name is named, and
//! whether the mistakes that cost a reader's trust are made.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::Path;

use diagnosis::{Cause, Confidence, Reader, diagnose};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    line: String,
    cause: Cause,
}

/// What went wrong with a set, by kind of mistake.
#[derive(Default)]
struct Mistakes {
    cases: usize,
    inexact: Vec<String>,
    sure_and_wrong: Vec<String>,
    false_alarms: Vec<String>,
    missed: Vec<String>,
}

fn judge(text: &str) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for case in text.lines() {
        let case: Case = serde_json::from_str(case).unwrap();
        let read = Reader::default().line(&case.line);
        let found = diagnose::line(&read);
        mistakes.cases += 1;
        if found.cause == case.cause {
            continue;
        }
        let told = format!("{}: want {}, have {}", case.id, case.cause, found.cause);
        match (case.cause.is_failure(), found.cause.is_failure()) {
            (false, true) => mistakes.false_alarms.push(told.clone()),
            (true, false) => mistakes.missed.push(told.clone()),
            _ => {}
        }
        if found.confidence == Confidence::High {
            mistakes.sure_and_wrong.push(told.clone());
        }
        mistakes.inexact.push(told);
    }
    mistakes
}

fn check(set: &Path, at_least: usize) {
    let mistakes = judge(&std::fs::read_to_string(set).unwrap());
    let exact = mistakes.cases - mistakes.inexact.len();
    assert!(mistakes.cases >= at_least, "{}", mistakes.cases);
    assert!(
        exact * 100 >= mistakes.cases * 97,
        "{exact} of {}: {:#?}",
        mistakes.cases,
        mistakes.inexact
    );
    let none: [String; 0] = [];
    assert_eq!(mistakes.sure_and_wrong, none, "sure and wrong");
    assert_eq!(mistakes.false_alarms, none, "false alarms");
    assert_eq!(mistakes.missed, none, "missed");
}

#[test]
fn the_projects_own_lines() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases.jsonl"), 120);
}

/// The sets forgive a few wrong lines; a cause that nothing diagnoses would be among them.
#[test]
fn every_cause_is_told_by_a_line_of_its_own() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases.jsonl");
    let cases = std::fs::read_to_string(set).unwrap();
    let cases = cases.lines().map(|case| serde_json::from_str::<Case>(case).unwrap());
    let told: Vec<Cause> = cases
        .map(|case| (case.cause, diagnose::line(&Reader::default().line(&case.line)).cause))
        .filter(|(wanted, found)| wanted == found)
        .map(|(cause, _)| cause)
        .collect();
    let missing: Vec<Cause> =
        Cause::ALL.iter().copied().filter(|cause| !told.contains(cause)).collect();
    // API Gateway logs no call that comes by a domain without a mapping.
    assert_eq!(missing, [Cause::CustomDomainUnmapped]);
}

/// Lines written from what AWS documents and people publish, without a look at the code: key styles,
/// formats of public templates, and lines of other systems.
#[test]
fn lines_from_the_facts_alone() {
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/unseen.jsonl"), 300);
}

/// Another set, measured where it lies beside the project.
#[test]
fn lines_from_elsewhere() {
    let set = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/cases.jsonl");
    if set.exists() {
        check(&set, 120);
    }
}
