//! Which cause names an incident.

use diagnosis::Cause;

use crate::counting::CauseCounts;

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

    use super::leading;
    use crate::counting::CauseCounts;

    #[test]
    fn the_leading_cause_has_most_errors_and_is_specific_on_a_tie() {
        let counts = |pairs: &[(Cause, u64)]| pairs.iter().copied().collect::<CauseCounts>();
        let (specific, vague) = (Cause::LambdaTimedOut, Cause::BadGatewayUnattributed);
        assert_eq!(leading(&counts(&[])), None);
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 3)])), Some(specific));
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 4)])), Some(vague));
    }
}
