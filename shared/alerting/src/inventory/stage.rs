//! What the account knows of an API's stage.

use diagnosis::ApiType;
use serde::{Deserialize, Serialize};

/// One stage of one API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageInfo {
    /// The API's id.
    pub api_id: String,
    /// The API's name.
    pub api_name: Option<String>,
    /// The kind of API.
    pub api_type: ApiType,
    /// The stage's name.
    pub stage: String,
    /// The log group that its access log goes to.
    pub access_log_group: Option<String>,
    /// What each line of its access log looks like.
    pub format: Option<String>,
    /// What its execution log tells; `None` where it is not known. HTTP APIs have none: `Off`.
    pub execution_logging: Option<ExecutionLogging>,
}

impl StageInfo {
    /// A stage of which nothing is known but which it is.
    pub fn named(api_id: &str, stage: &str, api_type: ApiType) -> Self {
        Self {
            api_id: api_id.to_owned(),
            api_name: None,
            api_type,
            stage: stage.to_owned(),
            access_log_group: None,
            format: None,
            execution_logging: None,
        }
    }

    /// The log group of its execution log, whether there is one or not.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html>
    pub fn execution_log_group(&self) -> String {
        match self.api_type {
            ApiType::WebSocket => format!("/aws/apigateway/{}/{}", self.api_id, self.stage),
            ApiType::Rest | ApiType::Http => {
                format!("API-Gateway-Execution-Logs_{}/{}", self.api_id, self.stage)
            }
        }
    }
}

/// What an execution log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExecutionLogging {
    /// Nothing.
    Off,
    /// Requests that failed.
    Errors,
    /// Every request.
    Info,
}
