//! Log lines, from whatever they were kept in. Recognised by content.

mod documents;
mod lines;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use diagnosis::Timestamp;

use crate::failure::Failure;

/// One log line and what its container says of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct LogLine {
    /// 1-based, over all inputs.
    pub(crate) number: u64,
    pub(crate) account: Option<String>,
    pub(crate) log_group: Option<String>,
    pub(crate) log_stream: Option<String>,
    pub(crate) event_id: Option<String>,
    pub(crate) timestamp: Option<Timestamp>,
    /// `None` for an event that holds none.
    pub(crate) message: Option<String>,
}

/// A line, or the end of a container that is one batch by itself.
#[derive(Debug)]
pub(crate) enum Item {
    Line(LogLine),
    EndOfBatch,
}

/// Hands every line of the files to `take`; `-` and no files at all stand for standard input.
pub(crate) fn read(
    files: &[PathBuf],
    take: &mut dyn FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let standard_input = [PathBuf::from("-")];
    let files = if files.is_empty() { &standard_input[..] } else { files };
    let mut number = 0;
    for path in files {
        let mut numbered = |item: Item| {
            take(match item {
                Item::Line(line) => {
                    number += 1;
                    Item::Line(LogLine { number, ..line })
                }
                Item::EndOfBatch => Item::EndOfBatch,
            })
        };
        read_one(path, &mut numbered)?;
    }
    Ok(())
}

fn read_one(path: &Path, take: &mut dyn FnMut(Item) -> Result<(), Failure>) -> Result<(), Failure> {
    let unreadable = |error| Failure::Read { path: path.to_owned(), error };
    let raw: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(unreadable)?)
    };
    let mut reader: Box<dyn BufRead> = Box::new(BufReader::with_capacity(1 << 18, raw));
    if reader.fill_buf().map_err(unreadable)?.starts_with(&[0x1F, 0x8B]) {
        #[expect(
            clippy::disallowed_types,
            reason = "lines are taken one by one, each of bounded length"
        )]
        let inflated = flate2::bufread::MultiGzDecoder::new(reader);
        reader = Box::new(BufReader::with_capacity(1 << 18, inflated));
    }
    let head = reader.fill_buf().map_err(unreadable)?;
    match documents::recognise(head) {
        Some(document) => {
            let mut text = Vec::new();
            reader.read_to_end(&mut text).map_err(unreadable)?;
            documents::read(document, &text, take).map_err(|error| error.of(path))
        }
        None => lines::read(&mut reader, take).map_err(|error| error.of(path)),
    }
}

/// Why reading stopped, before the path is known.
#[derive(Debug)]
enum Stopped {
    Io(io::Error),
    Malformed(String),
    Taker(Failure),
}

impl Stopped {
    fn of(self, path: &Path) -> Failure {
        let path = path.to_owned();
        match self {
            Self::Io(error) => Failure::Read { path, error },
            Self::Malformed(reason) => Failure::Input { path, reason },
            Self::Taker(failure) => failure,
        }
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Taker(failure)
    }
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
