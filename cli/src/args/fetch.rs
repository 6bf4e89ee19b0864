//! What is said of lines that are fetched from the user's account.

use clap::Args;
use diagnosis::is_plain_name;

use super::moment::Moment;
use super::values::region;

/// Shown with `--help`: what fetching takes, and what it leaves behind.
macro_rules! fetching {
    ($examples:literal) => {
        concat!(
            $examples,
            "

Fetching asks CloudWatch Logs with the credentials, profile and region that the AWS command line \
would use, and needs logs:FilterLogEvents and logs:DescribeLogGroups. It makes at most 4 calls a \
second, since AWS answers some 5 in the whole account. Hours that are over are kept, readable by you \
only, in ~/.cache/gatewatch (or $XDG_CACHE_HOME/gatewatch), 1 GB at most, of which the oldest go \
first: what was fetched once is not fetched again, and a fetch that was broken off goes on where it \
was."
        )
    };
}

pub(super) const FETCHED_EXPLAIN: &str = fetching!(
    "
  gatewatch explain --log-group /my/api --since 24h
  gatewatch explain --log-group /my/api --request-id ID

With --log-group and --request-id, the request is followed from its access log to the execution log of \
its stage and the log of the function that answered it. That also needs apigateway:GET and \
lambda:GetFunctionConfiguration."
);

pub(super) const FETCHED_REPLAY: &str = fetching!(
    "
  gatewatch replay --drain --log-group /my/api --since 24h"
);

#[derive(Debug, Args)]
pub(crate) struct ExplainFetch {
    /// Fetch the lines of this log group from AWS; may be given several times
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    pub(crate) log_group: Vec<String>,
    /// AWS region of the log groups; that of the environment without it
    #[arg(long, value_parser = region, requires = "log_group", conflicts_with = "files")]
    pub(crate) region: Option<String>,
    /// API and stage of a request whose access log does not name them
    #[arg(long, value_name = "ID/STAGE", value_parser = api, requires_all = ["log_group", "request_id"])]
    pub(crate) api: Option<(String, String)>,
    /// Fetch from this time on: how long ago (15m, 1h, 7d), or a time in RFC 3339 [default: 1h]
    #[arg(long, value_name = "AGO|TIME", requires = "log_group", conflicts_with = "files")]
    pub(crate) since: Option<Moment>,
    /// … to this time [default: now]
    #[arg(long, value_name = "AGO|TIME", requires = "log_group", conflicts_with = "files")]
    pub(crate) until: Option<Moment>,
    /// Neither use nor keep what was fetched
    #[arg(long, requires = "log_group", conflicts_with = "files")]
    pub(crate) no_cache: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayFetch {
    /// Fetch the log group from this time on: how long ago (15m, 1h, 7d), or a time in RFC 3339
    #[arg(long, value_name = "AGO|TIME", requires = "log_group", conflicts_with = "files")]
    pub(crate) since: Option<Moment>,
    /// … to this time [default: now]
    #[arg(long, value_name = "AGO|TIME", requires = "since", conflicts_with = "files")]
    pub(crate) until: Option<Moment>,
    /// Neither use nor keep what was fetched
    #[arg(long, requires = "since", conflicts_with = "files")]
    pub(crate) no_cache: bool,
}

/// `a1b2c3d4e5/prod`.
fn api(text: &str) -> Result<(String, String), String> {
    let plain = |part: &str| is_plain_name(part, "-_$", 128);
    text.split_once('/')
        .filter(|(id, stage)| plain(id) && plain(stage))
        .map(|(id, stage)| (id.to_owned(), stage.to_owned()))
        .ok_or_else(|| "expected an API's id and a stage, such as a1b2c3d4e5/prod".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::Arguments;
    use super::api;

    #[test]
    fn an_api_is_an_id_and_a_stage() {
        assert_eq!(api("a1b2/prod"), Ok(("a1b2".to_owned(), "prod".to_owned())));
        assert!(api("a1b2/$default").is_ok());
        for text in ["", "a1b2", "a1b2/", "/prod", "a1b2/prod/x", "a b/prod"] {
            assert!(api(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_can_be_said_together() {
        for (line, works) in [
            ("explain --log-group /a", true),
            (
                "explain --log-group /a --log-group /b --since 1h --until 10m --region eu-west-1",
                true,
            ),
            ("explain --log-group /a --request-id x --api a1b2/prod", true),
            ("explain --log-group /a --api a1b2/prod", false),
            ("explain --log-group /a file", false),
            ("explain --since 1h", false),
            ("explain --no-cache file", false),
            ("explain --log-group /a --since yesterday", false),
            ("replay --log-group /a file", true),
            ("replay --log-group /a --since 1h", true),
            ("replay --log-group /a --since 1h file", false),
            ("replay --since 1h", false),
            ("replay --log-group /a --until 1h", false),
        ] {
            let parsed =
                Arguments::try_parse_from(["gatewatch"].into_iter().chain(line.split(' ')));
            assert_eq!(parsed.is_ok(), works, "{line}");
        }
    }
}
