//! The mark that stands for removed text.

/// Stands for removed text.
pub const REDACTED: &str = "[redacted]";
