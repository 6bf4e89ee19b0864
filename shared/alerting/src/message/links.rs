//! Links into the AWS console, built from trusted parts only.

use std::fmt::Write as _;

use crate::notification::Facts;

/// The Logs Insights query for exactly the lines that a message is about; `None` where the region or
/// the log group is unknown.
pub(super) fn logs_insights(facts: &Facts) -> Option<String> {
    let region = facts.region.as_deref()?;
    let log_group = facts.incident.log_group.as_deref()?;
    let filter = facts.exemplar.as_ref().map(|exemplar| exemplar.filter.as_str());
    let query = format!(
        "fields @timestamp, @message\n| filter {}\n| sort @timestamp desc\n| limit 200",
        filter.unwrap_or("ispresent(@message)")
    );
    // The end is the next full minute, so that the last error is inside.
    let end = facts.at.plus_millis(60_000 - facts.at.as_millis() % 60_000);
    Some(format!(
        "https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:logs-insights$3FqueryDetail$3D~(end~'{}~start~'{}~timeType~'ABSOLUTE~tz~'UTC~editorString~'{}~source~(~'{}))",
        escape(&end.to_string()),
        escape(&facts.window_start.to_string()),
        escape(&query),
        escape(log_group),
    ))
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
    use super::escape;

    #[test]
    fn nothing_in_a_name_can_end_the_link_or_the_query() {
        assert_eq!(escape("/shop/a-b_c.d"), "*2fshop*2fa-b_c.d");
        assert_eq!(escape("a'|>~(é"), "a*27*7c*3e*7e*28*c3*a9");
    }
}
