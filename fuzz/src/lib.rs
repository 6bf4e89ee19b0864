//! What must hold for every input, whatever target it came in by.

use diagnosis::{Diagnosis, Joiner, Line, Origin, Reader, diagnose, redact};

/// Longer than any text is shown.
pub const MAX_SHOWN: usize = 300;

/// Secrets of every kind that a pattern knows, none of which stands in any corpus. The last two are known
/// by their keys only.
pub const SECRETS: [&str; 12] = [
    "AKIAQ7XW2LJ5TTBN4RHD",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ6cTkifQ.Zk93bXR1UXJzVDh4",
    "xoxb-719402856133-Qv7RkZt2WnLx8sYp",
    "ghp_Qv7RkZt2WnLx8sYpBd4MhCj6TfGa1Ue3Xo9",
    "sk_live_Qv7RkZt2WnLx8sYpBd4M",
    "github_pat_11AQv7RkZt2WnLx8sYp_Bd4MhCj6TfGa1Ue3Xo9",
    "quentin.vexley@harrow-mill.example",
    "9f3c71e08b5d24a6c0e97d1f3b8a4625",
    "Qv7RkZt2WnLx8sYpBd4MhCj6TfGa1Ue3Xo9Pz5Ki",
    "+4915799912345",
    "token=zq9vexley",
    "password:zq9vexley",
];

/// Those that are known wherever they stand.
const BARE: usize = 10;

/// The text with a secret somewhere in it.
pub fn plant(text: &str) -> String {
    let place = text.bytes().fold(0_usize, |sum, byte| sum * 31 % 65_521 + usize::from(byte));
    let (before, after) = text.split_at(text.floor_char_boundary(place % (text.len() + 1)));
    format!("{before} {} {after}", SECRETS[place % BARE])
}

/// Judges a line by itself, and looks at what would be shown of it.
pub fn judge(line: &Line<'_>, text: &str) {
    let diagnosis = diagnose::line(line);
    shows_little_and_no_secret(&diagnosis);
    assert_eq!(line.source().is_none(), matches!(line, Line::Foreign | Line::Unreadable));
    assert!(line.status().is_none_or(|status| (100..=599).contains(&status)));
    // Method and template may both be the whole line at most.
    assert!(line.route().is_none_or(|route| route.len() <= 2 * text.len() + 1));
    let _ = (line.time(), line.api_type(), line.latency_ms());
    for shown in [line.api_id(), line.stage(), line.request_id()].into_iter().flatten() {
        assert!(shown.len() <= text.len());
    }
}

fn shows_little_and_no_secret(diagnosis: &Diagnosis<'_>) {
    assert!(diagnosis.evidence.len() < 100, "{}", diagnosis.evidence.len());
    for evidence in &diagnosis.evidence {
        is_fit_to_show(evidence.text);
    }
}

fn is_fit_to_show(evidence: &str) {
    let shown = redact::text(evidence, MAX_SHOWN);
    assert!(shown.chars().count() <= MAX_SHOWN);
    for secret in &SECRETS[..BARE] {
        assert!(!shown.contains(secret), "{secret} in {shown:?} of {evidence:?}");
    }
}

/// Reads lines that come one after the other, as they are and with secrets in them.
pub fn read_all(lines: &[&str], log_group: Option<&str>) {
    join(lines, log_group);
    let planted: Vec<String> = lines.iter().map(|line| plant(line)).collect();
    join(&planted.iter().map(String::as_str).collect::<Vec<_>>(), log_group);
}

/// Lines alone and joined: none is counted twice, and none that failed is lost.
fn join(lines: &[&str], log_group: Option<&str>) {
    let mut reader = Reader::default();
    let mut joiner = Joiner::streaming();
    let mut failing = 0;
    let mut taken = 0;
    for (number, text) in lines.iter().enumerate() {
        let line = reader.line(text);
        judge(&line, text);
        failing += u64::from(diagnose::line(&line).cause.is_failure());
        let origin = Origin { number: number as u64, log_group, ..Origin::default() };
        joiner.add(&line, &origin);
        taken += take(&mut joiner);
    }
    joiner.close_all();
    taken += take(&mut joiner);
    assert!(taken <= lines.len() as u64, "{taken} lines joined of {}", lines.len());
    assert!(taken >= failing, "{failing} failing lines, {taken} joined");
}

fn take(joiner: &mut Joiner) -> u64 {
    let mut lines = 0;
    while let Some(request) = joiner.next_closed() {
        lines += request.lines;
        for evidence in &request.evidence {
            assert!(evidence.text.len() <= 2_048, "{}", evidence.text.len());
            is_fit_to_show(&evidence.text);
        }
    }
    lines
}
