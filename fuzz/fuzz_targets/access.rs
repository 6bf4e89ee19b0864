//! An access log in any format: recognised, and read by a format of its own where the first line of the
//! input is one.

#![no_main]

use diagnosis::{AccessRecord, Field, Line, Reader, Template};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().take(64).collect();
    gatewatch_fuzz::read_all(&lines, Some("/shop"));

    let Some((format, lines)) = lines.split_first() else { return };
    let Ok(template) = Template::compile(format) else { return };
    let mut reader = Reader::default();
    for text in lines {
        if let Some(record) = template.read(text) {
            holds_parts_of(&record, text);
            gatewatch_fuzz::judge(&Line::Access(record), text);
        }
        if let Ok(record) = reader.read(text) {
            holds_parts_of(&record, text);
        }
    }
});

/// No value is longer than the line it came from. A lone surrogate of six bytes becomes one of three.
fn holds_parts_of(record: &AccessRecord<'_>, line: &str) {
    for &field in Field::ALL {
        let value = record.get(field).unwrap_or_default();
        // A row of Logs Insights lends its time.
        assert!(value.len() <= line.len().max(24), "{field:?} {value:?} of {line:?}");
    }
}
