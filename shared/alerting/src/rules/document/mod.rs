//! Rules as people write them: TOML, `version = 1`.
//!
//! A bad rule costs one rule, and every problem has its line. A document that cannot be read at all (its
//! syntax, its version) costs the document.

mod fields;
mod one_rule;
mod problem;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use toml::de::{DeTable, DeValue};
use toml::{Spanned, de};

use super::{LogMode, Rules, Severity};
use crate::notify::ChannelKind;
use fields::{Fields, Keys};
use problem::Lines;
use words::shown;

pub use problem::Problem;

/// The version of the format that this program reads.
const VERSION: i64 = 1;

/// What a standard SSM parameter holds, in bytes.
/// <https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html>
pub const STANDARD_PARAMETER_BYTES: usize = 4_096;

/// What an advanced SSM parameter holds, in bytes.
pub const ADVANCED_PARAMETER_BYTES: usize = 8_192;

/// What one may say in a document.
const KEYS: Keys = Keys { of: "the document", known: &["version", "channels", "rule"] };

/// A document that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The channels and the good rules.
    pub rules: Rules,
    /// What is wrong with the others, by line.
    pub problems: Vec<Problem>,
    /// The line that each of the good rules begins on.
    lines: Vec<usize>,
}

impl Document {
    /// Reads a document. The error is what keeps all of it from being read.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let lines = Lines::of(text);
        let root = DeTable::parse(text).map_err(|error| syntax(&lines, &error))?;
        let table = root.get_ref();
        version(&lines, table)?;
        let mut fields = Fields::new(&lines, table, 0);
        fields.refuse_unknown(KEYS);
        let channels = channels(&mut fields, table.get("channels"));
        let mut problems = fields.problems;
        let mut document =
            Self { rules: Rules { channels, rules: Vec::new() }, problems: vec![], lines: vec![] };
        document.read_rules(&lines, table.get("rule"), &mut problems)?;
        problems.sort_by_key(|problem| problem.line);
        document.problems = problems;
        Ok(document)
    }

    fn read_rules(
        &mut self,
        lines: &Lines<'_>,
        tables: Option<&Spanned<DeValue<'_>>>,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Problem> {
        let Some(tables) = tables else {
            problems.push(Problem::at(1, "there is no [[rule]]: nobody would ever be told"));
            return Ok(());
        };
        let not_a_list =
            || Problem::at(lines.of_offset(tables.span().start), "rules are written as [[rule]]");
        let list = tables.get_ref().as_array().ok_or_else(not_a_list)?;
        let mut names = BTreeSet::new();
        for value in list {
            let line = lines.of_offset(value.span().start);
            let Some(table) = value.get_ref().as_table() else { return Err(not_a_list()) };
            let mut found = one_rule::read(lines, table, value.span().start);
            if let Ok(rule) = &found
                && !names.insert(rule.name.clone())
            {
                let message = format!("there is another rule named `{}`", rule.name);
                found = Err(vec![Problem::at(line, message)]);
            }
            match found {
                Ok(rule) => {
                    self.rules.rules.push(rule);
                    self.lines.push(line);
                }
                Err(bad) => problems.extend(bad),
            }
        }
        Ok(())
    }

    /// The rules that hold in a stack whose log mode is `mode`, and a word on each that is left out.
    pub fn in_mode(&self, mode: LogMode) -> (Rules, Vec<Problem>) {
        let mut rules = Rules { rules: Vec::new(), ..self.rules.clone() };
        let mut skipped = Vec::new();
        for (rule, line) in self.rules.rules.iter().zip(&self.lines) {
            if mode == LogMode::Errors && rule.needs_healthy_lines() {
                let message = format!(
                    "rule `{}` is skipped in log mode errors: it compares with healthy requests, \
                     which are not delivered",
                    rule.name
                );
                skipped.push(Problem::at(*line, message));
            } else {
                rules.rules.push(rule.clone());
            }
        }
        (rules, skipped)
    }
}

fn syntax(lines: &Lines<'_>, error: &de::Error) -> Problem {
    let line = error.span().map_or(1, |span| lines.of_offset(span.start));
    Problem::at(line, format!("this is not TOML: {}", shown(error.message())))
}

fn version(lines: &Lines<'_>, table: &DeTable<'_>) -> Result<(), Problem> {
    let Some(value) = table.get("version") else {
        return Err(Problem::at(1, format!("`version = {VERSION}` is missing")));
    };
    if fields::integer(value.get_ref()) == Some(VERSION) {
        return Ok(());
    }
    let line = lines.of_offset(value.span().start);
    Err(Problem::at(line, format!("this program reads `version = {VERSION}` only")))
}

/// What each severity goes to: what the document says, else what is usual.
fn channels(
    document: &mut Fields<'_>,
    value: Option<&Spanned<DeValue<'_>>>,
) -> BTreeMap<Severity, Vec<ChannelKind>> {
    const SEVERITIES: [&str; 3] = ["critical", "warning", "info"];
    let mut channels = Rules::default_channels();
    let Some(value) = value else { return channels };
    let Some(table) = value.get_ref().as_table() else {
        document.complain(value.span().start, "`channels` is written as [channels]");
        return channels;
    };
    let mut fields = Fields::new(document.lines, table, value.span().start);
    fields.refuse_unknown(Keys { of: "[channels]", known: &SEVERITIES });
    for &severity in Severity::ALL.iter().rev() {
        let before = fields.problems.len();
        let kinds = fields.kinds_of_channels(severity.as_str());
        // A list with a mistake in it is no reason to tell fewer people.
        if let Some(kinds) = kinds.filter(|_| fields.problems.len() == before) {
            channels.insert(severity, kinds);
        }
    }
    document.problems.append(&mut fields.problems);
    channels
}

#[cfg(test)]
mod tests;
