//! The messages as a page that looks like Slack. It holds no script and asks for no file; every text is
//! escaped, and the page forbids itself what it does not need.

use std::io::{self, Write};

use alerting::View;
use serde_json::Value;

use super::example::Example;

const STYLE: &str = include_str!("page.css");

/// Writes the whole page.
pub(super) fn page(out: &mut impl Write, examples: &[Example]) -> io::Result<()> {
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" \
         content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>Gatewatch messages</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <h1># alerts</h1>\n<main>\n"
    )?;
    examples.iter().try_for_each(|example| article(out, example))?;
    out.write_all(b"</main>\n</body>\n</html>\n")
}

fn article(out: &mut impl Write, example: &Example) -> io::Result<()> {
    let (cause, event, time) = (example.cause.as_str(), example.event, &example.time);
    writeln!(out, "<article id=\"{cause}-{event}-{}\">", example.content.kind())?;
    for (at, view) in example.content.view().into_iter().enumerate() {
        match view {
            View::Blocks { message, .. } => {
                if at == 0 {
                    writeln!(
                        out,
                        "<p class=\"from\"><i>G</i><b>Gatewatch</b> <small>APP</small> <time>{time}</time></p>"
                    )?;
                } else {
                    writeln!(out, "<p class=\"note\">In its thread, {time}</p>")?;
                }
                elements(message, "blocks").iter().try_for_each(|block| slack(out, block))?;
            }
            View::Text { label, subject: Some(subject), body, .. } => writeln!(
                out,
                "<div class=\"mail\"><h2>{}</h2><pre>{}</pre></div>\n<p class=\"note\">{label} {time}</p>",
                escape(subject),
                escape(body)
            )?,
            View::Text { label, size, subject: None, body } => {
                let size = size.map_or_else(String::new, |size| format!(", {size}"));
                writeln!(
                    out,
                    "<p class=\"sms\">{}</p>\n<p class=\"note\">{label} {time}{size}</p>",
                    escape(body)
                )?;
            }
        }
    }
    writeln!(out, "</article>")
}

fn slack(out: &mut impl Write, block: &Value) -> io::Result<()> {
    match block["type"].as_str() {
        Some("header") => writeln!(out, "<h2>{}</h2>", text(&block["text"])),
        Some("context") => elements(block, "elements")
            .iter()
            .try_for_each(|element| writeln!(out, "<p class=\"context\">{}</p>", text(element))),
        Some("actions") => {
            write!(out, "<p class=\"actions\">")?;
            for button in elements(block, "elements") {
                let label = text(&button["text"]);
                let Some(url) = button["url"].as_str().map(escape) else {
                    // It acts, and here there is nobody to act for.
                    write!(out, "<a>{label}</a> ")?;
                    continue;
                };
                write!(out, "<a href=\"{url}\" rel=\"noreferrer\">{label}</a> ")?;
            }
            writeln!(out, "</p>")
        }
        _ => {
            write!(out, "<div>")?;
            elements(block, "elements").iter().try_for_each(|part| rich(out, part))?;
            writeln!(out, "</div>")
        }
    }
}

fn rich(out: &mut impl Write, part: &Value) -> io::Result<()> {
    match part["type"].as_str() {
        Some("rich_text_preformatted") => {
            write!(out, "<pre>")?;
            elements(part, "elements").iter().try_for_each(|run| write!(out, "{}", text(run)))?;
            write!(out, "</pre>")
        }
        Some("rich_text_list") => {
            let tag = if part["style"] == "ordered" { "ol" } else { "ul" };
            write!(out, "<{tag}>")?;
            for item in elements(part, "elements") {
                write!(out, "<li>")?;
                runs(out, item)?;
                write!(out, "</li>")?;
            }
            write!(out, "</{tag}>")
        }
        _ => {
            write!(out, "<p>")?;
            runs(out, part)?;
            write!(out, "</p>")
        }
    }
}

fn runs(out: &mut impl Write, section: &Value) -> io::Result<()> {
    for run in elements(section, "elements") {
        let text = text(run).replace('\n', "<br>");
        match (&run["style"]["bold"], &run["style"]["code"]) {
            (Value::Bool(true), _) => write!(out, "<b>{text}</b>")?,
            (_, Value::Bool(true)) => write!(out, "<code>{text}</code>")?,
            _ => write!(out, "{text}")?,
        }
    }
    Ok(())
}

fn elements<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    escape(value["text"].as_str().unwrap_or_default())
}

/// Every character that means something in HTML, in text and in attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use alerting::Content;
    use diagnosis::Cause;
    use serde_json::json;

    use super::page;
    use crate::preview::example::Example;

    fn written(content: Content) -> String {
        let example = Example {
            cause: Cause::LambdaTimedOut,
            event: "opened",
            time: "14:12".to_owned(),
            content,
        };
        let mut out = Vec::new();
        page(&mut out, &[example]).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn nothing_in_a_message_becomes_markup() {
        let evil = "<script>alert('1')</script>&\"";
        let harmless = "&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;";
        let run = json!({"type": "text", "text": evil, "style": {"code": true}});
        let section = json!({"type": "rich_text_section", "elements": [run]});
        let plain = json!({"type": "plain_text", "text": evil});
        let blocks = json!([
            {"type": "header", "text": plain},
            {"type": "rich_text", "elements": [
                section,
                {"type": "rich_text_preformatted", "elements": [run]},
                {"type": "rich_text_list", "style": "bullet", "elements": [section]},
            ]},
            {"type": "actions", "elements": [{"type": "button", "text": plain, "url": evil}]},
            {"type": "context", "elements": [plain]},
        ]);
        for (content, times) in [
            (Content::Slack { body: json!({ "blocks": blocks }) }, 7),
            (Content::Sms { body: evil.to_owned() }, 1),
            (
                Content::Email {
                    subject: evil.to_owned(),
                    body: evil.to_owned(),
                    attributes: std::collections::BTreeMap::default(),
                },
                2,
            ),
        ] {
            let page = written(content);
            assert!(!page.contains("<script"), "{page}");
            assert_eq!(page.matches(harmless).count(), times, "{page}");
        }
    }
}
