//! What is known of a log group.

use diagnosis::{Timestamp, api_and_stage_of};
use serde::{Deserialize, Serialize};

use crate::inventory::StageInfo;
use crate::source::Source;

/// A row that was not written anew for so long is no longer believed.
pub const INVENTORY_TTL_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

/// A log group is known to be that of so many stages at most; with the formats of a few of them, that is
/// 200 KB at the very most and 20 KB as things are.
pub(crate) const MAX_STAGES: usize = 300;

/// Of the stages of one log group, so many different formats are kept. The lines of the others are read
/// by what they look like.
pub(crate) const MAX_FORMATS: usize = 8;

/// What is known of a log group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogGroupInventory {
    /// The stages whose access log goes there, and the one that it is the execution log of.
    #[serde(with = "crate::inventory::stored")]
    pub stages: Vec<StageInfo>,
    /// When that was written.
    pub refreshed_at: Timestamp,
}

impl LogGroupInventory {
    /// The stage that a source is.
    pub fn stage(&self, source: &Source) -> Option<&StageInfo> {
        let stage = (source.api_id()?, source.stage()?);
        self.stages.iter().find(|known| (known.api_id.as_str(), known.stage.as_str()) == stage)
    }

    /// The name of a source's API.
    pub fn api_name(&self, source: &Source) -> Option<&str> {
        let api_id = source.api_id()?;
        let mut of_api = self.stages.iter().filter(|known| known.api_id == api_id);
        of_api.find_map(|known| known.api_name.as_deref())
    }
}

/// Whether a log group is named after a stage's execution log.
pub(crate) fn is_execution_log(log_group: &str, stage: &StageInfo) -> bool {
    api_and_stage_of(log_group) == Some((stage.api_id.as_str(), stage.stage.as_str()))
        && stage.access_log_group.as_deref() != Some(log_group)
}
