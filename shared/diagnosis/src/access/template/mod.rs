//! Custom formats: a string with `$context` variables, compiled once into a reader of the lines that
//! API Gateway writes with it.
//!
//! Substitution is textual, so the same text is the surest way back: the literals of the format are
//! found again, and what stands between them is the variables' values, JSON or not. Where values hold
//! what looks like a literal there may be several ways to take a line apart. The variables' shapes
//! exclude most of them; of what is left the two extremes are compared, and a value on which they
//! differ is not kept.

mod object;
mod pattern;
mod variable;

use std::borrow::Cow;

use super::{AccessRecord, json};
use crate::Field;
use crate::format::MAX_FORMAT_BYTES;
use crate::json::RawString;

use object::ObjectKeys;
use pattern::Pattern;
use variable::Variable;

/// An access-log format that lines are read with.
#[derive(Debug, Clone)]
pub struct Template {
    variables: Vec<Variable>,
    pattern: Pattern,
    /// Where the format is a JSON object: which variable stands under which key.
    keys: Option<ObjectKeys>,
    recognised: bool,
}

/// Why a format is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is nothing to read.
    #[error("the format holds no $context variable, such as $context.status")]
    NoVariable,
    /// API Gateway would refuse it.
    #[error("the format is {bytes} bytes long, API Gateway takes at most {MAX_FORMAT_BYTES}")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// API Gateway would refuse it.
    #[error("the format breaks into lines after \"{before}\", API Gateway takes a single line")]
    LineBreak {
        /// The end of the first line.
        before: String,
    },
}

impl Template {
    /// Compiles a format as it stands in a stage's settings. White space around it does not matter.
    pub fn compile(format: &str) -> Result<Self, TemplateError> {
        let format = format.trim_ascii();
        if format.len() > MAX_FORMAT_BYTES {
            return Err(TemplateError::TooLong { bytes: format.len() });
        }
        if let Some((line, _)) = format.split_once(['\n', '\r']) {
            let start = line.char_indices().rev().take(20).last().map_or(0, |(at, _)| at);
            return Err(TemplateError::LineBreak { before: line[start..].to_owned() });
        }
        let (literals, variables) = split(format);
        if variables.is_empty() {
            return Err(TemplateError::NoVariable);
        }
        let shapes = variables.iter().map(|variable| variable.shape).collect();
        let pattern = Pattern::new(literals, shapes);
        let keys = ObjectKeys::of(format);
        let recognised = keys.is_some() && is_recognised(format, &variables);
        Ok(Self { variables, pattern, keys, recognised })
    }

    /// Whether a [`Reader`](crate::Reader) that knows nothing of the format takes its lines apart in the
    /// same way: a JSON object with keys that say what stands under them. It is the faster of the two.
    pub const fn is_recognised(&self) -> bool {
        self.recognised
    }

    /// Whether lines of this format hold a field, be it `-` for nothing.
    pub fn logs(&self, field: Field) -> bool {
        self.variables.iter().any(|variable| variable.field == Some(field))
    }

    /// Takes a line apart. `None`: it was not written with this format, or not to its end.
    pub fn read<'a>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        let line = line.trim_ascii();
        // A JSON line may have been written anew on its way, with other blanks or another order.
        self.read_exactly(line).or_else(|| json::read(line, self.keys.as_ref()?).ok())
    }

    /// Takes a line apart that was written with this format as it stands: nothing left out, moved or
    /// added. `None`: it was not.
    pub fn read_exactly<'a>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        let line = line.trim_ascii();
        let spans = self.pattern.certain_spans(line)?;
        let mut record = AccessRecord::empty();
        for (variable, span) in self.variables.iter().zip(spans) {
            if let (Some(field), Some(span)) = (variable.field, span) {
                record.set(field, self.value(&line[span]));
            }
        }
        Some(record)
    }

    /// Inside JSON a value may be escaped.
    fn value<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if self.keys.is_some() && text.contains('\\') {
            return RawString { bytes: text.as_bytes(), escaped: true }.text();
        }
        Cow::Borrowed(text)
    }
}

/// Whether the keys of a JSON format say what its variables are. The format itself is a line of its own
/// shape, whose values are the variables' names.
fn is_recognised(format: &str, variables: &[Variable]) -> bool {
    let Ok(record) = crate::Reader::default().read(format) else { return false };
    let named = |text: &str| match variable::find(text) {
        Some(("", name, "")) => Variable::named(name).field,
        _ => None,
    };
    let mut logged = Field::ALL.iter().filter_map(|&field| Some((field, record.get(field)?)));
    logged.all(|(field, text)| named(text) == Some(field))
        && variables.iter().filter_map(|variable| variable.field).all(|field| record.logs(field))
}

/// A format's literals and the variables between them: one literal more than variables.
fn split(format: &str) -> (Vec<String>, Vec<Variable>) {
    let mut literals = vec![String::new()];
    let mut variables = Vec::new();
    let mut rest = format;
    while let Some((before, name, after)) = variable::find(rest) {
        if let Some(literal) = literals.last_mut() {
            literal.push_str(before);
        }
        variables.push(Variable::named(name));
        literals.push(String::new());
        rest = after;
    }
    if let Some(literal) = literals.last_mut() {
        literal.push_str(rest);
    }
    (literals, variables)
}

#[cfg(test)]
mod tests;
