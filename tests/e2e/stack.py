"""The deployed stack: built by `sam build`, deployed by `sam deploy`, used through AWS's APIs."""

from __future__ import annotations

import json
import platform
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from e2e.traffic import Event
from local_aws import ACCOUNT, REGION, ROOT, LocalAws

NAME = "gatewatch-e2e"
LOG_GROUPS = ("/apigateway/shop/prod", "API-Gateway-Execution-Logs_shop/pay.me")
OWN_LOG_GROUPS = {name: f"/gatewatch/{NAME}/{name}" for name in ("ingest", "sweep")}
WEBHOOK_PARAMETER = "/gatewatch/e2e/slack-webhook"
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

    def __init__(self, aws: LocalAws) -> None:
        self.aws = aws
        outputs = self.client("cloudformation").describe_stacks(StackName=NAME)["Stacks"][0]
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
        """Invoke `ingest` or `sweep` and wait for its end."""
        answer = self.client("lambda").invoke(
            FunctionName=self.functions[function], Payload=json.dumps(event).encode()
        )
        payload = json.loads(answer["Payload"].read() or b"null")
        return Invocation(payload, answer.get("FunctionError"))

    def sweep(self) -> None:
        """Run the sweep now, besides its schedule."""
        swept = self.invoke("sweep", {})
        assert swept.error is None, swept

    def logs(self, function: str) -> list[str]:
        """Read all lines in the log group of `ingest` or `sweep`."""
        pages = self.client("logs").get_paginator("filter_log_events")
        return [
            event["message"]
            for page in pages.paginate(logGroupName=OWN_LOG_GROUPS[function])
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

    def resource(self, logical_id: str) -> str:
        """Look up the physical id of a resource of the template."""
        return self.client("cloudformation").describe_stack_resource(
            StackName=NAME, LogicalResourceId=logical_id
        )["StackResourceDetail"]["PhysicalResourceId"]

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


def client(aws: LocalAws, service: str) -> Any:  # noqa: ANN401 (boto3 has no types for its clients)
    """Make a client of the local AWS that neither gives up early nor repeats an invocation."""
    return boto3.client(
        service,
        endpoint_url=aws.url,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
        config=Config(read_timeout=120, retries={"total_max_attempts": 1}),
    )


def deploy(aws: LocalAws, webhook: str, directory: Path, say: Callable[[str], None]) -> Stack:
    """Build and deploy the application as a user does, for this machine's own architecture."""
    for log_group in LOG_GROUPS:
        client(aws, "logs").create_log_group(logGroupName=log_group)
        client(aws, "logs").create_log_stream(logGroupName=log_group, logStreamName="access")
    client(aws, "ssm").put_parameter(
        Name=WEBHOOK_PARAMETER, Value=f"{webhook}\n", Type="SecureString"
    )
    overrides = {
        "Architecture": _ARCHITECTURES[platform.machine().lower()],
        "LogGroupNames": ",".join(LOG_GROUPS),
        "SlackWebhookParameter": WEBHOOK_PARAMETER,
        "SmsPhoneNumbers": PHONE,
        "AlertEmail": "oncall@example.com",
        "OpsEmail": "ops@example.com",
    }
    parameters = [
        "--parameter-overrides",
        *(f"{name}={value}" for name, value in overrides.items()),
    ]
    build = directory / "build"

    say("sam build (takes minutes where the functions were not built before)")
    _sam(aws, directory, "build", "--build-dir", str(build), *parameters)
    say("sam deploy")
    template = str(build / "template.yaml")
    _sam(
        aws,
        directory,
        *("deploy", "--template-file", template, "--stack-name", NAME, "--no-confirm-changeset"),
        *("--resolve-s3", *parameters),
    )
    return Stack(aws)


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
