//! How far a pass through the log groups is.

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

use crate::attachment::Patterns;
use crate::lenient;

/// A pass begins so long after the one before it began.
const EVERY_MS: i64 = 60 * 60_000;

/// Where a pass goes on: under which prefix, after which log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The place of the prefix among those of the patterns.
    pub(crate) prefix: usize,
    /// The last log group that is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) after: Option<String>,
}

/// What the stack watches, and how far it is attached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Goes up with each change, so that of two who change it at once one is first.
    pub version: u64,
    /// The log groups to attach.
    pub patterns: Patterns,
    /// Patterns that the stack no longer has, until what they matched is detached.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub leaving: Patterns,
    /// Whether the pass takes over filters of other names. Not right after a change of the stack: they may
    /// be those of the release before, which CloudFormation removes itself, or needs again on its way back.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub adopts: bool,
    /// Whether some could not be detached in this pass, which the next one tries again.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub incomplete: bool,
    /// When the pass began.
    pub started_at: Timestamp,
    /// Where it goes on; `None`: it is done.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub(crate) cursor: Option<Cursor>,
}

impl Attachment {
    /// What it is when the stack asks for these patterns: a new pass, which also detaches what only those
    /// before matched.
    pub fn changed(before: Option<&Self>, old: &Patterns, new: Patterns, now: Timestamp) -> Self {
        let known = before.map(|before| before.patterns.and(&before.leaving)).unwrap_or_default();
        Self {
            version: before.map_or(0, |before| before.version),
            leaving: known.and(old).without(&new),
            patterns: new,
            adopts: false,
            incomplete: false,
            started_at: now,
            cursor: Some(Cursor { prefix: 0, after: None }),
        }
    }

    /// The first version of one whose log groups are all attached. For tests.
    pub fn done(patterns: Patterns, now: Timestamp) -> Self {
        let begun = Self::changed(None, &Patterns::default(), patterns, now);
        Self { version: 1, cursor: None, ..begun }
    }

    /// Whether the pass has come to its end.
    pub const fn is_done(&self) -> bool {
        self.cursor.is_none()
    }

    /// The pass to go on with: itself, or the next. `None`: there is nothing to do yet.
    pub fn due(self, now: Timestamp) -> Option<Self> {
        if self.cursor.is_some() {
            return Some(self);
        }
        let age = now.as_millis() - self.started_at.as_millis();
        // A clock that was set back holds nothing up.
        (!(0..EVERY_MS).contains(&age)).then_some(Self {
            started_at: now,
            cursor: Some(Cursor { prefix: 0, after: None }),
            adopts: true,
            incomplete: false,
            ..self
        })
    }

    /// The pass is done.
    pub(super) fn finish(&mut self) {
        self.cursor = None;
        if !self.incomplete {
            self.leaving = Patterns::default();
        }
    }

    /// Whether lines of this log group are expected: those that are to be detached may still come.
    pub fn expects(&self, log_group: &str) -> bool {
        self.patterns.matches(log_group) || self.leaving.matches(log_group)
    }
}
