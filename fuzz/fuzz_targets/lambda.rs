//! Lines of a function's log, text and JSON, with what the platform writes around them.

#![no_main]

use libfuzzer_sys::fuzz_target;

const ID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let lines: Vec<&str> = text.lines().take(64).collect();
    gatewatch_fuzz::read_all(&lines, Some("/aws/lambda/shop"));
    // The whole text as one message, inside an invocation.
    let start = format!("START RequestId: {ID} Version: $LATEST");
    let logged = format!("2025-03-12T09:14:07.123Z\t{ID}\tERROR\t{text}");
    let report = format!(
        "REPORT RequestId: {ID}\tDuration: 3.00 ms\tBilled Duration: 3 ms\tMemory Size: 128 MB\tMax Memory Used: 30 MB"
    );
    gatewatch_fuzz::read_all(&[&start, &text, &logged, &report], Some("/aws/lambda/shop"));
});
