//! Any line, whatever format it is in: the one place that knows in which order the formats are tried.

use std::borrow::Cow;

use super::json;
use super::shape::Shape;
use super::{AccessRecord, Unreadable, clf, columns, csv, pairs, xml};
use crate::{Field, prefix};

/// Reads access records from lines.
#[derive(Debug, Default)]
pub struct Reader {
    pub(super) shape: Shape,
}

/// A format of text.
struct Format {
    read: for<'a> fn(&'a str) -> Option<AccessRecord<'a>>,
    /// Whether a line that cannot be read begins in this format, so that it has to count as broken. `None`:
    /// the format is too loose to know its beginnings.
    claims: Option<fn(&str) -> bool>,
}

impl Format {
    fn claims(&self, line: &str) -> bool {
        self.claims.is_some_and(|claims| claims(line))
    }
}

/// The formats that are not JSON. No line is in two of the first three; pairs and columns are looser,
/// so they come after.
const FORMATS: [Format; 5] = [
    Format { read: clf::read, claims: Some(clf::claims) },
    Format { read: csv::read, claims: Some(csv::claims) },
    Format { read: xml::read, claims: Some(xml::claims) },
    Format { read: pairs::read, claims: Some(pairs::claims) },
    Format { read: columns::read, claims: None },
];

impl Reader {
    /// Reads one line.
    pub fn read<'a>(&mut self, line: &'a str) -> Result<AccessRecord<'a>, Unreadable> {
        match line.trim_ascii_start().bytes().next() {
            None => Err(Unreadable::Empty),
            Some(b'{') => json::read_known(line, &mut self.shape),
            Some(b'[') => Err(Unreadable::Foreign),
            Some(_) => read_text(line).or_else(|why| self.read_exported(line).ok_or(why)),
        }
    }

    /// Reads a line where it stands in an envelope, if it has the shape of the line before. `None`: only
    /// its text can tell.
    pub(crate) fn read_escaped<'a>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        self.shape.read_escaped(line)
    }

    /// Reads a row pasted from Logs Insights: the event's time, a tab, the line. What other systems put
    /// behind a time and a tab may be JSON with a status too, so it must tell of a whole request.
    fn read_exported<'a>(&mut self, row: &'a str) -> Option<AccessRecord<'a>> {
        let (time, line) = prefix::time(row);
        let time = time.filter(|_| row[..row.len() - line.len()].ends_with('\t'))?;
        let mut record = if line.starts_with('{') {
            json::read_known(line, &mut self.shape).ok().filter(AccessRecord::tells_of_a_request)
        } else {
            read_text(line).ok()
        }?;
        if record.time().is_none() {
            record.set(Field::RequestTime, Cow::Owned(time.to_string()));
        }
        Some(record)
    }
}

fn read_text(line: &str) -> Result<AccessRecord<'_>, Unreadable> {
    FORMATS.iter().find_map(|format| (format.read)(line)).ok_or_else(|| {
        if FORMATS.iter().any(|format| format.claims(line)) {
            Unreadable::Broken
        } else {
            Unreadable::NotJson
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{FORMATS, Reader, Unreadable};

    /// The labelled lines that are text.
    fn labelled_lines() -> Vec<String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
        let sets = ["cases.jsonl", "unseen.jsonl"];
        let sets = sets.map(|set| std::fs::read_to_string(folder.join(set)).unwrap()).concat();
        sets.lines()
            .map(|case| serde_json::from_str::<serde_json::Value>(case).unwrap())
            .map(|case| case["line"].as_str().unwrap().to_owned())
            .filter(|line| !line.trim_ascii_start().starts_with(['{', '[']))
            .collect()
    }

    #[test]
    fn each_format_has_labelled_lines_and_broken_ones_if_it_claims_any() {
        let lines = labelled_lines();
        let first = |line: &String| FORMATS.iter().position(|format| (format.read)(line).is_some());
        let readers: Vec<Option<usize>> = lines.iter().map(first).collect();
        for (at, format) in FORMATS.iter().enumerate() {
            assert!(
                readers.contains(&Some(at)),
                "no labelled line that format {at} is first to read"
            );
            let mut unread = lines.iter().zip(&readers).filter(|(_, reader)| reader.is_none());
            assert!(
                format.claims.is_none() || unread.any(|(line, _)| format.claims(line)),
                "no labelled line that is broken and that format {at} claims"
            );
        }
    }

    #[test]
    fn a_row_pasted_from_a_query_is_read_as_the_line_in_it() {
        let json = r#"{"requestId":"a","status":"502","resourcePath":"/o"}"#;
        let clf = r#"203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET /o HTTP/1.1" 502 36 my-id"#;
        for (row, time) in [
            (format!("2025-03-12 10:00:00.123\t{json}"), "2025-03-12T10:00:00.123Z"),
            (format!("1\t2025-03-12 10:00:00.123\t{json}"), "2025-03-12T10:00:00.123Z"),
            (format!("2025-03-12 10:00:00.123\t{clf}"), "2025-03-12T09:14:07.000Z"),
        ] {
            let mut reader = Reader::default();
            let record = reader.read(&row).unwrap();
            assert_eq!(record.status(), Some(502), "{row}");
            assert_eq!(record.time().unwrap().to_string(), time, "{row}");
        }
        for row in [
            r#"2025-03-12T10:00:00.123Z	{"level":"ERROR","status":500}"#,
            r#"2025-03-12T10:00:00.123Z {"requestId":"a","status":"502","resourcePath":"/o"}"#,
            "2025-03-12 10:00:00.123\t",
        ] {
            assert_eq!(Reader::default().read(row).err(), Some(Unreadable::NotJson), "{row}");
        }
    }

    #[test]
    fn what_is_no_access_record_says_why() {
        let deep = "[".repeat(1_000);
        let deep_object = r#"{"a":"#.repeat(1_000);
        for (line, why) in [
            ("", Unreadable::Empty),
            (" \n", Unreadable::Empty),
            ("START RequestId: x", Unreadable::NotJson),
            (r#"an application's "quoted words" and a 500 36 x"#, Unreadable::NotJson),
            (r#"203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET /or"#, Unreadable::Broken),
            ("203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET,/or", Unreadable::Broken),
            (r#"<request id="6f1e"> <status>50"#, Unreadable::Broken),
            ("requestId: 6f1e, ip: 203.0.113.7, status: 50", Unreadable::Broken),
            (r#"["status","500"]"#, Unreadable::Foreign),
            (r#"{"level":"INFO","text":"status 500"}"#, Unreadable::Foreign),
            ("{}", Unreadable::Foreign),
            ("{", Unreadable::Broken),
            (r#"{"a"}"#, Unreadable::Broken),
            (&deep, Unreadable::Foreign),
            (&deep_object, Unreadable::Broken),
        ] {
            assert_eq!(Reader::default().read(line).err(), Some(why), "{line:.40}");
        }
    }
}
