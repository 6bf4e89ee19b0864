//! How large a share is at least, judged from few numbers.

/// The lower end of the interval that the true share of errors lies in, with 95 % certainty on its side
/// (z = 1.645). One error of one request gives 0.27, so that a quiet night's only request is no outage.
/// <https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval>
pub fn wilson_lower_bound(errors: u64, requests: u64) -> f64 {
    const Z: f64 = 1.645;
    if requests == 0 {
        return 0.0;
    }
    let n = requests as f64;
    // Errors can outnumber requests where lines come late.
    let share = (errors as f64 / n).min(1.0);
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + Z * Z / n)).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::wilson_lower_bound;

    #[test]
    fn the_lower_bound_is_wary_of_small_numbers() {
        for (errors, requests, bound) in [
            (0, 0, 0.0),
            (0, 10, 0.0),
            (1, 1, 0.27),
            (3, 3, 0.53),
            (5, 10, 0.27),
            (5, 100, 0.025),
            (20, 1_000, 0.014),
            (7, 5, 0.65),
        ] {
            let found = wilson_lower_bound(errors, requests);
            assert!((found - bound).abs() < 0.006, "{errors} of {requests}: {found}");
        }
    }
}
