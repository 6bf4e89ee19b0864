//! How stages are kept: short keys, and each format once, since the stages of one log group nearly always
//! share theirs.

use diagnosis::ApiType;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::inventory::{ExecutionLogging, StageInfo};
use crate::lenient;

#[derive(Serialize, Deserialize)]
struct Stored {
    formats: Vec<String>,
    /// Without those of a kind of API that this version does not know.
    #[serde(deserialize_with = "lenient::known_items")]
    stages: Vec<StoredStage>,
}

#[derive(Serialize, Deserialize)]
struct StoredStage {
    #[serde(rename = "a")]
    api_id: String,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    api_name: Option<String>,
    #[serde(rename = "t")]
    api_type: ApiType,
    #[serde(rename = "s")]
    stage: String,
    #[serde(rename = "g", default, skip_serializing_if = "Option::is_none")]
    access_log_group: Option<String>,
    /// Its place among the formats.
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    format: Option<usize>,
    #[serde(
        rename = "x",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::or_default"
    )]
    execution_logging: Option<ExecutionLogging>,
}

pub(super) fn serialize<S: Serializer>(
    stages: &[StageInfo],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut formats: Vec<String> = Vec::new();
    let mut stored = Vec::new();
    for stage in stages {
        let format = stage.format.as_ref().map(|format| {
            formats.iter().position(|known| known == format).unwrap_or_else(|| {
                formats.push(format.clone());
                formats.len() - 1
            })
        });
        stored.push(StoredStage {
            api_id: stage.api_id.clone(),
            api_name: stage.api_name.clone(),
            api_type: stage.api_type,
            stage: stage.stage.clone(),
            access_log_group: stage.access_log_group.clone(),
            format,
            execution_logging: stage.execution_logging,
        });
    }
    Stored { formats, stages: stored }.serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<StageInfo>, D::Error> {
    let Stored { formats, stages } = Stored::deserialize(deserializer)?;
    let known = |stored: StoredStage| StageInfo {
        format: stored.format.and_then(|at| formats.get(at).cloned()),
        api_id: stored.api_id,
        api_name: stored.api_name,
        api_type: stored.api_type,
        stage: stored.stage,
        access_log_group: stored.access_log_group,
        execution_logging: stored.execution_logging,
    };
    Ok(stages.into_iter().map(known).collect())
}
