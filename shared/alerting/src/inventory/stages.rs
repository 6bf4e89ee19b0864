//! All stages of the account, page by page.

use crate::inventory::{AccountError, Budget, StageInfo};

/// What one call told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StagesPage {
    /// Stages; a page may have none.
    pub stages: Vec<StageInfo>,
    /// Where to go on; `None`: these were the last.
    pub next: Option<String>,
}

/// Asks for all stages of REST, HTTP and WebSocket APIs.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Stages {
    /// The first page, or the one at `cursor`: one call of AWS's API, taken from the budget before it is
    /// made, and never repeated. The cursor is text that only the one who made it reads, and outlives the
    /// process. An API that was deleted since it was listed has no stages, and is no error.
    async fn stages(
        &self,
        cursor: Option<&str>,
        budget: &Budget,
    ) -> Result<StagesPage, AccountError>;
}
