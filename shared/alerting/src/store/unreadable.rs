//! Rows that cannot be read: set aside, so that nothing else waits for them, and reported.

use crate::notify::ChannelId;
use crate::source::Source;

/// A row that this version cannot read. It holds nothing of the row's content.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnreadableRow {
    /// What should be in it.
    pub kind: &'static str,
    /// The source, log group or kind of channel that it belongs to; empty for other rows.
    pub of: String,
    /// Its sort key, or its id.
    pub key: String,
}

/// Where a test puts a row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadRow {
    /// Among the incidents of a source.
    Incident(Source),
    /// Among the open incidents of all sources.
    OpenIncident(Source),
    /// Among a channel's messages, before all others.
    Message(ChannelId),
    /// Among the silences, with this id.
    Silence(String),
    /// In place of what is known of a log group.
    LogGroup(String),
    /// Among the exemplars of a source in a minute.
    Exemplar(Source, i64),
}

impl BadRow {
    /// As it is reported, with this key.
    pub fn reported(&self, key: &str) -> UnreadableRow {
        let (kind, of) = match self {
            Self::Incident(source) => ("incident", source.to_string()),
            Self::OpenIncident(_) => ("open incident", String::new()),
            Self::Message(channel) => ("message", channel.kind_name().to_owned()),
            Self::Silence(_) => ("silence", String::new()),
            Self::LogGroup(name) => ("log group", name.clone()),
            Self::Exemplar(source, _) => ("exemplar", source.to_string()),
        };
        UnreadableRow { kind, of, key: key.to_owned() }
    }
}
