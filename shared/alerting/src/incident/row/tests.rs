//! Rows of a newer version, and what an older one makes of them.

use diagnosis::{Cause, Confidence};
use serde_json::{Value, json};

use crate::incident::{Incident, OpenIncident};
use crate::rules::Severity;

/// An incident as a newer version may write it: every closed list has a value of tomorrow.
fn of_tomorrow() -> Value {
    json!({
        "id": "0123456789ab",
        "source": "stage:a1b2c3d4e5/prod",
        "log_group": "/shop",
        "rule": "some",
        "severity": "emergency",
        "opening_cause": "cause-of-tomorrow",
        "cause": "cause-of-tomorrow",
        "confidence": "certain",
        "covered": ["lambda-timed-out", "cause-of-tomorrow"],
        "window_start": 29_029_514,
        "opened_at": "2025-03-12T09:14:00.000Z",
        "resolved_at": null,
        "seq": 2,
        "watched": {"routes": 3},
        "course": {
            "told": {"at": "2025-03-12T09:14:00.000Z", "errors": 7, "cause": "cause-of-tomorrow",
                     "severity": "emergency", "why": "new"},
            "returns": 1,
            "errors": 8,
            "totals": {"before": 5, "errors": {"cause-of-tomorrow": 3, "cause-of-next-week": 4, "lambda-timed-out": 1}},
            "lookup": {
                "rounds": 1,
                "finding": {"cause": "cause-of-tomorrow", "confidence": "certain", "evidence": [],
                            "function": null, "run": null, "is_joined": true, "is_complete": true},
                "missing": [{"gap": "gap-of-tomorrow", "name": null}, {"gap": "no-api", "name": null}],
            },
            "members": {"count": 2, "errors": 9, "grew_at": "2025-03-12T09:14:00.000Z",
                        "top": [{"place": "shop/prod", "cause": "cause-of-tomorrow", "errors": 9}]},
            "acknowledged": {"by": "ann", "at": "2025-03-12T09:14:00.000Z", "until": 5},
            "pages": ["ann"],
        },
    })
}

fn read(row: &Value) -> Option<Incident> {
    Incident::of_row(&row.to_string())
}

#[test]
fn unknown_values_are_read_as_unknown_and_loud() {
    let incident = read(&of_tomorrow()).unwrap();
    assert_eq!(incident.severity, Severity::Critical);
    assert_eq!((incident.cause, incident.opening_cause), (Cause::Unknown, Cause::Unknown));
    assert_eq!(incident.confidence, Confidence::Low);
    assert_eq!(incident.covered, [Cause::LambdaTimedOut, Cause::Unknown]);
    let history = &incident.history;
    let told = history.notified.as_ref().unwrap();
    assert_eq!((told.cause, told.severity, told.errors), (Cause::Unknown, Severity::Critical, 7));
    let totals: Vec<_> = history.totals.errors.iter().map(|(&cause, &n)| (cause, n)).collect();
    assert_eq!(totals, [(Cause::LambdaTimedOut, 1), (Cause::Unknown, 7)]);
    assert_eq!(history.evidence.finding.as_ref().unwrap().cause, Cause::Unknown);
    assert_eq!(history.evidence.gaps.len(), 1, "the one that is known");
    assert_eq!(history.members.as_ref().unwrap().top[0].cause, Cause::Unknown);
    assert_eq!((history.acknowledged.as_ref().unwrap().by.as_str(), history.returns), ("ann", 1));
}

#[test]
fn what_an_older_version_does_not_know_it_writes_back_as_it_was() {
    let row = of_tomorrow();
    let mut incident = read(&row).unwrap();
    assert_eq!(incident.opening_slug(), "cause-of-tomorrow", "part of the row's key");
    assert_eq!(serde_json::from_str::<Value>(&incident.to_row().unwrap()).unwrap(), row);
    incident.seq = 3;
    incident.history.errors = 20;
    incident.covered.push(Cause::LambdaThrottled);
    let mut wanted = row;
    wanted["seq"] = json!(3);
    wanted["course"]["errors"] = json!(20);
    wanted["covered"] = json!(["lambda-timed-out", "cause-of-tomorrow", "lambda-throttled"]);
    let written: Value = serde_json::from_str(&incident.to_row().unwrap()).unwrap();
    for (name, value) in wanted.as_object().unwrap().iter().filter(|(name, _)| *name != "course") {
        assert_eq!(written[name], *value, "{name}");
    }
    for (name, value) in wanted["course"].as_object().unwrap() {
        assert_eq!(written["course"][name], *value, "{name}");
    }
}

#[test]
fn an_open_incident_has_the_values_of_its_row() {
    let incident = read(&of_tomorrow()).unwrap();
    let row: Value = serde_json::from_str(&OpenIncident::to_row(&incident).unwrap()).unwrap();
    for (name, value) in [
        ("cause", "cause-of-tomorrow"),
        ("opening_cause", "cause-of-tomorrow"),
        ("severity", "emergency"),
        ("confidence", "certain"),
    ] {
        assert_eq!(row[name], value, "{name}");
    }
    assert_eq!((&row["errors"], &row["in_storm"]), (&json!(8), &json!(false)));
    let open = OpenIncident::of_row(&row.to_string()).unwrap();
    assert_eq!(open, OpenIncident::from(&incident));
}

#[test]
fn parts_of_unexpected_types_are_left_out_and_kept() {
    for part in [
        "told",
        "since",
        "returns",
        "acknowledged",
        "limits",
        "errors",
        "shown_at",
        "totals",
        "in_storm",
        "lookup",
        "members",
    ] {
        for value in [json!("x"), json!([1]), json!({"a": 1}), json!(-1.5)] {
            let mut row = of_tomorrow();
            row["course"][part] = value.clone();
            let mut incident = read(&row).unwrap_or_else(|| panic!("{part} {value}"));
            incident.seq += 1;
            let written: Value = serde_json::from_str(&incident.to_row().unwrap()).unwrap();
            assert_eq!(written["course"][part], value, "{part}");
        }
    }
}

#[test]
fn a_row_without_what_an_incident_needs_is_none() {
    for part in
        ["id", "source", "log_group", "covered", "window_start", "opened_at", "resolved_at", "seq"]
    {
        for value in [json!("tomorrow:x"), json!({"a": 1})] {
            let mut row = of_tomorrow();
            row[part] = value.clone();
            let is_text = value.is_string() && ["id", "log_group"].contains(&part);
            assert_eq!(read(&row).is_some(), is_text, "{part} {value}");
        }
    }
    assert_eq!(Incident::of_row("no JSON"), None);
}

#[test]
fn a_row_of_this_version_keeps_nothing() {
    let row = of_tomorrow();
    let mut known = read(&row).unwrap();
    known.history.original = crate::lenient::Original::default();
    let json = known.to_row().unwrap();
    let again = Incident::of_row(&json).unwrap();
    assert!(again.history.original.is_none());
    assert_eq!((again.to_row(), again), (Some(json), known));
}
