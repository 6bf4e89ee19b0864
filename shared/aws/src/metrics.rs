//! Metrics in CloudWatch's embedded metric format: one line of JSON on standard output becomes metrics
//! of the namespace `Gatewatch`, with one dimension, which tells stacks apart.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use diagnosis::Timestamp;
use serde_json::{Map, Value, json};

/// What a metric is of.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// One function, by its name.
    Function(&'a str),
    /// The whole stack, by its name: what either function does, and one alarm is to watch.
    Stack(&'a str),
}

/// Counts what happened. A count of zero is left out: a metric is paid for in each hour that has one.
pub fn count(now: Timestamp, of: Of<'_>, counts: &[(&'static str, u64)]) {
    if let Some(line) = line(now, of, counts) {
        #[expect(clippy::print_stdout, reason = "standard output is how metrics are handed over")]
        {
            println!("{line}");
        }
    }
}

fn line(now: Timestamp, of: Of<'_>, counts: &[(&'static str, u64)]) -> Option<Value> {
    let (dimension, value) = match of {
        Of::Function(name) => ("Function", name),
        Of::Stack(name) => ("Stack", name),
    };
    let counts: Vec<_> = counts.iter().filter(|(_, count)| *count > 0).collect();
    if counts.is_empty() {
        return None;
    }
    let metrics: Vec<Value> =
        counts.iter().map(|(name, _)| json!({"Name": name, "Unit": unit(name)})).collect();
    let mut line = Map::new();
    line.insert(
        "_aws".to_owned(),
        json!({
            "Timestamp": now.as_millis(),
            "CloudWatchMetrics": [
                {"Namespace": "Gatewatch", "Dimensions": [[dimension]], "Metrics": metrics}
            ],
        }),
    );
    line.insert(dimension.to_owned(), json!(value));
    line.extend(counts.iter().map(|(name, count)| ((*name).to_owned(), json!(count))));
    Some(Value::Object(line))
}

/// A metric that is not a count says so in its name.
fn unit(name: &str) -> &'static str {
    if name.ends_with("Seconds") { "Seconds" } else { "Count" }
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;
    use serde_json::json;

    use super::{Of, line};

    #[test]
    fn a_line_declares_each_metric_and_its_value() {
        let now = Timestamp::from_millis(1_741_770_847_123);
        let found = line(
            now,
            Of::Function("ingest"),
            &[("Lines", 100), ("Unreadable", 0), ("WaitSeconds", 3)],
        );
        let wanted = json!({
            "_aws": {
                "Timestamp": 1_741_770_847_123_i64,
                "CloudWatchMetrics": [{
                    "Namespace": "Gatewatch",
                    "Dimensions": [["Function"]],
                    "Metrics": [{"Name": "Lines", "Unit": "Count"}, {"Name": "WaitSeconds", "Unit": "Seconds"}],
                }],
            },
            "Function": "ingest",
            "Lines": 100,
            "WaitSeconds": 3,
        });
        assert_eq!(found, Some(wanted));
    }

    #[test]
    fn what_either_function_does_is_the_stacks() {
        let now = Timestamp::from_millis(0);
        let found = line(now, Of::Stack("gatewatch-prod"), &[("MessagesDead", 1)]).unwrap();
        assert_eq!(found["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack"]]));
        assert_eq!(found["Stack"], "gatewatch-prod");
    }

    #[test]
    fn nothing_is_printed_for_nothing() {
        assert_eq!(line(Timestamp::from_millis(0), Of::Function("ingest"), &[("Lines", 0)]), None);
        assert_eq!(line(Timestamp::from_millis(0), Of::Function("ingest"), &[]), None);
    }
}
