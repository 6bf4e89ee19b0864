//! A step in plain text: commands stand on lines of their own, whole, so that they can be copied.

use crate::notify::email::wrap::Page;
use crate::notify::steps::{Part, Step};

/// Shorter code stays among the words.
const MIN_COMMAND: usize = 36;

/// Writes one numbered step.
pub(super) fn write(page: &mut Page, number: usize, step: &Step) {
    let mut first = format!("{number}. ");
    let mut words = String::new();
    let mut after_command = false;
    for part in step {
        match part {
            Part::Code(code) if code.len() >= MIN_COMMAND && code.contains(' ') => {
                flush(page, &mut first, &words, after_command);
                words.clear();
                page.line(&format!("     {code}"));
                after_command = true;
            }
            Part::Code(code) => words.extend(["`", code, "`"]),
            Part::Words(text) => words.push_str(text),
        }
    }
    flush(page, &mut first, &words, after_command);
}

/// Writes the words before or after a command, without the punctuation that embraced it.
fn flush(page: &mut Page, first: &mut String, words: &str, after_command: bool) {
    let words = without_open_brackets(words);
    let words = if after_command {
        words.trim_start_matches(|mark: char| ".,;)".contains(mark) || mark.is_whitespace())
    } else {
        words.trim()
    };
    match words {
        "" if first.trim().is_empty() => return,
        "" => page.line(first),
        words => page.wrapped(first, words, 3),
    }
    "   ".clone_into(first);
}

/// Drops the last bracket that opens and does not close, and the first that closes and did not open.
fn without_open_brackets(words: &str) -> String {
    let mut kept = words.to_owned();
    let (opening, closing) = (words.matches('(').count(), words.matches(')').count());
    if opening > closing
        && let Some(at) = kept.rfind('(')
    {
        kept.remove(at);
    } else if closing > opening
        && let Some(at) = kept.find(')')
    {
        kept.remove(at);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::notify::email::wrap::Page;
    use crate::notify::steps::Part;

    fn written(parts: &[(bool, &str)]) -> String {
        let step = parts
            .iter()
            .map(
                |&(code, text)| {
                    if code { Part::Code(text.to_owned()) } else { Part::Words(text.to_owned()) }
                },
            )
            .collect();
        let mut page = Page::default();
        write(&mut page, 1, &step);
        page.into_text()
    }

    #[test]
    fn commands_stand_alone_and_names_do_not() {
        let long = "aws lambda get-function-concurrency --function-name F";
        let other = "aws lambda get-account-settings --region eu-west-1";
        assert_eq!(
            written(&[
                (false, "See it: "),
                (true, long),
                (false, " and "),
                (true, other),
                (false, ". A `0` "),
                (true, "Max"),
                (false, " counts.")
            ]),
            format!("1. See it:\n     {long}\n   and\n     {other}\n   A `0` `Max` counts.\n")
        );
    }

    #[test]
    fn brackets_around_a_command_go() {
        let long = "aws apigatewayv2 get-authorizers --api-id a1b2c3d4e5";
        assert_eq!(
            written(&[
                (false, "See it: "),
                (true, long),
                (false, " (HTTP: "),
                (true, long),
                (false, ").")
            ]),
            format!("1. See it:\n     {long}\n   HTTP:\n     {long}\n")
        );
        assert_eq!(
            written(&[(true, long), (false, " (on HTTP APIs) finds it.")]),
            format!("1.\n     {long}\n   (on HTTP APIs) finds it.\n")
        );
    }
}
