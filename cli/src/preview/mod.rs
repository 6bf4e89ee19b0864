//! `gatewatch preview`: the messages that people would get, from made-up incidents, so that a change of
//! wording can be seen.

mod example;
mod html;

use std::io::Write;

use alerting::notify::{self, sample};
use alerting::{ChannelKind, Content, Event, Facts};
use diagnosis::Cause;
use serde_json::json;

use crate::args::{self, Output, Preview, PreviewChannel, PreviewEvent, Shown};
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
        examples.extend(contents(options.channel, Told { event: "storm", living: false, facts }));
    }
    examples
}

/// An event, and whether it edits a message instead of sending one.
struct Told {
    event: &'static str,
    living: bool,
    facts: Facts,
}

/// What is told of one cause. A storm is told once, of no cause in particular.
fn told(event: PreviewEvent, cause: Cause) -> Vec<Told> {
    let plain =
        |event, name| Told { event: name, living: false, facts: sample::facts(event, cause) };
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

/// The messages of the channels asked for; only Slack edits one.
fn contents(channel: PreviewChannel, told: Told) -> Vec<Example> {
    let Told { event, living, facts } = told;
    let kinds: &[ChannelKind] = match channel {
        PreviewChannel::Slack => &[ChannelKind::Slack],
        PreviewChannel::SlackBot => &[ChannelKind::SlackBot],
        PreviewChannel::Sms => &[ChannelKind::Sms],
        PreviewChannel::Email => &[ChannelKind::Email],
        PreviewChannel::All => &[ChannelKind::Slack, ChannelKind::Sms, ChannelKind::Email],
    };
    kinds
        .iter()
        .filter(|kind| !living || kind.in_rules() == ChannelKind::Slack)
        .map(|&kind| Example {
            cause: facts.incident.cause,
            event,
            time: facts.at.hour_and_minute(),
            content: match kind {
                ChannelKind::SlackBot => notify::sample_of_bot(&facts, living),
                _ if living => notify::living(&facts),
                _ => notify::render(kind, &facts),
            },
        })
        .collect()
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
    match content {
        Content::Slack { body } => {
            writeln!(out, "{strong}{cause}{strong:#}  {event}  {faint}Slack{faint:#}")?;
            slack::draw(out, body)?;
        }
        Content::SlackBot { message, reply } => {
            writeln!(out, "{strong}{cause}{strong:#}  {event}  {faint}Slack, by bot{faint:#}")?;
            slack::draw(out, message)?;
            if let Some(reply) = reply {
                writeln!(out, "  {faint}└ in its thread{faint:#}")?;
                slack::draw(out, reply)?;
            }
        }
        Content::Sms { body } => {
            let septets = notify::septets(body).unwrap_or_default();
            writeln!(
                out,
                "{strong}{cause}{strong:#}  {event}  {faint}SMS, {septets} of 160 septets{faint:#}"
            )?;
            for line in wrap(body, WIDTH) {
                writeln!(out, "  {faint}│{faint:#} {line}")?;
            }
        }
        Content::Email { subject, body, .. } => {
            writeln!(out, "{strong}{cause}{strong:#}  {event}  {faint}Email{faint:#}")?;
            writeln!(out, "  {faint}│{faint:#} {strong}{subject}{strong:#}")?;
            writeln!(out, "  {faint}│{faint:#}")?;
            for line in body.lines() {
                let space = if line.is_empty() { "" } else { " " };
                writeln!(out, "  {faint}│{faint:#}{space}{line}")?;
            }
        }
    }
    writeln!(out)
}
