//! Block Kit's blocks, each within Slack's limits.
//! <https://docs.slack.dev/reference/block-kit/blocks>

use diagnosis::redact;
use serde_json::{Value, json};

use crate::notify::links::Link;
use crate::notify::steps::{Part, Step};

/// Slack's limits, in characters.
const MAX_HEADER: usize = 150;
pub(super) const MAX_TEXT: usize = 3_000;
const MAX_CONTEXT: usize = 2_000;

/// Blocks in a message.
pub(in crate::notify) const MAX_BLOCKS: usize = 50;

/// Slack's limit, in buttons.
const MAX_BUTTONS: usize = 25;

/// The large line on top.
pub(super) fn header(text: &str) -> Value {
    json!({"type": "header", "text": plain(text, MAX_HEADER)})
}

/// Rich text: what it holds is shown as it is, and no part of it is read as markup.
pub(super) fn rich(elements: impl IntoIterator<Item = Value>) -> Value {
    let elements: Vec<Value> = elements.into_iter().collect();
    json!({"type": "rich_text", "elements": elements})
}

/// A paragraph of rich text.
pub(super) fn paragraph(runs: impl IntoIterator<Item = Run>) -> Value {
    let runs: Vec<Value> = runs.into_iter().filter_map(Run::into_json).collect();
    json!({"type": "rich_text_section", "elements": runs})
}

/// Text in a box, spaced evenly.
pub(super) fn preformatted(text: &str) -> Value {
    json!({"type": "rich_text_preformatted", "elements": [{"type": "text", "text": cut(text)}]})
}

/// A numbered list.
pub(super) fn numbered(steps: &[Step]) -> Value {
    let items: Vec<Value> =
        steps.iter().map(|step| paragraph(step.iter().map(Run::from))).collect();
    json!({"type": "rich_text_list", "style": "ordered", "elements": items})
}

/// A list of lines with a dot before each.
pub(super) fn bulleted(lines: impl IntoIterator<Item = Value>) -> Value {
    let items: Vec<Value> = lines.into_iter().collect();
    json!({"type": "rich_text_list", "style": "bullet", "elements": items})
}

/// Buttons that open a page and do nothing else.
pub(super) fn buttons(links: &[Link]) -> Option<Value> {
    let buttons: Vec<Value> = links
        .iter()
        .take(MAX_BUTTONS)
        .map(|link| {
            json!({
                "type": "button",
                "action_id": format!("open-{}", link.id),
                "text": plain(link.label, 75),
                "url": link.url,
            })
        })
        .collect();
    (!buttons.is_empty()).then(|| json!({"type": "actions", "elements": buttons}))
}

/// Small print.
pub(super) fn context(text: &str) -> Value {
    json!({"type": "context", "elements": [plain(text, MAX_CONTEXT)]})
}

/// Text in one style.
#[derive(Debug)]
pub(super) enum Run {
    Plain(String),
    Bold(String),
    Code(String),
}

impl Run {
    pub(super) fn plain(text: impl Into<String>) -> Self {
        Self::Plain(text.into())
    }

    pub(super) fn bold(text: impl Into<String>) -> Self {
        Self::Bold(text.into())
    }

    pub(super) fn code(text: impl Into<String>) -> Self {
        Self::Code(text.into())
    }

    /// Slack refuses empty text.
    fn into_json(self) -> Option<Value> {
        let (text, style) = match self {
            Self::Plain(text) => (text, None),
            Self::Bold(text) => (text, Some("bold")),
            Self::Code(text) => (text, Some("code")),
        };
        if text.is_empty() {
            return None;
        }
        let mut run = json!({"type": "text", "text": cut(&text)});
        if let Some(style) = style {
            run["style"] = json!({style: true});
        }
        Some(run)
    }
}

impl From<&Part> for Run {
    fn from(part: &Part) -> Self {
        match part {
            Part::Words(text) => Self::plain(text),
            Part::Code(text) => Self::code(text),
        }
    }
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": redact::truncate(text, most), "emoji": false})
}

fn cut(text: &str) -> String {
    redact::truncate(text, MAX_TEXT)
}
