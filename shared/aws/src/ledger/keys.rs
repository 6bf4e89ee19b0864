//! Where each row lies. Names go through `#`, so `#` inside a part is percent-encoded: names of log
//! groups may hold it, and `a#b` must not become somebody else's key.

use std::ops::RangeInclusive;

use alerting::{
    BatchId, ChannelId, Incident, IncidentId, OutboxKey, OutboxRow, Severity, Source, hash,
};
use diagnosis::Cause;

/// The primary key of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

/// Sources are noted under this many partition keys, so that noting them is nobody's hot spot.
pub(super) const SOURCE_SHARDS: u64 = 4;

/// The partition key of rows that say which sources have open incidents.
pub(super) const OPEN_SOURCES: &str = "S#open";

/// The partition key of slots.
pub(super) const SLOTS: &str = "S#told";

/// The partition key of silences.
pub(super) const SILENCES: &str = "Q";

/// The partition key of the marks of unfinished transitions.
pub(super) const UNFINISHED: &str = "W";

/// The sort key of a source's version, among its incidents.
pub(super) const VERSION: &str = "-";

/// Minutes in keys are padded to this width, so that they sort as numbers do.
const MINUTE_DIGITS: usize = 10;

/// And milliseconds to this one: enough up to the year 9999.
const MILLIS_DIGITS: usize = 15;

/// The last minute of that width.
const LAST_MINUTE: i64 = 9_999_999_999;

fn part(name: &str) -> String {
    name.replace('%', "%25").replace('#', "%23")
}

fn of_source(prefix: &str, source: &Source) -> String {
    format!("{prefix}#{}", part(&source.to_string()))
}

fn of_minute(minute: i64) -> String {
    format!("{:0MINUTE_DIGITS$}", minute.clamp(0, LAST_MINUTE))
}

/// The partition key of a source's counters.
pub(super) fn counters(source: &Source) -> String {
    of_source("M", source)
}

/// The partition key of a source's breakdown.
pub(super) fn breakdown(source: &Source) -> String {
    of_source("D", source)
}

/// The partition key of a source's exemplars.
pub(super) fn exemplars(source: &Source) -> String {
    of_source("X", source)
}

/// The partition key of a source's incidents and its version.
pub(super) fn incidents(source: &Source) -> String {
    of_source("I", source)
}

/// The partition key of the causes that a source has had.
pub(super) fn causes_seen(source: &Source) -> String {
    of_source("N", source)
}

/// The row of the last good rules.
pub(super) fn rules() -> Key {
    Key { pk: "R".to_owned(), sk: "-".to_owned() }
}

/// The row of what is known of a log group.
pub(super) fn log_group(name: &str) -> Key {
    Key { pk: format!("G#{}", part(name)), sk: "-".to_owned() }
}

/// The row of the inventory refresh. No log group has an empty name.
pub(super) fn inventory_refresh() -> Key {
    Key { pk: "G".to_owned(), sk: "pass".to_owned() }
}

/// The row of which log groups the stack watches.
pub(super) fn attachment() -> Key {
    Key { pk: "G".to_owned(), sk: "attachment".to_owned() }
}

/// The sort key of what a batch adds to a minute.
pub(super) fn minute_and_shard(minute: i64, batch: BatchId) -> String {
    format!("{}#{:x}", of_minute(minute), batch.shard())
}

/// The sort key of an exemplar.
pub(super) fn minute_and_place(minute: i64, cause: Cause, place: u8) -> String {
    format!("{}#{cause}#{place:03}", of_minute(minute))
}

/// The place that an exemplar's sort key ends with.
pub(super) fn place(sk: &str) -> Option<u8> {
    sk.rsplit_once('#')?.1.parse().ok()
}

/// The sort keys of the minutes `from` to `to`. A bare minute sorts before everything of that minute, so
/// the range ends at the minute after. `None`: the range is empty, which DynamoDB takes for a mistake.
pub(super) fn minutes(from: i64, to: i64) -> Option<RangeInclusive<String>> {
    (from <= to && to >= 0).then(|| of_minute(from)..=of_minute(to.saturating_add(1)))
}

/// A key as it may be logged: of a phone number, the last four digits.
pub(super) fn shown(key: &str) -> String {
    let mut shown = String::new();
    let mut rest = key;
    while let Some((before, number)) = rest.split_once('+') {
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let hidden = digits.saturating_sub(4);
        shown.push_str(before);
        shown.push('\u{2026}');
        rest = &number[hidden..];
    }
    shown + rest
}

/// The minute that a sort key begins with.
pub(super) fn minute(sk: &str) -> Option<i64> {
    sk.get(..MINUTE_DIGITS)?.parse().ok()
}

/// The partition keys of noted sources.
pub(super) fn source_shard(shard: u64) -> String {
    format!("S#{shard}")
}

/// The row that notes a source.
pub(super) fn registered_source(source: &Source) -> Key {
    let name = source.to_string();
    let shard = hash::of(&[name.as_bytes()]) % SOURCE_SHARDS;
    Key { pk: source_shard(shard), sk: part(&name) }
}

/// The row that an incident has while it is open, so that the sweep finds its source.
pub(super) fn open_source(incident: &Incident) -> Key {
    let source = part(&incident.source.to_string());
    Key { pk: OPEN_SOURCES.to_owned(), sk: format!("{source}#{}", incident_sk(incident)) }
}

/// A slot. Those of critical incidents have the keys that one set of slots for all severities had.
pub(super) fn slot(severity: Severity, place: u8) -> Key {
    let sk = match severity {
        Severity::Critical => format!("{place:03}"),
        other => format!("{}#{place:03}", other.as_str()),
    };
    Key { pk: SLOTS.to_owned(), sk }
}

/// The row of a signed request.
pub(super) fn press(request: &str) -> Key {
    Key { pk: format!("P#{}", part(request)), sk: "-".to_owned() }
}

/// The row of a silence.
pub(super) fn silence(id: &str) -> Key {
    Key { pk: SILENCES.to_owned(), sk: part(id) }
}

/// The row of a source's version.
pub(super) fn version(source: &Source) -> Key {
    Key { pk: incidents(source), sk: VERSION.to_owned() }
}

/// The row of an incident.
pub(super) fn incident(incident: &Incident) -> Key {
    Key { pk: incidents(&incident.source), sk: incident_sk(incident) }
}

/// The id is part of it: a new incident of the same cause must not replace the one before, whose minutes
/// are still needed for lines that come late.
fn incident_sk(incident: &Incident) -> String {
    format!("{}#{}", incident.opening_slug(), incident.id)
}

/// The partition key of what is owed on a channel.
pub(super) fn outbox(channel: &ChannelId) -> String {
    format!("O#{}", part(&channel.to_string()))
}

/// A row owed.
pub(super) fn outbox_row(row: &OutboxRow) -> Key {
    Key { pk: outbox(&row.channel), sk: outbox_sort_key(&row.key()) }
}

/// The sort key of a row owed: rows are read by opening, incident and number.
pub(super) fn outbox_sort_key(place: &OutboxKey) -> String {
    let OutboxKey { opened_at, incident, seq } = place;
    format!("{:0MILLIS_DIGITS$}#{incident}#{seq:020}", opened_at.as_millis())
}

/// The sort keys of all rows behind a place. A number is followed by the next one, and `~` by no digit.
pub(super) fn outbox_behind(place: &OutboxKey) -> RangeInclusive<String> {
    let next = OutboxKey { seq: place.seq.saturating_add(1), ..place.clone() };
    outbox_sort_key(&next)..="~".to_owned()
}

/// The mark of an unfinished transition.
pub(super) fn unfinished(commit: &str) -> Key {
    Key { pk: UNFINISHED.to_owned(), sk: commit.to_owned() }
}

/// The partition key of the outbox rows that did not fit into a commit's transaction.
pub(super) fn put_aside(commit: &str) -> String {
    format!("{UNFINISHED}#{commit}")
}

/// The row that says whether a channel may be used.
pub(super) fn channel(channel: &ChannelId) -> Key {
    Key { pk: format!("C#{}", part(&channel.to_string())), sk: "-".to_owned() }
}

/// The row that counts the text messages of a day: to one number, or to all.
pub(super) fn sms_day(number: Option<&ChannelId>, day: i64) -> Key {
    let of = number.map_or_else(|| "all".to_owned(), ChannelId::to_string);
    Key { pk: format!("T#{}", part(&of)), sk: format!("{day:08}") }
}

/// The lease of an incident on a channel.
pub(super) fn lease(channel: &ChannelId, incident: &IncidentId) -> Key {
    Key { pk: format!("L#{}", part(&channel.to_string())), sk: incident.to_string() }
}

#[cfg(test)]
mod tests {
    use alerting::{BatchId, OutboxKey, Source};
    use diagnosis::{Cause, Timestamp};

    use super::{
        counters, minute, minute_and_place, minute_and_shard, minutes, outbox_behind,
        outbox_sort_key, place, shown,
    };

    #[test]
    fn different_names_have_different_keys() {
        let key = |name: &str| counters(&Source::LogGroup(name.to_owned()));
        assert_eq!(key("/aws/a b"), "M#group:/aws/a b");
        assert_eq!(key("a#b"), "M#group:a%23b");
        assert_eq!(key("a%23b"), "M#group:a%2523b");
        assert_eq!(key("a%2523b"), "M#group:a%252523b");
    }

    #[test]
    fn minutes_sort_as_numbers_and_ranges_hold_both_ends() {
        let batch = BatchId(u64::MAX);
        for (from, to, inside, outside) in [
            (9, 10, vec![9, 10], vec![8, 11, 90, 100]),
            (29_029_514, 29_029_514, vec![29_029_514], vec![29_029_513, 29_029_515]),
            (-5, 0, vec![0], vec![1]),
            (0, i64::MAX, vec![0, 29_029_514, 68_374_080], vec![]),
        ] {
            let range = minutes(from, to).unwrap();
            for at in inside {
                assert!(range.contains(&minute_and_shard(at, batch)), "{at} in {from} to {to}");
                assert!(range.contains(&minute_and_place(at, Cause::HighLatency, 255)));
            }
            for at in outside {
                assert!(!range.contains(&minute_and_shard(at, batch)), "{at} in {from} to {to}");
            }
        }
        assert_eq!(minutes(10, 9), None);
        assert_eq!(minutes(-9, -1), None);
    }

    #[test]
    fn a_key_is_shown_without_phone_numbers() {
        for (key, wanted) in [
            ("M#stage:a1b2c3d4e5/prod", "M#stage:a1b2c3d4e5/prod"),
            ("O#sms:+12025550123", "O#sms:\u{2026}0123"),
            ("a+1202555012#b+49301234567#c", "a\u{2026}5012#b\u{2026}4567#c"),
            ("+", "\u{2026}"),
            ("+12\u{e9}", "\u{2026}12\u{e9}"),
        ] {
            assert_eq!(shown(key), wanted);
        }
    }

    #[test]
    fn a_sort_key_tells_its_place() {
        for at in [0, 7, 128, 255] {
            assert_eq!(place(&minute_and_place(5, Cause::HighLatency, at)), Some(at));
        }
        assert_eq!(place("0029029514"), None);
    }

    #[test]
    fn rows_owed_sort_as_their_places_do() {
        let id = |digits: &str| serde_json::from_str(&format!("\"{digits}\"")).unwrap();
        let place = |millis: i64, incident: &str, seq: u64| OutboxKey {
            opened_at: Timestamp::from_millis(millis),
            incident: id(incident),
            seq,
        };
        let places = [
            place(9_000, "ffffffffffff", 1),
            place(10_000, "000000000001", 9),
            place(10_000, "000000000001", 10),
            place(10_000, "00000000000a", 1),
            place(253_402_300_799_000, "000000000000", u64::MAX),
        ];
        assert!(places.is_sorted());
        let keys = places.each_ref().map(outbox_sort_key);
        assert!(keys.is_sorted(), "{keys:?}");
        for (at, place) in places.iter().enumerate().take(4) {
            let behind: Vec<bool> =
                keys.iter().map(|key| outbox_behind(place).contains(key)).collect();
            assert_eq!(behind.iter().position(|inside| *inside), Some(at + 1), "{place:?}");
        }
    }

    #[test]
    fn a_sort_key_tells_its_minute() {
        for at in [0, 29_029_514, 68_374_080] {
            assert_eq!(minute(&minute_and_shard(at, BatchId(5))), Some(at));
        }
        for look_alike in ["", "-", "1", "incident#1", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(minute(look_alike), None, "{look_alike}");
        }
    }
}
