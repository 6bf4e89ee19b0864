//! Why a line is no access record.

/// Why a line is no access record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unreadable {
    /// Nothing but white space.
    Empty,
    /// Not JSON, and no other format that is read.
    NotJson,
    /// A line in a format that is read, which breaks off or breaks before anything in it would tell how
    /// the request ended.
    Broken,
    /// JSON, but nothing in it is of API Gateway.
    Foreign,
}
