//! Where requests are counted: one API stage, or, where a line does not name one, its log group. And the
//! one place that counts nothing itself: all of them together, for an incident over many sources.

use std::fmt;
use std::str::FromStr;

use diagnosis::{AccessRecord, Field, is_plain_name};

/// One API stage, or one log group, or all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// A stage that the line itself names.
    Stage {
        /// The API's id.
        api_id: String,
        /// The stage's name.
        stage: String,
    },
    /// A log group whose lines name no stage.
    LogGroup(String),
    /// Many sources at once: where a storm's incident lives. No line belongs here.
    Everywhere,
}

const EVERYWHERE: &str = "everywhere";

/// Longer ids and stages are not API Gateway's (ids: 10 characters, stages: 128).
const MAX_NAME: usize = 128;

impl Source {
    /// Where lines of a log group are counted that name no stage: the stage that a log group of
    /// execution logs is named after, else the log group.
    pub fn of_log_group(log_group: &str) -> Self {
        diagnosis::api_and_stage_of(log_group)
            .and_then(|(api_id, stage)| Self::stage_named(Some(api_id), Some(stage)))
            .unwrap_or_else(|| Self::LogGroup(log_group.to_owned()))
    }

    /// The stage that a record names, else that of its log group.
    pub fn of(record: &AccessRecord<'_>, of_group: &Self) -> Self {
        Self::stage_named(record.api_id(), record.get(Field::Stage))
            .unwrap_or_else(|| of_group.clone())
    }

    /// The stage of these names, if they may be names.
    pub(crate) fn stage_named(api_id: Option<&str>, stage: Option<&str>) -> Option<Self> {
        let api_id = api_id.filter(|id| is_plain_name(id, "-_", MAX_NAME))?;
        let stage = stage.filter(|stage| is_plain_name(stage, "-_$", MAX_NAME))?;
        Some(Self::Stage { api_id: api_id.to_owned(), stage: stage.to_owned() })
    }

    /// Whether a record belongs here; spares the allocations of [`Source::of`].
    pub fn is_of(&self, record: &AccessRecord<'_>, of_group: &Self) -> bool {
        match self {
            Self::Stage { api_id, stage }
                if record.get(Field::Stage) == Some(stage) && record.api_id() == Some(api_id) =>
            {
                true
            }
            Self::Everywhere => false,
            _ => match Self::stage_named(record.api_id(), record.get(Field::Stage)) {
                Some(named) => *self == named,
                None => self == of_group,
            },
        }
    }

    /// The API's id, where it is known.
    pub fn api_id(&self) -> Option<&str> {
        match self {
            Self::Stage { api_id, .. } => Some(api_id),
            Self::LogGroup(_) | Self::Everywhere => None,
        }
    }

    /// The stage, where it is known.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Stage { stage, .. } => Some(stage),
            Self::LogGroup(_) | Self::Everywhere => None,
        }
    }
}

/// `stage:<api id>/<stage>`, `group:<log group>` or `everywhere`; round-trips through
/// [`Source::from_str`].
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stage { api_id, stage } => write!(f, "stage:{api_id}/{stage}"),
            Self::LogGroup(name) => write!(f, "group:{name}"),
            Self::Everywhere => f.write_str(EVERYWHERE),
        }
    }
}

/// A key that no source writes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the key of a source")]
pub struct NotASource;

impl FromStr for Source {
    type Err = NotASource;

    fn from_str(key: &str) -> Result<Self, NotASource> {
        match key.split_once(':') {
            Some(("stage", rest)) => rest
                .split_once('/')
                .map(|(api_id, stage)| Self::Stage {
                    api_id: api_id.to_owned(),
                    stage: stage.to_owned(),
                })
                .ok_or(NotASource),
            Some(("group", name)) => Ok(Self::LogGroup(name.to_owned())),
            None if key == EVERYWHERE => Ok(Self::Everywhere),
            _ => Err(NotASource),
        }
    }
}

impl serde::Serialize for Source {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Source {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        key.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Reader;

    use super::Source;

    fn source_in(group: &str, line: &str) -> String {
        let group = Source::of_log_group(group);
        let record = Reader::default().read(line).unwrap();
        let source = Source::of(&record, &group);
        assert!(source.is_of(&record, &group), "{line}");
        source.to_string()
    }

    fn source(line: &str) -> String {
        source_in("/shop", line)
    }

    #[test]
    fn a_line_belongs_to_the_stage_it_names_else_to_its_log_group() {
        for (line, key) in [
            (r#"{"apiId":"a1b2c3d4e5","stage":"prod","status":"200"}"#, "stage:a1b2c3d4e5/prod"),
            (
                r#"{"domainName":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com","stage":"$default"}"#,
                "stage:a1b2c3d4e5/$default",
            ),
            (r#"{"apiId":"a1b2c3d4e5","status":"200"}"#, "group:/shop"),
            (r#"{"stage":"prod","status":"200"}"#, "group:/shop"),
            (r#"{"apiId":"-","stage":"-","status":"200"}"#, "group:/shop"),
            // hostile names do not become keys
            (r#"{"apiId":"a/b#c","stage":"prod"}"#, "group:/shop"),
            (r#"{"apiId":"a1b2c3d4e5","stage":"<!channel>"}"#, "group:/shop"),
        ] {
            assert_eq!(source(line), key, "{line}");
        }
    }

    #[test]
    fn what_names_no_stage_belongs_to_the_one_that_its_log_group_is_named_after() {
        for (group, line, key) in [
            (
                "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
                r#"{"status":"200"}"#,
                "stage:a1b2c3d4e5/prod",
            ),
            ("/aws/apigateway/a1b2c3d4e5/prod", r#"{"status":"200"}"#, "stage:a1b2c3d4e5/prod"),
            (
                "/aws/apigateway/a1b2c3d4e5/prod",
                r#"{"apiId":"f6g7h8i9j0","stage":"dev","status":"200"}"#,
                "stage:f6g7h8i9j0/dev",
            ),
            (
                "/aws/apigateway/orders/prod",
                r#"{"status":"200"}"#,
                "group:/aws/apigateway/orders/prod",
            ),
            (
                "API-Gateway-Execution-Logs_a1b2c3d4e5/<x>",
                r#"{"status":"200"}"#,
                "group:API-Gateway-Execution-Logs_a1b2c3d4e5/<x>",
            ),
        ] {
            assert_eq!(source_in(group, line), key, "{group} {line}");
        }
    }

    #[test]
    fn keys_round_trip() {
        for key in [
            "stage:a1b2c3d4e5/$default",
            "group:/aws/apigateway/a:b/c",
            "group:API-Gateway-Execution-Logs_x/prod",
            "group:everywhere",
            "everywhere",
        ] {
            assert_eq!(key.parse::<Source>().unwrap().to_string(), key);
        }
        for key in ["", "stage:abc", "other:abc"] {
            assert!(key.parse::<Source>().is_err(), "{key}");
        }
    }
}
