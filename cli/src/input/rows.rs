//! One row of a Logs Insights query: whatever columns were asked for.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_AnalyzeLogData-discoverable-fields.html>

use diagnosis::Timestamp;
use serde_json::{Map, Value};

use super::item::LogLine;

/// The log line that a row tells of: its `@message`, or, where that was not asked for, the fields that
/// were, which Insights names as the line's own JSON does.
pub(super) fn line(columns: impl Iterator<Item = (String, Value)>) -> LogLine {
    let mut line = LogLine::default();
    let mut fields = Map::new();
    for (name, value) in columns {
        match name.as_str() {
            "@message" => line.message = Some(text(value)),
            "@timestamp" => line.timestamp = time(&text(value)),
            "@logStream" => line.log_stream = Some(text(value)),
            // `123456789012:/aws/apigateway/shop`
            "@log" => line.log_group = text(value).split_once(':').map(|(_, name)| name.to_owned()),
            _ if name.starts_with('@') || value == "" => {}
            _ => drop(fields.insert(name, value)),
        }
    }
    if line.message.is_none() && !fields.is_empty() {
        line.message = Some(Value::Object(fields).to_string());
    }
    line
}

/// The console writes a message that is JSON as JSON.
fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

/// `2025-03-12 09:14:07.123`, which is UTC, or milliseconds since 1970.
fn time(text: &str) -> Option<Timestamp> {
    Timestamp::from_epoch(text)
        .or_else(|| Timestamp::from_rfc3339(&format!("{}Z", text.trim_end_matches('Z'))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::line;

    fn of(row: &Value) -> (Option<String>, Option<String>, Option<String>, Option<String>) {
        let read = line(row.as_object().unwrap().clone().into_iter());
        (read.message, read.timestamp.map(|time| time.to_string()), read.log_group, read.log_stream)
    }

    #[test]
    fn a_row_is_its_message_or_its_fields() {
        let some = |text: &str| Some(text.to_owned());
        let at = || some("2025-03-12T09:14:07.123Z");
        for (row, wanted) in [
            (
                json!({"@timestamp": "2025-03-12 09:14:07.123", "@message": "x", "@ptr": "Cm", "@log": "1:/shop", "@logStream": "s"}),
                (some("x"), at(), some("/shop"), some("s")),
            ),
            (
                json!({"@message": {"status": "500"}, "extra": "1"}),
                (some(r#"{"status":"500"}"#), None, None, None),
            ),
            (
                json!({"@timestamp": 1_741_770_847_123_i64, "status": "504", "error.message": "", "@ptr": "Cm"}),
                (some(r#"{"status":"504"}"#), at(), None, None),
            ),
            (json!({"@timestamp": "soon", "@log": "x"}), (None, None, None, None)),
        ] {
            assert_eq!(of(&row), wanted, "{row}");
        }
    }
}
