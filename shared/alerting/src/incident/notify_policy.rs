//! Whether to notify people of an incident now, and if not, why not.
//!
//! What has changed and what has been announced are kept apart: a change is taken over at once, announcing
//! it may have to wait, and what is still unannounced then is announced. So nothing is lost by waiting, and
//! this one function decides for openings, updates, reminders, resolutions and groups alike.

use diagnosis::Timestamp;

use crate::incident::reason::ReasonChange;
use crate::incident::{Change, Event, Incident};
use crate::source::Source;

/// Two updates are at least 5 minutes apart.
const UPDATE_PAUSE_MS: i64 = 5 * MINUTE_MS;

/// Ten times the errors of the last notification are worth an update.
const GROWN_TIMES: u64 = 10;

const MINUTE_MS: i64 = 60_000;

diagnosis::closed_enum! {
    /// Why a notification is held back.
    pub enum Hold as "hold" {
        /// A silence matches the incident.
        Silenced = "silenced",
        /// A group of incidents announces it.
        InGroup = "in-group",
        /// A reminder is due, and somebody has acknowledged the incident.
        Acknowledged = "acknowledged",
        /// The last notification was less than 5 minutes ago.
        Paused = "paused",
        /// Too many incidents open at once: this one waits for a group.
        Slot = "slot",
        /// Its last error is more than a day old, or its lines arrived too late for an alert.
        Late = "late",
        /// Nothing has changed that a person would act on.
        Unchanged = "unchanged",
        /// The day's text messages are used up.
        SmsLimit = "sms-limit",
    }
}

/// What there is to announce.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Announcement {
    pub(crate) event: Event,
    pub(crate) change: Option<Change>,
}

impl From<Event> for Announcement {
    fn from(event: Event) -> Self {
        Self { event, change: None }
    }
}

impl From<Change> for Announcement {
    fn from(change: Change) -> Self {
        Self { event: Event::Updated, change: Some(change) }
    }
}

impl Announcement {
    /// What it is called in a [`Reason`](crate::incident::Reason) while `hold` holds it back.
    pub(crate) fn held_change(&self, hold: Hold) -> ReasonChange {
        match hold {
            // Nobody saw it end.
            Hold::Late if self.event == Event::Resolved => ReasonChange::Expired,
            _ => self.reason_change(),
        }
    }

    /// What it is called in a [`Reason`](crate::incident::Reason).
    pub(crate) const fn reason_change(&self) -> ReasonChange {
        match (self.event, &self.change) {
            (Event::Opened, _) => ReasonChange::Opened,
            (Event::Reminded, _) => ReasonChange::Reminder,
            (Event::Resolved, _) | (Event::Updated, Some(Change::Left { .. })) => {
                ReasonChange::Resolved
            }
            (Event::Updated, Some(Change::Worse { .. })) => ReasonChange::SeverityRaised,
            (Event::Updated, Some(Change::Reopened { .. })) => ReasonChange::Reopened,
            (
                Event::Updated,
                Some(Change::Sharpened { .. } | Change::Explained | Change::Unexplained),
            ) => ReasonChange::CauseIdentified,
            (Event::Updated, Some(Change::Grown { .. } | Change::Joined { .. }) | None) => {
                ReasonChange::Grew
            }
        }
    }
}

/// Whether a new incident may be announced by itself while others open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// It may, or nobody has asked yet.
    Free,
    /// The group that is open takes it in.
    InGroup,
    /// All slots are taken.
    Taken,
}

/// What the decision rests on, beside the incident.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    /// Its errors by now.
    pub(crate) errors: u64,
    /// Minutes after which an open incident is announced again.
    pub(crate) remind_every_minutes: i64,
    /// Whether a silence matches it.
    pub(crate) silenced: bool,
    /// Whether its last error is so old that nobody wants to hear of its end.
    pub(crate) late: bool,
    /// Whether it may be announced by itself.
    pub(crate) slot: Slot,
    /// Of a group: sources that no message has named, or that no text message has counted though one is due.
    pub(crate) joined: u64,
    /// Of a group: members whose end is to be said now.
    pub(crate) left: u64,
    /// Of a group that is over: what is left of it a group of a higher severity announces, to the same people.
    pub(crate) handed_over: bool,
}

/// What to do about an incident.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Decision {
    /// Notify people of this, now.
    Announce(Announcement),
    /// Say nothing. The announcement is what would be sent without the hold.
    Hold(Hold, Announcement),
}

impl Decision {
    /// Whether it would announce a new incident, for which a slot must be free. A group needs none.
    pub(crate) fn needs_slot(&self, incident: &Incident) -> bool {
        matches!(self, Self::Announce(Announcement { event: Event::Opened, .. }))
            && incident.source != Source::Everywhere
    }
}

/// Decides about an incident as it is from now on.
pub(crate) fn decide(incident: &Incident, at: &Circumstances, now: Timestamp) -> Decision {
    if !incident.is_open() {
        return resolution(incident, at);
    }
    let due = due(incident, at, now);
    let (Decision::Announce(announcement) | Decision::Hold(_, announcement)) = &due;
    let hold = if at.silenced {
        Hold::Silenced
    } else if incident.is_late() {
        Hold::Late
    } else if (incident.history.in_storm && !incident.is_notified()) || at.slot == Slot::InGroup {
        Hold::InGroup
    } else if at.slot == Slot::Taken {
        Hold::Slot
    } else {
        return due;
    };
    Decision::Hold(hold, announcement.clone())
}

/// The end of an incident: for those who were notified of its start, or could not be in time.
fn resolution(incident: &Incident, at: &Circumstances) -> Decision {
    let announcement = Event::Resolved.into();
    let hold = match incident.is_notified() {
        true if at.late => Hold::Late,
        true if at.handed_over => Hold::InGroup,
        true => return Decision::Announce(announcement),
        false if incident.history.in_storm => Hold::InGroup,
        false if at.silenced => Hold::Silenced,
        false if incident.is_late() && at.late => Hold::Late,
        false if incident.is_late() => return Decision::Announce(announcement),
        false => Hold::Unchanged,
    };
    Decision::Hold(hold, announcement)
}

/// What is due for an open incident that no silence and no group holds back.
fn due(incident: &Incident, at: &Circumstances, now: Timestamp) -> Decision {
    if !incident.is_notified() {
        return Decision::Announce(Event::Opened.into());
    }
    if let Some(change) = at_once(incident, at) {
        return Decision::Announce(change.into());
    }
    let silent_for = now.as_millis() - incident.last_notification().at.as_millis();
    let change = after_a_pause(incident, at.errors);
    if let Some(change) = &change
        && silent_for >= UPDATE_PAUSE_MS
    {
        return Decision::Announce(change.clone().into());
    }
    let reminder = || Announcement::from(Event::Reminded);
    let is_due = silent_for >= at.remind_every_minutes.saturating_mul(MINUTE_MS);
    match change {
        _ if is_due && incident.history.acknowledged.is_none() => Decision::Announce(reminder()),
        Some(change) => Decision::Hold(Hold::Paused, change.into()),
        None if is_due => Decision::Hold(Hold::Acknowledged, reminder()),
        None => Decision::Hold(Hold::Unchanged, reminder()),
    }
}

/// A change that does not wait for the pause between two updates.
fn at_once(incident: &Incident, at: &Circumstances) -> Option<Change> {
    let last = incident.last_notification();
    // The last that people heard is that it was over.
    if incident.history.returns > last.returns {
        return Some(Change::Reopened { times: incident.history.returns });
    }
    // The channels of the new severity have not heard of it at all.
    if incident.severity > last.severity {
        return Some(Change::Worse { from: last.severity });
    }
    // What other logs say comes once, and is what whoever looks at the incident waits for.
    let evidence = &incident.history.evidence;
    if evidence.findings > last.findings {
        let same_cause = incident.cause == last.cause;
        let sharpened = Change::Sharpened { from: last.cause };
        return Some(if same_cause { Change::Explained } else { sharpened });
    }
    if evidence.announces_gaps && !last.gaps {
        return Some(Change::Unexplained);
    }
    if at.joined > 0 {
        return Some(Change::Joined { members: at.joined });
    }
    (at.left > 0).then_some(Change::Left { members: at.left })
}

/// A change that is announced at most once in [`UPDATE_PAUSE_MS`].
fn after_a_pause(incident: &Incident, errors: u64) -> Option<Change> {
    let last = incident.last_notification();
    if incident.cause != last.cause {
        return Some(Change::Sharpened { from: last.cause });
    }
    let has_grown = last.errors > 0 && errors >= last.errors.saturating_mul(GROWN_TIMES);
    has_grown.then_some(Change::Grown { from: last.errors })
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Confidence, Timestamp};

    use super::{Announcement, Circumstances, Decision, Hold, MINUTE_MS, Slot, decide};
    use crate::incident::{
        Acknowledged, Change, Event, History, Incident, IncidentId, LastNotification,
    };
    use crate::rules::Severity;
    use crate::source::Source;

    fn now() -> Timestamp {
        Timestamp::from_millis(1_741_770_840_000)
    }

    /// A warning that was announced 10 minutes ago, of 10 errors.
    fn announced() -> Incident {
        let source = Source::LogGroup("/shop".to_owned());
        let at = now().plus_millis(-10 * MINUTE_MS);
        let told = LastNotification {
            at,
            errors: 10,
            cause: Cause::LambdaTimedOut,
            severity: Severity::Warning,
            returns: 0,
            sources: 0,
            findings: 0,
            gaps: false,
        };
        Incident {
            id: IncidentId::new("1", &source, Cause::LambdaTimedOut, at.minute()),
            source,
            log_group: "/shop".to_owned(),
            rule: "some".to_owned(),
            severity: Severity::Warning,
            opening_cause: Cause::LambdaTimedOut,
            cause: Cause::LambdaTimedOut,
            confidence: Confidence::High,
            covered: vec![Cause::LambdaTimedOut],
            window_start: at.minute(),
            opened_at: at,
            resolved_at: None,
            seq: 1,
            history: History { notified: Some(told), ..History::default() },
        }
    }

    fn with(change: impl Fn(&mut Incident)) -> Incident {
        let mut incident = announced();
        change(&mut incident);
        incident
    }

    const AT: Circumstances = Circumstances {
        errors: 20,
        remind_every_minutes: 240,
        silenced: false,
        late: false,
        slot: Slot::Free,
        joined: 0,
        left: 0,
        handed_over: false,
    };

    #[test]
    fn an_incident_is_announced_or_held_for_a_reason() {
        let new = with(|incident| {
            incident.seq = 0;
            incident.history.notified = None;
        });
        let grouped =
            Incident { history: History { in_storm: true, ..new.history.clone() }, ..new.clone() };
        let worse = with(|incident| incident.severity = Severity::Critical);
        let just_announced = with(|incident| {
            incident.severity = Severity::Critical;
            if let Some(told) = &mut incident.history.notified {
                told.at = now().plus_millis(-MINUTE_MS);
            }
        });
        let back = with(|incident| incident.history.returns = 1);
        let acknowledged = with(|incident| {
            let by = "ann".to_owned();
            incident.history.acknowledged = Some(Acknowledged { by, at: now() });
        });
        let ended = |incident: &Incident| Incident { resolved_at: Some(now()), ..incident.clone() };
        let announce = |what: Announcement| Decision::Announce(what);
        let hold = |hold, what: Announcement| Decision::Hold(hold, what);
        let raised = || Announcement::from(Change::Worse { from: Severity::Warning });
        let opened = || Announcement::from(Event::Opened);
        let reminder = || Announcement::from(Event::Reminded);
        let resolved = || Announcement::from(Event::Resolved);
        let silenced = Circumstances { silenced: true, ..AT };
        let in_group = Circumstances { slot: Slot::InGroup, ..AT };
        let taken = Circumstances { slot: Slot::Taken, ..AT };
        let soon = Circumstances { remind_every_minutes: 10, ..AT };
        let tenfold = Circumstances { errors: 100, ..AT };
        let late = Circumstances { late: true, ..AT };
        let joined = Circumstances { joined: 3, ..AT };
        let tenfold_just_now = with(|incident| {
            if let Some(told) = &mut incident.history.notified {
                told.at = now().plus_millis(-MINUTE_MS);
            }
        });
        for (what, incident, at, wanted) in [
            ("new", &new, AT, announce(opened())),
            ("new and silenced", &new, silenced, hold(Hold::Silenced, opened())),
            ("new in a storm", &new, in_group, hold(Hold::InGroup, opened())),
            ("new without a slot", &new, taken, hold(Hold::Slot, opened())),
            ("left to a group", &grouped, AT, hold(Hold::InGroup, opened())),
            ("nothing new", &announced(), AT, hold(Hold::Unchanged, reminder())),
            ("a reminder", &announced(), soon, announce(reminder())),
            ("acknowledged", &acknowledged, soon, hold(Hold::Acknowledged, reminder())),
            ("acknowledged, nothing due", &acknowledged, AT, hold(Hold::Unchanged, reminder())),
            ("worse", &worse, AT, announce(raised())),
            ("worse just after an update", &just_announced, AT, announce(raised())),
            (
                "grown just after an update",
                &tenfold_just_now,
                tenfold,
                hold(Hold::Paused, Change::Grown { from: 10 }.into()),
            ),
            (
                "joined just after an update",
                &tenfold_just_now,
                joined,
                announce(Change::Joined { members: 3 }.into()),
            ),
            ("worse and silenced", &worse, silenced, hold(Hold::Silenced, raised())),
            ("grown", &announced(), tenfold, announce(Change::Grown { from: 10 }.into())),
            ("back", &back, AT, announce(Change::Reopened { times: 1 }.into())),
            ("over", &ended(&announced()), AT, announce(resolved())),
            ("over, silenced later", &ended(&announced()), silenced, announce(resolved())),
            ("over long ago", &ended(&announced()), late, hold(Hold::Late, resolved())),
            ("over, unannounced", &ended(&new), silenced, hold(Hold::Silenced, resolved())),
            ("over in a group", &ended(&grouped), AT, hold(Hold::InGroup, resolved())),
        ] {
            assert_eq!(decide(incident, &at, now()), wanted, "{what}");
        }
    }

    #[test]
    fn only_a_new_incident_of_a_source_needs_a_slot() {
        let group = with(|incident| incident.source = Source::Everywhere);
        let opened = Decision::Announce(Event::Opened.into());
        assert!(opened.needs_slot(&announced()));
        assert!(!opened.needs_slot(&group), "a group is what relieves the slots");
        assert!(!Decision::Announce(Event::Reminded.into()).needs_slot(&announced()));
        assert!(!Decision::Hold(Hold::Silenced, Event::Opened.into()).needs_slot(&announced()));
    }
}
