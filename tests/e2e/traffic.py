"""API Gateway's access-log lines, and the batches CloudWatch Logs makes of them."""

from __future__ import annotations

import base64
import gzip
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STAGE = "prod"
FAILING_ROUTE = "/orders/{id}"


@dataclass(frozen=True)
class Event:
    """One log event: when it was written (milliseconds) and what."""

    timestamp: int
    message: str
    id: str


@dataclass(frozen=True)
class Api:
    """An API of its own for every test, so that no test sees another's incident."""

    id: str

    @staticmethod
    def fresh() -> Api:
        """Make an id as API Gateway does: ten lower-case letters and digits."""
        return Api(f"shop{uuid.uuid4().hex[:6]}")

    def line(self, at: int, *, failed: bool) -> str:
        """Write one line of a REST API's JSON access log (`at` in milliseconds)."""
        record = {
            "apiId": self.id,
            "stage": STAGE,
            "requestId": str(uuid.uuid4()),
            "requestTimeEpoch": at,
            "httpMethod": "GET",
            "resourcePath": FAILING_ROUTE if failed else "/catalog",
            "protocol": "HTTP/1.1",
            "ip": "203.0.113.7",
            "status": "504" if failed else "200",
            "responseLength": "41" if failed else "1822",
            "responseLatency": "29001" if failed else "38",
            "integrationLatency": "29000" if failed else "31",
            "error_responseType": "INTEGRATION_TIMEOUT" if failed else "-",
            "error_message": "Endpoint request timed out" if failed else "-",
        }
        return json.dumps(record, separators=(",", ":"))

    def outage(self, *, age: float = 0, failed: int = 30, healthy: int = 40) -> list[Event]:
        """Write the traffic of one minute, oldest first, whose last line is `age` seconds old."""
        total = failed + healthy
        end = int((time.time() - age) * 1000)
        events = []
        for index in range(total):
            at = end - (total - 1 - index) * 60_000 // total
            # Failures are spread evenly between the healthy lines.
            fails = (index + 1) * failed // total > index * failed // total
            events.append(Event(at, self.line(at, failed=fails), f"{self.id}{index:046d}"))
        return events


def envelope(
    events: Sequence[Event], *, account: str, log_group: str, kind: str = "DATA_MESSAGE"
) -> dict[str, Any]:
    """Put events into the document that CloudWatch Logs delivers."""
    return {
        "messageType": kind,
        "owner": account,
        "logGroup": log_group,
        "logStream": "access",
        "subscriptionFilters": ["gatewatch"],
        "logEvents": [
            {"id": event.id, "timestamp": event.timestamp, "message": event.message}
            for event in events
        ],
    }


def invocation(document: dict[str, Any]) -> dict[str, Any]:
    """Wrap a document as the event that Lambda gets."""
    return packed(gzip.compress(json.dumps(document).encode()))


def packed(compressed: bytes) -> dict[str, Any]:
    """Wrap what should be gzip as the event that Lambda gets."""
    return {"awslogs": {"data": base64.b64encode(compressed).decode()}}
