//! What one environment remembers between invocations. Nothing depends on it: a cold start only reads and
//! writes some rows again.

mod causes_seen;
mod holds;
mod log_groups;
mod once_per_minute;
mod rules_in_force;
mod watched;

pub(super) use causes_seen::SeenThisHour;
pub(super) use holds::Holds;
pub(super) use log_groups::{Known, Remembered};
pub(super) use once_per_minute::OncePerMinute;
pub(super) use rules_in_force::InForce;
pub(super) use watched::Watched;
