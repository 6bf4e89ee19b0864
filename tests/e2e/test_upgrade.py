"""A stack of the release before becomes one of this release, and goes back, while lines come.

Its template is that of the release before; the programs are this release's in both, since another
build would take too long. That each reads the rows of the other is tested with recorded rows.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from e2e.stack import (
    ADDED_LOG_GROUP,
    UPGRADED_LOG_GROUP,
    UPGRADED_NAME,
    Stack,
    deploy_previous,
    upgrade,
)
from e2e.traffic import Api, Event
from fake_slack import FakeSlack
from waiting import wait_for

OWN_FILTER = f"gatewatch-{UPGRADED_NAME}"


@pytest.fixture(scope="module")
def previous(stack: Stack, say: Callable[[str], None], sam: Path) -> Stack:
    """Deploy the template of the release before."""
    return deploy_previous(stack.aws, sam, say)


def test_an_upgrade_a_change_of_parameters_and_the_way_back_lose_no_line(
    previous: Stack, slack: FakeSlack, say: Callable[[str], None], sam: Path
) -> None:
    before = filters(previous)
    assert len(before) == 1
    assert OWN_FILTER not in before
    outage = Api.fresh()
    previous.put_log_events(UPGRADED_LOG_GROUP, outage.outage())
    assert outage.id in slack.wait(outage.id).text
    table = previous.outputs["TableName"]

    steady = Api.fresh()
    with writing(previous, steady) as written:
        upgraded = upgrade(previous, sam, say)
        assert filters(upgraded) == [OWN_FILTER]
        assert upgraded.outputs["TableName"] == table
        # What was told before is known, and not told again.
        upgraded.put_log_events(UPGRADED_LOG_GROUP, outage.outage())
        upgraded.sweep()
        assert len(unresolved(slack, outage)) == 1

        both = f"{UPGRADED_LOG_GROUP},{ADDED_LOG_GROUP}"
        changed = upgrade(upgraded, sam, say, LogGroupNames=both)
        assert filters(changed, ADDED_LOG_GROUP) == [OWN_FILTER]
        assert filters(changed) == [OWN_FILTER]

        back = deploy_previous(upgraded.aws, sam, say)
        assert filters(back, ADDED_LOG_GROUP) == []
        assert filters(back) == before
        assert back.outputs["TableName"] == table

    after = Api.fresh()
    back.put_log_events(UPGRADED_LOG_GROUP, after.outage())
    assert after.id in slack.wait(after.id).text
    assert len(written) > 20
    wait_for("all lines", lambda: counted(back, steady) >= len(written))
    # Those that came by the old filter and by the new one, in the moment when there are both.
    twice = counted(back, steady) - len(written)
    assert twice < len(written) // 4


@contextmanager
def writing(stack: Stack, api: Api) -> Iterator[list[Event]]:
    """Write a healthy line twice a second meanwhile."""
    written: list[Event] = []
    failed: list[Exception] = []
    end = threading.Event()

    def write() -> None:
        while not end.wait(0.5):
            at = int(time.time() * 1000)
            event = Event(at, api.line(at, failed=False), f"{api.id}{uuid.uuid4().hex}")
            try:
                stack.put_log_events(UPGRADED_LOG_GROUP, [event])
            except Exception as error:
                failed.append(error)
                return
            written.append(event)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield written
    finally:
        end.set()
        writer.join()
    assert not failed


def counted(stack: Stack, api: Api) -> int:
    """Add up the requests that the ledger has of an API."""
    minutes = [row for row in stack.rows(api.id) if row["pk"]["S"].startswith("M#")]
    return sum(int(row["requests"]["N"]) for row in minutes if "requests" in row)


def filters(stack: Stack, log_group: str = UPGRADED_LOG_GROUP) -> list[str]:
    """Name the subscription filters of a log group."""
    answer = stack.client("logs").describe_subscription_filters(logGroupName=log_group)
    return [found["filterName"] for found in answer["subscriptionFilters"]]


def unresolved(slack: FakeSlack, api: Api) -> list[str]:
    """Return what was said of an API before its outage was over."""
    texts = [message.text for message in slack.attempts(api.id)]
    return [text for text in texts if "resolved" not in text.lower()]
