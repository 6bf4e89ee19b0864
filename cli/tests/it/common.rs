//! The real binary, and the contracts that its output keeps.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs `gatewatch` on standard input; returns its output.
pub(crate) fn run(arguments: &[&str], input: impl Into<Vec<u8>>) -> assert_cmd::assert::Assert {
    Command::cargo_bin("gatewatch").unwrap().args(arguments).write_stdin(input).assert()
}

/// Standard output of a run that succeeds.
pub(crate) fn stdout(arguments: &[&str], input: impl Into<Vec<u8>>) -> String {
    String::from_utf8(run(arguments, input).success().get_output().stdout.clone()).unwrap()
}

/// Standard error of a run that fails with 2.
pub(crate) fn refusal(arguments: &[&str], input: impl Into<Vec<u8>>) -> String {
    let run = run(arguments, input).code(2);
    assert!(run.get_output().stdout.is_empty(), "data only where the work is done");
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

/// One JSON object per line, each of which keeps the contract.
pub(crate) fn objects(output: &str, contract: &str) -> Vec<Value> {
    let path = root().join("docs/contracts").join(contract);
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    output
        .lines()
        .map(|line| {
            let object: Value = serde_json::from_str(line).unwrap();
            let broken: Vec<String> =
                schema.iter_errors(&object).map(|error| error.to_string()).collect();
            assert!(broken.is_empty(), "{broken:?} in {line}");
            object
        })
        .collect()
}

/// Packed as log files are.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
