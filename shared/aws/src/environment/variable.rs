//! Every environment variable that Gatewatch reads. The lists in `docs/environment.md` are written from
//! these rows, a test in each function compares them with what the function reads, and
//! `tests/test_environment.py` compares them with what `template.yaml` sets.

use crate::program::Program;

/// Who sets a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetBy {
    /// The template, from the stack parameter of this name.
    Parameter(&'static str),
    /// The template, to this.
    Template(&'static str),
    /// Lambda.
    Lambda,
    /// The user who starts the program.
    User,
}

/// A row of the list of variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The variable's name.
    pub name: &'static str,
    /// The programs that read it.
    pub read_by: &'static [Program],
    /// Who sets it.
    pub set_by: SetBy,
    /// What applies if it is not set, for the documentation.
    pub default: &'static str,
    /// A value that is accepted.
    pub example: &'static str,
    /// Its meaning, for the documentation.
    pub meaning: &'static str,
}

/// A variable that a library reads, and this code does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LibraryVariable {
    /// The variable's name.
    pub name: &'static str,
    /// What applies if it is not set, for the documentation.
    pub default: &'static str,
    /// Its meaning, for the documentation.
    pub meaning: &'static str,
}

/// Declares [`Variable`] and its rows. The documentation of a variable is its meaning.
macro_rules! variables {
    ($(
        $(#[doc = $meaning:literal])+
        $variant:ident = $name:literal {
            read_by: [$($program:ident),+],
            set_by: $set_by:expr,
            default: $default:literal,
            example: $example:literal,
        }
    )+) => {
        /// An environment variable. No other can be read through [`Variables`](super::Variables).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Variable {
            $( #[doc = concat!("`", $name, "`:")] $(#[doc = $meaning])+ $variant, )+
        }

        impl Variable {
            /// Every variable, in the order of the documentation.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )+ ];

            /// The variable's row.
            pub const fn row(self) -> &'static Row {
                match self { $(
                    Self::$variant => &Row {
                        name: $name,
                        read_by: &[$(Program::$program),+],
                        set_by: $set_by,
                        default: $default,
                        example: $example,
                        meaning: concat!($($meaning),+),
                    },
                )+ }
            }
        }
    };
}

variables! {
    /// The name of the DynamoDB table.
    Table = "GATEWATCH_TABLE" {
        read_by: [Ingest, Sweep, Respond, Subscribe],
        set_by: SetBy::Template("the stack's table"),
        default: "required",
        example: "gatewatch-Table-1ABC2DEF3GHI",
    }
    /// The AWS account of the stack. Batches from other accounts are refused.
    Account = "GATEWATCH_ACCOUNT" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Template("the stack's account"),
        default: "required",
        example: "123456789012",
    }
    /// The name of the stack: the dimension `Stack` of metrics, and how `gatewatch test-alert` finds the
    /// sweep function.
    Stack = "GATEWATCH_STACK" {
        read_by: [Ingest, Sweep, Respond, Subscribe],
        set_by: SetBy::Template("the stack's name"),
        default: "`gatewatch`",
        example: "gatewatch-prod",
    }
    /// Gatewatch's own log groups, separated by commas. Batches from them are refused, even if they are
    /// among the log groups to accept.
    OwnLogGroups = "GATEWATCH_OWN_LOG_GROUPS" {
        read_by: [Ingest, Sweep],
        set_by: SetBy::Template("the log groups of the functions"),
        default: "none",
        example: "/gatewatch/gatewatch-prod/ingest,/gatewatch/gatewatch-prod/sweep",
    }
    /// The filter pattern of subscription filters; empty for all lines.
    FilterPattern = "GATEWATCH_FILTER_PATTERN" {
        read_by: [Subscribe],
        set_by: SetBy::Parameter("LogMode"),
        default: "all lines",
        example: "%HTTP/1.1 5%",
    }
    /// The ARN of the ingest function, which log groups deliver to.
    IngestArn = "GATEWATCH_INGEST_ARN" {
        read_by: [Subscribe],
        set_by: SetBy::Template("the ingest function"),
        default: "required",
        example: "arn:aws:lambda:eu-west-1:123456789012:function:gatewatch-ingest",
    }
    /// Which lines the log groups deliver: `all`, or `errors` for failures only. Rules that need a rate are
    /// skipped with `errors`.
    LogMode = "GATEWATCH_LOG_MODE" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("LogMode"),
        default: "`all`",
        example: "errors",
    }
    /// The name of the SSM parameter that holds the rules.
    RulesParameter = "GATEWATCH_RULES_PARAMETER" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("RulesParameter"),
        default: "built-in rules",
        example: "/gatewatch/rules",
    }
    /// Any value lets the sweep search other logs for evidence.
    LooksUp = "GATEWATCH_LOOKS_UP" {
        read_by: [Sweep],
        set_by: SetBy::Parameter("EvidenceLogGroups"),
        default: "no search",
        example: "yes",
    }
    /// The name of the SSM parameter that holds the Slack webhook.
    SlackWebhookParameter = "GATEWATCH_SLACK_WEBHOOK_PARAMETER" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SlackWebhookParameter"),
        default: "no webhook",
        example: "/gatewatch/slack-webhook",
    }
    /// The name of the SSM parameter that holds the token of the Slack bot. A bot replaces the webhook.
    SlackBotTokenParameter = "GATEWATCH_SLACK_BOT_TOKEN_PARAMETER" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SlackBotTokenParameter"),
        default: "required by respond; else no bot",
        example: "/gatewatch/slack-token",
    }
    /// The id of the Slack channel that the bot posts in.
    SlackChannel = "GATEWATCH_SLACK_CHANNEL" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SlackChannel"),
        default: "required with a bot",
        example: "C0123ABCDEF",
    }
    /// The name of the SSM parameter that holds the signing secret of the Slack app. Messages have buttons
    /// only with it.
    SlackSigningSecretParameter = "GATEWATCH_SLACK_SIGNING_SECRET_PARAMETER" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SlackSigningSecretParameter"),
        default: "required by respond; else no buttons",
        example: "/gatewatch/slack-signing-secret",
    }
    /// Phone numbers for SMS in E.164 form, at most 20, separated by commas. Repeated numbers count once;
    /// numbers beyond 20 are ignored, and the functions log an error.
    SmsPhoneNumbers = "GATEWATCH_SMS_PHONE_NUMBERS" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SmsPhoneNumbers"),
        default: "no SMS",
        example: "+12025550123,+12025550124",
    }
    /// SMS that one phone number receives per day (UTC) at most. The limit of all numbers together is this
    /// times their count. A quarter of each is reserved for openings of critical incidents.
    SmsDailyLimit = "GATEWATCH_SMS_DAILY_LIMIT" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SmsDailyLimit"),
        default: "`20`",
        example: "5",
    }
    /// The sender of SMS, in countries that allow one.
    SmsSenderId = "GATEWATCH_SMS_SENDER_ID" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SmsSenderId"),
        default: "chosen by AWS",
        example: "Gatewatch",
    }
    /// The highest price of one SMS in US dollars. AWS does not send an SMS that costs more.
    SmsMaxPrice = "GATEWATCH_SMS_MAX_PRICE" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Parameter("SmsMaxPrice"),
        default: "no limit",
        example: "0.50",
    }
    /// The ARN of the SNS topic for alerts.
    AlertTopicArn = "GATEWATCH_ALERT_TOPIC_ARN" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Template("the stack's alert topic"),
        default: "no email",
        example: "arn:aws:sns:eu-west-1:123456789012:gatewatch-AlertTopic-1ABC2DEF3GHI",
    }
    /// The ARN of the SNS topic for alarms about Gatewatch itself, which `gatewatch test-alert` tests too.
    OpsTopicArn = "GATEWATCH_OPS_TOPIC_ARN" {
        read_by: [Sweep],
        set_by: SetBy::Template("the stack's operations topic"),
        default: "not tested",
        example: "arn:aws:sns:eu-west-1:123456789012:gatewatch-OpsTopic-1ABC2DEF3GHI",
    }
    /// The AWS region, for links to the console.
    Region = "AWS_REGION" {
        read_by: [Ingest, Sweep, Respond],
        set_by: SetBy::Lambda,
        default: "no links",
        example: "eu-west-1",
    }
    /// The name of the function: the dimension `Function` of metrics.
    FunctionName = "AWS_LAMBDA_FUNCTION_NAME" {
        read_by: [Ingest, Sweep, Respond, Subscribe],
        set_by: SetBy::Lambda,
        default: "required",
        example: "gatewatch-IngestFunction-1ABC2DEF3GHI",
    }
    /// The log group that the function writes to. Batches from it are refused.
    LogGroupName = "AWS_LAMBDA_LOG_GROUP_NAME" {
        read_by: [Ingest],
        set_by: SetBy::Lambda,
        default: "none",
        example: "/gatewatch/gatewatch-prod/ingest",
    }
    /// The level of the function's own log, from `TRACE` to `ERROR`.
    LogLevel = "AWS_LAMBDA_LOG_LEVEL" {
        read_by: [Ingest, Sweep, Respond, Subscribe],
        set_by: SetBy::Lambda,
        default: "`INFO`",
        example: "DEBUG",
    }
    /// The folder under which fetched log lines are cached, in `gatewatch/logs`.
    CacheHome = "XDG_CACHE_HOME" {
        read_by: [CommandLine],
        set_by: SetBy::User,
        default: "`$HOME/.cache`",
        example: "/home/ann/.cache",
    }
    /// The home directory, for the cache if `XDG_CACHE_HOME` is not set.
    Home = "HOME" {
        read_by: [CommandLine],
        set_by: SetBy::User,
        default: "no cache",
        example: "/home/ann",
    }
}

/// The variables that the AWS SDK and the terminal libraries read in `gatewatch`.
pub const LIBRARY_VARIABLES: &[LibraryVariable] = &[
    LibraryVariable {
        name: "AWS_REGION",
        default: "the region of the profile",
        meaning: "The AWS region, unless `--region` names one.",
    },
    LibraryVariable {
        name: "AWS_PROFILE",
        default: "`default`",
        meaning: "The profile in the AWS configuration files.",
    },
    LibraryVariable {
        name: "AWS_ACCESS_KEY_ID",
        default: "the credentials of the profile",
        meaning: "The id of the access key.",
    },
    LibraryVariable {
        name: "AWS_SECRET_ACCESS_KEY",
        default: "the credentials of the profile",
        meaning: "The secret of the access key.",
    },
    LibraryVariable {
        name: "AWS_SESSION_TOKEN",
        default: "none",
        meaning: "The session token of temporary credentials.",
    },
    LibraryVariable {
        name: "AWS_ENDPOINT_URL",
        default: "AWS",
        meaning: "The address of another implementation of the AWS APIs, for tests. Functions read it too.",
    },
    LibraryVariable {
        name: "NO_COLOR",
        default: "colors on a terminal",
        meaning: "Any value turns colors off, unless `--color` is given.",
    },
    LibraryVariable {
        name: "CLICOLOR_FORCE",
        default: "colors on a terminal",
        meaning: "Any value turns colors on, unless `--color` is given.",
    },
];
