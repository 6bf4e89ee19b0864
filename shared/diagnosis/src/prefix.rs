//! What stands before a message once a log has been exported: times and the columns of Logs Insights.
//!
//! CloudWatch itself puts nothing before a message. Exports and the console's Test pane do, each in its
//! own way, so execution and Lambda logs are read with or without it.

use jiff::tz::TimeZone;

use crate::Timestamp;

/// Takes the time off the beginning of a message, and what separates it from the rest.
/// Without one the message is returned as it is, without white space before it.
pub(crate) fn time(message: &str) -> (Option<Timestamp>, &str) {
    let message = message.trim_start();
    let after_row_number = without_row_number(message);
    for read in [insights, rfc3339, console] {
        if let Some((time, rest)) = read(after_row_number) {
            return (Some(time), rest.trim_start_matches(is_separator));
        }
    }
    (None, message)
}

/// Between the columns of an export: blanks, tabs, a new row, `|`.
fn is_separator(character: char) -> bool {
    character.is_whitespace() || matches!(character, '|' | ',')
}

/// Logs Insights numbers its rows in a column of their own.
fn without_row_number(message: &str) -> &str {
    match message.split_once('\t') {
        Some((number, rest)) if (1..=6).contains(&number.len()) && is_digits(number) => rest,
        _ => message,
    }
}

/// `2022-04-23T18:37:47.070+09:00`, `2017-06-05T13:57:47.369Z`.
fn rfc3339(message: &str) -> Option<(Timestamp, &str)> {
    let end = message.find(is_separator).unwrap_or(message.len());
    let (time, rest) = message.split_at(end);
    let looks_like_it = (20..=35).contains(&end)
        && time.as_bytes()[4] == b'-'
        && is_digits(time.get(..4)?)
        && time.contains('T');
    Some((Timestamp::from_rfc3339(time).filter(|_| looks_like_it)?, rest))
}

/// `2022-04-23 18:37:47.070`: UTC without saying so.
fn insights(message: &str) -> Option<(Timestamp, &str)> {
    let seconds = message.get(..19)?;
    let bytes = seconds.as_bytes();
    if bytes[4] != b'-' || bytes[10] != b' ' || bytes[13] != b':' || !is_digits(&seconds[..4]) {
        return None;
    }
    let rest = &message[19..];
    let fraction = rest
        .strip_prefix('.')
        .map_or(0, |digits| 1 + digits.bytes().take(9).take_while(u8::is_ascii_digit).count());
    let (fraction, rest) = rest.split_at(fraction);
    let time = Timestamp::from_rfc3339(&format!("{seconds}{fraction}Z"))?;
    rest.starts_with(is_separator).then_some((time, rest))
}

/// `Wed Nov 02 10:19:35 UTC 2022 : `, the Test pane of the console. The name of the day is not looked
/// at: examples that people have edited get it wrong.
fn console(message: &str) -> Option<(Timestamp, &str)> {
    let time = message.get(4..28)?;
    let rest = message[28..].trim_start().strip_prefix(':')?;
    let parsed = jiff::fmt::strtime::parse("%b %d %H:%M:%S UTC %Y", time).ok()?;
    let instant = parsed.to_datetime().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some((Timestamp::from_millis(instant.as_millisecond()), rest))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn every_way_of_putting_a_time_before_a_message() {
        for (message, at, rest) in [
            ("2017-06-05T13:57:47.369Z (id) x", Some("2017-06-05T13:57:47.369Z"), "(id) x"),
            ("2022-04-23T18:37:47.070+09:00\t(id) x", Some("2022-04-23T09:37:47.070Z"), "(id) x"),
            ("2023-10-27T14:40:57.744+01:00 | (id) x", Some("2023-10-27T13:40:57.744Z"), "(id) x"),
            ("2026-01-10T11:04:45.964Z\n(id) x", Some("2026-01-10T11:04:45.964Z"), "(id) x"),
            ("2022-04-23 18:37:47.070\t(id) x", Some("2022-04-23T18:37:47.070Z"), "(id) x"),
            ("7\t2022-04-23 18:37:47.070\t(id) x", Some("2022-04-23T18:37:47.070Z"), "(id) x"),
            ("Wed Nov 02 10:19:35 UTC 2022 : x", Some("2022-11-02T10:19:35.000Z"), "x"),
            ("Xxx Nov 02 10:19:35 UTC 2022 : x", Some("2022-11-02T10:19:35.000Z"), "x"),
            ("  x", None, "x"),
            ("", None, ""),
        ] {
            let (found, remains) = time(message);
            assert_eq!((found.map(|t| t.to_string()).as_deref(), remains), (at, rest), "{message}");
        }
    }

    #[test]
    fn look_alikes_are_part_of_the_message() {
        for message in [
            "2022-04-23T18:37:47",
            "2022-99-23T18:37:47.070Z x",
            "2022-04-23 18:37:47x",
            "2022-04-23 18:37",
            "Wed Nov 02 10:19:35 UTC 2022 x",
            "Wed Foo 02 10:19:35 UTC 2022 : x",
            "12345678\t2022-04-23 18:37:47.070\tx",
            "äöü Növ 02 10:19:35 UTC 2022 : x",
            "ééééééééééééééééééé",
        ] {
            assert_eq!(time(message), (None, message));
        }
    }
}
