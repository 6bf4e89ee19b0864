//! What holds for any lines whatever.

use proptest::prelude::*;

use super::{Joiner, MAX_OPEN, Origin};
use crate::{Line, LogSource, Reader, Timestamp, diagnose};

/// Pieces that lines are made of, and what nobody expects between them.
const PIECES: [&str; 34] = [
    "(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) ",
    "(x_REPLACED_INVALID_REQUEST_ID) ",
    "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567",
    "Wed Nov 02 10:19:35 UTC 2022 : ",
    "2025-03-12T09:14:07.123Z",
    "2025-03-12 09:14:07.123",
    "\t",
    "\n",
    "Execution failed due to ",
    "configuration error: ",
    "Host name '",
    "API Key ",
    "exceeded quota limit for ",
    "Lambda execution failed with status 200 due to customer function error: ",
    "Lambda request id: ",
    "Starting authorizer: a for request: ",
    "Method completed with status: 50",
    "Endpoint response body before transformations: ",
    "START RequestId: ",
    "REPORT RequestId: ",
    "RequestId: ",
    "Duration: 1 ms",
    "Status: error Error Type: ",
    "Runtime.ExitError",
    "[ERROR] ",
    "KeyError: 'x'\nTraceback (most recent call last):\n",
    "Task timed out after 3.00 seconds",
    "ERROR\tInvoke Error \t",
    r#"{"errorType":"TypeError","errorMessage":""#,
    r#""stack":["at f (/var/task/i.js:1:2)"#,
    r#"{"type":"platform.report","record":{"#,
    r#"{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1","status":"502"}"#,
    "thread 'main' panicked at ",
    "é\u{0}\u{202E}",
];

fn any_line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        8 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
        1 => "[\\[\\]{}\",:()' 0-9-]{0,8}",
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_is_some_line_with_some_cause(line in any_line()) {
        let read = Reader::default().line(&line);
        let found = diagnose::line(&read);
        prop_assert!(found.evidence.len() <= 12);
        let _ = (read.time(), read.route(), read.status(), read.request_id(), read.latency_ms());
    }

    #[test]
    fn a_line_that_is_cut_anywhere_is_still_read(line in any_line(), cut in any::<prop::sample::Index>()) {
        let cut = line.floor_char_boundary(cut.index(line.len() + 1));
        let read = Reader::default().line(&line[..cut]);
        diagnose::line(&read);
    }

    #[test]
    fn every_line_belongs_to_at_most_one_request(
        lines in prop::collection::vec((any_line(), 0..200_i64), 0..40),
        streams in any::<bool>(),
    ) {
        let mut joiner = if streams { Joiner::streaming() } else { Joiner::default() };
        let mut reader = Reader::default();
        let mut records = 0;
        let mut readable = 0;
        let mut closed = Vec::new();
        for (number, (text, second)) in (1..).zip(&lines) {
            let line = reader.line(text);
            records += usize::from(line.source() == Some(LogSource::Access));
            readable += u64::from(!matches!(line, Line::Foreign | Line::Unreadable));
            let time = Some(Timestamp::from_millis(1_741_770_000_000 + second * 1_000));
            joiner.add(&line, &Origin { number, time, ..Origin::default() });
            closed.extend(std::iter::from_fn(|| joiner.next_closed()));
            prop_assert!(joiner.open.len() + joiner.waiting.len() <= MAX_OPEN);
        }
        joiner.close_all();
        closed.extend(std::iter::from_fn(|| joiner.next_closed()));
        prop_assert!(joiner.index.is_empty());
        prop_assert!(closed.len() >= records, "each record is a request of its own");
        prop_assert!(closed.iter().map(|request| request.lines).sum::<u64>() <= readable);
        let failed: Vec<u64> = closed
            .iter()
            .filter(|request| request.cause.is_failure())
            .map(|request| request.line)
            .collect();
        prop_assert!(failed.windows(2).all(|pair| pair[0] < pair[1]), "{failed:?}");
    }
}
