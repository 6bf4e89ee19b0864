//! The JSON of incidents' rows.
//!
//! A version that adds something to an incident puts it into this JSON, where versions before it keep it.

use serde::Deserialize as _;
use serde_json::Value;

use super::{Incident, OpenIncident};
use crate::lenient::Original;

impl Incident {
    /// Reads a row. `None`: it is not an incident that this version can work with.
    pub fn of_row(json: &str) -> Option<Self> {
        let row: Value = serde_json::from_str(json).ok()?;
        let mut incident = Self::deserialize(&row).ok()?;
        let understood = serde_json::to_value(&incident).ok()?;
        incident.history.original = Original::of(row, understood);
        Some(incident)
    }

    /// The row to write. What another version has put into it and this one does not know is kept.
    pub fn to_row(&self) -> Option<String> {
        if self.history.original.is_none() {
            return serde_json::to_string(self).ok();
        }
        serde_json::to_string(&self.merged()?).ok()
    }

    /// The cause at opening as its row has it: part of the row's key, so it must stay what it is.
    pub fn opening_slug(&self) -> &str {
        self.history.original.text("opening_cause").unwrap_or(self.opening_cause.as_str())
    }

    fn merged(&self) -> Option<Value> {
        Some(self.history.original.with(serde_json::to_value(self).ok()?))
    }
}

impl OpenIncident {
    /// Reads a row.
    pub fn of_row(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The row of an open incident, with the values that its own row has.
    pub fn to_row(incident: &Incident) -> Option<String> {
        let mut open = serde_json::to_value(Self::from(incident)).ok()?;
        if !incident.history.original.is_none() {
            let row = incident.merged()?;
            for (name, value) in open.as_object_mut()? {
                if let Some(kept) = row.get(name) {
                    value.clone_from(kept);
                }
            }
        }
        serde_json::to_string(&open).ok()
    }
}

#[cfg(test)]
mod tests;
