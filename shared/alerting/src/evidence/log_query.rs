//! Log events that are asked for.

use diagnosis::Timestamp;

/// Which events of a log group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogQuery<'a> {
    /// The log group.
    pub log_group: &'a str,
    /// The stream; `None` for all of them.
    pub log_stream: Option<&'a str>,
    /// From this time on …
    pub from: Timestamp,
    /// … to this one, included.
    pub to: Timestamp,
    /// Events that contain one of these texts; all events if there are none. CloudWatch's filter patterns
    /// know no other way to ask for an id that stands anywhere in a line.
    pub any_of: &'a [&'a str],
    /// At most so many events.
    pub limit: usize,
}

/// One event of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// When it was written.
    pub time: Timestamp,
    /// The stream that it stands in.
    pub log_stream: String,
    /// Its text, as it was written.
    pub message: String,
}
