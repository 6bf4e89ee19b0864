//! What is written: data to standard output, all else to standard error. Both read the same without
//! colour.

pub(crate) mod slack;
pub(crate) mod style;

use std::io::{self, BufWriter, Write};

use crate::failure::Failure;

/// Standard output, buffered; colours go where colours are wanted.
pub(crate) fn stdout() -> impl Write {
    BufWriter::new(anstream::stdout())
}

/// One sentence on standard error.
pub(crate) fn complain(failure: &Failure) {
    note("error", style::ERROR, &failure.to_string());
}

/// Something worth knowing, on standard error.
pub(crate) fn remark(text: &str) {
    note("note", style::NOTE, text);
}

fn note(word: &str, color: anstyle::Style, text: &str) {
    // If standard error is gone, there is nobody left to tell.
    let _ = writeln!(anstream::stderr(), "{color}{word}{color:#}: {text}");
}

/// One JSON object a line.
pub(crate) fn json_line(out: &mut impl Write, object: &impl serde::Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, object)?;
    out.write_all(b"\n")
}

/// The text broken into lines of at most `width` characters, at blanks where there are any.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            let length = line.chars().count();
            if length > 0 && length + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            } else if length > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// The same for text of a log, whose words may be of any length: those are broken too.
pub(crate) fn wrap_all(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(text, width) {
        let characters: Vec<char> = line.chars().collect();
        lines.extend(characters.chunks(width.max(1)).map(|part| part.iter().collect::<String>()));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{wrap, wrap_all};

    #[test]
    fn text_wraps_at_blanks_and_keeps_long_words_whole() {
        assert_eq!(wrap("a bb ccc dddd", 6), ["a bb", "ccc", "dddd"]);
        assert_eq!(wrap("a\nb", 6), ["a", "b"]);
        assert_eq!(wrap("https://long.example/x y", 6), ["https://long.example/x", "y"]);
        assert_eq!(wrap("", 6), Vec::<String>::new());
    }

    #[test]
    fn words_of_a_log_are_broken_wherever_they_must_be() {
        assert_eq!(wrap_all("a bbbbbbbbb c", 4), ["a", "bbbb", "bbbb", "b", "c"]);
        assert_eq!(wrap_all("ééééé", 4), ["éééé", "é"]);
        assert_eq!(wrap_all("a b", 4), ["a b"]);
    }
}
