"""Several stacks in one account and region: each lives by itself and outlives the others.

The first test comes before all others, so that nobody waits for the schedule of a minute.
"""

import pytest

from e2e.stack import NAME, SCHEDULED_LOG_GROUP, SCHEDULED_NAME, Stack, delete
from e2e.traffic import Api
from fake_slack import FakeSlack, Message
from waiting import wait_for

# Its incident is resolved by a sweep that nobody called.
API = Api.fresh()


@pytest.mark.early
def test_a_guided_deployment_beside_another_stack_reports_an_outage(
    scheduled_stack: Stack, slack: FakeSlack
) -> None:
    scheduled_stack.put_log_events(SCHEDULED_LOG_GROUP, API.outage())
    assert API.id in slack.wait(API.id).text


def test_each_stack_has_a_schedule_of_its_own(stack: Stack, scheduled_stack: Stack) -> None:
    schedules = [schedule(stack), schedule(scheduled_stack)]
    assert len(set(schedules)) == len(schedules)
    for name in schedules:
        kept = stack.client("scheduler").get_schedule(Name=name)
        assert kept["ScheduleExpression"] == "rate(1 minute)"


def test_the_schedule_alone_resolves_the_incident(scheduled_stack: Stack, slack: FakeSlack) -> None:
    def resolved() -> list[Message]:
        messages = slack.messages(API.id)
        return [message for message in messages if "resolved" in message.text.lower()]

    wait_for("message that resolves", resolved, seconds=300, pause=2)
    assert scheduled_stack.metric("sweep", "Sweeps") >= 2


def test_a_deleted_stack_takes_nothing_from_the_other(stack: Stack, scheduled_stack: Stack) -> None:
    table = scheduled_stack.outputs["TableName"]
    bucket = scheduled_stack.outputs["FailedBatchesBucket"]
    before = stack.metric("sweep", "Sweeps")

    delete(scheduled_stack)

    stacks = stack.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])
    names = {summary["StackName"] for summary in stacks["StackSummaries"]}
    assert NAME in names
    assert SCHEDULED_NAME not in names
    kept = stack.client("logs").describe_subscription_filters(logGroupName=SCHEDULED_LOG_GROUP)
    assert kept["subscriptionFilters"] == []
    # What it knew is kept.
    assert stack.client("dynamodb").describe_table(TableName=table)["Table"]
    assert stack.client("s3").head_bucket(Bucket=bucket)
    wait_for(
        "sweep of the other stack by its own schedule",
        lambda: stack.metric("sweep", "Sweeps") > before,
        seconds=150,
        pause=2,
    )


def schedule(stack: Stack) -> str:
    """Return the name of the schedule that runs a stack's sweep."""
    physical = stack.resource("SweepFunctionEveryMinute")
    return physical.rsplit("/", 1)[-1].rsplit("|", 1)[-1]
