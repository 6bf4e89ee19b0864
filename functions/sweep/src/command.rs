//! The command in an invocation's event. Pure.

use serde_json::Value;

/// A command to the sweep function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Command {
    /// Sweep: the schedule's event.
    Sweep,
    /// Send a test alert: `{"gatewatch": "test-alert"}`, from `gatewatch test-alert`.
    TestAlert,
}

impl Command {
    /// Reads the command. Any event that is not exactly another command is a sweep: a missing sweep is worse
    /// than an extra one.
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

    use super::Command;

    #[test]
    fn all_events_but_one_are_sweeps() {
        assert_eq!(Command::read(&json!({"gatewatch": "test-alert"})), Command::TestAlert);
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
            assert_eq!(Command::read(&event), Command::Sweep, "{event}");
        }
    }
}
