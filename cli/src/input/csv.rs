//! The results of a Logs Insights query as its console exports them: CSV under a line of column names,
//! some of which begin with `@`. Cells hold quotes and line breaks.

use std::io::BufRead;

use diagnosis::decode::MAX_MESSAGE_BYTES;

use super::item::{Item, Stopped, Take, lossy};
use super::rows;

/// Longer records are cut: several messages of the longest kind.
const MAX_RECORD_BYTES: usize = 8 * MAX_MESSAGE_BYTES;

/// Whether a text begins with the names of columns.
pub(super) fn recognise(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let names = cells(&String::from_utf8_lossy(line.trim_ascii()));
    let is_name = |name: &String| {
        !name.is_empty() && name.len() < 128 && !name.contains(['{', '=', ':', '"'])
    };
    names.iter().all(is_name)
        && names.iter().any(|name| matches!(name.as_str(), "@message" | "@timestamp" | "@ptr"))
}

pub(super) fn read(mut reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
    let mut record = Vec::new();
    let mut names = None;
    while next_record(&mut reader, &mut record)? {
        let text = lossy(&record);
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            continue;
        }
        let cells = cells(text);
        let Some(names) = &names else {
            names = Some(cells);
            continue;
        };
        let row = names.iter().cloned().zip(cells.into_iter().map(Into::into));
        take(Item::Line(rows::line(row)))?;
    }
    Ok(())
}

/// Reads lines until every quote is closed.
fn next_record(reader: &mut impl BufRead, record: &mut Vec<u8>) -> std::io::Result<bool> {
    record.clear();
    let mut quotes = 0;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(!record.is_empty());
        }
        let end = memchr::memchr(b'\n', buffer);
        let taken = &buffer[..end.map_or(buffer.len(), |at| at + 1)];
        let room = MAX_RECORD_BYTES.saturating_sub(record.len());
        record.extend_from_slice(&taken[..taken.len().min(room)]);
        quotes += memchr::memchr_iter(b'"', taken).count();
        let length = taken.len();
        reader.consume(length);
        if end.is_some() && quotes % 2 == 0 {
            return Ok(true);
        }
    }
}

fn cells(record: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut before = None;
    for character in record.chars() {
        match character {
            // A doubled quote closes and opens again: it stands for itself.
            '"' => {
                quoted = !quoted;
                if quoted && before == Some('"') {
                    push(&mut cells, '"');
                }
            }
            ',' if !quoted => cells.push(String::new()),
            other => push(&mut cells, other),
        }
        before = Some(character);
    }
    cells
}

fn push(cells: &mut [String], character: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::{cells, recognise};

    #[test]
    fn cells_are_quoted_where_they_must_be() {
        for (record, wanted) in [
            ("a,b", &["a", "b"][..]),
            (r#""a,b",c"#, &["a,b", "c"]),
            (r#""{""status"":""500""}",x"#, &[r#"{"status":"500"}"#, "x"]),
            (r#""a"#, &["a"]),
            (r#""""#, &[""]),
            ("", &[""]),
            (",", &["", ""]),
        ] {
            assert_eq!(cells(record), wanted, "{record}");
        }
    }

    #[test]
    fn results_are_known_by_their_columns() {
        for (head, is_csv) in [
            ("@timestamp,@message\n1,2\n", true),
            ("\"@timestamp\",\"@message\",\"@logStream\"\r\n", true),
            ("status,error.message,@timestamp\n", true),
            ("@ptr\n", true),
            ("status,count(*)\n", false),
            ("@someone wrote,@message: hello\n", false),
            ("203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET\n", false),
            ("{\"@timestamp\":1,\"@message\":2}\n", false),
            ("", false),
        ] {
            assert_eq!(recognise(head.as_bytes()), is_csv, "{head}");
        }
    }
}
