//! When a source is silent that should not be, and which requests then have no line. Pure.

use diagnosis::{ApiType, Timestamp};

use crate::counting::{ActiveHours, AuthoritativeLog, RegisteredLogs};
use crate::inventory::{ExecutionLogging, StageInfo};

/// Minutes between two checks of a source.
const CHECK_MINUTES: i64 = 5;

/// A source is busy if lines came in 20 of the 24 hours that end with its last line. A source that is often
/// quiet is silent for its own reasons most of the time, and asking about it would cost more than it tells.
const BUSY_HOURS: usize = 20;

/// Minutes after which a line that has not come in is missing. API Gateway writes access logs with a delay
/// of seconds to minutes, and CloudWatch Logs delivers them within seconds: 10 minutes are beyond both.
const DELIVERY_MINUTES: i64 = 10;

/// Minutes of a data point of the count. CloudWatch answers fastest for times that are multiples of it, and
/// a day of them are 288 points for each source.
const PERIOD_MINUTES: i64 = CHECK_MINUTES;

/// Requests of the last day are counted: after a weekend without any, those of Monday are enough.
const COUNTED_MINUTES: i64 = 24 * 60;

/// Minutes that a silent source is checked for: 8 days. A subscription that broke on a Friday is reported
/// until somebody has had a whole week to repair it.
const CHECKED_MINUTES: i64 = 8 * 24 * 60;

/// Whether sources are checked in this minute. It depends on nothing but the time, so that no number of
/// environments makes it more often.
pub(crate) fn is_due(now: Timestamp) -> bool {
    now.minute().rem_euclid(CHECK_MINUTES) == 0
}

/// The time in which no request of a busy source had a line, though all lines of it should be here by now:
/// from its last line, or a day ago, until the delivery delay before `now`. `None` for a source that is not
/// busy, not silent, or silent for less than a data point of the count.
pub(crate) fn silence(logs: &RegisteredLogs, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    let last = logs.last_minute()?;
    if logs.hours.in_day_until(ActiveHours::hour(last)) < BUSY_HOURS {
        return None;
    }
    let to = (now.minute() - DELIVERY_MINUTES).div_euclid(PERIOD_MINUTES) * PERIOD_MINUTES;
    // Requests of the minute of the last line may have had lines.
    let after_last = -(-(last + 1)).div_euclid(PERIOD_MINUTES) * PERIOD_MINUTES;
    let from = after_last.max(to - COUNTED_MINUTES);
    (from < to).then(|| (Timestamp::of_minute(from), Timestamp::of_minute(to)))
}

/// Until when a silent source stays registered.
pub(crate) fn kept_until(last_minute: i64) -> Timestamp {
    Timestamp::of_minute(last_minute + CHECKED_MINUTES)
}

/// Whether each request of the stage has a line in the log that the source's lines came from: only then do
/// requests without lines mean that lines are missing. An access log has one, an execution log if it has
/// more than failures.
pub(crate) fn has_a_line_per_request(stage: &StageInfo, logs: &RegisteredLogs) -> bool {
    let Some(log_group) = logs.log_group() else { return false };
    // The metrics of REST APIs go by the API's name.
    if stage.api_type == ApiType::Rest && stage.api_name.is_none() {
        return false;
    }
    match logs.last_minute().map(|last| logs.authoritative_log(last)) {
        Some(AuthoritativeLog::Access) => stage.access_log_group.as_deref() == Some(log_group),
        Some(AuthoritativeLog::Execution) => {
            stage.execution_logging == Some(ExecutionLogging::Info)
                && stage.execution_log_group() == log_group
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::{ApiType, Timestamp};

    use super::{has_a_line_per_request, is_due, silence};
    use crate::counting::AuthoritativeLog::{Access, Execution};
    use crate::counting::RegisteredLogs;
    use crate::inventory::{ExecutionLogging, StageInfo};

    /// 14:00 on some day.
    const TWO: i64 = 24 * 60 * 20_000 + 14 * 60;

    fn at(minute: i64) -> Timestamp {
        Timestamp::of_minute(minute)
    }

    /// A source with a line in each of so many hours, the last of them in this minute.
    fn busy(hours: i64, last: i64) -> RegisteredLogs {
        let mut logs = RegisteredLogs::default();
        for ago in (0..hours).rev() {
            logs.note(Access, "/shop", last - ago * 60);
        }
        logs
    }

    #[test]
    fn a_busy_source_is_silent_when_all_its_lines_should_be_here() {
        for (hours, last, now, counted) in [
            // lines of 14:00 to 14:05 may come until 14:15
            (24, TWO, TWO + 14, None),
            (24, TWO - 1, TWO + 14, None),
            (24, TWO - 1, TWO + 15, Some((TWO, TWO + 5))),
            (24, TWO - 1, TWO + 19, Some((TWO, TWO + 5))),
            (24, TWO - 1, TWO + 20, Some((TWO, TWO + 10))),
            // requests of the last line's minute may have had lines
            (24, TWO, TWO + 15, None),
            (24, TWO, TWO + 20, Some((TWO + 5, TWO + 10))),
            (24, TWO + 4, TWO + 20, Some((TWO + 5, TWO + 10))),
            (20, TWO - 1, TWO + 15, Some((TWO, TWO + 5))),
            (19, TWO - 1, TWO + 15, None),
            (1, TWO - 1, TWO + 15, None),
            // however long it lasts, it was busy before; the count is of the last day
            (24, TWO - 1, TWO + 24 * 60, Some((TWO, TWO + 24 * 60 - 10))),
            (24, TWO - 1, TWO + 72 * 60, Some((TWO + 48 * 60 - 10, TWO + 72 * 60 - 10))),
            // a clock that is behind
            (24, TWO + 100, TWO, None),
        ] {
            let found = silence(&busy(hours, last), at(now));
            let wanted = counted.map(|(from, to)| (at(from), at(to)));
            assert_eq!(found, wanted, "{hours} hours, last {last}, now {now}");
        }
        assert_eq!(silence(&RegisteredLogs::default(), at(TWO)), None);
    }

    #[test]
    fn a_source_that_is_quiet_four_hours_a_night_is_busy() {
        let mut logs = RegisteredLogs::default();
        for minute in (0..48 * 60).filter(|minute| minute / 60 % 24 >= 4) {
            logs.note(Access, "/shop", TWO + minute);
        }
        assert!(silence(&logs, at(TWO + 48 * 60 + 30)).is_some());
    }

    #[test]
    fn sources_are_checked_once_in_five_minutes() {
        let due: Vec<i64> = (0..20).filter(|minute| is_due(at(TWO + minute))).collect();
        assert_eq!(due, [0, 5, 10, 15]);
    }

    #[test]
    fn requests_without_lines_mean_something_where_each_has_a_line() {
        let info = Some(ExecutionLogging::Info);
        let stage = |api_type, execution_logging| StageInfo {
            api_name: Some("orders".to_owned()),
            access_log_group: Some("/shop".to_owned()),
            execution_logging,
            ..StageInfo::named("a1b2c3d4e5", "prod", api_type)
        };
        let group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
        let unnamed = StageInfo { api_name: None, ..stage(ApiType::Rest, info) };
        let unnamed_http = StageInfo { api_name: None, ..stage(ApiType::Http, info) };
        for (stage, notes, wanted) in [
            (stage(ApiType::Rest, None), &[(Access, "/shop")][..], true),
            (stage(ApiType::Http, None), &[(Access, "/shop")], true),
            (stage(ApiType::Rest, None), &[], false),
            // the access log goes somewhere else now
            (stage(ApiType::Rest, None), &[(Access, "/elsewhere")], false),
            // an execution log may have failures only, or say nothing of requests
            (stage(ApiType::Rest, info), &[(Execution, group)], true),
            (stage(ApiType::Rest, Some(ExecutionLogging::Errors)), &[(Execution, group)], false),
            (stage(ApiType::Rest, Some(ExecutionLogging::Off)), &[(Execution, group)], false),
            (stage(ApiType::Rest, None), &[(Execution, group)], false),
            (stage(ApiType::Rest, info), &[(Execution, "/shop")], false),
            (stage(ApiType::Rest, None), &[(Execution, group), (Access, "/shop")], true),
            // REST APIs are counted by name
            (unnamed, &[(Access, "/shop")], false),
            (unnamed_http, &[(Access, "/shop")], true),
        ] {
            let mut logs = RegisteredLogs::default();
            for (log, group) in notes {
                logs.note(*log, group, TWO);
            }
            assert_eq!(has_a_line_per_request(&stage, &logs), wanted, "{stage:?} {notes:?}");
        }
    }
}
