//! `gatewatch preview`: the messages that people would get, from made-up incidents, so that a change of
//! wording can be seen.

mod example;
mod html;

use std::io::Write;

use alerting::View;
use alerting::notify::{self, sample, sample_message};
use alerting::{Content, Event, Facts};
use diagnosis::Cause;
use serde_json::json;

use crate::args::{self, Channels, Output, Preview, PreviewEvent, Shown};
use crate::failure::Failure;
use crate::output::{self, json_line, slack, style, wrap};

use example::Example;

const WIDTH: usize = 76;

pub(crate) fn run(options: &Preview) -> Result<(), Failure> {
    let mut out = output::stdout();
    let examples = examples(options);
    if options.html {
        html::page(&mut out, &examples)?;
    } else {
        match args::output(options.output) {
            Output::Text => examples.iter().try_for_each(|example| draw(&mut out, example))?,
            Output::Json => examples.iter().try_for_each(|example| object(&mut out, example))?,
        }
    }
    out.flush()?;
    Ok(())
}

fn examples(options: &Preview) -> Vec<Example> {
    let causes: Vec<Cause> = match options.cause {
        Shown::One(cause) => vec![cause],
        Shown::All => {
            let shown = |cause: &Cause| !matches!(cause, Cause::None | Cause::Unknown);
            Cause::ALL.iter().copied().filter(shown).collect()
        }
    };
    let mut examples: Vec<Example> = causes
        .into_iter()
        .flat_map(|cause| told(options.event, cause))
        .flat_map(|told| contents(options.channel, told))
        .collect();
    if matches!(options.event, PreviewEvent::Storm | PreviewEvent::All) {
        let facts = sample::storm(Event::Opened);
        examples.extend(contents(
            options.channel,
            LastNotification { event: "storm", living: false, facts },
        ));
    }
    examples
}

/// An event, and whether it edits a message instead of sending one.
struct LastNotification {
    event: &'static str,
    living: bool,
    facts: Facts,
}

/// What is told of one cause. A storm is told once, of no cause in particular.
fn told(event: PreviewEvent, cause: Cause) -> Vec<LastNotification> {
    let plain = |event, name| LastNotification {
        event: name,
        living: false,
        facts: sample::facts(event, cause),
    };
    match event {
        PreviewEvent::Opened => vec![plain(Event::Opened, "opened")],
        PreviewEvent::Updated => vec![plain(Event::Updated, "updated")],
        PreviewEvent::Reminded => vec![plain(Event::Reminded, "reminded")],
        PreviewEvent::Resolved => vec![plain(Event::Resolved, "resolved")],
        PreviewEvent::Acknowledged => {
            let mut told = plain(Event::Opened, "acknowledged");
            told.living = true;
            told.facts.acknowledged_by = Some("Ann".to_owned());
            vec![told]
        }
        PreviewEvent::Storm => Vec::new(),
        PreviewEvent::All => [
            PreviewEvent::Opened,
            PreviewEvent::Updated,
            PreviewEvent::Reminded,
            PreviewEvent::Acknowledged,
            PreviewEvent::Resolved,
        ]
        .into_iter()
        .flat_map(|event| self::told(event, cause))
        .collect(),
    }
}

/// The messages on the channels asked for. Where one is edited, only channels that edit have it.
fn contents(channel: Channels, told: LastNotification) -> Vec<Example> {
    let LastNotification { event, living, facts } = told;
    let example = |content: Content| Example {
        cause: facts.incident.cause,
        event,
        time: facts.at.hour_and_minute(),
        content,
    };
    let contents =
        channel.kinds().into_iter().filter_map(|kind| sample_message(kind, &facts, living));
    contents.map(example).collect()
}

fn object(out: &mut impl Write, example: &Example) -> std::io::Result<()> {
    let Example { cause, event, content, .. } = example;
    let mut object = json!({"cause": cause, "event": event, "message": content});
    if let Content::Sms { body } = content {
        object["septets"] = notify::septets(body).into();
    }
    json_line(out, &object)
}

fn draw(out: &mut impl Write, example: &Example) -> std::io::Result<()> {
    let (strong, faint) = (style::STRONG, style::FAINT);
    let Example { cause, event, content, .. } = example;
    for (at, view) in content.view().into_iter().enumerate() {
        if at == 0 {
            let label = label(&view);
            writeln!(out, "{strong}{cause}{strong:#}  {event}  {faint}{label}{faint:#}")?;
        } else {
            writeln!(out, "  {faint}└ {}{faint:#}", label(&view))?;
        }
        match view {
            View::Blocks { message, .. } => slack::draw(out, message)?,
            View::Text { subject: None, body, .. } => {
                for line in wrap(body, WIDTH) {
                    writeln!(out, "  {faint}│{faint:#} {line}")?;
                }
            }
            View::Text { subject: Some(subject), body, .. } => {
                writeln!(out, "  {faint}│{faint:#} {strong}{subject}{strong:#}")?;
                writeln!(out, "  {faint}│{faint:#}")?;
                for line in body.lines() {
                    let space = if line.is_empty() { "" } else { " " };
                    writeln!(out, "  {faint}│{faint:#}{space}{line}")?;
                }
            }
        }
    }
    writeln!(out)
}

/// What a part of a message is: `Slack`, `SMS, 120 of 160 septets`.
pub(crate) fn label(view: &View<'_>) -> String {
    match view {
        View::Blocks { label, .. } | View::Text { label, size: None, .. } => (*label).to_owned(),
        View::Text { label, size: Some(size), .. } => format!("{label}, {size}"),
    }
}
