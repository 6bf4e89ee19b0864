//! Reading what another version has written. Versions run side by side on one table while a stack is updated or
//! rolled back, so a row may hold values and fields that this version does not know.
//!
//! An unknown value is read as what does least harm: an unknown severity as critical, since nobody should miss
//! an alert for it. A row that is written back keeps what this version did not understand: see [`Original`].

use std::sync::Arc;

use diagnosis::{Cause, Confidence};
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Value};

use crate::counting::CauseCounts;
use crate::rules::Severity;

/// Objects that are maps from causes to counts: they change as a whole.
const MAPS: [&str; 1] = ["errors"];

fn known<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}

/// A value that the row can do without.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(known(Value::deserialize(deserializer)?).unwrap_or_default())
}

/// The items that this version knows.
pub(crate) fn known_items<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    Ok(Vec::<Value>::deserialize(deserializer)?.into_iter().filter_map(known).collect())
}

pub(crate) fn cause<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cause, D::Error> {
    Ok(known(Value::deserialize(deserializer)?).unwrap_or(Cause::Unknown))
}

/// Unknown causes are counted as unknown in the counters too, so that an incident that covers one has its errors.
pub(crate) fn causes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cause>, D::Error> {
    let mut causes: Vec<Cause> = Vec::new();
    for value in Vec::<Value>::deserialize(deserializer)? {
        causes.push(known(value).unwrap_or(Cause::Unknown));
    }
    Ok(causes)
}

pub(crate) fn cause_counts<'de, D>(deserializer: D) -> Result<CauseCounts, D::Error>
where
    D: Deserializer<'de>,
{
    let mut counts = CauseCounts::new();
    for (cause, count) in Map::deserialize(deserializer)? {
        let cause = cause.parse().unwrap_or(Cause::Unknown);
        *counts.entry(cause).or_default() += count.as_u64().unwrap_or(0);
    }
    Ok(counts)
}

pub(crate) fn severity<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Severity, D::Error> {
    Ok(known(Value::deserialize(deserializer)?).unwrap_or(Severity::Critical))
}

pub(crate) fn confidence<'de, D>(deserializer: D) -> Result<Confidence, D::Error>
where
    D: Deserializer<'de>,
{
    Ok(known(Value::deserialize(deserializer)?).unwrap_or(Confidence::Low))
}

/// A row as another version has written it, if it holds anything that this one does not understand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Original(Option<Arc<Both>>);

#[derive(Debug, PartialEq)]
struct Both {
    /// As it was read.
    row: Value,
    /// What this version would have written in its place.
    understood: Value,
}

impl Original {
    pub(crate) fn of(row: Value, understood: Value) -> Self {
        let is_understood = holds(&understood, &row);
        Self((!is_understood).then(|| Arc::new(Both { row, understood })))
    }

    /// The row to write: what this version has changed as it is now, everything else as it was read.
    pub(crate) fn with(&self, now: Value) -> Value {
        match &self.0 {
            None => now,
            Some(both) => merged(&both.row, &both.understood, now),
        }
    }

    /// A text of the row as it was read.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.row.get(name)?.as_str()
    }

    /// Whether there is nothing to keep.
    pub(crate) const fn is_none(&self) -> bool {
        self.0.is_none()
    }
}

/// Whether everything in `row` was understood.
fn holds(understood: &Value, row: &Value) -> bool {
    match (understood, row) {
        (Value::Object(understood), Value::Object(row)) => {
            let is_held = |(name, value)| understood.get(name).is_some_and(|it| holds(it, value));
            row.iter().all(is_held)
        }
        _ => understood == row,
    }
}

fn merged(row: &Value, understood: &Value, now: Value) -> Value {
    if *understood == now {
        // What is written today and was not then has its default: the version that reads it next knows it.
        return row.clone();
    }
    match (row, understood, now) {
        (Value::Object(row), Value::Object(understood), Value::Object(mut now)) => {
            for (name, value) in row {
                let written = match (understood.get(name), now.remove(name)) {
                    (Some(understood), Some(now))
                        if *understood != now && MAPS.contains(&name.as_str()) =>
                    {
                        now
                    }
                    (Some(understood), Some(now)) => merged(value, understood, now),
                    // This version does not write it any more.
                    (Some(_), None) => continue,
                    (None, now) => now.unwrap_or_else(|| value.clone()),
                };
                now.insert(name.clone(), written);
            }
            Value::Object(now)
        }
        (Value::Array(row), Value::Array(understood), Value::Array(now))
            if row.len() == understood.len() =>
        {
            let kept = |(at, item): (usize, Value)| match understood.get(at) {
                Some(understood) if *understood == item => row[at].clone(),
                _ => item,
            };
            Value::Array(now.into_iter().enumerate().map(kept).collect())
        }
        (_, _, now) => now,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Original;

    #[test]
    fn what_is_not_understood_is_written_back() {
        for (what, row, understood, now, written) in [
            (
                "a field",
                json!({"a": 1, "new": 2}),
                json!({"a": 1}),
                json!({"a": 3}),
                json!({"a": 3, "new": 2}),
            ),
            (
                "a value",
                json!({"a": "new", "b": 1}),
                json!({"a": "unknown", "b": 1}),
                json!({"a": "unknown", "b": 2}),
                json!({"a": "new", "b": 2}),
            ),
            (
                "a value that has changed",
                json!({"a": "new"}),
                json!({"a": "unknown"}),
                json!({"a": "known"}),
                json!({"a": "known"}),
            ),
            (
                "inside",
                json!({"a": {"b": 1, "new": 2}}),
                json!({"a": {"b": 1}}),
                json!({"a": {"b": 5}}),
                json!({"a": {"b": 5, "new": 2}}),
            ),
            (
                "in a list that grew",
                json!({"a": ["x", "new"]}),
                json!({"a": ["x", "unknown"]}),
                json!({"a": ["x", "unknown", "y"]}),
                json!({"a": ["x", "new", "y"]}),
            ),
            (
                "items left out",
                json!({"a": ["x", "new"], "b": 1}),
                json!({"a": ["x"], "b": 1}),
                json!({"a": ["x"], "b": 2}),
                json!({"a": ["x", "new"], "b": 2}),
            ),
            (
                "a field of today",
                json!({"new": 1}),
                json!({"a": null}),
                json!({"a": 7}),
                json!({"a": 7, "new": 1}),
            ),
            (
                "counts that moved",
                json!({"errors": {"new": 2, "x": 1}}),
                json!({"errors": {"unknown": 2, "x": 1}}),
                json!({"errors": {"unknown": 5, "x": 1}}),
                json!({"errors": {"unknown": 5, "x": 1}}),
            ),
            (
                "counts that did not",
                json!({"errors": {"new": 2}, "b": 1}),
                json!({"errors": {"unknown": 2}, "b": 1}),
                json!({"errors": {"unknown": 2}, "b": 2}),
                json!({"errors": {"new": 2}, "b": 2}),
            ),
            (
                "of another type",
                json!({"a": "many", "b": 1}),
                json!({"a": 0, "b": 1}),
                json!({"a": 0, "b": 2}),
                json!({"a": "many", "b": 2}),
            ),
        ] {
            let original = Original::of(row, understood);
            assert_eq!(original.with(now), written, "{what}");
        }
    }

    #[test]
    fn what_is_understood_is_not_kept() {
        for (row, understood) in [
            (json!({"a": 1}), json!({"a": 1})),
            (json!({"a": {"b": [1, 2]}}), json!({"a": {"b": [1, 2], "c": null}, "d": 0})),
        ] {
            let original = Original::of(row, understood);
            assert!(original.is_none());
            assert_eq!(original.with(Value::Null), Value::Null);
        }
    }
}
