//! Metrics in CloudWatch's embedded metric format (EMF): a line of JSON on standard output becomes metrics
//! of the namespace `Gatewatch`.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

mod metric;

use std::collections::BTreeMap;

use diagnosis::Timestamp;
use serde_json::{Map, Value, json};

pub use metric::{Dimension, Metric, Row, Unit};

/// Emits the metrics of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// The function's name, for the dimension `Function`.
    pub function: String,
    /// The stack's name, for the dimension `Stack`.
    pub stack: String,
}

/// A dimension and its value.
type Place<'a> = (Dimension, &'a str);

impl Metrics {
    /// Prints one line for each set of dimensions. Values of the same metric become one, and zeros are left
    /// out: CloudWatch charges for each metric and hour with a value.
    pub fn emit(&self, now: Timestamp, values: &[(Metric, u64)]) {
        for line in self.lines(now, values) {
            #[expect(
                clippy::print_stdout,
                reason = "CloudWatch reads metrics from standard output"
            )]
            {
                println!("{line}");
            }
        }
    }

    fn lines(&self, now: Timestamp, values: &[(Metric, u64)]) -> Vec<Value> {
        let mut lines: BTreeMap<Vec<Place<'_>>, Vec<(Metric, u64)>> = BTreeMap::new();
        for &(metric, value) in values.iter().filter(|(_, value)| *value > 0) {
            let line = lines.entry(self.places(metric)).or_default();
            match line.iter_mut().find(|(known, _)| *known == metric) {
                Some((_, known)) => *known = metric.unit().merge(*known, value),
                None => line.push((metric, value)),
            }
        }
        lines.iter().map(|(places, values)| line(now, places, values)).collect()
    }

    fn places(&self, metric: Metric) -> Vec<Place<'_>> {
        let value = |dimension| match dimension {
            Dimension::Function => self.function.as_str(),
            Dimension::Stack => self.stack.as_str(),
            Dimension::Reason => metric.reason().unwrap_or_default(),
        };
        metric.dimensions().iter().map(|&dimension| (dimension, value(dimension))).collect()
    }
}

fn line(now: Timestamp, places: &[Place<'_>], values: &[(Metric, u64)]) -> Value {
    let dimensions: Vec<&str> = places.iter().map(|(dimension, _)| dimension.as_str()).collect();
    let metrics: Vec<Value> = values
        .iter()
        .map(|(metric, _)| json!({"Name": metric.name(), "Unit": metric.unit().as_str()}))
        .collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millis(),
            "CloudWatchMetrics": [
                {"Namespace": "Gatewatch", "Dimensions": [dimensions], "Metrics": metrics}
            ],
        }),
    );
    line.extend(places.iter().map(|(name, value)| (name.as_str().to_owned(), json!(value))));
    line.extend(values.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value))));
    Value::Object(line)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;
    use serde_json::{Value, json};

    use super::{Metric, Metrics};

    const NOW: i64 = 1_741_770_847_123;

    fn lines(values: &[(Metric, u64)]) -> Vec<Value> {
        let metrics = Metrics { function: "ingest".to_owned(), stack: "gatewatch-prod".to_owned() };
        metrics.lines(Timestamp::from_millis(NOW), values)
    }

    #[test]
    fn each_set_of_dimensions_has_a_line() {
        let declared = |dimensions: Value, metrics: Value| {
            json!({
                "Timestamp": NOW,
                "CloudWatchMetrics": [
                    {"Namespace": "Gatewatch", "Dimensions": [dimensions], "Metrics": metrics}
                ],
            })
        };
        let found = lines(&[
            (Metric::Lines, 100),
            (Metric::OldestUndeliveredSeconds, 3),
            (Metric::Errors, 2),
            (Metric::NotificationsHeld("silenced"), 4),
            (Metric::UnparseableLines, 0),
            (Metric::MessagesSent, 1),
            (Metric::NotificationsHeld("paused"), 5),
        ]);
        let counts = |names: &[&str]| -> Value {
            names.iter().map(|name| json!({"Name": name, "Unit": "Count"})).collect()
        };
        let wanted = [
            json!({
                "_aws": declared(json!(["Function"]), counts(&["Lines", "Errors"])),
                "Function": "ingest",
                "Lines": 100,
                "Errors": 2,
            }),
            json!({
                "_aws": declared(
                    json!(["Stack"]),
                    json!([
                        {"Name": "OldestUndeliveredSeconds", "Unit": "Seconds"},
                        {"Name": "MessagesSent", "Unit": "Count"},
                    ]),
                ),
                "Stack": "gatewatch-prod",
                "OldestUndeliveredSeconds": 3,
                "MessagesSent": 1,
            }),
            json!({
                "_aws": declared(json!(["Stack", "Reason"]), counts(&["NotificationsHeld"])),
                "Stack": "gatewatch-prod",
                "Reason": "paused",
                "NotificationsHeld": 5,
            }),
            json!({
                "_aws": declared(json!(["Stack", "Reason"]), counts(&["NotificationsHeld"])),
                "Stack": "gatewatch-prod",
                "Reason": "silenced",
                "NotificationsHeld": 4,
            }),
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_metric_has_one_value() {
        let [line] = &lines(&[
            (Metric::MessagesSent, 2),
            (Metric::OldestUndeliveredSeconds, 60),
            (Metric::MessagesSent, 3),
            (Metric::OldestUndeliveredSeconds, 20),
        ])[..] else {
            panic!("one line")
        };
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(), 2);
        assert_eq!(
            (&line["MessagesSent"], &line["OldestUndeliveredSeconds"]),
            (&json!(5), &json!(60))
        );
    }

    #[test]
    fn zeros_are_left_out() {
        assert!(lines(&[(Metric::Lines, 0), (Metric::MessagesSent, 0)]).is_empty());
        assert!(lines(&[]).is_empty());
    }
}
