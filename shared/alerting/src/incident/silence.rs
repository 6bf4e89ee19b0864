//! Silences: for a while, nobody is told of what fits.
//!
//! A silence hides, it forgets nothing: errors are counted and incidents opened as ever, and an incident
//! that is still open when its silence ends is told then.

use std::collections::BTreeMap;

use diagnosis::{Cause, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hash;
use crate::rules::Glob;
use crate::source::Source;

/// The longest silence: whoever wants a cause never to be told changes the rules.
const MAX_DAYS: i64 = 30;

/// Patterns in one list.
const MAX_PATTERNS: usize = 20;

/// Characters in a pattern, or in the author's name.
const MAX_CHARS: usize = 200;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is silenced: OR inside a list, AND between lists, an empty list means all. Patterns may hold `*`
/// and `?`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredScope")]
pub struct Scope {
    /// The API's id or its name, or the log group of lines that do not tell theirs.
    pub api: Vec<String>,
    /// The stage.
    pub stage: Vec<String>,
    /// The cause, as it is shown or as it was when the incident opened.
    pub cause: Vec<String>,
    /// The route. An incident fits if all its routes do: a silence for one route must not hide that
    /// others have broken.
    pub route: Vec<String>,
}

/// A scope as it is stored, perhaps by a version that knows more lists.
#[derive(Default, Deserialize)]
#[serde(default)]
struct StoredScope {
    api: Vec<String>,
    stage: Vec<String>,
    cause: Vec<String>,
    route: Vec<String>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A list that this version does not know: without it the silence would hide more than it should.
#[derive(Debug, thiserror::Error)]
#[error("a scope with a list of another version")]
struct UnknownList;

impl TryFrom<StoredScope> for Scope {
    type Error = UnknownList;

    fn try_from(stored: StoredScope) -> Result<Self, UnknownList> {
        let StoredScope { api, stage, cause, route, others } = stored;
        let means_all = |list: &Value| list.as_array().is_some_and(Vec::is_empty);
        let understood = others.values().all(means_all);
        understood.then_some(Self { api, stage, cause, route }).ok_or(UnknownList)
    }
}

/// A silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// 12 hex digits: the same scope has the same id, so that it is silenced once.
    pub id: String,
    /// What is silenced.
    pub scope: Scope,
    /// When it began.
    pub since: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Who wanted it.
    pub author: String,
}

/// A silence that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSilence {
    /// It would never begin.
    #[error("a silence must end after now")]
    Over,
    /// It would be forgotten while it hides outages.
    #[error(
        "a silence ends within {MAX_DAYS} days; what is never to be told belongs into the rules"
    )]
    TooLong,
    /// It would not fit its row.
    #[error(
        "a silence holds at most {MAX_PATTERNS} patterns a list, of {MAX_CHARS} characters each"
    )]
    TooMuch,
}

/// Whether a silence is about an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fits {
    No,
    Yes,
    /// If all its routes fit.
    ByRoutes,
}

impl Silence {
    /// A silence from now on.
    pub fn new(
        scope: Scope,
        now: Timestamp,
        until: Timestamp,
        author: &str,
    ) -> Result<Self, BadSilence> {
        if until <= now {
            return Err(BadSilence::Over);
        }
        if until.as_millis() - now.as_millis() > MAX_DAYS * DAY_MS {
            return Err(BadSilence::TooLong);
        }
        let lists = [&scope.api, &scope.stage, &scope.cause, &scope.route];
        let fits = |text: &str| text.chars().count() <= MAX_CHARS;
        if lists.iter().any(|list| list.len() > MAX_PATTERNS || !list.iter().all(|p| fits(p))) {
            return Err(BadSilence::TooMuch);
        }
        let author = author.chars().take(MAX_CHARS).collect();
        Ok(Self { id: id(&scope), scope, since: now, until, author })
    }

    pub(crate) fn is_on(&self, now: Timestamp) -> bool {
        now < self.until
    }

    /// Whether it is about an incident of this source with one of these causes.
    pub(crate) fn fits(
        &self,
        source: &Source,
        api_name: Option<&str>,
        log_group: &str,
        causes: [Cause; 2],
    ) -> Fits {
        let api = source.api_id().unwrap_or(log_group);
        let causes = causes.map(Cause::as_str);
        let fits = any(&self.scope.api, &[api, api_name.unwrap_or(api)])
            && any(&self.scope.stage, &[source.stage().unwrap_or_default()])
            && any(&self.scope.cause, &causes);
        match (fits, self.scope.route.is_empty()) {
            (false, _) => Fits::No,
            (true, true) => Fits::Yes,
            (true, false) => Fits::ByRoutes,
        }
    }

    /// Whether all of an incident's routes fit. One without a known route does not.
    pub(crate) fn fits_routes(&self, routes: &[(String, u64)]) -> bool {
        !routes.is_empty() && routes.iter().all(|(route, _)| any(&self.scope.route, &[route]))
    }
}

/// Whether one of the names fits one of the patterns, or there are none.
fn any(patterns: &[String], names: &[&str]) -> bool {
    patterns.is_empty()
        || patterns.iter().any(|pattern| {
            let pattern = Glob::new(pattern.as_str());
            names.iter().any(|name| pattern.matches(name))
        })
}

fn id(scope: &Scope) -> String {
    let json = serde_json::to_vec(scope).unwrap_or_default();
    format!("{:012x}", hash::of(&[&json]) >> 16)
}

#[cfg(test)]
mod tests;
