//! Which lines are delivered.

/// Which lines the subscription delivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogMode {
    /// All of them.
    #[default]
    All,
    /// Failures only: how many requests there were is not known.
    Errors,
}
