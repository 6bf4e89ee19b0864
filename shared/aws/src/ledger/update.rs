//! An update expression that grows attribute by attribute and knows its size.
//!
//! Every name goes through a placeholder: the attributes are called after causes and routes, and
//! DynamoDB reserves 573 words.

use std::collections::HashMap;
use std::fmt::Write;

use alerting::{BatchId, hash};
use aws_sdk_dynamodb::types::AttributeValue;

/// DynamoDB takes expressions of up to 4 KB. An update is cut below that, condition and guard included.
pub(super) const MAX_BYTES: usize = 3_500;

/// One clause of an update.
#[derive(Debug, Clone)]
pub(super) enum Clause {
    /// As [`Update::add`].
    Add(String, AttributeValue),
    /// As [`Update::set_once`].
    SetOnce(String, AttributeValue),
}

/// Guards one part of what a batch writes, where that is cut into several.
pub(super) fn guard(batch: BatchId, part: usize) -> u64 {
    hash::of(&[&batch.0.to_be_bytes(), &(part as u64).to_be_bytes()])
}

/// What an update does, with at most one clause per attribute.
#[derive(Debug, Clone, Default)]
pub(super) struct Update {
    adds: String,
    sets: String,
    removes: String,
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    bytes: usize,
}

impl Update {
    /// The updates that these clauses make, each small enough for one expression. The cuts depend on
    /// nothing but the clauses. There is always one, if only to note that a batch was counted.
    pub(super) fn parts(clauses: Vec<Clause>) -> Vec<Self> {
        let mut parts = Vec::new();
        let mut part = Self::default();
        for clause in clauses {
            let longer = part.clone().with(clause.clone());
            if longer.bytes() <= MAX_BYTES || part.is_empty() {
                part = longer;
                continue;
            }
            parts.push(part);
            part = Self::default().with(clause);
        }
        if parts.is_empty() || !part.is_empty() {
            parts.push(part);
        }
        parts
    }

    fn with(self, clause: Clause) -> Self {
        match clause {
            Clause::Add(name, value) => self.add(name, value),
            Clause::SetOnce(name, value) => self.set_once(name, value),
        }
    }

    /// Adds to a number, or puts members into a set.
    pub(super) fn add(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        let place = self.place(name.into(), Some(value));
        clause(&mut self.adds, &format!("#{place} :{place}"));
        self
    }

    /// Sets an attribute.
    pub(super) fn set(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        let place = self.place(name.into(), Some(value));
        clause(&mut self.sets, &format!("#{place} = :{place}"));
        self
    }

    /// Sets an attribute unless the row has it.
    pub(super) fn set_once(mut self, name: impl Into<String>, value: AttributeValue) -> Self {
        let place = self.place(name.into(), Some(value));
        clause(&mut self.sets, &format!("#{place} = if_not_exists(#{place}, :{place})"));
        self
    }

    /// Removes an attribute.
    pub(super) fn remove(mut self, name: impl Into<String>) -> Self {
        let place = self.place(name.into(), None);
        clause(&mut self.removes, &format!("#{place}"));
        self
    }

    /// Makes a value known to the condition.
    pub(super) fn with_value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// Makes a name known to the condition.
    pub(super) fn with_name(mut self, placeholder: &str, name: &str) -> Self {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        self
    }

    /// Whether it does nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.adds.is_empty() && self.sets.is_empty() && self.removes.is_empty()
    }

    /// Its size as far as the limit goes: the expression, and the names and values in it.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes + self.adds.len() + self.sets.len() + self.removes.len()
    }

    pub(super) fn expression(&self) -> String {
        let mut expression = String::new();
        for (keyword, clauses) in
            [("SET", &self.sets), ("REMOVE", &self.removes), ("ADD", &self.adds)]
        {
            if !clauses.is_empty() {
                let space = if expression.is_empty() { "" } else { " " };
                // Writing to a string cannot fail.
                let _ = write!(expression, "{space}{keyword} {clauses}");
            }
        }
        expression
    }

    pub(super) fn names(&self) -> HashMap<String, String> {
        self.names.clone()
    }

    /// `None` where there are none: DynamoDB refuses an empty map.
    pub(super) fn values(&self) -> Option<HashMap<String, AttributeValue>> {
        (!self.values.is_empty()).then(|| self.values.clone())
    }

    fn place(&mut self, name: String, value: Option<AttributeValue>) -> String {
        let place = format!("a{}", self.names.len());
        self.bytes += name.len() + value.as_ref().map_or(0, size);
        self.names.insert(format!("#{place}"), name);
        if let Some(value) = value {
            self.values.insert(format!(":{place}"), value);
        }
        place
    }
}

fn clause(clauses: &mut String, clause: &str) {
    if !clauses.is_empty() {
        clauses.push_str(", ");
    }
    clauses.push_str(clause);
}

fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bs(set) => set.iter().map(|bytes| bytes.as_ref().len()).sum(),
        // No update holds any other kind.
        _ => MAX_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::BatchId;
    use proptest::prelude::*;

    use super::super::item::{number, set_of_bytes, text};
    use super::{Clause, MAX_BYTES, Update, guard};

    proptest! {
        #[test]
        fn every_part_fits_an_expression_and_nothing_is_lost(
            sizes in prop::collection::vec((1..1_000_usize, 1..1_000_usize), 0..200),
        ) {
            let clause = |(n, &(name, value)): (usize, &(usize, usize))| {
                let (name, value) = (format!("{n}{}", "n".repeat(name)), text("v".repeat(value)));
                if n % 2 == 0 { Clause::Add(name, value) } else { Clause::SetOnce(name, value) }
            };
            let parts = Update::parts(sizes.iter().enumerate().map(clause).collect());
            prop_assert!(parts.iter().all(|part| part.bytes() <= MAX_BYTES));
            let names: usize = parts.iter().map(|part| part.names().len()).sum();
            prop_assert_eq!(names, sizes.len());
            let empty = parts.iter().filter(|part| part.is_empty()).count();
            prop_assert_eq!(empty, usize::from(sizes.is_empty()));
        }
    }

    #[test]
    fn each_part_has_a_guard_of_its_own() {
        let guards: BTreeSet<u64> = (0..100)
            .flat_map(|batch| (0..100).map(move |part| guard(BatchId(batch), part)))
            .collect();
        assert_eq!(guards.len(), 10_000);
    }

    #[test]
    fn an_expression_names_nothing_directly() {
        let update = Update::default()
            .add("requests", number(5))
            .set_once("q:1", text("GET /"))
            .add("b", set_of_bytes([&[1_u8; 8][..]]))
            .remove("until")
            .set("ttl", number(9));
        assert_eq!(
            update.expression(),
            "SET #a1 = if_not_exists(#a1, :a1), #a4 = :a4 REMOVE #a3 ADD #a0 :a0, #a2 :a2"
        );
        assert_eq!(update.names()["#a1"], "q:1");
        assert_eq!(update.values().unwrap().len(), 4);
        let expression = update.expression().len() - "SET  REMOVE  ADD ".len();
        assert_eq!(update.bytes(), expression + "requestsq:1buntilttl".len() + 1 + 5 + 8 + 1);
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(Update::default().is_empty());
        assert_eq!(Update::default().expression(), "");
        assert_eq!(Update::default().values(), None);
        assert!(!Update::default().remove("until").is_empty());
    }
}
