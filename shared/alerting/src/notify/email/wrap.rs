//! Text for people, in lines of a width that every mail program shows.

use std::fmt::Write as _;

/// Columns.
const WIDTH: usize = 78;

/// A text that grows by lines.
#[derive(Default)]
pub(super) struct Page(String);

impl Page {
    /// Words, broken at blanks; lines after the first are indented by `hang` columns. A word that is
    /// longer than a line stays whole.
    pub(super) fn wrapped(&mut self, first: &str, text: &str, hang: usize) {
        let mut line = first.to_owned();
        let mut empty = true;
        for word in text.split_whitespace() {
            let length = line.chars().count();
            if !empty && length + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = " ".repeat(hang);
                empty = true;
            }
            let space = if empty { "" } else { " " };
            let _ = write!(line, "{space}{word}");
            empty = false;
        }
        self.line(&line);
    }

    /// One line, however long.
    pub(super) fn line(&mut self, text: &str) {
        self.0.push_str(text.trim_end());
        self.0.push('\n');
    }

    /// An empty line, never two.
    pub(super) fn gap(&mut self) {
        if !self.0.is_empty() && !self.0.ends_with("\n\n") {
            self.0.push('\n');
        }
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn words_wrap_and_long_ones_stay_whole() {
        let mut page = Page::default();
        page.wrapped("1. ", &"word ".repeat(20), 3);
        page.wrapped("", &"x".repeat(100), 0);
        page.gap();
        page.gap();
        page.line("end");
        let text = page.into_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5, "{text}");
        assert!(lines[0].starts_with("1. word") && lines[0].len() <= 78);
        assert!(lines[1].starts_with("   word"));
        assert_eq!(lines[2].len(), 100);
        assert_eq!(lines[3..], ["", "end"]);
    }
}
