//! Whatever a log holds: limits hold, nothing is mentioned or linked, and no secret gets out.

use diagnosis::Cause;
use proptest::prelude::*;

use crate::incident::{Change, Event, StormMember};
use crate::notify::tests::{EVENTS, check};
use crate::notify::{CauseErrors, Facts, MinuteOfIncident, RouteErrors, TopCaller, sample};
use crate::rules::Severity;

/// A text with a secret in it, and the part that nobody may read.
const SECRETS: [(&str, &str); 24] = [
    ("Authorization: Bearer mF9kq2Bsecret", "mF9kq2B"),
    ("authorization=Basic dXNlcjpwYXNz", "dXNlcjpwYXNz"),
    (r#"{"cookie":"sid=mF9kq2B","ok":1}"#, "mF9kq2B"),
    ("Set-Cookie: sid=mF9kq2B; Path=/", "mF9kq2B"),
    ("x-api-key: mF9kq2B", "mF9kq2B"),
    ("GET /a?token=mF9kq2B&b=1", "mF9kq2B"),
    ("client_secret=mF9kq2B", "mF9kq2B"),
    ("password='mF9kq2B x'", "mF9kq2B"),
    ("passwd: mF9kq2B", "mF9kq2B"),
    ("session_id=mF9kq2B", "mF9kq2B"),
    ("X-Amz-Signature=mF9kq2B&X-Amz-Credential=mF9kq2B/2026", "mF9kq2B"),
    ("X-Amz-Security-Token=mF9kq2B", "mF9kq2B"),
    ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.mF9kq2B", "eyJzdWIiOiIxIn0"),
    ("key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("secret wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("slack xoxb-123-mF9kq2B", "mF9kq2B"),
    ("https://hooks.slack.com/services/T0/B0/mF9kq2B", "mF9kq2B"),
    ("github ghp_mF9kq2B0123456789 stripe sk_live_mF9kq2B", "mF9kq2B"),
    ("-----BEGIN RSA PRIVATE KEY----- mF9kq2B", "mF9kq2B"),
    ("mail to ann.lark@shop.example", "ann.lark"),
    ("from 203.0.113.77", "203.0.113.77"),
    ("from 2001:db8:1:2::77", "2001:db8:1:2"),
    ("call +15550100001, card 4111 1111 1111 1111", "0100001"),
    ("hash 0123456789abcdef0123456789abcdef", "0123456789abcdef"),
];

/// The places of a message that hold what a log held, or what a stranger may have written.
const PLACES: usize = 12;

/// A new field does not compile until it is filled here, or said to hold no text.
fn fill(facts: &mut Facts, texts: &[String]) {
    let text = |at: usize| texts[at % texts.len()].clone();
    let Facts {
        event: _,
        at: _,
        incident,
        exemplar,
        window_start: _,
        first_error: _,
        last_error: _,
        arrived_late: _,
        peak: _,
        region: _,
        function,
        finding: _,
        gaps: _,
        change: _,
        minutes: _,
        top_caller,
        acknowledged_by,
        flapping: _,
        storm,
        joined,
        ended,
        texts: _,
        storm_sources: _,
    } = facts;
    incident.api_id = Some(text(0));
    incident.api_name = Some(text(1));
    incident.stage = Some(text(2));
    incident.log_group = Some(text(3));
    for route in incident.routes.iter_mut().take(20) {
        route.route = format!("{} {}", route.route, text(4));
    }
    if let Some(exemplar) = exemplar {
        exemplar.evidence = vec![(text(5), text(6)), ("error.message".to_owned(), text(7))];
        exemplar.request_id = Some(text(8));
        exemplar.missing_fields = vec![text(9)];
        exemplar.filter = text(10);
    }
    *function = Some(text(11));
    *acknowledged_by = Some(text(0));
    *top_caller = Some(TopCaller { name: text(1), errors: 9, of: 10 });
    for member in storm.iter_mut().chain(joined).chain(ended) {
        member.place = text(2);
    }
}

#[test]
fn no_secret_gets_out() {
    for (text, secret) in SECRETS {
        let texts = vec![format!("x {text} y"); PLACES];
        for event in EVENTS {
            for mut facts in [sample::facts(event, Cause::LambdaTimedOut), sample::storm(event)] {
                fill(&mut facts, &texts);
                for read in check::all(&facts) {
                    // a link writes other characters than letters and digits in hexadecimal
                    assert!(!read.contains(secret), "{secret} in {read}");
                }
            }
        }
    }
}

#[test]
fn a_huge_incident_is_told_in_a_small_message() {
    let huge = "Error: 日本語 `*_~ <!channel> 😀 ".repeat(1024 * 1024 / 40);
    let mut one = sample::facts(Event::Updated, Cause::LambdaTimedOut);
    one.incident.routes = vec![RouteErrors { route: String::new(), errors: u64::MAX }; 10_000];
    one.incident.causes =
        Cause::ALL.iter().map(|&cause| CauseErrors { cause, errors: u64::MAX }).collect();
    one.minutes = vec![MinuteOfIncident { minute: 0, errors: u64::MAX, requests: 1 }; 10_000];
    fill(&mut one, std::slice::from_ref(&huge));
    for route in &mut one.incident.routes[..10] {
        route.route.clone_from(&huge);
    }
    if let Some(exemplar) = &mut one.exemplar {
        exemplar.evidence.extend(vec![("x".to_owned(), "y".repeat(5_000)); 1_000]);
        exemplar.missing_fields = vec!["z".repeat(5_000); 1_000];
    }
    check::all(&one);

    let mut many = sample::storm(Event::Opened);
    let cause = Cause::HighLatency;
    let member = StormMember { place: huge, cause, errors: u64::MAX, source: None, incident: None };
    many.storm = vec![member; 1_000];
    many.joined = many.storm[..40].to_vec();
    check::all(&many);
    let ended = many.joined.split_off(0);
    let change = Some(Change::Left { members: u64::MAX });
    check::all(&Facts { event: Event::Updated, change, ended, ..many.clone() });
    check::all(&Facts { event: Event::Resolved, storm: many.storm[..40].to_vec(), ..many });
}

fn hostile_text() -> impl Strategy<Value = String> {
    let marks = prop_oneof![
        Just("<!channel> <!here> <@U123> <#C1> <!subteam^S1>"),
        Just("<https://evil.example|Click> https://evil.example [a](https://evil.example)"),
        Just("&lt;!channel&gt; &amp; <"),
        Just("``` ` `` *bold* _it_ ~no~ :fire:"),
        Just("\u{202E}\u{200B}\u{2066}\u{FEFF}\u{1b}[31mred\u{1b}[0m\u{9b}1m\0\u{7}"),
        Just("a\r\nBcc: everyone@evil.example\r\n\r\n<script>alert(1)</script>"),
        Just("😀👩\u{200D}👩\u{200D}👧日本語 €{}[]^|~\\ Привет עברית"),
        Just("'; reboot; $(reboot) `reboot` | reboot && reboot"),
        Just(""),
        Just(" "),
        Just("…"),
    ];
    let secret = prop::sample::select(&SECRETS[..]).prop_map(|(text, _)| text.to_owned());
    prop_oneof![
        any::<String>(),
        marks.prop_map(str::to_owned),
        secret,
        "[ -~]{0,50}".prop_map(|text| text.repeat(1_000)),
        "\\PC{0,20}".prop_map(|text| text.repeat(200)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_incidents_keep_every_limit(
        cause in prop::sample::select(Cause::ALL),
        event in prop::sample::select(&EVENTS[..]),
        severity in prop::sample::select(&[Severity::Info, Severity::Warning, Severity::Critical][..]),
        texts in prop::collection::vec(hostile_text(), PLACES),
        routes in 0_usize..300,
        storm in prop_oneof![3 => Just(0_usize), 1 => 1_usize..50],
        numbers in any::<(u64, u64, u64, u64)>(),
        minutes in prop::collection::vec(any::<(i64, u64, u64)>(), 0..40),
        flags in any::<[bool; 2]>(),
    ) {
        let mut facts = sample::facts(event, cause);
        facts.incident.severity = severity;
        facts.incident.errors = numbers.0;
        facts.incident.requests = flags[0].then_some(numbers.1);
        facts.incident.callers = Some(numbers.2);
        facts.peak = numbers.3;
        facts.flapping = flags[1];
        facts.incident.routes = (0..routes)
            .map(|n| RouteErrors { route: format!("GET /{n}"), errors: numbers.3 })
            .collect();
        facts.minutes = minutes
            .into_iter()
            .map(|(minute, errors, requests)| MinuteOfIncident { minute, errors, requests })
            .collect();
        let member = StormMember {
            place: String::new(),
            cause,
            errors: numbers.2,
            source: None,
            incident: None,
        };
        facts.storm = vec![member; storm];
        facts.storm_sources = storm as u64;
        fill(&mut facts, &texts);
        check::all(&facts);
    }
}
