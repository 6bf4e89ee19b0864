"""Log groups are attached by name and by pattern, also those that are created later."""

import json
from pathlib import Path

from e2e.stack import ALIKE_LOG_GROUPS, LATER_LOG_GROUPS, NAME, Stack, deploy_badly
from e2e.traffic import Api
from fake_slack import FakeSlack
from waiting import wait_for

EMAIL = "oncall@example.com"


def test_names_that_are_given_twice_or_differ_in_punctuation_are_attached_once(
    stack: Stack,
) -> None:
    for log_group in ALIKE_LOG_GROUPS:
        assert filters(stack, log_group) == [f"gatewatch-{NAME}"]


def test_a_log_group_that_is_created_later_is_attached_by_the_schedule(
    stack: Stack, slack: FakeSlack, api: Api
) -> None:
    log_group = LATER_LOG_GROUPS.replace("*", api.id)
    stack.client("logs").create_log_group(logGroupName=log_group)
    stack.client("logs").create_log_stream(logGroupName=log_group, logStreamName="access")
    assert filters(stack, log_group) == []

    an_hour_passes(stack)
    assert not stack.invoke("subscribe", {}).error

    assert filters(stack, log_group) == [f"gatewatch-{NAME}"]
    stack.put_log_events(log_group, api.outage())
    assert api.id in slack.wait(api.id).text


def test_a_log_group_that_does_not_exist_is_reported_in_a_sentence(stack: Stack, sam: Path) -> None:
    parameters = {"LogGroupNames": "/does/not/exist", "AlertEmail": EMAIL}
    said = " ".join(deploy_badly(stack.aws, sam, parameters).split())
    assert "Traceback" not in said
    events = stack.client("cloudformation").describe_stack_events(StackName="gatewatch-badly")
    reasons = [event.get("ResourceStatusReason", "") for event in events["StackEvents"]]
    assert any("/does/not/exist does not exist: correct LogGroupNames" in text for text in reasons)
    # A table or a bucket that stayed would be in nobody's way, and nobody's.
    assert not [name for name in tables_and_buckets(stack) if "gatewatch-badly" in name]


def tables_and_buckets(stack: Stack) -> list[str]:
    """Name all there are in the account."""
    buckets = stack.client("s3").list_buckets()["Buckets"]
    names = [*stack.client("dynamodb").list_tables()["TableNames"], *(b["Name"] for b in buckets)]
    assert any(name.startswith(f"{NAME}-") for name in names)
    return names


def filters(stack: Stack, log_group: str) -> list[str]:
    """Name the filters of a log group that deliver to the stack."""
    answer = stack.client("logs").describe_subscription_filters(logGroupName=log_group)
    function = stack.outputs["IngestFunctionName"]
    return [
        subscription["filterName"]
        for subscription in answer["subscriptionFilters"]
        if subscription["destinationArn"].endswith(f":{function}")
    ]


def an_hour_passes(stack: Stack) -> None:
    """Make the next pass due, as an hour does."""

    def row() -> dict[str, dict[str, str]]:
        [found] = [row for row in stack.rows("G") if row["sk"]["S"] == "attachment"]
        return found

    wait_for("end of the pass", lambda: not json.loads(row()["watched"]["S"]).get("cursor"))
    watched = row()
    attachment = json.loads(watched["watched"]["S"])
    attachment["started_at"] = "2025-03-12T09:14:00.000Z"
    watched["watched"]["S"] = json.dumps(attachment)
    stack.client("dynamodb").put_item(TableName=stack.outputs["TableName"], Item=watched)
