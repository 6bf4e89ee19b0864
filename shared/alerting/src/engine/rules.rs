//! The rules in force: those that the engine was made with, or the last good document of the user's.
//!
//! The sweep offers the user's document every minute; a good one is kept in the ledger, where ingest finds
//! it. A bad one changes nothing but what is reported.

use std::sync::Arc;

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::hash;
use crate::notify::Channel;
use crate::rules::{Document, Problem, Rules};
use crate::store::{Ledger, LedgerError, RulesDocument};

/// Rules that were changed are in force everywhere after this long at the latest.
const FRESH_MS: i64 = 60_000;

/// What became of a document that was offered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Whether its good rules are in force now. If not, those before it still are.
    pub adopted: bool,
    /// Whether this engine had not been offered it just before: what is known need not be told again.
    pub is_news: bool,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// Rules that are right, and cannot be judged in the stack's log mode.
    pub skipped: Vec<Problem>,
}

fn of_text(text: &str) -> u64 {
    hash::of(&[text.as_bytes()])
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// The same engine with the rules that the ledger keeps, as soon as it keeps some.
    #[must_use]
    pub fn with_stored_rules(self) -> Self {
        Self { has_stored_rules: true, ..self }
    }

    /// The rules in force.
    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.in_force.inner().rules)
    }

    /// Looks into the ledger for rules that were changed, once a minute. A ledger that does not answer
    /// leaves those in force.
    pub(super) async fn refresh_rules(&self) {
        let now = self.clock.now();
        let age = self.in_force.inner().asked_at.map(|at| now.as_millis() - at.as_millis());
        // A clock that was set back makes nothing fresh for long.
        let fresh = age.is_some_and(|age| (0..FRESH_MS).contains(&age));
        if self.has_stored_rules
            && !fresh
            && let Ok(kept) = self.ledger.stored_rules().await
        {
            self.take(kept.as_ref(), now);
        }
    }

    /// Puts what the ledger keeps into force.
    fn take(&self, kept: Option<&RulesDocument>, now: Timestamp) {
        let mut inner = self.in_force.inner();
        inner.asked_at = Some(now);
        let Some(kept) = kept else { return };
        let hash = of_text(&kept.text);
        if inner.hash == Some(hash) {
            return;
        }
        // A newer version, since rolled back, may have kept what this one cannot read.
        let Ok(document) = Document::read(&kept.text) else { return };
        let (rules, _) = document.in_mode(self.settings.log_mode);
        if !rules.rules.is_empty() {
            inner.rules = Arc::new(rules);
            inner.hash = Some(hash);
        }
    }

    /// Puts the good rules of a document into force and keeps it, unless it is bad as a whole or no
    /// rule is left of it. An error means that it could not be kept, and that it is not in force.
    pub async fn adopt_rules(&self, text: &str) -> Result<Adoption, LedgerError> {
        let hash = of_text(text);
        let is_news = self.in_force.inner().offered.replace(hash) != Some(hash);
        let mut adoption = Adoption { is_news, ..Adoption::default() };
        let document = match Document::read(text) {
            Ok(document) => document,
            Err(problem) => {
                adoption.problems.push(problem);
                return Ok(adoption);
            }
        };
        let (rules, skipped) = document.in_mode(self.settings.log_mode);
        adoption.problems = document.problems;
        adoption.skipped = skipped;
        if rules.rules.is_empty() {
            let message = "no rule is left: the rules before these stay in force".to_owned();
            adoption.problems.push(Problem { line: 1, message });
            return Ok(adoption);
        }
        let now = self.clock.now();
        if self.in_force.inner().hash != Some(hash) {
            let kept = self.ledger.stored_rules().await?;
            if kept.is_none_or(|kept| kept.text != text) {
                let document = RulesDocument { text: text.to_owned(), stored_at: now };
                self.ledger.store_rules(&document).await?;
            }
        }
        let mut inner = self.in_force.inner();
        inner.rules = Arc::new(rules);
        inner.hash = Some(hash);
        inner.asked_at = Some(now);
        drop(inner);
        adoption.adopted = true;
        Ok(adoption)
    }
}

#[cfg(test)]
mod tests;
