//! `gatewatch explain`: why each request in a log failed.

mod card;
mod explained;
mod summary;
mod timeline;

use std::io::Write;
use std::path::Path;

use diagnosis::{Joiner, Line, Origin, Reader, Template, diagnose};

use crate::args::{self, Explain, Output};
use crate::failure::Failure;
use crate::input::{self, Item, LogLine, Take};
use crate::output::{self, json_line, remark};
use crate::progress::Progress;

use explained::Explained;
use summary::Summary;

/// A request shows so many pieces of evidence, unless it is the one that was asked for.
const MAX_EVIDENCE: usize = 6;

pub(crate) fn run(options: &Explain) -> Result<(), Failure> {
    #[cfg(feature = "aws")]
    if let Some(wanted) = crate::account::Wanted::by_explain(options)? {
        let progress = wanted.progress();
        return explain(options, false, &progress, |take| wanted.read(&progress, take));
    }
    let progress = Progress::of(&options.files);
    let from_pipe = options.files.iter().all(|file| file == Path::new("-"));
    explain(options, from_pipe, &progress, |take| {
        input::read_showing(&options.files, &progress, take)
    })
}

/// Explains whatever `read` hands on.
fn explain(
    options: &Explain,
    from_pipe: bool,
    progress: &Progress,
    read: impl FnOnce(&mut Take<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let out = progress.making_room(output::stdout());
    let mut explaining = Explaining::new(options, from_pipe, out);
    let read = read(&mut |item| match item {
        Item::Line(line) => explaining.take(&line),
        Item::EndOfBatch => Ok(()),
    });
    progress.finish();
    match read {
        // What was read before the input broke off has been read.
        Err(broken) if broken.is_of_input() && explaining.has_lines() => {
            explaining.finish()?;
            Err(broken)
        }
        Err(failure) => Err(failure),
        Ok(()) => explaining.finish(),
    }
}

/// One run of the command.
struct Explaining<'a, W: Write> {
    options: &'a Explain,
    output: Output,
    out: W,
    reader: Reader,
    joiner: Joiner,
    summary: Summary,
    cards: card::Cards,
    /// Somebody may be waiting at the other end of a pipe; files are there as a whole.
    from_pipe: bool,
    /// Whether the request that was asked for has been met.
    found: bool,
}

impl<'a, W: Write> Explaining<'a, W> {
    fn new(options: &'a Explain, from_pipe: bool, out: W) -> Self {
        let joiner = if from_pipe { Joiner::streaming() } else { Joiner::default() };
        // Nobody is told of requests that were answered well, but for the one that is asked for.
        let joiner = if options.request_id.is_some() { joiner.describing_all() } else { joiner };
        Self {
            options,
            output: args::output(options.output),
            out,
            reader: Reader::default(),
            joiner,
            summary: Summary::default(),
            cards: card::Cards::default(),
            from_pipe,
            found: false,
        }
    }

    const fn has_lines(&self) -> bool {
        self.summary.lines() > 0
    }

    fn take(&mut self, line: &LogLine) -> Result<(), Failure> {
        let format = self.options.format.as_ref();
        let read = line.message.as_deref().map(|message| read(format, &mut self.reader, message));
        let read = read.unwrap_or(Line::Unreadable);
        self.summary.add_line();
        if self.options.all {
            let diagnosis = diagnose::line(&read);
            self.summary.add_alone(&diagnosis, &read, read.time().or(line.timestamp));
            return self.print(&Explained::of_line(line, &read, &diagnosis));
        }
        if matches!(read, Line::Foreign | Line::Unreadable) {
            self.summary.add_unread(diagnose::line(&read).cause);
            return Ok(());
        }
        let origin = Origin {
            number: line.number,
            time: line.timestamp,
            log_group: line.log_group.as_deref(),
            log_stream: line.log_stream.as_deref(),
        };
        self.joiner.add(&read, &origin);
        self.take_closed()
    }

    /// Counts and prints the requests that are closed by now.
    fn take_closed(&mut self) -> Result<(), Failure> {
        while let Some(request) = self.joiner.next_closed() {
            self.summary.add_request(request.cause, request.time);
            let wanted = match &self.options.request_id {
                Some(id) => request.has_id(id),
                None => request.cause.is_error() && !self.options.summary,
            };
            if wanted {
                self.found = true;
                let limit =
                    if self.options.request_id.is_some() { usize::MAX } else { MAX_EVIDENCE };
                self.print(&Explained::of_request(&request, limit))?;
                if self.from_pipe {
                    self.out.flush()?;
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, explained: &Explained) -> Result<(), Failure> {
        match self.output {
            Output::Json => json_line(&mut self.out, explained)?,
            Output::Text => self.cards.print(&mut self.out, explained)?,
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.joiner.close_all();
        self.take_closed()?;
        if let Some(id) = &self.options.request_id {
            self.out.flush()?;
            if !self.found {
                remark(&format!("no line of a request {id} was found"));
            }
            return Ok(());
        }
        match (self.options.summary, self.output) {
            (true, Output::Json) => json_line(&mut self.out, &self.summary.object())?,
            (_, Output::Text) => self.summary.print(&mut self.out)?,
            (false, Output::Json) => {}
        }
        self.out.flush()?;
        if let Some(unread) = self.summary.unread() {
            remark(&unread);
        }
        Ok(())
    }
}

/// Reads a line by the format that was given, else by what it looks like.
fn read<'a>(format: Option<&Template>, reader: &mut Reader, message: &'a str) -> Line<'a> {
    format
        .and_then(|format| format.read(message))
        .map_or_else(|| reader.line(message), Line::Access)
}
