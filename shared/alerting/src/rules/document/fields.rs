//! One table of a document: its values by key, each checked, and what is wrong with them.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::problem::{Lines, Problem};
use super::words::{minutes, of_minutes, one_of, shown};
use crate::notify::ChannelKind;

/// The keys that a table may have.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    /// Whose keys they are, for the sentence about an unknown one.
    pub(super) of: &'static str,
    pub(super) known: &'static [&'static str],
}

/// A table being read. A value that cannot be used becomes a problem, and its reader returns `None`.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    pub(super) lines: &'a Lines<'a>,
    table: &'a DeTable<'a>,
    /// Where the table begins.
    begins: usize,
    /// Put before each message: whose table it is.
    owner: String,
    pub(super) problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(lines: &'a Lines<'a>, table: &'a DeTable<'a>, begins: usize) -> Self {
        Self { lines, table, begins, owner: String::new(), problems: Vec::new() }
    }

    /// From now on, messages say whose table this is.
    pub(super) fn owned_by(&mut self, owner: impl Into<String>) {
        self.owner = owner.into();
    }

    /// The table under `key`, with the same owner.
    pub(super) fn inner(&mut self, key: &str) -> Option<Self> {
        let value = self.value(key)?;
        let begins = value.span().start;
        let Some(table) = value.get_ref().as_table() else {
            self.complain(begins, format!("`{key}` must be a table: {{ \u{2026} }}"));
            return None;
        };
        Some(Self { owner: self.owner.clone(), ..Self::new(self.lines, table, begins) })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// Notes a problem at a place of the document.
    pub(super) fn complain(&mut self, offset: usize, message: impl Display) {
        let line = self.lines.of_offset(offset);
        self.problems.push(Problem::at(line, format!("{}{message}", self.owner)));
    }

    /// Notes a problem with a key, or with the table where the key is missing.
    pub(super) fn complain_of(&mut self, key: &str, message: impl Display) {
        let begins = self.table.iter().find(|(name, _)| name.get_ref() == key);
        self.complain(begins.map_or(self.begins, |(name, _)| name.span().start), message);
    }

    pub(super) fn refuse_unknown(&mut self, keys: Keys) {
        let table = self.table;
        for (name, _) in table {
            if !keys.known.contains(&name.get_ref().as_ref()) {
                let message = format!(
                    "unknown key `{}`: {} has {}",
                    shown(name.get_ref()),
                    keys.of,
                    one_of(keys.known).replace(" or ", " and ")
                );
                self.complain(name.span().start, message);
            }
        }
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str) -> Option<&'a str> {
        let value = self.value(key)?;
        let text = value.get_ref().as_str();
        if text.is_none() {
            self.complain(value.span().start, format!("`{key}` must be a text in quotes"));
        }
        text
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(&mut self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(key)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            self.complain_of(key, format!("`{key}` must be {}", one_of(&known)));
        }
        found
    }

    /// A whole number.
    pub(super) fn whole(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<u64> {
        let value = self.value(key)?;
        let found = integer(value.get_ref()).filter(|number| range.contains(number));
        if found.is_none() {
            let message =
                format!("`{key}` must be a whole number from {} to {}", range.start(), range.end());
            self.complain(value.span().start, message);
        }
        found.and_then(|number| number.try_into().ok())
    }

    /// A number that may have a fraction.
    pub(super) fn number(&mut self, key: &str, range: RangeInclusive<f64>) -> Option<f64> {
        let value = self.value(key)?;
        let number = match value.get_ref() {
            DeValue::Float(number) => number.as_str().parse().ok(),
            other => integer(other).map(|number| number as f64),
        };
        let found = number.filter(|number| range.contains(number));
        if found.is_none() {
            let message =
                format!("`{key}` must be a number from {} to {}", range.start(), range.end());
            self.complain(value.span().start, message);
        }
        found
    }

    /// A length of time in minutes.
    pub(super) fn minutes(&mut self, key: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.value(key)?;
        let found =
            value.get_ref().as_str().and_then(minutes).filter(|length| range.contains(length));
        if found.is_none() {
            let (least, most) = (of_minutes(*range.start()), of_minutes(*range.end()));
            let message = format!(
                "`{key}` must be whole minutes such as \"10m\" or \"1h\", from {least} to {most}"
            );
            self.complain(value.span().start, message);
        }
        found
    }

    /// A list of texts, each read by `read`, which says what is wrong with one.
    pub(super) fn list<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let value = self.value(key)?;
        let Some(list) = value.get_ref().as_array() else {
            self.complain(value.span().start, format!("`{key}` must be a list: [\"\u{2026}\"]"));
            return None;
        };
        let mut found = Vec::new();
        for part in list {
            let text = part.get_ref().as_str().ok_or_else(|| "only texts in quotes".to_owned());
            match text.and_then(&read) {
                Ok(part) => found.push(part),
                Err(why) => self.complain(part.span().start, format!("`{key}`: {why}")),
            }
        }
        Some(found)
    }

    /// A list of kinds of channels.
    pub(super) fn kinds_of_channels(&mut self, key: &str) -> Option<Vec<ChannelKind>> {
        let kinds = self.list(key, |text| {
            let kind = ChannelKind::named_in_rules().find(|kind| kind.as_str() == text);
            kind.ok_or_else(|| {
                let known: Vec<&str> =
                    ChannelKind::named_in_rules().map(ChannelKind::as_str).collect();
                let known = one_of(&known);
                format!("unknown channel `{}`: there are {known}", shown(text))
                    .replace(" or ", " and ")
            })
        });
        kinds.map(|mut kinds| {
            // Each channel is told once.
            kinds.sort_unstable();
            kinds.dedup();
            kinds
        })
    }

    /// A list that a rule is narrowed by. An empty one would match nothing, or all: neither is meant.
    pub(super) fn narrowed_by<T>(
        &mut self,
        key: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let before = self.problems.len();
        let found = self.list(key, read);
        if self.problems.len() == before && found.as_ref().is_some_and(Vec::is_empty) {
            self.complain_of(key, format!("`{key}` is empty: leave it out to match all"));
        }
        found.unwrap_or_default()
    }

    fn value(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }
}

/// A whole number, however it is written.
pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(number.as_str(), number.radix()).ok()
}
