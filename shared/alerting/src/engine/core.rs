//! The engine itself: what it is made of, and how it is put together.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::counting::Diagnose;
use crate::engine::caches::{Holds, InForce, OncePerMinute, Remembered, SeenThisHour, Watched};
use crate::notify::{Channel, ChannelKind};
use crate::rules::{LogMode, Rules};
use crate::store::{DEFAULT_SMS_PER_NUMBER, Ledger, SmsLimits, UnreadableRow};

/// Which batches are taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// All of them: for recorded ones.
    Everything,
    /// Those of the engine's own account, from the log groups that the stack watches, as the ledger has
    /// them; all while it has none. Gatewatch's own groups are refused in any case: reading them would make
    /// every line write another.
    Watched {
        /// The log groups that Gatewatch itself writes to.
        own: Vec<String>,
    },
}

/// What does not change while the engine lives.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The AWS account, part of every incident's id.
    pub account: String,
    /// Which batches are taken in.
    pub accepted: Accepted,
    /// For links to the console.
    pub region: Option<String>,
    /// The thresholds, until the ledger keeps others: see [`Engine::with_stored_rules`].
    pub rules: Rules,
    /// Which lines are delivered.
    pub log_mode: LogMode,
}

/// One call of the engine.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Unique: names the holder of a lease.
    pub id: &'a str,
    /// When the caller will be stopped.
    pub deadline: Timestamp,
}

/// Counts, decides and sends, on a ledger, channels and a clock.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each switches one feature, in any combination")]
pub struct Engine<L, C, K> {
    pub(super) ledger: L,
    pub(super) channels: Vec<C>,
    pub(super) clock: K,
    pub(super) settings: Settings,
    pub(super) sms_limits: SmsLimits,
    pub(super) buttons: bool,
    pub(super) diagnose: Diagnose,
    pub(super) once_per_minute: OncePerMinute,
    pub(super) noted: SeenThisHour,
    pub(super) in_force: InForce,
    pub(super) has_stored_rules: bool,
    pub(super) has_inventory: bool,
    pub(super) remembered: Remembered,
    pub(super) watched: Watched,
    pub(super) holds: Holds,
    pub(super) explains_holds: bool,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// An engine that diagnoses as [`diagnosis::diagnose::line`] does.
    pub fn new(ledger: L, channels: Vec<C>, clock: K, settings: Settings) -> Self {
        let in_force = InForce::new(settings.rules.clone());
        let is_phone = |channel: &&C| channel.id().kind == ChannelKind::Sms;
        let phones = channels.iter().filter(is_phone).count();
        let sms_limits = SmsLimits::new(DEFAULT_SMS_PER_NUMBER, phones);
        Self {
            ledger,
            channels,
            clock,
            settings,
            sms_limits,
            buttons: false,
            diagnose: diagnosis::diagnose::line,
            once_per_minute: OncePerMinute::default(),
            noted: SeenThisHour::default(),
            in_force,
            has_stored_rules: false,
            has_inventory: false,
            remembered: Remembered::default(),
            watched: Watched::default(),
            holds: Holds::default(),
            explains_holds: false,
        }
    }

    /// The same engine with other limits for text messages.
    #[must_use]
    pub fn with_sms_limits(self, sms_limits: SmsLimits) -> Self {
        Self { sms_limits, ..self }
    }

    /// The same engine, whose living messages have buttons that act if somebody answers them.
    #[must_use]
    pub fn with_buttons(self, buttons: bool) -> Self {
        Self { buttons, ..self }
    }

    /// The same engine, which reads all numbers of an incident whose notification it holds back, for
    /// whoever asks why. Otherwise only what its row holds is reported.
    #[must_use]
    pub fn with_explained_holds(self) -> Self {
        Self { explains_holds: true, ..self }
    }

    /// The same engine with another diagnosis, for tests of what it does when one panics.
    #[must_use]
    pub fn with_diagnose(self, diagnose: Diagnose) -> Self {
        Self { diagnose, ..self }
    }

    /// The ledger.
    pub const fn ledger(&self) -> &L {
        &self.ledger
    }

    /// Whether the stack has a channel of this kind.
    pub(super) fn has_channel(&self, kind: ChannelKind) -> bool {
        self.channels.iter().any(|channel| channel.id().kind == kind)
    }

    /// The rows that could not be read since this was last called, each once.
    pub fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        self.ledger.unreadable_rows()
    }

    pub(super) fn time_left(&self, invocation: Invocation<'_>) -> i64 {
        invocation.deadline.as_millis() - self.clock.now().as_millis()
    }
}
