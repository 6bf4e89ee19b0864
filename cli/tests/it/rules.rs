//! `gatewatch rules`, and `gatewatch replay --rules`, driven as a user would.

use crate::common::{objects, refusal, root, run, stdout};

const GOOD: &str = "version = 1\n[[rule]]\nname = \"r\"\nmin_errors = 5\n";
const BAD: &str = "version = 1\n[[rule]]\nname = \"r\"\ntreshold = 5\n\n[[rule]]\nname = \"R\"\n";

/// Standard output, standard error and exit status of a check of standard input.
fn check(arguments: &[&str], rules: &str) -> (String, String, i32) {
    let arguments = [&["rules", "check", "-"], arguments].concat();
    let run = run(&arguments, rules);
    let output = run.get_output();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&output.stdout), text(&output.stderr), output.status.code().unwrap())
}

#[test]
fn the_default_rules_are_valid_in_their_log_mode() {
    for mode in ["all", "errors"] {
        let rules = stdout(&["rules", "default", "--log-mode", mode], "");
        assert_eq!(
            check(&["--log-mode", mode], &rules),
            (String::new(), String::new(), 0),
            "{mode}"
        );
    }
    let plain = stdout(&["rules", "default"], "");
    assert_eq!(plain, stdout(&["rules", "default", "--log-mode", "all"], ""));
    assert!(plain.contains("name = \"server-errors\""));
}

#[test]
fn the_rules_in_the_documentation_are_valid() {
    let text = std::fs::read_to_string(root().join("docs/rules.md")).unwrap();
    let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let rules: Vec<&str> = blocks.filter(|block| block.contains("[[rule]]")).collect();
    assert!(rules.len() >= 3);
    for rules in rules {
        let rules = format!("version = 1\n{rules}");
        assert_eq!(check(&[], &rules), (String::new(), String::new(), 0), "{rules}");
    }
}

#[test]
fn a_check_says_what_is_wrong_and_where() {
    assert_eq!(check(&[], GOOD), (String::new(), String::new(), 0));
    let (told, noted, code) = check(&[], BAD);
    assert_eq!((noted.as_str(), code), ("", 1));
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].starts_with("<stdin>:4: rule `r`: unknown key `treshold`"), "{told}");
    assert!(lines[1].starts_with("<stdin>:7: `R` cannot be a rule's name"), "{told}");
}

#[test]
fn rules_that_cannot_be_read_are_another_failure() {
    for (rules, line) in [("version = 2", 1), ("version = 1\n[[rule]\n", 2), ("\u{0}", 1)] {
        let (told, noted, code) = check(&[], rules);
        assert_eq!((told.lines().count(), code), (1, 2), "{told}");
        assert!(told.starts_with(&format!("<stdin>:{line}: ")), "{told}");
        assert_eq!(noted, "error: <stdin> cannot be used as rules: nothing of it can be read\n");
    }
    assert!(refusal(&["rules", "check", "no/such/file"], "").contains("cannot read no/such/file"));
    assert!(refusal(&["rules", "check", "-"], vec![0xFF]).contains("cannot read <stdin>"));
    assert!(refusal(&["rules", "check", "-"], "#".repeat(2 << 20)).contains("longer than"));
    assert!(refusal(&["rules", "check"], "").contains("FILE"));
}

#[test]
fn a_file_is_named_in_its_problems() {
    let path = root().join("Cargo.toml");
    let path = path.to_str().unwrap();
    let run = run(&["rules", "check", path], "").code(2);
    let told = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(told.starts_with(&format!("{path}:1: `version = 1` is missing")), "{told}");
}

#[test]
fn rules_that_fit_no_parameter_are_remarked_on() {
    let sized = |bytes: usize| format!("{GOOD}#{}", "x".repeat(bytes - GOOD.len() - 1));
    for (bytes, remark) in [
        (4_096, ""),
        (4_097, "a standard SSM parameter holds 4096"),
        (8_192, "a standard SSM parameter holds 4096"),
        (8_193, "no SSM parameter holds more than 8192"),
    ] {
        let (told, noted, code) = check(&[], &sized(bytes));
        assert_eq!((told.as_str(), code), ("", 0), "{bytes}");
        assert!(noted.contains(remark) && noted.is_empty() == remark.is_empty(), "{noted}");
    }
}

#[test]
fn rules_that_compare_are_remarked_on_where_only_failures_are_delivered() {
    let rules = stdout(&["rules", "default"], "");
    let (told, noted, code) = check(&["--log-mode", "errors"], &rules);
    assert_eq!((told.as_str(), code), ("", 0));
    assert!(noted.contains("rule `server-errors` is skipped in log mode errors"), "{noted}");
    assert!(!noted.contains("`quota`"), "{noted}");
}

fn failures(count: u32) -> String {
    let line = |n| {
        format!(
            r#"{{"requestId":"r{n}","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","httpMethod":"POST","requestTimeEpoch":"{}","status":"502"}}"#,
            1_741_770_840_000_u64 + u64::from(n)
        )
    };
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

/// Replays some failures under these rules; returns the names of those that opened something.
fn opened(rules: &str, failing: u32) -> Vec<String> {
    let path =
        std::env::temp_dir().join(format!("gatewatch-rules-{}-{failing}", std::process::id()));
    std::fs::write(&path, rules).unwrap();
    let arguments = ["replay", "--output", "json", "--rules", path.to_str().unwrap()];
    let told = objects(&stdout(&arguments, failures(failing)), "notification.schema.json");
    std::fs::remove_file(path).unwrap();
    told.iter().map(|told| told["incident"]["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_replay_judges_by_the_rules_that_it_is_given() {
    for (keys, failing, holds) in [
        ("min_errors = 3", 3, true),
        ("min_errors = 4", 2, false),
        ("match = { api = [\"a1*\"], route = [\"POST /o*\"] }\nmin_errors = 6", 6, true),
        ("match = { route = [\"GET *\"] }", 7, false),
        ("match = { stage = [\"dev\"] }", 8, false),
        ("kind = \"new-cause\"\nmin_errors = 2", 9, true),
        ("kind = \"latency\"", 10, false),
    ] {
        let rules = format!("version = 1\n[[rule]]\nname = \"mine\"\n{keys}\n");
        assert_eq!(!opened(&rules, failing).is_empty(), holds, "{keys}");
    }
}

#[test]
fn a_replay_refuses_rules_with_a_mistake() {
    let arguments = ["replay", "--rules", "-", "no/such/log"];
    let refused = refusal(&arguments, BAD);
    assert!(refused.contains("<stdin>:4: rule `r`: unknown key `treshold`"), "{refused}");
    assert!(refused.contains("<stdin>:7: "), "{refused}");
    assert!(refusal(&arguments, "version = 9").contains("<stdin>:1: "));
}
