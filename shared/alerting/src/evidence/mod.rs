//! What other logs know of an incident: whether they are worth asking, what they told, and what they
//! could not tell.
//!
//! An access log says how a request ended and often not why. The execution log and the function's log say
//! more, and cost calls that every other tool in the account shares. So they are asked for a few requests
//! of an incident whose cause leaves a question, after people were told, in two rounds at most. Pure: see
//! [`Engine::gather_evidence`](crate::Engine::gather_evidence) for who asks.

mod account;
mod finding;
mod function_run;
mod gap;
mod lines;
mod log_query;
mod plan;
mod progress;

pub use account::{Account, Function, Integration};
pub use finding::Finding;
pub use function_run::FunctionRun;
pub use gap::{Gap, GapKind};
pub use log_query::{LogEvent, LogQuery};
pub use progress::EvidenceProgress;

pub(crate) use finding::find;
pub(crate) use lines::{FoundLine, Lines};
pub(crate) use plan::EvidencePlan;
pub(crate) use progress::{MAX_CALLS, MAX_MS, Round};

#[cfg(test)]
mod tests;
