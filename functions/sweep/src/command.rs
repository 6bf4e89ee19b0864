//! What an invocation asks for. Pure.

use serde_json::Value;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// What the schedule asks for every minute, whatever it says in its event.
    Sweep,
    /// `{"gatewatch": "test-alert"}`, which the command line writes.
    TestAlert,
}

impl Asked {
    /// Reads the event. What is not exactly a request for something else is the schedule's: a sweep that
    /// is left out is worse than one too many.
    pub(crate) fn read(event: &Value) -> Self {
        match event.get("gatewatch").and_then(Value::as_str) {
            Some("test-alert") => Self::TestAlert,
            _ => Self::Sweep,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Asked;

    #[test]
    fn all_but_one_event_sweeps() {
        assert_eq!(Asked::read(&json!({"gatewatch": "test-alert"})), Asked::TestAlert);
        for event in [
            json!(null),
            json!("test-alert"),
            json!([{"gatewatch": "test-alert"}]),
            json!({}),
            json!({"gatewatch": "sweep"}),
            json!({"gatewatch": ["test-alert"]}),
            json!({"Gatewatch": "test-alert"}),
            json!({"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler"}),
        ] {
            assert_eq!(Asked::read(&event), Asked::Sweep, "{event}");
        }
    }
}
