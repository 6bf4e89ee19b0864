//! The faults of a run. Each seed switches a random subset of the kinds on, some seeds none at all, so
//! that a kind of fault is seen alone as well as with others.

use fastrand::Rng;

/// The share of the kinds that a seed switches on.
const DENSITIES: [f64; 6] = [0.0, 0.0, 0.1, 0.3, 0.6, 0.9];

/// Probabilities of faults, per call to the world unless said otherwise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// The ledger throttles: the call has no effect.
    pub(crate) throttled: f64,
    /// The call takes effect and its answer is lost.
    pub(crate) answer_lost: f64,
    /// The invocation dies at the call.
    pub(crate) crash: f64,
    /// The invocation hangs at the call until its time is over.
    pub(crate) hang: f64,
    /// A channel refuses a message, per message.
    pub(crate) refused: f64,
    /// A message arrives and its answer does not, per message.
    pub(crate) send_ambiguous: f64,
    /// A batch is delivered a second time, per batch.
    pub(crate) repeated: f64,
    /// A batch comes late by hours, per batch.
    pub(crate) hours_late: f64,
    /// A batch comes late by minutes, per batch.
    pub(crate) minutes_late: f64,
    /// No sweep runs, per minute.
    pub(crate) sweep_missed: f64,
    /// Two sweeps run at once, per minute.
    pub(crate) sweep_twice: f64,
    /// The longest step, in milliseconds, where that is longer than usual.
    pub(crate) slow_step: Option<i64>,
    /// Clocks are wrong by up to so many milliseconds.
    pub(crate) skew: i64,
    /// The ledger refuses the call for good: trying again does not help, says its answer.
    pub(crate) permanent: f64,
    /// One of a transaction's actions is refused, and with it all of them.
    pub(crate) cancelled: f64,
    /// The ledger throttles the rows of half of the sources, and after some minutes of the other half.
    pub(crate) hot_half: f64,
    /// One source's rows cannot be read, from the beginning to the end.
    pub(crate) bad_row: bool,
    /// A bot's message is deleted before its next edit, per message.
    pub(crate) lost_post: f64,
    /// Something does not answer for hours.
    pub(crate) outage: Option<Outage>,
    /// Lambda's retries have the request id of the first attempt.
    pub(crate) same_request_id: bool,
}

/// Something that does not answer for hours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outage {
    pub(crate) of: Down,
    /// Minutes of the run.
    pub(crate) from: i64,
    pub(crate) until: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Down {
    Ledger,
    Slack,
    Channels,
}

impl Faults {
    pub(crate) fn chosen(rng: &mut Rng) -> Self {
        let density = DENSITIES[rng.usize(..DENSITIES.len())];
        let is_on = |rng: &mut Rng| rng.f64() < density;
        let up_to = |most: f64, rng: &mut Rng| if is_on(rng) { rng.f64() * most } else { 0.0 };
        Self {
            throttled: up_to(0.2, rng),
            answer_lost: up_to(0.2, rng),
            crash: up_to(0.05, rng),
            hang: up_to(0.01, rng),
            refused: up_to(0.8, rng),
            send_ambiguous: up_to(0.5, rng),
            repeated: up_to(0.8, rng),
            hours_late: up_to(0.5, rng),
            minutes_late: up_to(0.5, rng),
            sweep_missed: up_to(1.0, rng),
            sweep_twice: up_to(1.0, rng),
            slow_step: is_on(rng).then_some(1_500),
            // Two clocks are up to 5 s apart.
            skew: if is_on(rng) { [500, 2_500][rng.usize(..2)] } else { 0 },
            permanent: up_to(0.02, rng),
            cancelled: up_to(0.3, rng),
            hot_half: up_to(0.9, rng),
            bad_row: is_on(rng) && rng.u8(..3) == 0,
            lost_post: up_to(0.5, rng),
            outage: (is_on(rng) && rng.u8(..3) == 0).then(|| Outage::chosen(rng)),
            same_request_id: is_on(rng),
        }
    }

    /// Whether the world works: batches may still come late or twice.
    pub(crate) fn is_calm(&self) -> bool {
        let calls = [self.throttled, self.answer_lost, self.crash, self.hang, self.refused];
        let others = [self.send_ambiguous, self.sweep_missed];
        let rows = [self.permanent, self.cancelled, self.hot_half];
        calls.iter().chain(&others).chain(&rows).all(|chance| *chance == 0.0)
            && self.slow_step.is_none()
            && self.outage.is_none()
    }
}

impl Outage {
    fn chosen(rng: &mut Rng) -> Self {
        let of = [Down::Ledger, Down::Slack, Down::Channels][rng.usize(..3)];
        let from = rng.i64(1..15);
        Self { of, from, until: from + rng.i64(30..6 * 60) }
    }
}
