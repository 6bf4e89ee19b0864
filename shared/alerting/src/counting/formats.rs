//! What the account says of a log group's lines: which stages write there, and in which format.
//!
//! A line is read with the format of its stage where it was written with it as it stands; any other is
//! read by what it looks like, so a format that was changed while its lines were on their way loses none.

use diagnosis::decode::Message;
use diagnosis::{AccessRecord, Field, Line, Reader, Template};

use crate::inventory::LogGroupInventory;
use crate::source::Source;

/// The stages whose access log goes to one log group, ready to read lines with.
#[derive(Debug)]
pub struct StageFormats {
    stages: Vec<StageFormat>,
    formats: Vec<Template>,
    /// Whether a reader that knows nothing of the formats reads all their lines in the same way, and faster.
    read_as_ever: bool,
}

#[derive(Debug)]
struct StageFormat {
    source: Source,
    /// Its place among the formats.
    format: Option<usize>,
}

/// What the formats make of a line.
enum ReadBy<'k, 'a> {
    /// Nothing: none of them reads it.
    Nothing,
    /// One record, and the stage where only one can have written it.
    One(AccessRecord<'a>, Option<&'k Source>),
    /// Several formats read it, each in its own way: the first one's.
    Many(AccessRecord<'a>),
}

impl StageFormats {
    /// `None`: no access log goes there, as far as is known.
    pub fn of(log_group: &str, known: &LogGroupInventory) -> Option<Self> {
        let mut texts: Vec<&str> = Vec::new();
        let mut formats = Vec::new();
        let mut stages = Vec::new();
        let here = known.stages.iter();
        for stage in here.filter(|stage| stage.access_log_group.as_deref() == Some(log_group)) {
            let named = Source::stage_named(Some(&stage.api_id), Some(&stage.stage));
            let Some(source) = named else { continue };
            let text = stage.format.as_deref().unwrap_or_default();
            let known = texts.iter().position(|known| *known == text);
            let format = known.or_else(|| {
                formats.push(compiled(text)?);
                texts.push(text);
                Some(texts.len() - 1)
            });
            stages.push(StageFormat { source, format });
        }
        let read_as_ever = formats.iter().all(Template::is_recognised);
        (!stages.is_empty()).then_some(Self { stages, formats, read_as_ever })
    }

    /// Whether lines need not be read with their formats.
    pub(super) const fn read_as_ever(&self) -> bool {
        self.read_as_ever
    }

    /// Where a request is counted whose record does not name its stage in full: at the stage that wrote
    /// the line, as far as that is known, else where its log group is. A log group that is named after a
    /// stage is that stage's whatever writes there.
    pub(super) fn home<'s>(
        &'s self,
        record: &AccessRecord<'_>,
        message: Message<'_>,
        writer: Option<&'s Source>,
        of_group: &'s Source,
    ) -> &'s Source {
        let names_all = || record.get(Field::Stage).is_some() && record.api_id().is_some();
        if of_group.stage().is_some() || names_all() {
            return of_group;
        }
        writer
            .or_else(|| self.stage_of(record))
            .or_else(|| self.writer(&message.text()))
            .unwrap_or(of_group)
    }

    /// The only stage whose format a line was written with. Lines that were read as ever are compared with
    /// the formats only here, where nothing else tells.
    fn writer(&self, line: &str) -> Option<&Source> {
        match self.read(line) {
            ReadBy::One(_, writer) if self.read_as_ever => writer,
            _ => None,
        }
    }

    /// Reads a line with the formats.
    fn read<'a>(&self, line: &'a str) -> ReadBy<'_, 'a> {
        let mut read: Vec<(usize, AccessRecord<'a>)> = Vec::new();
        for (at, format) in self.formats.iter().enumerate() {
            let record = format.read_exactly(line).filter(tells_an_end);
            read.extend(record.map(|record| (at, record)));
        }
        let of_formats = |stage: &&StageFormat| {
            read.iter().any(|(at, record)| stage.format == Some(*at) && fits(&stage.source, record))
        };
        let mut writers = self.stages.iter().filter(of_formats);
        let writer = match (writers.next(), writers.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        let format = writer.and_then(|writer| writer.format);
        let several = read.len() > 1 && format.is_none();
        let place = read.iter().position(|(at, _)| format.is_none_or(|format| format == *at));
        match place.map(|place| read.swap_remove(place).1) {
            None => ReadBy::Nothing,
            Some(record) if several => ReadBy::Many(record),
            Some(record) => ReadBy::One(record, writer.map(|writer| &writer.source)),
        }
    }

    /// The stage that a record must be of, by what it names and by who writes to the log group at all.
    fn stage_of(&self, record: &AccessRecord<'_>) -> Option<&Source> {
        let mut fitting = self.stages.iter().filter(|stage| fits(&stage.source, record));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(&only.source),
            _ => None,
        }
    }
}

/// Reads a line: with a format that it was written with, else by what it looks like. Beside it, the stage
/// that must have written it.
pub(super) fn line<'k, 'a>(
    known: Option<&'k StageFormats>,
    reader: &mut Reader,
    text: &'a str,
) -> (Line<'a>, Option<&'k Source>) {
    let Some(known) = known.filter(|known| !known.read_as_ever) else {
        return (reader.line(text), None);
    };
    match known.read(text) {
        ReadBy::Nothing => (reader.line(text), None),
        ReadBy::One(record, writer) => (Line::Access(record), writer),
        ReadBy::Many(record) => match reader.line(text) {
            line @ Line::Access(_) => (line, None),
            _ => (Line::Access(record), None),
        },
    }
}

/// A format that cannot say how a request ended is no help: its lines are read by what they look like.
fn compiled(format: &str) -> Option<Template> {
    let format = Template::compile(format).ok()?;
    (format.logs(Field::Status) || format.logs(Field::ErrorResponseType)).then_some(format)
}

/// Whether it says how its request ended, which a line of another kind hardly does.
fn tells_an_end(record: &AccessRecord<'_>) -> bool {
    record.status().is_some() || record.response_type().is_some()
}

/// Whether a record names nothing that this stage is not.
fn fits(source: &Source, record: &AccessRecord<'_>) -> bool {
    let same = |named: Option<&str>, is: Option<&str>| named.is_none() || named == is;
    same(record.api_id(), source.api_id()) && same(record.get(Field::Stage), source.stage())
}
