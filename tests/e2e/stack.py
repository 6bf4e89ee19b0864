"""The deployed stack: built by `sam build`, deployed by `sam deploy`, used through AWS's APIs."""

from __future__ import annotations

import contextlib
import json
import platform
import re
import shutil
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from e2e.client import client
from e2e.orders import CSV, OTHER_CSV, OrdersApi
from e2e.traffic import Event
from fake_slack import CHANNEL, SIGNING_SECRET
from local_aws import REGION, ROOT, LocalAws

NAME = "gatewatch-e2e"
LOG_GROUPS = ("/apigateway/shop/prod", "API-Gateway-Execution-Logs_shop/pay.me")
# Of the APIs that are really there; only the account says which they are.
ORDERS_LOG_GROUP = "/apigateway/orders"
RETURNS_LOG_GROUP = "/apigateway/returns"
SHARED_LOG_GROUP = "/apigateway/shared"
# Which CloudFormation could not tell apart.
ALIKE_LOG_GROUPS = ("/my/api", "/my-api")
LATER_LOG_GROUPS = "/apigateway/later/*"
OWN_LOG_GROUPS = {name: f"/gatewatch/{NAME}/{name}" for name in ("ingest", "sweep", "subscribe")}
WEBHOOK_PARAMETER = "/gatewatch/e2e/slack-webhook"
# A second stack, which tells by bot.
BOT_NAME = "gatewatch-bot-e2e"
BOT_LOG_GROUP = "/apigateway/bot/prod"
TOKEN_PARAMETER = "/gatewatch/e2e/slack-bot-token"
SIGNING_PARAMETER = "/gatewatch/e2e/slack-signing-secret"
# A third one, deployed by answering questions. Nobody invokes its sweep but its schedule.
SCHEDULED_NAME = "gatewatch-scheduled-e2e"
SCHEDULED_LOG_GROUP = "/apigateway/scheduled/prod"
# A fourth, of the release before.
UPGRADED_NAME = "gatewatch-upgraded-e2e"
UPGRADED_LOG_GROUP = "/apigateway/upgraded/prod"
ADDED_LOG_GROUP = "/apigateway/upgraded/added"
PREVIOUS_RELEASE = ROOT / "tests" / "e2e" / "previous_release.yaml"
RULES_PARAMETER = "/gatewatch/e2e/rules"
BOT_RULES_PARAMETER = "/gatewatch/e2e/bot-rules"


def _impatient_rules() -> str:
    """Read the built-in rules; an incident is over after a quiet minute instead of ten."""
    built_in = ROOT / "shared" / "alerting" / "src" / "rules" / "built_in.toml"
    patient = re.sub(r"^clear_after = .*\n", "", built_in.read_text(), flags=re.M)
    return re.sub(r"^\[\[rule\]\]$", '[[rule]]\nclear_after = "1m"', patient, flags=re.M)


# Reserved for fiction.
PHONE = "+12025550123"

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True)
class Invocation:
    """What came of invoking a function: its answer, and the error where it failed."""

    payload: Any
    error: str | None


class Stack:
    """What the tests do to the deployed stack, and what they see of it."""

    def __init__(self, aws: LocalAws, name: str = NAME) -> None:
        self.aws = aws
        self.name = name
        # Those that are really there.
        self.apis: dict[str, OrdersApi] = {}
        outputs = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        self.outputs = {o["OutputKey"]: o["OutputValue"] for o in outputs["Outputs"]}
        self.functions = {
            "ingest": self.outputs["IngestFunctionName"],
            "sweep": self.outputs["SweepFunctionName"],
        }

    @cache  # noqa: B019 (there is one stack a session)
    def client(self, service: str) -> Any:  # noqa: ANN401 (boto3 has no types for its clients)
        """Make a client of a service, as the root of the account."""
        return client(self.aws, service)

    def put_log_events(self, log_group: str, events: Sequence[Event]) -> None:
        """Write lines as API Gateway does; the subscription delivers them."""
        self.client("logs").put_log_events(
            logGroupName=log_group,
            logStreamName="access",
            logEvents=[{"timestamp": e.timestamp, "message": e.message} for e in events],
        )

    def invoke(self, function: str, event: dict[str, Any]) -> Invocation:
        """Invoke `ingest`, `sweep` or `subscribe` and wait for its end."""
        answer = self.client("lambda").invoke(
            FunctionName=self.function(function), Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        return Invocation(payload, answer.get("FunctionError"))

    def function(self, name: str) -> str:
        """Look up the name of `ingest`, `sweep` or `subscribe`."""
        return self.functions.get(name) or self.resource("SubscribeFunction")

    def sweep(self) -> None:
        """Run the sweep now, besides its schedule."""
        swept = self.invoke("sweep", {})
        assert swept.error is None, swept

    def logs(self, function: str) -> list[str]:
        """Read all lines in the log group of `ingest` or `sweep`."""
        pages = self.client("logs").get_paginator("filter_log_events")
        return [
            event["message"]
            for page in pages.paginate(logGroupName=f"/gatewatch/{self.name}/{function}")
            for event in page["events"]
        ]

    def metric(self, function: str, name: str) -> float:
        """Add up a metric over all the embedded-metric lines that a function has printed."""
        return sum(_metric_values(self.logs(function), name))

    def rows(self, about: str) -> list[dict[str, Any]]:
        """Read all rows of the ledger whose partition key contains `about`, in order."""
        pages = self.client("dynamodb").get_paginator("scan")
        rows = [
            row
            for page in pages.paginate(TableName=self.outputs["TableName"], ConsistentRead=True)
            for row in page["Items"]
            if about in row["pk"]["S"]
        ]
        return sorted(rows, key=lambda row: (row["pk"]["S"], row["sk"]["S"]))

    def forget_who_was_told(self) -> None:
        """Forget which APIs were told by themselves: a few more would be a storm."""
        for row in self.rows("S#told"):
            key = {"pk": row["pk"], "sk": row["sk"]}
            self.client("dynamodb").delete_item(TableName=self.outputs["TableName"], Key=key)

    def resource(self, logical_id: str) -> str:
        """Look up the physical id of a resource of the template."""
        return self.client("cloudformation").describe_stack_resource(
            StackName=self.name, LogicalResourceId=logical_id
        )["StackResourceDetail"]["PhysicalResourceId"]

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Post to the URL of `respond`, as Slack does; returns the status."""
        host = urllib.parse.urlsplit(self.outputs["RespondUrl"]).netloc
        request = urllib.request.Request(
            self.aws.url, data=body, headers=headers | {"Host": host}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as refusal:
            return refusal.code

    def sms(self, number: str = PHONE) -> list[str]:
        """Read the SMS sent so far."""
        url = f"{self.aws.url}/_ministack/sns/sms-messages"
        with urllib.request.urlopen(url, timeout=10) as response:
            recorded = json.load(response)["sms_messages"]
        return [message["Message"] for message in recorded.get(number, [])]


def _metric_values(lines: Sequence[str], name: str) -> Iterator[float]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if not isinstance(record, dict) or "_aws" not in record:
            continue
        for directive in record["_aws"]["CloudWatchMetrics"]:
            if directive["Namespace"] != "Gatewatch":
                continue
            if name in (metric["Name"] for metric in directive["Metrics"]):
                yield record[name]


def deploy(aws: LocalAws, webhook: str, directory: Path, say: Callable[[str], None]) -> Stack:
    """Build and deploy the application as a user does, for this machine's own architecture."""
    parameters = {
        "LogGroupNames": ",".join(
            [
                *(*LOG_GROUPS, ORDERS_LOG_GROUP, RETURNS_LOG_GROUP, SHARED_LOG_GROUP),
                *(*ALIKE_LOG_GROUPS, ALIKE_LOG_GROUPS[0], LATER_LOG_GROUPS),
            ]
        ),
        "SlackWebhookParameter": WEBHOOK_PARAMETER,
        "SmsPhoneNumbers": PHONE,
        # The tests have many outages in one day.
        "SmsDailyLimit": "1000",
        "AlertEmail": "oncall@example.com",
        "OpsEmail": "ops@example.com",
        "RulesParameter": RULES_PARAMETER,
    }
    say("sam build (takes minutes where the functions were not built before)")
    build = str(directory / "build")
    # The log groups are known at deployment only.
    _sam(aws, directory, "build", "--build-dir", build, *_overrides({}))
    values = {WEBHOOK_PARAMETER: f"{webhook}\n", RULES_PARAMETER: _impatient_rules()}
    say("real APIs and functions")
    orders = {
        "prod": (ORDERS_LOG_GROUP, CSV),
        "blue": (SHARED_LOG_GROUP, CSV),
        "green": (SHARED_LOG_GROUP, OTHER_CSV),
    }
    apis = {
        "orders": OrdersApi.create(aws, "orders", orders),
        "returns": OrdersApi.create(aws, "returns", {"prod": (RETURNS_LOG_GROUP, CSV)}),
    }
    stack = _deploy(aws, NAME, parameters, values, directory, say)
    stack.apis = apis
    return stack


def deploy_bot(aws: LocalAws, token: str, directory: Path, say: Callable[[str], None]) -> Stack:
    """Deploy what `deploy` has built once more, as a stack that tells by a Slack bot."""
    parameters = {
        "LogGroupNames": BOT_LOG_GROUP,
        "SlackBotTokenParameter": TOKEN_PARAMETER,
        "SlackChannel": CHANNEL,
        "SlackSigningSecretParameter": SIGNING_PARAMETER,
        "RulesParameter": BOT_RULES_PARAMETER,
    }
    secrets = {
        TOKEN_PARAMETER: token,
        SIGNING_PARAMETER: SIGNING_SECRET,
        BOT_RULES_PARAMETER: _impatient_rules(),
    }
    return _deploy(aws, BOT_NAME, parameters, secrets, directory, say)


def deploy_scheduled(aws: LocalAws, directory: Path, say: Callable[[str], None]) -> Stack:
    """Deploy what `deploy` has built by `sam deploy --guided`; leave its sweep to its schedule."""
    parameters = {
        "LogGroupNames": SCHEDULED_LOG_GROUP,
        "SlackWebhookParameter": WEBHOOK_PARAMETER,
        "RulesParameter": RULES_PARAMETER,
    }
    _make_log_groups(aws, parameters)
    say(f"sam deploy --guided ({SCHEDULED_NAME})")
    # It keeps the answers in its settings.
    settings = directory / "samconfig.toml"
    shutil.copy(ROOT / "samconfig.toml", settings)
    template = str(directory / "build" / "template.yaml")
    said = press_enter(
        aws,
        [
            *("deploy", "--guided", "--config-file", str(settings), "--template-file", template),
            # Its question is the last one, and Enter would answer no.
            *("--stack-name", SCHEDULED_NAME, "--no-confirm-changeset", *_overrides(parameters)),
        ],
    )
    assert "has no authentication" not in said
    return Stack(aws, SCHEDULED_NAME)


UPGRADED = {
    "LogGroupNames": UPGRADED_LOG_GROUP,
    "SlackWebhookParameter": WEBHOOK_PARAMETER,
    "RulesParameter": RULES_PARAMETER,
}


def deploy_previous(aws: LocalAws, directory: Path, say: Callable[[str], None]) -> Stack:
    """Deploy the template of the release before, with the programs that `deploy` has built."""
    _make_log_groups(aws, UPGRADED)
    template = PREVIOUS_RELEASE.read_text()
    for function in ("Ingest", "Sweep", "Respond"):
        built = directory / "build" / f"{function}Function"
        template = template.replace(f"CodeUri: functions/{function.lower()}", f"CodeUri: {built}")
    path = directory / "previous_release.yaml"
    path.write_text(template)
    # It repeats resources, which needs a transform that this release's does without.
    others = ("--language-extensions", "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")
    return _deploy_template(aws, path, UPGRADED_NAME, UPGRADED, directory, say, others)


def upgrade(stack: Stack, directory: Path, say: Callable[[str], None], **changed: str) -> Stack:
    """Deploy this release over a stack that `deploy_previous` has made."""
    template = directory / "build" / "template.yaml"
    parameters = UPGRADED | changed
    _make_log_groups(stack.aws, parameters)
    return _deploy_template(stack.aws, template, stack.name, parameters, directory, say)


def press_enter(aws: LocalAws, arguments: Sequence[str]) -> str:
    """Run the SAM CLI and answer Enter to each of its questions; return what it printed."""
    done = subprocess.run(
        ["sam", *arguments],
        cwd=ROOT,
        env=aws.environment | {"SAM_CLI_TELEMETRY": "0"},
        input="\n" * 100,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def deploy_badly(aws: LocalAws, directory: Path, parameters: dict[str, str]) -> str:
    """Deploy with parameters that cannot work; return what the SAM CLI said."""
    template = str(directory / "build" / "template.yaml")
    done = subprocess.run(
        [
            *("sam", "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--resolve-s3"),
            *("--template-file", template, "--stack-name", "gatewatch-badly"),
            *("--no-confirm-changeset", "--on-failure", "DELETE", *_overrides(parameters)),
        ],
        cwd=ROOT,
        env=aws.environment | {"SAM_CLI_TELEMETRY": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0, done.stdout
    return done.stdout


def delete(stack: Stack) -> None:
    """Delete a stack as a user does."""
    subprocess.run(
        ["sam", "delete", "--stack-name", stack.name, "--no-prompts", "--region", REGION],
        cwd=ROOT,
        env=stack.aws.environment | {"SAM_CLI_TELEMETRY": "0"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )


def _make_log_groups(aws: LocalAws, parameters: dict[str, str]) -> None:
    names = dict.fromkeys(parameters["LogGroupNames"].split(","))
    for log_group in [name for name in names if "*" not in name]:
        logs = client(aws, "logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=log_group)
            logs.create_log_stream(logGroupName=log_group, logStreamName="access")


def _deploy(
    aws: LocalAws,
    name: str,
    parameters: dict[str, str],
    secrets: dict[str, str],
    directory: Path,
    say: Callable[[str], None],
) -> Stack:
    _make_log_groups(aws, parameters)
    for parameter, secret in secrets.items():
        client(aws, "ssm").put_parameter(Name=parameter, Value=secret, Type="SecureString")
    template = directory / "build" / "template.yaml"
    return _deploy_template(aws, template, name, parameters, directory, say)


def _deploy_template(
    aws: LocalAws,
    template: Path,
    name: str,
    parameters: dict[str, str],
    directory: Path,
    say: Callable[[str], None],
    others: Sequence[str] = (),
) -> Stack:
    say(f"sam deploy ({name})")
    _sam(
        aws,
        directory,
        *("deploy", "--template-file", str(template), "--stack-name", name),
        *("--no-confirm-changeset", "--resolve-s3", *others, *_overrides(parameters)),
    )
    stack = Stack(aws, name)
    # It reads the rules and the account's stages, for ingest as well.
    stack.sweep()
    return stack


def _overrides(parameters: dict[str, str]) -> list[str]:
    machine = {
        "Architecture": _ARCHITECTURES[platform.machine().lower()],
        # The local AWS has no alarms on queries.
        "DeliveryAlarms": "off",
    }
    return [
        "--parameter-overrides",
        *(f"{name}={value}" for name, value in (machine | parameters).items()),
    ]


def _sam(aws: LocalAws, directory: Path, command: str, *arguments: str) -> None:
    log = directory / f"sam-{command}.log"
    began = time.monotonic()
    with log.open("wb") as output:
        status = subprocess.run(
            ["sam", command, "--config-file", str(ROOT / "samconfig.toml"), *arguments],
            cwd=ROOT,
            env=aws.environment | {"SAM_CLI_TELEMETRY": "0"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status != 0:
        took = time.monotonic() - began
        raise RuntimeError(f"sam {command} failed after {took:.0f} s:\n{log.read_text()}")
