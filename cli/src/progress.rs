//! How far a long input has been read: a line on standard error, where that is a terminal.

use std::fs;
use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whoever waits no longer than this needs no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Standard input that brings less may be somebody following a log: there is no end to show the way to.
const MUCH_BYTES: u64 = 4 << 20;

/// Drawn no oftener than this.
const PER_SECOND: u8 = 10;

/// What has been read of how much.
#[derive(Clone)]
pub(crate) struct Progress {
    /// Without a bar nothing is ever shown.
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows nothing.
    pub(crate) const fn hidden() -> Self {
        Self { bar: None }
    }

    /// Shows how far these files have been read; `-` and no files at all stand for standard input.
    pub(crate) fn of(files: &[PathBuf]) -> Self {
        if !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let bar = ProgressBar::with_draw_target(size_of(files), ProgressDrawTarget::hidden());
        Self { bar: Some(bar) }
    }

    /// Shows how much of a time has been fetched, in milliseconds of it.
    #[cfg(feature = "aws")]
    pub(crate) fn of_time(millis: u64) -> Self {
        if !io::stderr().is_terminal() {
            return Self::hidden();
        }
        let bar = ProgressBar::with_draw_target(Some(millis), ProgressDrawTarget::hidden());
        Self { bar: Some(bar) }
    }

    /// So much more time has been fetched, with so many lines in all.
    #[cfg(feature = "aws")]
    pub(crate) fn reach(&self, more_millis: u64, lines: u64) {
        let Some(bar) = &self.bar else { return };
        bar.inc(more_millis);
        bar.set_message(format!("{lines} lines"));
        if bar.is_hidden() && bar.elapsed() >= PATIENCE {
            let style =
                ProgressStyle::with_template("{bar:32.cyan} {percent:>3} %  {msg}, {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar())
                    .progress_chars("█▌░");
            bar.set_style(style);
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(PER_SECOND));
        }
    }

    /// A reader whose bytes are counted.
    pub(crate) fn counting<R: Read>(&self, reader: R) -> impl Read + use<R> {
        Counting { reader, progress: self.clone() }
    }

    /// A writer that wipes the line away before it writes to the same terminal.
    pub(crate) fn making_room<W: Write>(&self, writer: W) -> impl Write + use<W> {
        MakingRoom { writer, progress: self.clone() }
    }

    /// The input is read.
    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn advance(&self, bytes: u64) {
        let Some(bar) = &self.bar else { return };
        bar.inc(bytes);
        if bar.is_hidden() && is_long(bar.length(), bar.position(), bar.elapsed()) {
            bar.set_style(style(bar.length().is_some()));
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(PER_SECOND));
        }
    }
}

/// Whether somebody may be wondering how long it takes.
fn is_long(length: Option<u64>, read: u64, elapsed: Duration) -> bool {
    elapsed >= PATIENCE && (length.is_some() || read >= MUCH_BYTES)
}

/// How many bytes there are in all; `None` where that is not known.
fn size_of(files: &[PathBuf]) -> Option<u64> {
    let size = |path: &PathBuf| {
        let is_file = |found: &fs::Metadata| found.is_file() && path != Path::new("-");
        fs::metadata(path).ok().filter(is_file).map(|found| found.len())
    };
    if files.is_empty() { None } else { files.iter().map(size).sum() }
}

fn style(has_end: bool) -> ProgressStyle {
    let template = if has_end {
        "{bar:32.cyan} {percent:>3} %  {bytes} of {total_bytes}, {eta} left"
    } else {
        "{spinner:.cyan} {bytes} read, {bytes_per_sec}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("█▌░")
}

struct Counting<R> {
    reader: R,
    progress: Progress,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.progress.advance(read as u64);
        Ok(read)
    }
}

struct MakingRoom<W> {
    writer: W,
    progress: Progress,
}

impl<W: Write> Write for MakingRoom<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.progress.bar {
            Some(bar) if !bar.is_hidden() => bar.suspend(|| self.writer.write(bytes)),
            _ => self.writer.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::time::Duration;

    use super::{is_long, size_of};

    #[test]
    fn only_who_waits_for_long_sees_a_bar() {
        let (soon, late) = (Duration::from_millis(10), Duration::from_secs(1));
        for (length, read, elapsed, shows) in [
            (Some(1_000), 100, late, true),
            (Some(1_000), 100, soon, false),
            (None, 8 << 20, late, true),
            (None, 8 << 20, soon, false),
            (None, 100, late, false),
        ] {
            assert_eq!(is_long(length, read, elapsed), shows, "{length:?} {read} {elapsed:?}");
        }
    }

    #[test]
    fn a_size_is_known_where_all_are_files() {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let (file, other) = (here.join("Cargo.toml"), here.join("src/main.rs"));
        let size =
            |files: &[&PathBuf]| size_of(&files.iter().map(|&f| f.clone()).collect::<Vec<_>>());
        let one = size(&[&file]).unwrap();
        assert!(one > 0 && size(&[&file, &other]).unwrap() > one);
        let standard_input = PathBuf::from("-");
        for files in [&[][..], &[&standard_input], &[&file, &standard_input], &[&here]] {
            assert_eq!(size(files), None, "{files:?}");
        }
    }
}
