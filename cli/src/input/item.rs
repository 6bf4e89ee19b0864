//! What an input consists of: lines, and the ends of batches.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use diagnosis::Timestamp;

use crate::failure::Failure;

/// One log line and what its container says of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogLine {
    /// 1-based, over all inputs.
    pub(crate) number: u64,
    pub(crate) account: Option<String>,
    pub(crate) log_group: Option<String>,
    pub(crate) log_stream: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) timestamp: Option<Timestamp>,
    /// `None` for an event that holds none.
    pub(crate) message: Option<String>,
}

/// A line, or the end of a container that is one batch by itself.
#[derive(Debug)]
pub(crate) enum Item {
    Line(LogLine),
    EndOfBatch,
}

/// What lines are handed to.
pub(crate) type Take<'t> = dyn FnMut(Item) -> Result<(), Failure> + 't;

/// Why reading stopped, before the path is known.
#[derive(Debug)]
pub(super) enum Stopped {
    Io(io::Error),
    Malformed(String),
    Taker(Failure),
}

impl Stopped {
    pub(super) fn of(self, path: &Path) -> Failure {
        let path = path.to_owned();
        match self {
            Self::Io(error) => Failure::Read { path, error },
            Self::Malformed(reason) => Failure::Input { path, reason },
            Self::Taker(failure) => failure,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Taker(failure)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Bytes as text. The usual check comes first: it takes 16 bytes of ASCII at a time, the lossy one takes
/// them one by one, 4,000 instructions a line.
pub(super) fn lossy(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}
