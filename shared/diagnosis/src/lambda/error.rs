//! Errors of a function, and who reports them.

use std::borrow::Cow;

use super::frames::OwnFrame;
use super::json::ErrorObject;

/// An error of the function, by whoever reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError<'a> {
    /// The exception's class, where it is told.
    pub kind: Option<Cow<'a, str>>,
    /// What it says.
    pub message: Cow<'a, str>,
    /// Class and message as one text.
    pub shown: Cow<'a, str>,
    /// The first frame of the function's own code.
    pub frame: Option<String>,
    /// Who reports it.
    pub told_by: TellsOf,
}

/// Who reports an error, which says whether the invocation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TellsOf {
    /// The runtime: nobody caught it.
    Runtime,
    /// Its shape is the runtime's, but the function's own code may have logged the same.
    Shape,
    /// The function's own code, which may have handled it.
    Application,
}

impl<'a> FunctionError<'a> {
    pub(super) fn new(kind: Option<Cow<'a, str>>, message: Cow<'a, str>, told_by: TellsOf) -> Self {
        let shown = match &kind {
            Some(kind) if message.starts_with(&**kind) => message.clone(),
            Some(kind) if message.is_empty() => kind.clone(),
            Some(kind) => Cow::Owned(format!("{kind}: {message}")),
            None => message.clone(),
        };
        Self { kind, message, shown, frame: None, told_by }
    }

    pub(super) fn of_object(object: ErrorObject<'a>, told_by: TellsOf) -> Self {
        let message = object.message.unwrap_or_default();
        Self { frame: object.frame, ..Self::new(object.kind, message, told_by) }
    }

    pub(super) fn with_frame_in(self, text: &str) -> Self {
        Self { frame: OwnFrame::in_text(text), ..self }
    }
}
