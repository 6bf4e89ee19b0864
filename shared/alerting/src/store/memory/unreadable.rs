//! Rows that cannot be read, for tests of what becomes of everything else.

use crate::notify::ChannelId;
use crate::source::Source;
use crate::store::memory::state::{Inner, MemoryLedger};
use crate::store::{BadRow, UnreadableRow};

impl MemoryLedger {
    /// Adds a row that no read makes anything of.
    pub fn plant(&self, row: BadRow) {
        self.inner.borrow_mut().bad_rows.push(row);
    }
}

impl Inner {
    /// Reads where these rows may lie.
    fn meet(&mut self, is_there: impl Fn(&BadRow) -> bool) {
        let met = self.bad_rows.iter().enumerate().filter(|(_, row)| is_there(row));
        self.set_aside.extend(met.map(|(at, row)| row.reported(&key(at, row))));
    }

    pub(super) fn meet_incidents(&mut self, of: &Source) {
        self.meet(|row| matches!(row, BadRow::Incident(source) if source == of));
    }

    pub(super) fn meet_open_incidents(&mut self) {
        self.meet(|row| matches!(row, BadRow::OpenIncident(_)));
    }

    pub(super) fn meet_messages(&mut self, on: &ChannelId) {
        self.meet(|row| matches!(row, BadRow::Message(channel) if channel == on));
    }

    pub(super) fn meet_silences(&mut self) {
        self.meet(|row| matches!(row, BadRow::Silence(_)));
    }

    /// Whether what is known of a log group cannot be read.
    pub(super) fn meet_log_group(&mut self, name: &str) -> bool {
        let is_there = |row: &BadRow| matches!(row, BadRow::LogGroup(of) if of == name);
        self.meet(is_there);
        self.bad_rows.iter().any(is_there)
    }

    pub(super) fn meet_exemplars(&mut self, of: &Source, from: i64, to: i64) {
        self.meet(|row| {
            matches!(row, BadRow::Exemplar(source, at) if source == of && (from..=to).contains(at))
        });
    }
}

fn key(at: usize, row: &BadRow) -> String {
    match row {
        BadRow::OpenIncident(source) => source.to_string(),
        BadRow::Silence(id) => id.clone(),
        _ => at.to_string(),
    }
}

pub(super) fn unreadable_rows(ledger: &MemoryLedger) -> Vec<UnreadableRow> {
    std::mem::take(&mut ledger.inner.borrow_mut().set_aside).into_iter().collect()
}
