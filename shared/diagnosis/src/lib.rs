//! Why an Amazon API Gateway request failed, read from its log lines.
//!
//! ```
//! use diagnosis::{Cause, Reader, diagnose};
//!
//! let line = r#"{"status":"504","error.responseType":"INTEGRATION_TIMEOUT"}"#;
//! let read = Reader::default().line(line);
//! assert_eq!(diagnose::line(&read).cause, Cause::IntegrationTimeout);
//! ```
//!
//! Pure: no I/O, no clock, no randomness. [`decode`] opens the payload of a CloudWatch Logs subscription,
//! [`Reader`] reads its lines, [`diagnose`] names the cause, and the [`catalogue`] says what that means.
//! Everything in a log is hostile: no input makes any of these panic, and [`redact`] stands between a
//! log's text and everything that leaves the process.

mod access;
mod api_type;
pub mod catalogue;
mod cause;
mod closed;
pub mod decode;
pub mod diagnose;
mod execution;
mod field;
pub mod format;
pub mod join;
mod json;
mod lambda;
mod line;
mod plain_name;
mod prefix;
mod qualities;
pub mod redact;
mod time;

pub use access::{AccessRecord, Reader, Template, TemplateError, Unreadable, key_path};
pub use api_type::ApiType;
pub use cause::Cause;
pub use closed::UnknownId;
#[doc(hidden)]
pub use closed::macro_support;
pub use diagnose::{Diagnosis, Evidence, EvidenceField};
pub use execution::{ExecutionLine, api_and_stage_of};
pub use field::Field;
pub use join::{JoinedDiagnosis, JoinedEvidence, Joiner, Origin};
pub use lambda::{FunctionError, LambdaEvent, LambdaLine, Report, TellsOf};
pub use line::{Line, LogSource};
pub use plain_name::{is_plain_name, is_region};
pub use qualities::{Confidence, Family, Fault, RetryAdvice};
pub use time::Timestamp;
