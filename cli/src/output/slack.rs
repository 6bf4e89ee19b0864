//! A Slack message, drawn in a terminal as Slack would show it.

use std::io::{self, Write};

use serde_json::Value;

use super::{style, wrap};

const WIDTH: usize = 76;

/// Draws the blocks of a message inside a frame.
pub(crate) fn draw(out: &mut impl Write, message: &Value) -> io::Result<()> {
    let faint = style::FAINT;
    let mut line = |text: &str, style: anstyle::Style| {
        writeln!(out, "  {faint}│{faint:#} {style}{text}{style:#}")
    };
    for block in message["blocks"].as_array().into_iter().flatten() {
        match block["type"].as_str() {
            Some("header") => {
                line(&plain(&block["text"]), style::STRONG)?;
            }
            Some("section") => {
                for field in block["fields"].as_array().into_iter().flatten() {
                    let text = plain(field).replacen('\n', ": ", 1);
                    for part in wrap(&text, WIDTH) {
                        line(&part, anstyle::Style::new())?;
                    }
                }
                for part in wrap(&plain(&block["text"]), WIDTH) {
                    line(&part, anstyle::Style::new())?;
                }
            }
            Some("rich_text") => {
                let text = block.pointer("/elements/0/elements/0/text").and_then(Value::as_str);
                for part in wrap(text.unwrap_or_default(), WIDTH - 2) {
                    line(&format!("  {part}"), style::FAINT)?;
                }
            }
            Some("context") => {
                for element in block["elements"].as_array().into_iter().flatten() {
                    for part in wrap(&plain(element), WIDTH) {
                        line(&part, style::FAINT)?;
                    }
                }
            }
            _ => {}
        }
        line("", anstyle::Style::new())?;
    }
    Ok(())
}

/// The text of a text object, without Slack's markup: bold marks go, links show their label and target.
fn plain(text: &Value) -> String {
    let raw = text["text"].as_str().unwrap_or_default();
    if text["type"] != "mrkdwn" {
        return raw.to_owned();
    }
    let mut shown = String::new();
    let mut rest = raw;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        let Some((link, after)) = after.split_once('>') else { break };
        match link.split_once('|') {
            Some((target, label)) => {
                shown.push_str(label);
                shown.push_str(": ");
                shown.push_str(&shortened(target));
            }
            None => shown.push_str(link),
        }
        rest = after;
    }
    shown.push_str(rest);
    let shown = without_bold(&shown);
    shown
        .replace(":information_source:", "ℹ️")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&")
}

/// Console links are long; a terminal needs no more of them than where they lead. `--output json` has
/// them whole.
fn shortened(target: &str) -> String {
    const MOST: usize = 72;
    if target.len() <= MOST { target.to_owned() } else { diagnosis::redact::truncate(target, MOST) }
}

/// Drops the asterisks around a line's bold beginning. Others are the text's own: a console link is
/// full of them.
fn without_bold(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .map(|line| {
            let bold = line.strip_prefix('*').and_then(|rest| rest.split_once('*'));
            bold.map_or_else(|| line.to_owned(), |(word, rest)| format!("{word}{rest}"))
        })
        .collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::draw;

    #[test]
    fn a_message_is_drawn_without_its_markup() {
        let message = json!({"blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "504 <x>"}},
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "*API*\na1b2"}]},
            {"type": "section", "text": {"type": "mrkdwn", "text": "*At fault*: a &lt;b&gt; &amp; c\n<https://x/*2f|Open>"}},
            {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "status = 504"}]}]},
        ]});
        let mut drawn = Vec::new();
        draw(&mut drawn, &message).unwrap();
        let drawn = anstream::adapter::strip_bytes(&drawn).into_vec();
        let drawn = String::from_utf8(drawn).unwrap();
        let lines: Vec<&str> = drawn.lines().map(str::trim).filter(|line| *line != "│").collect();
        assert_eq!(
            lines,
            [
                "│ 504 <x>",
                "│ API: a1b2",
                "│ At fault: a <b> & c",
                "│ Open: https://x/*2f",
                "│   status = 504"
            ]
        );
    }
}
