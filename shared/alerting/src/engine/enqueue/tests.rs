//! Who is owed what.

use std::collections::BTreeMap;

use diagnosis::{Cause, Confidence, Timestamp};

use crate::engine::{Accepted, Engine, Settings};
use crate::incident::{Change, Event, History, Incident, IncidentId, Reason, ReasonChange};
use crate::notify::{Channel, ChannelId, ChannelKind, Delivery, Facts, SendError, Sent, sample};
use crate::rules::{LogMode, Rules, Severity};
use crate::source::Source;
use crate::store::{Condition, MemoryLedger, OutboxRow};

struct Silent(ChannelId);

impl Channel for Silent {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, _delivery: Delivery<'_>) -> Result<Sent, SendError> {
        Ok(Sent::default())
    }
}

const NOW: i64 = 1_741_776_300_000;

/// The rows that a change owes where a critical incident goes to these kinds: channel, minutes until
/// it is due, and condition. Slack, two phones and email are configured.
fn pending(
    critical: &[ChannelKind],
    severity: Severity,
    event: Event,
    change: Option<Change>,
) -> Vec<(String, i64, Condition)> {
    let rows = rows(critical, severity, event, change, &[]);
    rows.into_iter()
        .map(|row| {
            let due = row.stand_in_at.unwrap_or(row.due);
            let minutes = (due.as_millis() - NOW) / 60_000;
            (row.channel.to_string(), minutes, row.condition)
        })
        .collect()
}

/// The same rows in full, of an incident that has notified these kinds before.
fn rows(
    critical: &[ChannelKind],
    severity: Severity,
    event: Event,
    change: Option<Change>,
    before: &[ChannelKind],
) -> Vec<OutboxRow> {
    rows_about(0, critical, severity, event, change, before)
}

/// The same for a group of so many sources.
fn rows_about(
    storm_sources: u64,
    critical: &[ChannelKind],
    severity: Severity,
    event: Event,
    change: Option<Change>,
    before: &[ChannelKind],
) -> Vec<OutboxRow> {
    let channels = vec![
        Silent(ChannelId::only(ChannelKind::Slack)),
        Silent(ChannelId::sms("+1".to_owned())),
        Silent(ChannelId::sms("+2".to_owned())),
        Silent(ChannelId::only(ChannelKind::Email)),
    ];
    let by_severity = BTreeMap::from([
        (Severity::Critical, critical.to_vec()),
        (Severity::Warning, vec![ChannelKind::Slack]),
    ]);
    let settings = Settings {
        account: "1".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules { channels: by_severity, ..Rules::built_in() },
        log_mode: LogMode::All,
    };
    let now = Timestamp::from_millis(NOW);
    let engine = Engine::new(MemoryLedger::default(), channels, || now, settings);
    let source = Source::LogGroup("/shop".to_owned());
    let incident = Incident {
        id: IncidentId::new("1", &source, Cause::LambdaTimedOut, 7),
        source,
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity,
        opening_cause: Cause::LambdaTimedOut,
        cause: Cause::LambdaTimedOut,
        confidence: Confidence::High,
        covered: vec![Cause::LambdaTimedOut],
        window_start: now.minute() - 4,
        opened_at: now,
        resolved_at: (event == Event::Resolved).then_some(now),
        seq: 1,
        history: History { channels: before.to_vec(), ..History::default() },
    };
    let facts = Facts { change, ..sample::facts(event, Cause::LambdaTimedOut) };
    let mut facts = Facts { event, storm_sources, ..facts };
    facts.incident.severity = severity;
    let reason = Reason::of_group(ReasonChange::Opened, &incident);
    let messages = engine.render(&facts);
    let rows = engine.enqueue(&incident, &facts, &reason, &messages, now);
    for row in &rows {
        assert_eq!(row.content.kind(), row.channel.kind);
    }
    rows
}

fn always(channel: &str) -> (String, i64, Condition) {
    (channel.to_owned(), 0, Condition::Always)
}

fn stands_in(channel: &str, due: i64, of: &[&str]) -> (String, i64, Condition) {
    let of = of.iter().map(|channel| channel.parse().unwrap()).collect();
    (channel.to_owned(), due, Condition::UnlessSentOn(of))
}

fn end(channel: &str) -> (String, i64, Condition) {
    (channel.to_owned(), 0, Condition::IfToldBefore)
}

#[test]
fn who_gets_what() {
    use ChannelKind::{Email, Slack, Sms};
    use Event::{Opened, Reminded, Resolved, Updated};
    use Severity::{Critical, Warning};
    let worse = || Some(Change::Worse { from: Warning });
    let grown = || Some(Change::Grown { from: 10 });
    let phones = || vec![always("sms:+1"), always("sms:+2")];
    let everybody = || [vec![always("slack")], phones(), vec![always("email")]].concat();
    let in_writing = || vec![always("slack"), always("email")];
    for (what, critical, severity, event, change, wanted) in [
        ("everybody", &[Slack, Sms, Email][..], Critical, Opened, None, everybody()),
        ("and its end", &[Slack, Sms, Email], Critical, Resolved, None, everybody()),
        // phones ring for nothing else
        ("more of it", &[Slack, Sms, Email], Critical, Updated, grown(), in_writing()),
        ("still open", &[Slack, Sms, Email], Critical, Reminded, None, in_writing()),
        ("critical only now", &[Slack, Sms, Email], Critical, Updated, worse(), everybody()),
        ("no page", &[Slack, Sms, Email], Warning, Opened, None, vec![always("slack")]),
        (
            "others stand in",
            &[Slack, Email],
            Critical,
            Opened,
            None,
            [
                in_writing(),
                vec![
                    stands_in("sms:+1", 5, &["slack", "email"]),
                    stands_in("sms:+2", 5, &["slack", "email"]),
                ],
            ]
            .concat(),
        ),
        (
            "and hear of the end",
            &[Slack, Email],
            Critical,
            Resolved,
            None,
            [in_writing(), vec![end("sms:+1"), end("sms:+2")]].concat(),
        ),
        ("but of nothing between", &[Slack, Email], Critical, Updated, grown(), in_writing()),
        (
            "nobody to wait for",
            &[],
            Critical,
            Opened,
            None,
            vec![
                stands_in("slack", 0, &[]),
                stands_in("sms:+1", 0, &[]),
                stands_in("sms:+2", 0, &[]),
                stands_in("email", 0, &[]),
            ],
        ),
    ] {
        assert_eq!(pending(critical, severity, event, change), wanted, "{what}");
    }
}

#[test]
fn a_reopening_is_for_everyone_who_may_have_heard_of_the_end() {
    use ChannelKind::{Email, Slack, Sms};
    use Event::{Opened, Resolved, Updated};
    use Severity::{Critical, Warning};
    let back = || Some(Change::Reopened { times: 1 });
    let all = [Slack, Sms, Email];
    let phones = |row: fn(&str) -> (String, i64, Condition)| vec![row("sms:+1"), row("sms:+2")];
    let others = vec![end("sms:+1"), end("sms:+2"), end("email")];
    let everybody = || [vec![always("slack")], phones(always), vec![always("email")]].concat();
    let own = ["sms:+1", "sms:+2"];
    for (what, critical, severity, event, change, before, wanted) in [
        // also phones, although it is an update
        ("all channels", &all[..], Critical, Updated, back(), &all[..], everybody()),
        (
            "a warning, now critical by SMS alone",
            &[Sms],
            Critical,
            Updated,
            back(),
            &[Slack],
            [phones(always), vec![stands_in("slack", 5, &own), stands_in("email", 5, &own)]]
                .concat(),
        ),
        (
            "a warning, whoever stood in",
            &all,
            Warning,
            Updated,
            back(),
            &[],
            [vec![always("slack")], others].concat(),
        ),
        // the end, where rules have changed meanwhile
        ("no one else", &all, Warning, Resolved, None, &[], vec![always("slack")]),
        ("itself", &all, Warning, Resolved, None, &[Slack], vec![always("slack")]),
        (
            "by email before",
            &all,
            Warning,
            Resolved,
            None,
            &[Slack, Email],
            vec![always("slack"), end("email")],
        ),
        ("an opening is not", &all, Warning, Opened, None, &all, vec![always("slack")]),
    ] {
        let found = rows(critical, severity, event, change, before);
        let found: Vec<_> = found
            .into_iter()
            .map(|row| {
                let due = row.stand_in_at.unwrap_or(row.due);
                assert!(row.stand_in_at.is_none() || row.due == Timestamp::from_millis(NOW));
                assert_eq!(row.critical_opening, event != Resolved && severity == Critical);
                let minutes = (due.as_millis() - NOW) / 60_000;
                (row.channel.to_string(), minutes, row.condition)
            })
            .collect();
        assert_eq!(found, wanted, "{what}");
    }
}

#[test]
fn a_phone_stands_in_for_the_opening_of_a_group_and_not_for_each_of_its_messages() {
    let joined = Change::Joined { members: 40 };
    let worse = Change::Worse { from: Severity::Warning };
    let reopened = Change::Reopened { times: 1 };
    for (event, change, phones) in [
        (Event::Opened, None, 2),
        (Event::Updated, Some(joined), 0),
        (Event::Updated, Some(worse), 0),
        (Event::Updated, Some(reopened), 2),
    ] {
        let slack_only = [ChannelKind::Slack];
        let rows = rows_about(9, &slack_only, Severity::Critical, event, change.clone(), &[]);
        let texts = rows.iter().filter(|row| row.channel.kind == ChannelKind::Sms).count();
        assert_eq!(texts, phones, "{event:?} {change:?}");
    }
}
