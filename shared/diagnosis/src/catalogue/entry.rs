//! An entry of the catalogue, and its next steps for one request.

use std::borrow::Cow;

use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// What is known about one cause.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The cause this entry describes.
    pub cause: Cause,
    /// The kind of error it means.
    pub family: Family,
    /// Who must act.
    pub fault: Fault,
    /// Whether sending the same request again can help.
    pub retry: RetryAdvice,
    /// Why, in half a sentence that follows the advice after a colon.
    pub retry_reason: &'static str,
    /// At most 60 characters, no full stop.
    pub title: &'static str,
    /// One or two plain sentences.
    pub explanation: &'static str,
    /// What to do, in order, with exact commands. `{api}`, `{stage}`, `{route}` and
    /// `{function}` stand for values of the failing request.
    pub next_steps: &'static [&'static str],
    /// What an unattributed cause may turn out to be once a better log line is found.
    pub may_be: &'static [Cause],
    /// Documentation, best first.
    pub links: &'static [&'static str],
    /// A request that failed for it, for made-up incidents.
    pub example: Example,
}

/// A failed request as an access log would tell it.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The answer's status.
    pub status: u16,
    /// The kind of API.
    pub api_type: ApiType,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// The route.
    pub route: &'static str,
    /// What decided the cause: `$context` name and text.
    pub evidence: &'static [(&'static str, &'static str)],
}

/// What is known of a failing request, for the placeholders of [`Entry::next_steps`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Placeholders<'a> {
    /// The API's id.
    pub api: Option<&'a str>,
    /// The stage.
    pub stage: Option<&'a str>,
    /// The route.
    pub route: Option<&'a str>,
    /// The function behind it.
    pub function: Option<&'a str>,
}

impl Entry {
    /// The next steps with what is known filled in; what is not stands in capitals.
    pub fn steps(&self, known: Placeholders<'_>) -> Vec<String> {
        self.next_steps.iter().map(|step| known.fill(step)).collect()
    }
}

impl Placeholders<'_> {
    /// Fills a step from left to right, once: what a value holds is no placeholder.
    fn fill(&self, step: &str) -> String {
        let slots = [
            ("{api}", self.api, "API_ID"),
            ("{stage}", self.stage, "STAGE"),
            ("{route}", self.route, "ROUTE"),
            ("{function}", self.function, "FUNCTION"),
        ];
        let mut filled = String::with_capacity(step.len() + 64);
        let (mut in_command, mut in_quotes) = (false, false);
        let mut rest = step;
        while let Some(next) = rest.chars().next() {
            let slot = slots.iter().find(|(name, ..)| rest.starts_with(name));
            if let Some(&(name, value, unknown)) = slot {
                let value = value.map(|value| {
                    if in_command { as_word(value, in_quotes) } else { Some(value.into()) }
                });
                filled.push_str(&value.flatten().unwrap_or(Cow::Borrowed(unknown)));
                rest = &rest[name.len()..];
                continue;
            }
            in_command ^= next == '`';
            in_quotes = in_command && in_quotes ^ (next == '\'');
            filled.push(next);
            rest = &rest[next.len_utf8()..];
        }
        filled
    }
}

/// A value as a word of a command that somebody copies into a shell. It comes from a log, so what could
/// end the word is left out: `None`. A stage named `$default` needs quotes.
fn as_word(value: &str, in_quotes: bool) -> Option<Cow<'_, str>> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:/@+=-".contains(&byte);
    if value.is_empty() || !value.bytes().all(|byte| plain(byte) || byte == b'$') {
        return None;
    }
    let needs_quotes = !in_quotes && value.contains('$');
    Some(if needs_quotes { Cow::Owned(format!("'{value}'")) } else { Cow::Borrowed(value) })
}

#[cfg(test)]
mod tests {
    use super::Placeholders;

    #[test]
    fn placeholders_are_filled_once() {
        let known = Placeholders {
            api: Some("a1b2c3"),
            stage: Some("$default"),
            route: Some("GET /{function}/{api}/x y"),
            function: None,
        };
        for (step, filled) in [
            ("Look at {route}.", "Look at GET /{function}/{api}/x y."),
            ("`--api-id {api} --stage-name {stage}`", "`--api-id a1b2c3 --stage-name '$default'`"),
            ("`--stage-name '{stage}'`", "`--stage-name '$default'`"),
            ("the API's `aws '{api}' {stage}`", "the API's `aws 'a1b2c3' '$default'`"),
            ("stage {stage}", "stage $default"),
            ("`{function}` and {proxy+} {", "`FUNCTION` and {proxy+} {"),
            ("", ""),
        ] {
            assert_eq!(known.fill(step), filled);
        }
    }

    #[test]
    fn a_value_from_a_log_stays_one_word_of_a_command() {
        for stage in ["prod; rm -rf x", "a b", "x`id`", "$(id)", "it's", "", "a\nb", "é"] {
            let known = Placeholders { stage: Some(stage), ..Placeholders::default() };
            assert_eq!(known.fill("`--stage-name {stage}`"), "`--stage-name STAGE`", "{stage}");
            assert_eq!(known.fill("`'{stage}'`"), "`'STAGE'`", "{stage}");
        }
    }
}
