//! The command line: what can be said, and what it means.

#[cfg(feature = "aws")]
pub(crate) mod fetch;
#[cfg(feature = "aws")]
mod moment;
mod values;

use std::io::IsTerminal as _;
use std::path::PathBuf;

use alerting::ChannelKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use diagnosis::{Cause, Template};

#[cfg(feature = "aws")]
pub(crate) use moment::Moment;
#[cfg(feature = "aws")]
use values::name;
pub(crate) use values::{Channels, Shown};
use values::{causes, format, region};

/// Says why Amazon API Gateway requests fail, from their logs.
#[derive(Debug, Parser)]
#[command(name = "gatewatch", version, max_term_width = 100, subcommand_required = true)]
pub(crate) struct Arguments {
    /// When to use colour; `NO_COLOR` is honoured too
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say why each request in a log failed
    Explain(Explain),
    /// Run the alerting engine over recorded logs: what would have been told, and when
    Replay(Replay),
    /// Show the messages that people would get, made up for any cause
    Preview(Preview),
    /// Send a test through each channel of a deployed stack, and say what each answered
    #[cfg(feature = "aws")]
    TestAlert(TestAlert),
    /// List every cause: what it means, whose fault it is, whether to retry, what to do
    Causes(Causes),
    /// Print the built-in rules, or check your own
    #[command(subcommand)]
    Rules(Rules),
    /// Print the access-log format that makes every cause visible, and the command that sets it
    Format(Format),
}

const INPUTS: &str = "Inputs are recognised by content: lines of access, execution and Lambda logs, \
`aws logs tail` output, the JSON of `aws logs filter-log-events`, the Lambda event of a CloudWatch Logs \
subscription, the results of a Logs Insights query (JSON, or the console's CSV), and gzip of any of these.";

#[cfg(feature = "aws")]
use fetch::{FETCHED_EXPLAIN, FETCHED_REPLAY};
#[cfg(not(feature = "aws"))]
const FETCHED_EXPLAIN: &str = "";
#[cfg(not(feature = "aws"))]
const FETCHED_REPLAY: &str = "";

#[derive(Debug, Args)]
#[command(after_help = format!("{INPUTS}

Examples:
  gatewatch explain access.log
  gatewatch explain --summary access.log execution.log.gz
  gatewatch explain --request-id ID access.log execution.log lambda.log
  gatewatch explain --format '$context.requestId $context.status' access.log
  gatewatch explain access.log | jq 'select(.fault == \"backend-code\")'
  aws logs tail /my/api --since 1h --follow | gatewatch explain --output text
  aws logs filter-log-events --log-group-name /my/api | gatewatch explain{FETCHED_EXPLAIN}"))]
pub(crate) struct Explain {
    /// One object for every line, whether it failed or not, each judged alone
    #[arg(long)]
    pub(crate) all: bool,
    /// Only this request, with all evidence: API Gateway's id of it, or Lambda's
    #[arg(long, value_name = "ID", conflicts_with_all = ["all", "summary"])]
    pub(crate) request_id: Option<String>,
    /// Only the counts, in bounded memory
    #[arg(long, conflicts_with = "all")]
    pub(crate) summary: bool,
    /// The access-log format that lines were written with, in single quotes; others are recognised
    #[arg(long, value_name = "$CONTEXT FORMAT", value_parser = format)]
    pub(crate) format: Option<Template>,
    /// Text for people, or JSON, one object a line; text on a terminal, else json
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub(crate) fetch: fetch::ExplainFetch,
    /// Log files; `-` or none for standard input
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = format!("{INPUTS}

Examples:
  gatewatch replay --drain yesterday.json
  gatewatch replay --rules rules.toml yesterday.json
  gatewatch replay --output json --log-group /my/api --region eu-west-1 access.log | jq .incident.cause{FETCHED_REPLAY}"))]
pub(crate) struct Replay {
    /// Rules to judge by, in TOML; the built-in ones without it
    #[arg(long, value_name = "FILE")]
    pub(crate) rules: Option<PathBuf>,
    /// AWS region, for links into the console
    #[arg(long, value_parser = region)]
    pub(crate) region: Option<String>,
    /// Log group of lines that do not say theirs; with --since, the one that is fetched
    #[arg(long)]
    pub(crate) log_group: Option<String>,
    /// The access-log format that lines were written with, in single quotes; others are recognised
    #[arg(long, value_name = "$CONTEXT FORMAT", value_parser = format)]
    pub(crate) format: Option<Template>,
    /// Let the clock run on after the last line until all is resolved
    #[arg(long)]
    pub(crate) drain: bool,
    /// Print what was held back as well, and why: silenced, in a group, paused, unchanged, …
    #[arg(long)]
    pub(crate) decisions: bool,
    /// Text for people, or JSON, one object a line; text on a terminal, else json
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
    #[cfg(feature = "aws")]
    #[command(flatten)]
    pub(crate) fetch: fetch::ReplayFetch,
    /// Log files; `-` or none for standard input
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  gatewatch preview --cause usage-plan-quota-exceeded
  gatewatch preview --event resolved --channel all
  gatewatch preview --cause all --html > messages.html")]
pub(crate) struct Preview {
    /// A cause that `gatewatch causes` lists, or `all`
    #[arg(long, value_name = "SLUG", default_value = "lambda-timed-out", value_parser = causes)]
    pub(crate) cause: Shown<Cause>,
    /// What the message tells of
    #[arg(long, value_enum, default_value_t = PreviewEvent::Opened)]
    pub(crate) event: PreviewEvent,
    /// Where it is read: one kind, `all` that rules files name (Slack once), or `every` kind
    #[arg(long, value_parser = values::channels(), default_value = ChannelKind::Slack.as_str())]
    pub(crate) channel: Channels,
    /// A page that looks like Slack, without scripts and outside files
    #[arg(long, conflicts_with = "output")]
    pub(crate) html: bool,
    /// Text for people, or JSON, one object a line; text on a terminal, else json
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PreviewEvent {
    Opened,
    Updated,
    Reminded,
    Resolved,
    /// A message that is edited in place, after somebody has acknowledged it
    Acknowledged,
    /// Many APIs that fail together; the same for every cause
    Storm,
    All,
}

#[cfg(feature = "aws")]
#[derive(Debug, Args)]
#[command(
    after_help = "Needs lambda:InvokeFunction for the stack's sweep function, and lambda:ListFunctions to find it.
Region and credentials are AWS's usual: AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or
AWS_PROFILE with keys or a role to assume. From IAM Identity Center (SSO) or a credential process:

  eval \"$(aws configure export-credentials --format env)\"

Exits with 0 if every channel took the test, with 1 if one did not, with 2 if AWS cannot be asked.
A text message costs as much as any other, and counts in the day's limit.

Examples:
  gatewatch test-alert
  gatewatch test-alert --stack gatewatch-prod
  gatewatch test-alert --function gatewatch-SweepFunction-AbC123 --output json | jq .answer"
)]
pub(crate) struct TestAlert {
    /// The name of the CloudFormation stack
    #[arg(long, value_name = "NAME", default_value = "gatewatch", value_parser = name)]
    pub(crate) stack: String,
    /// The stack's output `SweepFunctionName`, where listing functions is not allowed
    #[arg(long, value_name = "NAME", conflicts_with = "stack", value_parser = name)]
    pub(crate) function: Option<String>,
    /// Text for people, or JSON, one object a line; text on a terminal, else json
    #[arg(long, value_enum)]
    pub(crate) output: Option<Output>,
}

#[derive(Debug, Args)]
pub(crate) struct Causes {
    /// Text for people, JSON (one object a line), or the markdown of docs/causes.md
    #[arg(long, value_enum)]
    pub(crate) output: Option<CausesOutput>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Rules {
    /// Print the built-in rules as TOML, to start your own from
    #[command(after_help = "Example:\n  gatewatch rules default > rules.toml")]
    Default(RulesDefault),
    /// Say what is wrong with rules, a line per problem
    ///
    /// Exits with 0 if they are valid, with 1 if a rule is bad, with 2 if they cannot be read.
    #[command(after_help = "Examples:
  gatewatch rules check rules.toml
  aws ssm get-parameter --name /gatewatch/rules --query Parameter.Value --output text | gatewatch rules check -")]
    Check(RulesCheck),
}

#[derive(Debug, Args)]
pub(crate) struct RulesDefault {
    /// What the stack's log groups deliver: its parameter `LogMode`
    #[arg(long, value_enum, default_value_t = LogMode::All)]
    pub(crate) log_mode: LogMode,
}

#[derive(Debug, Args)]
pub(crate) struct RulesCheck {
    /// What the stack's log groups deliver: its parameter `LogMode`
    #[arg(long, value_enum, default_value_t = LogMode::All)]
    pub(crate) log_mode: LogMode,
    /// The rules; `-` for standard input
    pub(crate) file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Format {
    /// The kind of API
    #[arg(value_enum)]
    pub(crate) api_type: ApiKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogMode {
    All,
    Errors,
}

impl From<LogMode> for alerting::LogMode {
    fn from(mode: LogMode) -> Self {
        match mode {
            LogMode::All => Self::All,
            LogMode::Errors => Self::Errors,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CausesOutput {
    Text,
    Json,
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ApiKind {
    Rest,
    Http,
    Websocket,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes this the choice for everything that is written from now on.
    pub(crate) fn write_global(self) {
        match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

/// What was asked for, else text on a terminal and JSON elsewhere.
pub(crate) fn output(asked: Option<Output>) -> Output {
    asked.unwrap_or_else(
        || {
            if std::io::stdout().is_terminal() { Output::Text } else { Output::Json }
        },
    )
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::Arguments;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
