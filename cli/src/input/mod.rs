//! Log lines, from whatever they were kept in. Recognised by content.

mod csv;
mod documents;
mod item;
mod lines;
mod rows;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::progress::Progress;

use item::Stopped;
pub(crate) use item::{Item, LogLine, Take};

/// As much is looked at to recognise what a file is; records of gigabytes do not come by it any faster.
const BUFFER_BYTES: usize = 1 << 18;

/// Hands every line of the files to `take`; `-` and no files at all stand for standard input.
pub(crate) fn read(files: &[PathBuf], take: &mut Take<'_>) -> Result<(), Failure> {
    read_showing(files, &Progress::hidden(), take)
}

/// The same, for somebody who waits.
pub(crate) fn read_showing(
    files: &[PathBuf],
    progress: &Progress,
    take: &mut Take<'_>,
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
        read_one(path, progress, &mut numbered).map_err(|stopped| stopped.of(path))?;
    }
    Ok(())
}

fn read_one(path: &Path, progress: &Progress, take: &mut Take<'_>) -> Result<(), Stopped> {
    let raw: Box<dyn Read + '_> = if path == Path::new("-") {
        Box::new(progress.counting(io::stdin().lock()))
    } else {
        Box::new(progress.counting(File::open(path)?))
    };
    let mut reader: Box<dyn BufRead + '_> = Box::new(BufReader::with_capacity(BUFFER_BYTES, raw));
    if reader.fill_buf()?.starts_with(&[0x1F, 0x8B]) {
        #[expect(
            clippy::disallowed_types,
            reason = "lines are taken one by one, each of bounded length"
        )]
        let inflated = flate2::bufread::MultiGzDecoder::new(reader);
        reader = Box::new(BufReader::with_capacity(BUFFER_BYTES, Gzip(inflated)));
    }
    let head = reader.fill_buf()?;
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        let reason = "it is UTF-16, which PowerShell writes: save it as UTF-8";
        return Err(Stopped::Malformed(reason.to_owned()));
    }
    if head.starts_with(b"\xEF\xBB\xBF") {
        reader.consume(3);
    }
    let head = reader.fill_buf()?;
    if let Some(document) = documents::recognise(head) {
        return documents::read(document, reader, take);
    }
    if csv::recognise(head) {
        return csv::read(reader, take);
    }
    lines::read(reader, take)
}

/// A decompressor whose errors say that it is one's.
struct Gzip<R>(R);

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => io::Error::other("its gzip breaks off"),
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                io::Error::other("its gzip is damaged")
            }
            _ => error,
        })
    }
}
