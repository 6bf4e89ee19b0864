//! What to do with the rows that one incident owes on one channel: a pure decision, made under the lease.
//!
//! The rows that are due collapse into one message, because whoever reads it late wants to know how
//! things stand, and because a resolution never goes out without its firing: the note on a collapsed
//! message tells both.

use diagnosis::Timestamp;

use crate::incident::Event;
use crate::store::{Condition, MAX_SETTLED, OutboxRow};

/// After so long a message says nothing useful any more.
pub(super) const MAX_AGE_MS: i64 = 24 * 60 * 60 * 1_000;

/// What to do with the first rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Nothing is due.
    Wait,
    /// So many are not to be sent.
    Drop(usize, Why),
    /// So many go out as one message.
    Send {
        /// How many.
        rows: usize,
        /// Which of them has the content.
        sending: usize,
    },
}

/// Why rows are not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Somebody sent them.
    Sent,
    /// Another channel has told it.
    ToldElsewhere,
    /// This channel never told of the incident's opening, and was not meant to.
    NeverTold,
    /// They would only have edited a message that one behind them edits as well.
    Superseded,
    /// They are too old.
    Dead,
}

/// Decides. `rows` are all that is owed, in order; `last_sent` is the lease's; `notified_elsewhere` answers
/// the first row's [`Condition::UnlessSentOn`].
pub(super) fn decide(
    rows: &[OutboxRow],
    last_sent: u64,
    notified_elsewhere: bool,
    now: Timestamp,
) -> Decision {
    let sent = rows.iter().take_while(|row| row.seq <= last_sent).count();
    if sent > 0 {
        return Decision::Drop(sent.min(MAX_SETTLED), Why::Sent);
    }
    // An edit that failed rests, and what is told after it must not wait for that.
    let silent = rows.iter().take_while(|row| row.is_silent()).count();
    if silent > 0 && rows.get(silent).is_some_and(|row| row.due <= now) {
        return Decision::Drop(silent.min(MAX_SETTLED), Why::Superseded);
    }
    let due = rows
        .iter()
        .enumerate()
        // What stands in for others is decided on by itself.
        .take_while(|(at, row)| *at == 0 || !row.only_stands_in())
        // No other message names the members that this one does.
        .take_while(|(at, row)| *at == 0 || !(row.names_members || rows[0].names_members))
        .take_while(|(_, row)| row.due <= now)
        .take(MAX_SETTLED)
        .count();
    let (Some(first), Some(newest)) = (rows.first(), rows[..due].last()) else {
        return Decision::Wait;
    };
    if first.stands_in(last_sent) {
        if notified_elsewhere {
            return Decision::Drop(1, Why::ToldElsewhere);
        }
        if first.stand_in_at.is_some_and(|at| at > now) {
            return Decision::Wait;
        }
    }
    if first.condition == Condition::IfToldBefore && last_sent == 0 {
        return Decision::Drop(1, Why::NeverTold);
    }
    if now.as_millis() - newest.created_at.as_millis() > MAX_AGE_MS {
        return Decision::Drop(due, Why::Dead);
    }
    // A reminder adds nothing to what is only now told for the first time, and an edit tells nothing.
    let tells = |row: &OutboxRow| row.event != Event::Reminded && !row.is_silent();
    let sending = rows[..due].iter().rposition(tells);
    let sending = sending.or_else(|| rows[..due].iter().rposition(|row| !row.is_silent()));
    Decision::Send { rows: due, sending: sending.unwrap_or(due - 1) }
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Timestamp};

    use super::{Decision, MAX_AGE_MS, Why, decide};
    use crate::incident::Event::{self, Opened, Reminded, Resolved, Updated};
    use crate::incident::IncidentId;
    use crate::notify::{ChannelId, ChannelKind, Content};
    use crate::source::Source;
    use crate::store::{Condition, MAX_SETTLED, OutboxRow};

    const NOW: i64 = 1_741_770_840_000;

    /// A row that came to be owed and due so many milliseconds ago.
    fn row(seq: u64, event: Event, created: i64, due: i64, condition: Condition) -> OutboxRow {
        let source = Source::LogGroup("/shop".to_owned());
        OutboxRow {
            incident: IncidentId::new("1", &source, Cause::LambdaTimedOut, 7),
            opened_at: Timestamp::from_millis(NOW),
            seq,
            event,
            channel: ChannelId::only(ChannelKind::Slack),
            content: Content::Sms { body: String::new() },
            created_at: Timestamp::from_millis(NOW - created),
            due: Timestamp::from_millis(NOW - due),
            attempts: 0,
            condition,
            failure: None,
            names_members: false,
            stand_in_at: None,
            critical_opening: false,
            reason: None,
        }
    }

    fn due(seq: u64, event: Event) -> OutboxRow {
        row(seq, event, 1_000, 1_000, Condition::Always)
    }

    fn later(seq: u64, event: Event) -> OutboxRow {
        row(seq, event, 1_000, -1, Condition::Always)
    }

    fn old(seq: u64, event: Event) -> OutboxRow {
        row(seq, event, MAX_AGE_MS + 1, 1_000, Condition::Always)
    }

    fn stand_in(seq: u64, due: i64) -> OutboxRow {
        row(
            seq,
            Opened,
            300_000,
            due,
            Condition::UnlessSentOn(vec![ChannelId::only(ChannelKind::Email)]),
        )
    }

    fn end_of_stand_in(seq: u64) -> OutboxRow {
        row(seq, Resolved, 0, 0, Condition::IfToldBefore)
    }

    fn send(rows: usize, sending: usize) -> Decision {
        Decision::Send { rows, sending }
    }

    #[test]
    fn what_is_owed_and_what_is_done() {
        let barely = row(1, Opened, MAX_AGE_MS, 0, Condition::Always);
        for (what, rows, last_sent, wanted) in [
            ("nothing", vec![], 0, Decision::Wait),
            ("not due", vec![later(1, Opened)], 0, Decision::Wait),
            ("due", vec![due(1, Opened)], 0, send(1, 0)),
            ("the next", vec![due(2, Updated)], 1, send(1, 0)),
            ("sent by somebody", vec![due(1, Opened)], 1, Decision::Drop(1, Why::Sent)),
            ("some sent", vec![due(1, Opened), due(2, Resolved)], 1, Decision::Drop(1, Why::Sent)),
            ("sent though not due", vec![later(1, Opened)], 1, Decision::Drop(1, Why::Sent)),
            // collapse
            ("opened and resolved", vec![due(1, Opened), due(2, Resolved)], 0, send(2, 1)),
            ("opened and worse", vec![due(1, Opened), due(2, Updated)], 0, send(2, 1)),
            ("two updates", vec![due(2, Updated), due(3, Updated)], 1, send(2, 1)),
            ("opened and still open", vec![due(1, Opened), due(2, Reminded)], 0, send(2, 0)),
            ("reminders", vec![due(2, Reminded), due(3, Reminded)], 1, send(2, 1)),
            (
                "all of it",
                vec![due(1, Opened), due(2, Updated), due(3, Reminded), due(4, Resolved)],
                0,
                send(4, 3),
            ),
            ("a resolution waits", vec![later(1, Opened), due(2, Resolved)], 0, Decision::Wait),
            ("a part is due", vec![due(1, Opened), later(2, Resolved)], 0, send(1, 0)),
            ("its opening was given up", vec![due(2, Resolved)], 0, send(1, 0)),
            // age
            ("24 hours", vec![barely], 0, send(1, 0)),
            ("more", vec![old(1, Opened)], 0, Decision::Drop(1, Why::Dead)),
            (
                "all are old",
                vec![old(1, Opened), old(2, Resolved)],
                0,
                Decision::Drop(2, Why::Dead),
            ),
            ("its end is not", vec![old(1, Opened), due(2, Resolved)], 0, send(2, 1)),
            // what stands in for others, and its end
            ("others may still send", vec![stand_in(1, -1)], 0, Decision::Wait),
            ("they did not", vec![stand_in(1, 0)], 0, send(1, 0)),
            ("nor before the end", vec![stand_in(1, 0), end_of_stand_in(2)], 0, send(2, 1)),
            ("the end alone", vec![end_of_stand_in(2)], 0, Decision::Drop(1, Why::NeverTold)),
            ("the end of what was told", vec![end_of_stand_in(2)], 1, send(1, 0)),
            ("decided by itself", vec![due(1, Opened), stand_in(2, 0)], 0, send(1, 0)),
        ] {
            let now = Timestamp::from_millis(NOW);
            assert_eq!(decide(&rows, last_sent, false, now), wanted, "{what}");
        }
    }

    /// An edit of a living message that tells nothing, due in so many milliseconds.
    fn edit(seq: u64, due_in: i64) -> OutboxRow {
        let content = Content::SlackBot { message: serde_json::json!({}), reply: None };
        OutboxRow { content, ..row(seq, Updated, 1_000, -due_in, Condition::IfToldBefore) }
    }

    #[test]
    fn an_edit_holds_up_nothing_and_hides_nothing() {
        let superseded = |rows| Decision::Drop(rows, Why::Superseded);
        for (what, rows, last_sent, wanted) in [
            ("an edit", vec![edit(2, 0)], 1, send(1, 0)),
            ("one that failed", vec![edit(2, 1)], 1, Decision::Wait),
            ("of what was never told", vec![edit(2, 0)], 0, Decision::Drop(1, Why::NeverTold)),
            ("the newest shows all", vec![edit(2, 0), edit(3, 0)], 1, send(2, 1)),
            ("before an end", vec![edit(2, 1), due(3, Resolved)], 1, superseded(1)),
            ("before a reminder", vec![edit(2, 0), due(3, Reminded)], 1, superseded(1)),
            ("two of them", vec![edit(2, 1), edit(3, 0), due(4, Updated)], 1, superseded(2)),
            ("before what rests", vec![edit(2, 0), later(3, Updated)], 1, send(1, 0)),
            ("after an update", vec![due(2, Updated), edit(3, 0)], 1, send(2, 0)),
            ("after a reminder", vec![due(2, Reminded), edit(3, 0)], 1, send(2, 0)),
        ] {
            let now = Timestamp::from_millis(NOW);
            assert_eq!(decide(&rows, last_sent, false, now), wanted, "{what}");
        }
    }

    /// A reopening, on a channel that else stands in for others in so many milliseconds.
    fn back(seq: u64, stand_in_in: i64) -> OutboxRow {
        let at = Timestamp::from_millis(NOW + stand_in_in);
        OutboxRow { event: Updated, stand_in_at: Some(at), ..stand_in(seq, 0) }
    }

    #[test]
    fn a_reopening_is_sent_where_the_channel_has_notified_before_and_else_stands_in() {
        let elsewhere = Decision::Drop(1, Why::ToldElsewhere);
        for (what, rows, last_sent, notified_elsewhere, wanted) in [
            ("it had the end", vec![back(3, 300_000)], 2, true, send(1, 0)),
            ("it had the opening", vec![back(3, 300_000)], 1, false, send(1, 0)),
            ("it had nothing, others may send", vec![back(3, 1)], 0, false, Decision::Wait),
            ("others have sent", vec![back(3, 1)], 0, true, elsewhere),
            ("others have not in time", vec![back(3, 0)], 0, false, send(1, 0)),
            ("with an end that is late", vec![due(2, Resolved), back(3, 1)], 1, true, send(2, 1)),
            (
                "with everything before",
                vec![due(1, Opened), due(2, Resolved), back(3, 1)],
                0,
                false,
                send(3, 2),
            ),
            ("and its end", vec![back(3, 1), end_of_stand_in(4)], 2, true, send(2, 1)),
            (
                "an end that it never had",
                vec![end_of_stand_in(2), back(3, 1)],
                0,
                false,
                Decision::Drop(1, Why::NeverTold),
            ),
        ] {
            let now = Timestamp::from_millis(NOW);
            assert_eq!(decide(&rows, last_sent, notified_elsewhere, now), wanted, "{what}");
        }
    }

    #[test]
    fn what_names_members_is_sent_by_itself() {
        let names = |row: OutboxRow| OutboxRow { names_members: true, ..row };
        for (what, rows, last_sent, wanted) in [
            ("two lists", vec![names(due(1, Opened)), names(due(2, Updated))], 0, send(1, 0)),
            ("the second", vec![names(due(2, Updated)), due(3, Updated)], 1, send(1, 0)),
            ("a list behind", vec![due(1, Opened), names(due(2, Updated))], 0, send(1, 0)),
            ("before the end", vec![names(due(2, Updated)), due(3, Resolved)], 1, send(1, 0)),
            ("none of them", vec![due(1, Opened), due(2, Updated)], 0, send(2, 1)),
        ] {
            let now = Timestamp::from_millis(NOW);
            assert_eq!(decide(&rows, last_sent, false, now), wanted, "{what}");
        }
    }

    #[test]
    fn what_others_have_told_is_not_told_again() {
        let now = Timestamp::from_millis(NOW);
        let told = Decision::Drop(1, Why::ToldElsewhere);
        assert_eq!(decide(&[stand_in(1, 0)], 0, true, now), told);
        assert_eq!(decide(&[stand_in(1, 0), end_of_stand_in(2)], 0, true, now), told);
        assert_eq!(decide(&[stand_in(1, -1)], 0, true, now), Decision::Wait, "not yet");
        assert_eq!(decide(&[due(1, Opened)], 0, true, now), send(1, 0), "its own channel");
    }

    #[test]
    fn no_more_than_one_transaction_holds() {
        let rows: Vec<OutboxRow> = (1..=200).map(|seq| due(seq, Updated)).collect();
        let now = Timestamp::from_millis(NOW);
        assert_eq!(decide(&rows, 0, false, now), send(MAX_SETTLED, MAX_SETTLED - 1));
        assert_eq!(decide(&rows, 200, false, now), Decision::Drop(MAX_SETTLED, Why::Sent));
    }
}
