//! How bad a run's world is. Each run has faults of its own, some none at all, so that a kind of fault is
//! seen alone as well as with others.

use fastrand::Rng;

/// Probabilities of faults, per call to the world unless said otherwise.
#[derive(Debug, Clone)]
pub(crate) struct Faults {
    /// The ledger throttles: the call has no effect.
    pub(crate) throttled: f64,
    /// The call takes effect and its answer is lost.
    pub(crate) answer_lost: f64,
    /// The invocation dies at the call.
    pub(crate) crash: f64,
    /// The invocation hangs at the call until its time is over.
    pub(crate) hang: f64,
    /// Slack and the others answer badly, per message.
    pub(crate) refused: f64,
    /// A message arrives and its answer does not, per message.
    pub(crate) send_ambiguous: f64,
    /// A batch is delivered a second time, per batch.
    pub(crate) repeated: f64,
    /// A batch comes late by hours, per batch.
    pub(crate) hours_late: f64,
    /// No sweep runs, per minute.
    pub(crate) sweep_missed: f64,
    /// Two sweeps run at once, per minute.
    pub(crate) sweep_twice: f64,
    /// The longest step, in milliseconds.
    pub(crate) slowest_step: i64,
    /// Clocks differ by up to so many milliseconds.
    pub(crate) skew: i64,
}

impl Faults {
    pub(crate) fn chosen(rng: &mut Rng) -> Self {
        // Most kinds are absent from most runs.
        let mut some = |most: f64| if rng.u8(..3) == 0 { rng.f64() * most } else { 0.0 };
        Self {
            throttled: some(0.2),
            answer_lost: some(0.2),
            crash: some(0.05),
            hang: some(0.01),
            refused: some(0.8),
            send_ambiguous: some(0.5),
            repeated: some(0.8),
            hours_late: some(0.5),
            sweep_missed: some(1.0),
            sweep_twice: some(1.0),
            slowest_step: [1, 50, 1_500][rng.usize(..3)],
            skew: [0, 0, 1_500][rng.usize(..3)],
        }
    }
}
