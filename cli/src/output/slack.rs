//! A Slack message, drawn in a terminal as Slack would show it.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::Style;
use serde_json::Value;

use super::style;

const WIDTH: usize = 76;

/// Draws the blocks of a message inside a frame.
pub(crate) fn draw(out: &mut impl Write, message: &Value) -> io::Result<()> {
    for (at, block) in elements(message, "blocks").iter().enumerate() {
        if at > 0 {
            line(out, "", "")?;
        }
        match block["type"].as_str() {
            Some("header") => {
                paragraph(out, "", "", &[(text(&block["text"]), style::STRONG)])?;
            }
            Some("context") => {
                for element in elements(block, "elements") {
                    paragraph(out, "", "", &[(text(element), style::FAINT)])?;
                }
            }
            Some("actions") => {
                let buttons: Vec<String> = elements(block, "elements")
                    .iter()
                    .map(|button| format!("[{}]", text(&button["text"])))
                    .collect();
                paragraph(out, "", "", &[(&buttons.join(" "), style::LINK)])?;
            }
            _ => elements(block, "elements").iter().try_for_each(|part| rich(out, part))?,
        }
    }
    Ok(())
}

/// A part of rich text.
fn rich(out: &mut impl Write, part: &Value) -> io::Result<()> {
    match part["type"].as_str() {
        Some("rich_text_preformatted") => {
            let lines = elements(part, "elements").iter().flat_map(|run| text(run).lines());
            for line in lines {
                paragraph(out, "  ", "  ", &[(line, style::FAINT)])?;
            }
            Ok(())
        }
        Some("rich_text_list") => {
            let ordered = part["style"] == "ordered";
            for (at, item) in elements(part, "elements").iter().enumerate() {
                let mark = if ordered { format!("{}. ", at + 1) } else { "• ".to_owned() };
                let hang = " ".repeat(mark.chars().count());
                section(out, &mark, &hang, item)?;
            }
            Ok(())
        }
        _ => section(out, "", "", part),
    }
}

/// Runs of text in their styles. Code keeps its backticks, so that it can be told without colour.
fn section(out: &mut impl Write, first: &str, hang: &str, section: &Value) -> io::Result<()> {
    let runs: Vec<(String, Style)> = elements(section, "elements")
        .iter()
        .map(|run| match (&run["style"]["bold"], &run["style"]["code"]) {
            (Value::Bool(true), _) => (text(run).to_owned(), style::STRONG),
            (_, Value::Bool(true)) if text(run).is_ascii() => {
                (format!("`{}`", text(run)), style::CODE)
            }
            (_, Value::Bool(true)) => (text(run).to_owned(), style::CODE),
            _ => (text(run).to_owned(), Style::new()),
        })
        .collect();
    let runs: Vec<(&str, Style)> =
        runs.iter().map(|(text, style)| (text.as_str(), *style)).collect();
    paragraph(out, first, hang, &runs)
}

/// Text of several styles, broken into lines at blanks where there are any.
fn paragraph(
    out: &mut impl Write,
    first: &str,
    hang: &str,
    runs: &[(&str, Style)],
) -> io::Result<()> {
    let mut shown = String::new();
    let mut length = 0;
    let mut indent = first;
    for &(text, style) in runs {
        for (at, piece) in text.split_inclusive([' ', '\n']).enumerate() {
            let word = piece.trim_end_matches([' ', '\n']);
            let width = word.chars().count();
            // A word may go on from one style to the next; only a blank before it lets it break.
            let may_break = at > 0 || shown.ends_with(' ');
            if length > 0 && may_break && indent.chars().count() + length + width > WIDTH {
                line(out, indent, shown.trim_end())?;
                shown.clear();
                length = 0;
                indent = hang;
            }
            let _ = write!(shown, "{style}{word}{style:#}");
            length += width;
            match &piece[word.len()..] {
                blanks if blanks.contains('\n') => {
                    line(out, indent, shown.trim_end())?;
                    shown.clear();
                    length = 0;
                    indent = hang;
                }
                blanks => {
                    shown.push_str(blanks);
                    length += blanks.len();
                }
            }
        }
    }
    if length > 0 {
        line(out, indent, shown.trim_end())?;
    }
    Ok(())
}

fn line(out: &mut impl Write, indent: &str, text: &str) -> io::Result<()> {
    let faint = style::FAINT;
    if text.is_empty() {
        return writeln!(out, "  {faint}│{faint:#}");
    }
    writeln!(out, "  {faint}│{faint:#} {indent}{text}")
}

fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value["text"].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::draw;

    fn drawn(blocks: &Value) -> String {
        let mut drawn = Vec::new();
        draw(&mut drawn, &json!({ "blocks": blocks })).unwrap();
        let drawn = anstream::adapter::strip_bytes(&drawn).into_vec();
        String::from_utf8(drawn).unwrap()
    }

    #[test]
    fn every_block_is_drawn() {
        let run = |text: &str| json!({"type": "text", "text": text});
        let bold = |text: &str| json!({"type": "text", "text": text, "style": {"bold": true}});
        let code = |text: &str| json!({"type": "text", "text": text, "style": {"code": true}});
        let section = |runs: Value| json!({"type": "rich_text_section", "elements": runs});
        let blocks = json!([
            {"type": "header", "text": {"type": "plain_text", "text": "504 <x>"}},
            {"type": "rich_text", "elements": [
                section(json!([bold("API "), run("a1b2\n"), code("GET /a"), run(", more")])),
                {"type": "rich_text_preformatted", "elements": [run("status = 504\na = b")]},
                {"type": "rich_text_list", "style": "ordered", "elements": [
                    section(json!([run("Do "), code("aws x"), run(".")])),
                    section(json!([run(&"word ".repeat(20))])),
                ]},
            ]},
            {"type": "actions", "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "Logs"}, "url": "https://x"},
                {"type": "button", "text": {"type": "plain_text", "text": "API"}, "url": "https://x"},
            ]},
            {"type": "context", "elements": [{"type": "plain_text", "text": "Incident 1"}]},
        ]);
        let words = ["word"; 14].join(" ");
        let rest = ["word"; 6].join(" ");
        let wanted = format!(
            "  │ 504 <x>
  │
  │ API a1b2
  │ `GET /a`, more
  │   status = 504
  │   a = b
  │ 1. Do `aws x`.
  │ 2. {words}
  │    {rest}
  │
  │ [Logs] [API]
  │
  │ Incident 1
"
        );
        assert_eq!(drawn(&blocks), wanted);
    }
}
