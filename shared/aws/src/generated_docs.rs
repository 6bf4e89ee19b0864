//! Keeps the generated parts of `docs/` equal to the code. `UPDATE_DOCS=1 cargo test --package aws` rewrites
//! them.

use std::path::Path;

use crate::environment::{LIBRARY_VARIABLES, SetBy, Variable};
use crate::metrics::Metric;
use crate::program::Program;

/// Compares the parts of a page between markers with what the code says, or rewrites them.
fn check(page: &str, parts: &[(&str, String)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let found = std::fs::read_to_string(&path).unwrap();
    let wanted = parts.iter().fold(found.clone(), |text, (part, table)| {
        with_part(&text, part, table)
            .unwrap_or_else(|| panic!("docs/{page} has no markers of {part}"))
    });
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, wanted).unwrap();
    } else {
        assert!(
            found == wanted,
            "docs/{page} is stale; run: UPDATE_DOCS=1 cargo test --package aws"
        );
    }
}

/// The page with another text between the markers of a part; `None` if it does not have them.
fn with_part(page: &str, part: &str, text: &str) -> Option<String> {
    let begin =
        format!("<!-- generated from shared/aws by `UPDATE_DOCS=1 cargo test`: {part} -->\n");
    let end = format!("<!-- end of {part} -->");
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{text}\n{end}{after}"))
}

/// A Markdown table.
fn table<const N: usize>(head: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let mut lines = vec![head.join(" | "), ["---"; N].join(" | ")];
    for row in rows {
        assert!(row.iter().all(|cell| !cell.contains(['|', '\n'])), "not a cell: {row:?}");
        lines.push(row.join(" | "));
    }
    format!("| {} |\n", lines.join(" |\n| "))
}

/// The ids as code, separated by commas.
fn code<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("`{id}`")).collect();
    ids.join(", ")
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Documentation comments begin with a blank.
fn sentence(meaning: &str) -> String {
    meaning.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn all_emitted_metrics_are_listed() {
    let emitted = Metric::ROWS.iter().filter(|row| !row.emitted_by.is_empty());
    let rows = emitted.map(|row| {
        [
            code([row.name]),
            row.unit.as_str().to_owned(),
            code(row.dimensions.iter().map(|dimension| dimension.as_str())),
            list(row.emitted_by),
            sentence(row.meaning),
        ]
    });
    let metrics = table(["metric", "unit", "dimensions", "emitted by", "meaning"], rows);
    check("operating.md", &[("metrics", metrics)]);
}

#[test]
fn all_environment_variables_are_listed() {
    let rows = || Variable::ALL.iter().map(|variable| variable.row());
    let of_functions = rows().filter(|row| row.read_by != [Program::CommandLine]);
    let functions = of_functions.map(|row| {
        let set_by = match row.set_by {
            SetBy::Parameter(name) => format!("parameter `{name}`"),
            SetBy::Template(value) => format!("template: {value}"),
            SetBy::Lambda => "Lambda".to_owned(),
            SetBy::User => "you".to_owned(),
        };
        [
            code([row.name]),
            list(row.read_by),
            sentence(row.meaning),
            row.default.to_owned(),
            code([row.example]),
            set_by,
        ]
    });
    let head = ["variable", "read by", "meaning", "default", "example", "set by"];
    let functions = table(head, functions);
    let ours = rows().filter(|row| row.read_by.contains(&Program::CommandLine));
    let ours = ours.map(|row| (row.name, row.meaning, row.default));
    let of_libraries = LIBRARY_VARIABLES.iter().map(|row| (row.name, row.meaning, row.default));
    let command_line = of_libraries
        .chain(ours)
        .map(|(name, meaning, default)| [code([name]), sentence(meaning), default.to_owned()]);
    let command_line = table(["variable", "meaning", "default"], command_line);
    check(
        "environment.md",
        &[("variables of functions", functions), ("variables of gatewatch", command_line)],
    );
}

#[test]
fn only_the_text_between_markers_changes() {
    let marker = "<!-- generated from shared/aws by `UPDATE_DOCS=1 cargo test`: a -->";
    let page = format!("before\n{marker}\nold\n<!-- end of a -->\nafter\n");
    let wanted = format!("before\n{marker}\n\nnew\n<!-- end of a -->\nafter\n");
    assert_eq!(with_part(&page, "a", "new").as_deref(), Some(wanted.as_str()));
    assert_eq!(with_part(&wanted, "a", "new").as_deref(), Some(wanted.as_str()), "again");
    assert_eq!(with_part(&page, "b", "new"), None);
    assert_eq!(with_part("", "a", "new"), None);
}
