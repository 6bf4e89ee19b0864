//! Details minute by minute, for rules on routes.

use std::collections::BTreeMap;

use super::LedgerError;
use crate::counting::Details;
use crate::source::Source;

/// What [`Counting::details`](super::Counting::details) sums up, each minute by itself.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait MinuteDetails {
    /// The details from minute `from` to minute `to`, both included. Minutes without any are absent.
    async fn details_by_minute(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Details>, LedgerError>;
}
