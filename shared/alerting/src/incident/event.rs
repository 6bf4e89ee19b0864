//! What happens to an incident that people may be notified of.

use diagnosis::Cause;
use serde::{Deserialize, Serialize};

use super::id::IncidentId;
use crate::rules::Severity;
use crate::source::Source;

diagnosis::closed_enum! {
    /// What happened to the incident.
    pub enum Event as "event" {
        /// It was opened.
        Opened = "opened",
        /// It changed so much that people must know: see [`Change`].
        Updated = "updated",
        /// It is still open.
        Reminded = "reminded",
        /// It is over.
        Resolved = "resolved",
    }
}

/// Why an incident is told again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The cause is known better than it was.
    Sharpened {
        /// The cause that was told before.
        from: Cause,
    },
    /// It has become more urgent.
    Worse {
        /// The severity that was told before.
        from: Severity,
    },
    /// Ten times as many errors as were told before.
    Grown {
        /// The errors that were told before.
        from: u64,
    },
    /// Other logs say more about the same cause.
    Explained,
    /// Other logs were looked into, and something keeps them from saying more.
    Unexplained,
    /// More critical incidents belong to the group.
    Joined {
        /// How many sources.
        members: u64,
    },
    /// Members of the group have resolved; others have not.
    Left {
        /// How many sources.
        members: u64,
    },
    /// It came back soon after it had been resolved.
    Reopened {
        /// How often by now.
        times: u32,
    },
}

/// One of the sources that fail together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StormMember {
    /// The API and its stage, or the log group.
    pub place: String,
    /// Why it fails.
    #[serde(deserialize_with = "crate::lenient::cause")]
    pub cause: Cause,
    /// Its errors.
    pub errors: u64,
    /// Its source; `None` in rows of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "crate::lenient::or_default")]
    pub source: Option<Source>,
    /// Its incident; `None` in rows of a version that did not keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<IncidentId>,
}
