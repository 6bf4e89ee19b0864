import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from e2e.stack import LOG_GROUPS, Stack
from e2e.traffic import Api, Event, envelope, invocation, packed
from fake_slack import FakeSlack
from local_aws import ACCOUNT

_HEAD = (
    f'{{"messageType":"DATA_MESSAGE","owner":"{ACCOUNT}","logGroup":"{LOG_GROUPS[0]}",'
    '"logStream":"access","subscriptionFilters":["gatewatch"],"logEvents":['
).encode()


def _bomb() -> bytes:
    """Compress 700 MB of one log line to under 1 MB, the most that Lambda takes."""
    deflate = zlib.compressobj(9, wbits=31)
    line = deflate.compress(_HEAD + b'{"id":"1","timestamp":1,"message":"')
    zeros = b"0" * 1_000_000
    body = b"".join(deflate.compress(zeros) for _ in range(700))
    bomb = line + body + deflate.compress(b'"}]}') + deflate.flush()
    assert len(bomb) * 4 // 3 < 1_000_000
    return bomb


UNREADABLE: dict[str, Callable[[], dict[str, Any]]] = {
    "nothing": dict,
    "null": lambda: {"awslogs": None},
    "no data": lambda: {"awslogs": {}},
    "empty data": lambda: {"awslogs": {"data": ""}},
    "data that is no text": lambda: {"awslogs": {"data": 7}},
    "bad base64": lambda: {"awslogs": {"data": "%%%"}},
    "no gzip": lambda: packed(b"not compressed"),
    "truncated gzip": lambda: packed(gzip.compress(_HEAD + b"]}")[:-12]),
    "no JSON": lambda: packed(gzip.compress(b"not JSON")),
    "nesting 1,000 deep": lambda: packed(gzip.compress(_HEAD + b"[" * 1000 + b"]" * 1000 + b"]}")),
    "a bomb": lambda: packed(_bomb()),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_batch_that_cannot_be_read_is_no_failure(stack: Stack, name: str) -> None:
    done = stack.invoke("ingest", UNREADABLE[name]())
    assert done.error is None, done


def test_the_check_that_cloudwatch_logs_sends_is_acknowledged(stack: Stack) -> None:
    check = Event(0, "CWL CONTROL MESSAGE: Checking health of destination Lambda.", "")
    document = envelope([check], account="CloudwatchLogs", log_group="", kind="CONTROL_MESSAGE")
    done = stack.invoke("ingest", invocation(document))
    assert done.error is None, done


@pytest.mark.parametrize(
    "bad",
    [b"\\ud800", b"\xff\xfe", b"\\u0000", b"\\q"],
    ids=["lone surrogate", "no UTF-8", "NUL", "bad escape"],
)
def test_one_bad_event_costs_only_itself(
    stack: Stack, slack: FakeSlack, api: Api, bad: bytes
) -> None:
    events = api.outage()
    events.insert(35, Event(events[35].timestamp, "BAD", f"{api.id}bad"))
    document = envelope(events, account=ACCOUNT, log_group=LOG_GROUPS[0])
    raw = json.dumps(document).encode().replace(b'"BAD"', b'"' + bad + b'"')

    done = stack.invoke("ingest", packed(gzip.compress(raw)))

    assert done.error is None, done
    assert "30 of 7" in slack.wait(api.id).text
