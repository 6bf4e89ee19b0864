//! Lines of an execution log, as they stand in CloudWatch and as they are pasted.

#![no_main]

use libfuzzer_sys::fuzz_target;

const IDS: [&str; 3] =
    ["(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) ", "(a0d457e2-c1ee-4b1a-b60d-ffa3f1b820bb) ", ""];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().take(64).collect();
    gatewatch_fuzz::read_all(&lines, None);
    // The same sentences, as lines of interleaved requests.
    let prefixed: Vec<String> =
        lines.iter().enumerate().map(|(n, line)| format!("{}{line}", IDS[n % IDS.len()])).collect();
    let prefixed: Vec<&str> = prefixed.iter().map(String::as_str).collect();
    gatewatch_fuzz::read_all(&prefixed, Some("API-Gateway-Execution-Logs_a1b2c3d4e5/prod"));
});
