//! What many runs came to.

use std::fmt;

use crate::run::Outcome;

/// The sum over many seeds.
pub(crate) struct Summary {
    runs: u64,
    pub(crate) messages: usize,
    criticals: usize,
    /// The longest time until a critical incident was named, and the seed.
    worst: (i64, u64),
    blind_resolutions: usize,
    most_in_a_second: usize,
    /// With `SIMULATION_KEEP_GOING`, failed seeds are listed and do not end the run.
    pub(crate) goes_on_after_failures: bool,
    /// The seeds that failed, with the first violation of each.
    pub(crate) failed: Vec<(u64, String)>,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            runs: 0,
            messages: 0,
            criticals: 0,
            worst: (0, 0),
            blind_resolutions: 0,
            most_in_a_second: 0,
            goes_on_after_failures: std::env::var_os("SIMULATION_KEEP_GOING").is_some(),
            failed: Vec::new(),
        }
    }
}

impl Summary {
    pub(crate) fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.runs += 1;
        self.messages += outcome.messages;
        self.criticals += outcome.bound.criticals;
        self.worst = self.worst.max((outcome.bound.worst_ms, seed));
        self.blind_resolutions += outcome.bound.blind_resolutions;
        self.most_in_a_second = self.most_in_a_second.max(outcome.bound.most_in_a_second);
        let mut violations = outcome.violations.iter().map(String::as_str);
        let Some(first) = violations.next() else { return };
        let mut kinds: Vec<&str> =
            outcome.violations.iter().filter_map(|v| v.split(':').next()).collect();
        kinds.dedup();
        let (scenario, kinds) = (outcome.scenario, kinds.join(" "));
        self.failed.push((seed, format!("[{scenario}] {kinds} | {first}")));
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (seed, violation) in &self.failed {
            writeln!(f, "seed {seed}: {violation}")?;
        }
        let (worst, seed) = self.worst;
        write!(
            f,
            "{} runs, {} messages, {} critical incidents, the last of them named after {}.{:03} s (seed \
             {seed}); {} resolutions while lines were missing; up to {} messages a second on one channel",
            self.runs,
            self.messages,
            self.criticals,
            worst / 1_000,
            worst % 1_000,
            self.blind_resolutions,
            self.most_in_a_second,
        )
    }
}
