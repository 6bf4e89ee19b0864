use super::{Document, Problem};
use crate::notify::ChannelKind::{Email, Sms};
use crate::rules::{CountBy, Glob, LogMode, Matcher, Rate, Rule, RuleKind, Rules, Severity};
use diagnosis::{Cause, Family, Fault};

fn read(text: &str) -> Document {
    Document::read(text).unwrap()
}

/// The only rule of a document that holds this and is right.
fn rule(keys: &str) -> Rule {
    let document = read(&format!("version = 1\n[[rule]]\nname = \"r\"\n{keys}"));
    assert_eq!(document.problems, [], "{keys}");
    let [rule] = &document.rules.rules[..] else { panic!("{keys}") };
    rule.clone()
}

#[test]
fn a_rule_says_what_it_says() {
    let found = rule(
        r#"
match = { family = ["bad-gateway", "gateway-timeout"], fault = ["backend-code"], cause = ["lambda-timed-out"], not_cause = ["vpc-link-failed"], api = ["shop-*"], stage = ["prod"] }
kind = "count"
count_by = "cause"
window = "1h"
min_errors = 7
min_rate = 0.25
min_requests = 40
min_increase = 2
severity = "info"
clear_after = "20m"
remind_every = "12h"
"#,
    );
    let wanted = Rule {
        name: "r".to_owned(),
        kind: RuleKind::Count,
        matcher: Matcher {
            family: vec![Family::BadGateway, Family::GatewayTimeout],
            fault: vec![Fault::BackendCode],
            cause: vec![Cause::LambdaTimedOut],
            not_cause: vec![Cause::VpcLinkFailed],
            api: vec![Glob::new("shop-*")],
            stage: vec![Glob::new("prod")],
            route: vec![],
        },
        count_by: CountBy::Cause,
        window_minutes: 60,
        min_errors: 7,
        rate: Some(Rate { min_rate: 0.25, min_requests: 40 }),
        min_increase: Some(2.0),
        severity: Severity::Info,
        clear_after_minutes: 20,
        remind_every_minutes: 720,
    };
    assert_eq!(found, wanted);
}

#[test]
fn what_a_rule_does_not_say_is_usual() {
    assert_eq!(rule(""), Rule { name: "r".to_owned(), ..Rule::default() });
    assert_eq!(rule("match = {}").matcher, Matcher::default());
    // the same, written as a table of its own
    let found = rule("kind = \"count\"\n[rule.match]\nroute = [\"POST /*\"]");
    assert_eq!(found.matcher.route, [Glob::new("POST /*")]);
}

#[test]
fn kinds_are_told_apart() {
    let told = [
        ("kind = \"count\"", RuleKind::Count),
        ("kind = \"new-cause\"\nmatch = { route = [\"*\"] }", RuleKind::NewCause),
        ("kind = \"latency\"\nmatch = { stage = [\"prod\"] }", RuleKind::Latency),
        (
            "kind = \"unreadable\"\nmatch = { api = [\"*\"] }\nmin_requests = 5",
            RuleKind::Unreadable,
        ),
    ];
    assert!(told.iter().map(|(_, kind)| kind).eq(RuleKind::ALL), "each kind once, in order");
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    let page = std::fs::read_to_string(page).unwrap();
    for (keys, kind) in told {
        assert_eq!(rule(keys).kind, kind, "{keys}");
        assert!(page.contains(&format!("- `{kind}`: ")), "{kind} is not in docs/rules.md");
    }
}

#[test]
fn channels_are_what_the_document_says_else_usual() {
    const SEVERITIES: [Severity; 3] = [Severity::Critical, Severity::Warning, Severity::Info];
    let usual = SEVERITIES.map(|severity| Rules::default_channels()[&severity].clone());
    let [critical, warning, info] = usual.clone();
    for (text, wanted) in [
        ("", usual.clone()),
        ("[channels]", usual.clone()),
        ("[channels]\ncritical = [\"sms\"]", [vec![Sms], warning.clone(), info]),
        ("[channels]\ninfo = []", [critical.clone(), warning.clone(), vec![]]),
        ("[channels]\ninfo = [\"email\", \"email\"]", [critical, warning, vec![Email]]),
        // a mistake tells nobody less
        ("[channels]\ncritical = [\"slak\", \"sms\"]", usual.clone()),
    ] {
        let document = read(&format!("version = 1\n{text}\n[[rule]]\nname = \"r\""));
        let found = SEVERITIES.map(|severity| document.rules.channels(severity).to_vec());
        assert_eq!(found, wanted, "{text}");
    }
}

#[test]
fn a_document_that_cannot_be_read_says_in_which_line() {
    for (text, line, part) in [
        ("", 1, "`version = 1` is missing"),
        ("[[rule]]\nname = \"r\"", 1, "`version = 1` is missing"),
        ("\nversion = 2", 2, "`version = 1` only"),
        ("version = \"1\"", 1, "`version = 1` only"),
        ("version = 1\n[[rule]\nname = \"r\"", 2, "this is not TOML"),
        ("version = 1\n\n[[rule]]\nname = r", 4, "this is not TOML"),
        ("version = 1\n[[rule]]\nname = \"a\"\nname = \"b\"", 4, "this is not TOML"),
        ("version = 1\n[rule]\nname = \"r\"", 2, "[[rule]]"),
        ("version = 1\nrule = [1]", 2, "[[rule]]"),
        ("{\"version\": 1}", 1, "this is not TOML"),
    ] {
        let problem = Document::read(text).unwrap_err();
        assert_eq!(problem.line, line, "{text:?}: {problem}");
        assert!(problem.message.contains(part), "{text:?}: {problem}");
    }
}

#[test]
fn a_bad_rule_costs_one_rule_and_says_in_which_line() {
    for (line, keys, part) in [
        (6, "treshold = 5", "unknown key `treshold`: a rule has `name`,"),
        (6, "Min_errors = 5", "unknown key `Min_errors`"),
        (6, "match = { familiy = [\"throttled\"] }", "unknown key `familiy`: `match` has"),
        (6, "match = { family = [\"throtled\"] }", "`family`: unknown family `throtled`"),
        (6, "match = { fault = [\"me\"] }", "`fault`: unknown fault `me`"),
        (6, "match = { cause = [\"lambda-*\"] }", "`cause`: unknown cause `lambda-*`"),
        (7, "match = { cause = [\n\"x\"] }", "`cause`: unknown cause `x`"),
        (6, "match = { cause = \"lambda-timed-out\" }", "`cause` must be a list"),
        (6, "match = { cause = [5] }", "`cause`: only texts in quotes"),
        (6, "match = { api = [] }", "`api` is empty: leave it out to match all"),
        (6, "match = { api = [\"\"] }", "an empty pattern matches nothing"),
        (6, "match = [\"throttled\"]", "`match` must be a table"),
        (6, "match = { cause = [\"high-latency\"] }", "use `kind = \"latency\"`"),
        (6, "match = { cause = [\"unparseable\"] }", "use `kind = \"unreadable\"`"),
        (6, "match = { not_cause = [\"none\"] }", "`none` is no error"),
        (6, "kind = \"rate\"", "`kind` must be `count`, `new-cause`, `latency` or `unreadable`"),
        (6, "count_by = \"route\"", "`count_by` must be `rule` or `cause`"),
        (6, "severity = \"Critical\"", "`severity` must be `critical`, `warning` or `info`"),
        (6, "severity = 1", "`severity` must be a text in quotes"),
        (6, "window = \"0m\"", "from 1m to 6h"),
        (6, "window = \"361m\"", "from 1m to 6h"),
        (6, "window = \"90s\"", "`window` must be whole minutes"),
        (6, "window = 5", "`window` must be whole minutes"),
        (6, "clear_after = \"1d\"", "`clear_after` must be whole minutes"),
        (6, "remind_every = \"0h\"", "from 1m to 168h"),
        (6, "min_errors = 0", "`min_errors` must be a whole number from 1"),
        (6, "min_errors = -1", "`min_errors` must be a whole number"),
        (6, "min_errors = 1.5", "`min_errors` must be a whole number"),
        (6, "min_errors = 99999999999999999999", "`min_errors` must be a whole number"),
        (6, "min_rate = 0.5", "`min_rate` needs `min_requests`"),
        (7, "min_requests = 5\nmin_rate = 5", "`min_rate` must be a number from 0 to 1"),
        (7, "min_requests = 5\nmin_rate = nan", "`min_rate` must be a number from 0 to 1"),
        (6, "min_increase = 0.5", "`min_increase` must be a number from 1"),
        (7, "match = { route = [\"*\"] }\nmin_rate = 0.5\nmin_requests = 5", "takes no `min_rate`"),
        (7, "match = { route = [\"*\"] }\nmin_increase = 2", "takes no `min_increase`"),
        (7, "kind = \"latency\"\nmatch = { route = [\"*\"] }", "`route` cannot be matched"),
        (7, "kind = \"unreadable\"\nmatch = { family = [\"gone\"] }", "`family` cannot be matched"),
        (7, "kind = \"new-cause\"\ncount_by = \"rule\"", "`count_by` is for `kind = \"count\"`"),
    ] {
        let text = format!(
            "version = 1\n[[rule]]\nname = \"good\"\n[[rule]]\nname = \"bad\"\n{keys}\n[[rule]]\nname = \"last\"\n"
        );
        let document = read(&text);
        let names: Vec<&str> = document.rules.rules.iter().map(|rule| rule.name.as_str()).collect();
        assert_eq!(names, ["good", "last"], "{keys}");
        let problem = &document.problems[0];
        assert_eq!(problem.line, line, "{keys}: {problem}");
        assert!(problem.message.starts_with("rule `bad`: "), "{keys}: {problem}");
        assert!(problem.message.contains(part), "{keys}: {problem}");
    }
}

#[test]
fn names_are_kebab_case_and_unique() {
    for (name, part) in [
        ("name = \"Server\"", "cannot be a rule's name"),
        ("name = \"a--b\"", "cannot be a rule's name"),
        ("name = \"-a\"", "cannot be a rule's name"),
        ("name = \"a_b\"", "cannot be a rule's name"),
        ("name = \"\"", "cannot be a rule's name"),
        ("name = \"first\"", "another rule named `first`"),
        ("name = 5", "`name` must be a text"),
        ("", "a rule without a `name`"),
    ] {
        let text = format!("version = 1\n[[rule]]\nname = \"first\"\n[[rule]]\n{name}\n");
        let document = read(&text);
        assert_eq!(document.rules.rules.len(), 1, "{name}");
        let [problem] = &document.problems[..] else { panic!("{name}: {:?}", document.problems) };
        assert!((4..=5).contains(&problem.line), "{name}: {problem}");
        assert!(problem.message.contains(part), "{name}: {problem}");
    }
    assert_eq!(read("version = 1\n[[rule]]\nname = \"5xx-a-2\"").problems, []);
}

#[test]
fn other_mistakes_cost_nothing_and_are_told() {
    for (text, line, part) in [
        ("version = 1\nrules = 1", 2, "unknown key `rules`: the document has"),
        ("version = 1\n[channel]\ninfo = []", 2, "unknown key `channel`"),
        ("version = 1\n[channels]\nfatal = []", 3, "unknown key `fatal`: [channels] has"),
        ("version = 1\n[channels]\ninfo = [\"fax\"]", 3, "unknown channel `fax`"),
        ("version = 1\n[channels]\ninfo = \"slack\"", 3, "`info` must be a list"),
        ("version = 1\nchannels = 1", 2, "[channels]"),
    ] {
        let document = read(&format!("{text}\n[[rule]]\nname = \"r\""));
        assert_eq!(document.rules.rules.len(), 1, "{text}");
        let [problem] = &document.problems[..] else { panic!("{text}: {:?}", document.problems) };
        assert_eq!(problem.line, line, "{text}: {problem}");
        assert!(problem.message.contains(part), "{text}: {problem}");
    }
    assert!(read("version = 1").problems[0].message.contains("there is no [[rule]]"));
}

#[test]
fn all_mistakes_of_a_rule_are_told_in_the_order_of_their_lines() {
    let text =
        "version = 1\n[[rule]]\nname = \"r\"\nwindow = 1\nkind = \"x\"\nmin_errors = 0\n[oops]\n";
    let lines: Vec<usize> = read(text).problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [4, 5, 6, 7]);
}

#[test]
fn a_hostile_document_is_quoted_on_one_line() {
    let text = format!("version = 1\n[[rule]]\nname = \"a\\u001b[31m{}\"", "x".repeat(9_000));
    let [Problem { message, .. }] = &read(&text).problems[..] else { panic!("one problem") };
    assert!(message.len() < 300 && !message.contains('\u{1b}'), "{message}");
}

#[test]
fn with_failures_only_rules_that_compare_are_skipped_and_told() {
    let document = read(
        "version = 1\n[[rule]]\nname = \"counts\"\nmin_errors = 5\n[[rule]]\nname = \"rate\"\nmin_rate = 0.1\nmin_requests = 5\n[[rule]]\nname = \"slow\"\nkind = \"latency\"\n[[rule]]\nname = \"unusual\"\nmin_increase = 3\n",
    );
    let (all, none) = document.in_mode(LogMode::All);
    assert_eq!((all.rules.len(), none.len()), (4, 0));
    let (kept, skipped) = document.in_mode(LogMode::Errors);
    assert_eq!(kept.rules.len(), 1);
    let lines: Vec<usize> = skipped.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [5, 9, 12]);
    assert!(skipped[0].message.contains("rule `rate` is skipped in log mode errors"));
}
