//! Links, built from trusted parts only: the region, ids of a known shape, and what is escaped. A part
//! that is unknown leaves its link out, and without region and log group there is none: then nobody knows
//! whose account the lines came from.

use std::fmt::Write as _;

use diagnosis::ApiType;
use diagnosis::is_region;

use crate::notify::{Facts, sanitized, words};

/// Slack takes no longer ones.
const MAX_URL: usize = 3_000;

const DOCUMENTATION: &str = "https://docs.aws.amazon.com/";

/// Where to look.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// A stable id.
    pub(super) id: &'static str,
    /// What it opens.
    pub(super) label: &'static str,
    /// Where that is.
    pub(super) url: String,
}

/// What helps with this incident, most useful first.
pub(super) fn of(facts: &Facts) -> Vec<Link> {
    if facts.region.is_none() || facts.incident.log_group.is_none() {
        return Vec::new();
    }
    let console = [
        ("logs", "Open in Logs Insights", logs_insights(facts)),
        ("function", "Function's log", function_log(facts)),
        ("api", "API in the console", api(facts)),
        ("docs", "What AWS says", documentation(facts)),
    ];
    console
        .into_iter()
        .filter_map(|(id, label, url)| Some(Link { id, label, url: url? }))
        .filter(|link| link.url.len() <= MAX_URL)
        .collect()
}

/// The Logs Insights query for exactly the lines that a message is about.
fn logs_insights(facts: &Facts) -> Option<String> {
    let log_group = facts.incident.log_group.as_deref().filter(|name| sanitized::is_clean(name))?;
    let filter = facts.exemplar.as_ref().map(|exemplar| exemplar.filter.as_str());
    let query = format!(
        "fields @timestamp, @message\n| filter {}\n| sort @timestamp desc\n| limit 200",
        filter.filter(|filter| sanitized::is_clean(filter)).unwrap_or("ispresent(@message)")
    );
    // The end is the next full minute, so that the last error is inside.
    let end = facts.at.plus_millis(60_000 - facts.at.as_millis().rem_euclid(60_000));
    Some(format!(
        "{}#logsV2:logs-insights$3FqueryDetail$3D~(end~'{}~start~'{}~timeType~'ABSOLUTE~tz~'UTC~editorString~'{}~source~(~'{}))",
        console(facts, "cloudwatch/home", "")?,
        escape(&end.to_string()),
        escape(&facts.window_start.to_string()),
        escape(&query),
        escape(log_group),
    ))
}

fn function_log(facts: &Facts) -> Option<String> {
    let function = facts.function.as_deref().filter(|name| sanitized::is_plain_name(name))?;
    Some(format!(
        "{}#logsV2:log-groups/log-group/$252Faws$252Flambda$252F{function}",
        console(facts, "cloudwatch/home", "")?
    ))
}

/// The stages of a REST API, or the page of another.
fn api(facts: &Facts) -> Option<String> {
    let api = facts.incident.api_id.as_deref().filter(|id| sanitized::is_plain_name(id))?;
    let page = match facts.exemplar.as_ref()?.api_type? {
        ApiType::Rest => format!("apigateway/main/apis/{api}/stages"),
        ApiType::Http | ApiType::WebSocket => "apigateway/main/api-detail".to_owned(),
    };
    console(facts, &page, &format!("api={api}&"))
}

/// AWS's best page on the cause.
fn documentation(facts: &Facts) -> Option<String> {
    let pages = words::entry(facts)?.links;
    pages.iter().find(|url| url.starts_with(DOCUMENTATION)).map(|&url| url.to_owned())
}

/// A page of the region's console; each partition has a host of its own.
fn console(facts: &Facts, page: &str, query: &str) -> Option<String> {
    let region = facts.region.as_deref().filter(|region| is_region(region))?;
    let host = match region.split_once('-') {
        Some(("cn", _)) => "console.amazonaws.cn",
        Some(("us", rest)) if rest.starts_with("gov-") => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    Some(format!("https://{region}.{host}/{page}?{query}region={region}"))
}

/// The console's own escaping: everything but letters, digits, `-`, `_` and `.` as `*` and two
/// hexadecimal digits per byte.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _ = write!(escaped, "*{byte:02x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::{escape, of};
    use crate::incident::Event;
    use crate::notify::{Facts, sample};

    fn ids(facts: &Facts) -> Vec<&'static str> {
        of(facts).iter().map(|link| link.id).collect()
    }

    #[test]
    fn nothing_in_a_name_can_end_the_link_or_the_query() {
        assert_eq!(escape("/shop/a-b_c.d"), "*2fshop*2fa-b_c.d");
        assert_eq!(escape("a'|>~(é"), "a*27*7c*3e*7e*28*c3*a9");
    }

    #[test]
    fn what_is_unknown_leaves_its_link_out() {
        let known = sample::facts(Event::Opened, Cause::LambdaTimedOut);
        assert_eq!(ids(&known), ["logs", "function", "api", "docs"]);
        let without = |change: fn(&mut Facts)| {
            let mut facts = known.clone();
            change(&mut facts);
            ids(&facts)
        };
        assert!(without(|facts| facts.region = None).is_empty());
        assert!(without(|facts| facts.incident.log_group = None).is_empty());
        assert_eq!(without(|facts| facts.function = None), ["logs", "api", "docs"]);
        assert_eq!(without(|facts| facts.exemplar = None), ["logs", "function", "docs"]);
        assert_eq!(without(|facts| facts.incident.api_id = None), ["logs", "function", "docs"]);
        assert_eq!(
            without(|facts| facts.incident.log_group = Some("/é".repeat(500))),
            ["function", "api", "docs"],
            "Slack takes no link so long"
        );
    }

    #[test]
    fn every_link_leads_to_aws() {
        for (region, host) in [
            ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/"),
            ("us-gov-west-1", "https://us-gov-west-1.console.amazonaws-us-gov.com/"),
            ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/"),
        ] {
            let mut facts = sample::facts(Event::Opened, Cause::LambdaTimedOut);
            facts.region = Some(region.to_owned());
            let links = of(&facts);
            assert!(links[..3].iter().all(|link| link.url.starts_with(host)), "{links:?}");
        }
        let mut facts = sample::facts(Event::Opened, Cause::LambdaTimedOut);
        facts.region = Some("evil.example/#".to_owned());
        assert_eq!(ids(&facts), ["docs"]);
    }
}
