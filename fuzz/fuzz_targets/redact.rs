//! Redaction: nothing that it knows comes through, whatever stands around it, and doing it twice or
//! cutting the text changes nothing.

#![no_main]

use diagnosis::redact;
use gatewatch_fuzz::SECRETS;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [kind, cut, text @ ..] = data else { return };
    let text = String::from_utf8_lossy(text);
    let once = redact::text(&text, usize::MAX);
    assert_eq!(redact::text(&once, usize::MAX), once, "of {text:?}");
    assert_eq!(redact::printable(&once), once);

    let cut = usize::from(*cut);
    let shown = redact::text(&text, cut);
    assert_eq!(shown, redact::truncate(&once, cut), "cut before it was redacted");
    assert!(shown.chars().count() <= cut.max(1));

    let secret = SECRETS[usize::from(*kind) % SECRETS.len()];
    let middle = text.floor_char_boundary(text.len() / 2);
    let (before, after) = text.split_at(middle);
    let shown = redact::text(&format!("{before} {secret} {after}"), usize::MAX);
    let value = secret.trim_start_matches("token=").trim_start_matches("password:");
    // The input may hold it by itself, if need be with invisible characters in between.
    if !redact::printable(&text).contains(value) {
        assert!(!shown.contains(value), "{value} in {shown:?} of {text:?}");
    }
});
