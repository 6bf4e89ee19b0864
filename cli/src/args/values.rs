//! The values of options, checked.

use alerting::ChannelKind;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use diagnosis::{Cause, Field, Template, TemplateError, is_region};

/// One of them, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shown<T> {
    One(T),
    All,
}

/// A cause that can be shown: one that means a failure, or lines that cannot be read.
pub(super) fn causes(text: &str) -> Result<Shown<Cause>, String> {
    if text == "all" {
        return Ok(Shown::All);
    }
    let cause: Option<Cause> = text.parse().ok();
    cause
        .filter(|cause| !matches!(cause, Cause::None | Cause::Unknown))
        .map(Shown::One)
        .ok_or_else(|| "no cause of this name; `gatewatch causes` lists them".to_owned())
}

/// Kinds of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channels {
    One(ChannelKind),
    /// One for each name that rules files know.
    All,
    /// All that there are.
    Every,
}

impl Channels {
    /// The kinds that are meant.
    pub(crate) fn kinds(self) -> Vec<ChannelKind> {
        match self {
            Self::One(kind) => vec![kind],
            Self::All => ChannelKind::named_in_rules().collect(),
            Self::Every => ChannelKind::ALL.to_vec(),
        }
    }
}

/// A kind of channel, `all` or `every`.
pub(super) fn channels() -> impl TypedValueParser<Value = Channels> {
    let names = ChannelKind::ALL.iter().map(|kind| kind.as_str()).chain(["all", "every"]);
    PossibleValuesParser::new(names).map(|name| match name.as_str() {
        "all" => Channels::All,
        kind => kind.parse().map_or(Channels::Every, Channels::One),
    })
}

/// A region becomes part of links, so it must look like one.
pub(super) fn region(text: &str) -> Result<String, String> {
    if is_region(text) {
        Ok(text.to_owned())
    } else {
        Err("expected a region such as eu-west-1".to_owned())
    }
}

/// A stack's name, or a function's name or ARN.
#[cfg(feature = "aws")]
pub(super) fn name(text: &str) -> Result<String, String> {
    if diagnosis::is_plain_name(text, "-_:", 200) {
        Ok(text.to_owned())
    } else {
        Err("expected letters, digits and hyphens".to_owned())
    }
}

/// A format must say which requests failed.
pub(super) fn format(text: &str) -> Result<Template, String> {
    let template = Template::compile(text).map_err(|error| match error {
        TemplateError::NoVariable => {
            format!("{error}; a shell takes them out unless they stand in single quotes")
        }
        other => other.to_string(),
    })?;
    if template.logs(Field::Status) || template.logs(Field::ErrorResponseType) {
        Ok(template)
    } else {
        Err("the format holds no $context.status, so its lines cannot say what failed".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{causes, format, region};

    #[test]
    fn only_causes_that_can_be_shown_are_taken() {
        for text in ["all", "lambda-timed-out", "unparseable"] {
            assert!(causes(text).is_ok(), "{text}");
        }
        for text in ["", "none", "unknown", "Lambda-Timed-Out"] {
            assert!(causes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_regions_become_part_of_links() {
        assert!(region("eu-west-1").is_ok() && region("us-gov-east-1").is_ok());
        for text in ["", "here", "eu-west-1/#evil", "EU-WEST-1"] {
            assert!(region(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_format_must_say_what_failed() {
        for (text, error) in [
            ("$context.requestId $context.status", None),
            ("$context.error.responseType", None),
            (" .requestId .status", Some("single quotes")),
            ("$context.requestId", Some("no $context.status")),
            ("$context.status\n$context.requestId", Some("breaks into lines")),
        ] {
            let outcome = format(text);
            match error {
                None => assert!(outcome.is_ok(), "{text}"),
                Some(part) => assert!(outcome.unwrap_err().contains(part), "{text}"),
            }
        }
    }
}
