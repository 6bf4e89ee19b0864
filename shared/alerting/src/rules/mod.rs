//! Thresholds: which causes, how many, what share, how long. They come from a TOML [`document`], the
//! user's or the one that is built in.

mod built_in;
pub mod document;
mod glob;
mod log_mode;
mod matcher;
mod model;
mod wilson;

use diagnosis::Cause;

use crate::counting::CauseCounts;

pub use document::{Document, Problem};
pub use glob::Glob;
pub use log_mode::LogMode;
pub use matcher::Matcher;
pub use model::{CountBy, PAST_MINUTES, Rate, Rule, RuleKind, Rules, Severity};
pub use wilson::wilson_lower_bound;

/// The cause that names an incident: most errors, a specific one before an unattributed one.
pub fn leading(errors: &CauseCounts) -> Option<Cause> {
    errors
        .iter()
        .max_by_key(|&(&cause, &count)| {
            (count, !cause.is_unattributed(), std::cmp::Reverse(cause.index()))
        })
        .map(|(&cause, _)| cause)
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::{CauseCounts, leading};

    #[test]
    fn the_leading_cause_has_most_errors_and_is_specific_on_a_tie() {
        let counts = |pairs: &[(Cause, u64)]| pairs.iter().copied().collect::<CauseCounts>();
        let (specific, vague) = (Cause::LambdaTimedOut, Cause::BadGatewayUnattributed);
        assert_eq!(leading(&counts(&[])), None);
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 3)])), Some(specific));
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 4)])), Some(vague));
    }
}
