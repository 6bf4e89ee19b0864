//! An incident: one problem of one source, from its opening to its resolution.
//!
//! Its states: *pending* is no row at all (errors are counted, and no rule holds yet), *firing* is an open
//! row, *resolved* one with [`Incident::resolved_at`]. What else may be said of a firing one stands in its
//! [`History`]: acknowledged, flapping, never told because it is silenced or part of a storm.
//!
//! The trap: the row outlives the code that wrote it. Whatever is added to it needs a default that a row
//! without it means.

mod event;
mod history;
mod id;
pub(crate) mod interaction;
mod late;
mod members;
mod model;
pub(crate) mod next;
pub(crate) mod notify_policy;
mod numbers;
mod open_incident;
pub(crate) mod reason;
mod row;
mod silence;
pub(crate) mod storm;
mod totals;

pub use event::{Change, Event, StormMember};
pub use history::{Acknowledged, History, LastNotification, Limits, Members};
pub use id::{IncidentId, NotAnIncident};
pub use interaction::{Action, NotAButton, Target};
pub use model::{Incident, SourceState};
pub use notify_policy::Hold;
pub use open_incident::OpenIncident;
pub use reason::{Reason, ReasonChange, Threshold};
pub use silence::{BadSilence, Scope, Silence};
pub use totals::Totals;

pub(crate) use late::fresh_from;
pub(crate) use members::{MAX_LISTED, MAX_NAMED, place, shown_as, sources};
pub(crate) use model::FLAPPING_AFTER_RETURNS;
pub(crate) use silence::Fits;

#[cfg(test)]
mod tests;
