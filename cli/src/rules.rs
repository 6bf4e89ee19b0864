//! `gatewatch rules`: prints the built-in rules, and says what is wrong with others.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use alerting::rules::document::{ADVANCED_PARAMETER_BYTES, STANDARD_PARAMETER_BYTES};
use alerting::rules::{Document, Problem, Rules};

use crate::args::{Rules as Options, RulesCheck, RulesDefault};
use crate::failure::Failure;
use crate::output;

/// Far more than any parameter holds.
const MAX_BYTES: u64 = 1 << 20;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failure> {
    match options {
        Options::Default(options) => print_default(options),
        Options::Check(options) => check(options),
    }
}

/// The rules in a file, or the built-in ones. A file with a mistake in it is refused: what it would have
/// told is not what was meant.
pub(crate) fn in_force(file: Option<&Path>) -> Result<Rules, Failure> {
    let Some(path) = file else { return Ok(Rules::built_in()) };
    let problems = match Document::read(&text(path)?) {
        Ok(document) if document.problems.is_empty() => return Ok(document.rules),
        Ok(document) => document.problems,
        Err(problem) => vec![problem],
    };
    let problems: Vec<String> = problems.iter().map(|problem| located(path, problem)).collect();
    Err(Failure::BadRules { path: path.to_owned(), problems: problems.join("\n") })
}

fn print_default(options: &RulesDefault) -> Result<ExitCode, Failure> {
    let mut out = output::stdout();
    out.write_all(Rules::built_in_document(options.log_mode.into()).as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn check(options: &RulesCheck) -> Result<ExitCode, Failure> {
    let path = &options.file;
    let text = text(path)?;
    remark_on_size(path, text.len());
    let mut out = output::stdout();
    let document = match Document::read(&text) {
        Ok(document) => document,
        Err(problem) => {
            writeln!(out, "{}", located(path, &problem))?;
            out.flush()?;
            return Err(Failure::RulesUnreadable { path: shown(path) });
        }
    };
    for problem in &document.problems {
        writeln!(out, "{}", located(path, problem))?;
    }
    out.flush()?;
    let (_, skipped) = document.in_mode(options.log_mode.into());
    for skipped in &skipped {
        output::remark(&located(path, skipped));
    }
    Ok(if document.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// Whether the rules will fit where the stack reads them from.
fn remark_on_size(path: &Path, bytes: usize) {
    let path = shown(path);
    let path = path.display();
    if bytes > ADVANCED_PARAMETER_BYTES {
        output::remark(&format!(
            "{path} has {bytes} bytes: no SSM parameter holds more than {ADVANCED_PARAMETER_BYTES}"
        ));
    } else if bytes > STANDARD_PARAMETER_BYTES {
        output::remark(&format!(
            "{path} has {bytes} bytes: a standard SSM parameter holds {STANDARD_PARAMETER_BYTES}, an \
             advanced one {ADVANCED_PARAMETER_BYTES}"
        ));
    }
}

/// `FILE:LINE: message`.
fn located(path: &Path, problem: &Problem) -> String {
    format!("{}:{}: {}", shown(path).display(), problem.line, problem.message)
}

/// The name of a file; standard input is called what it is.
fn shown(path: &Path) -> PathBuf {
    if path == Path::new("-") { PathBuf::from("<stdin>") } else { path.to_owned() }
}

fn text(path: &Path) -> Result<String, Failure> {
    let unreadable = |error| Failure::Read { path: shown(path), error };
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(unreadable)?)
    };
    let mut text = String::new();
    raw.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Failure::RulesTooLong { path: shown(path), most: MAX_BYTES });
    }
    Ok(text)
}
