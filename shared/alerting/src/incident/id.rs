//! What an incident is called.

use std::fmt;
use std::str::FromStr;

use diagnosis::Cause;
use serde::{Deserialize, Serialize};

use crate::hash;
use crate::source::Source;

/// 12 hex digits. The same problem that opens in the same minute has the same id, whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(String);

impl IncidentId {
    /// The id of an incident.
    pub fn new(account: &str, source: &Source, opening_cause: Cause, opening_minute: i64) -> Self {
        let source = source.to_string();
        let hash = hash::of(&[
            account.as_bytes(),
            source.as_bytes(),
            opening_cause.as_str().as_bytes(),
            &opening_minute.to_be_bytes(),
        ]);
        Self(format!("{:012x}", hash >> 16))
    }

    /// The id of made-up incidents.
    pub fn sample() -> Self {
        Self("4a1e069f87fd".to_owned())
    }

    /// Before every id.
    pub(crate) const fn first() -> Self {
        Self(String::new())
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no incident's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of an incident is 12 hex digits")]
pub struct NotAnIncident;

impl FromStr for IncidentId {
    type Err = NotAnIncident;

    fn from_str(id: &str) -> Result<Self, NotAnIncident> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let fits = id.len() == 12 && id.bytes().all(is_digit);
        fits.then(|| Self(id.to_owned())).ok_or(NotAnIncident)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
