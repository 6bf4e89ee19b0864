"""Writes shop-outage.jsonl.gz: an afternoon of an invented shop's API, in the log format that
`gatewatch format rest` prints.

From 14:12 the function behind POST /orders waits for a payment provider and runs into its own
timeout; from 14:21 a partner's key has used up its daily quota and keeps calling. Around both goes
ordinary traffic, with the few failures that every public API has.

Run it from this folder: python3 make_shop_outage.py
"""

import gzip
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 11, 19, 14, 0, tzinfo=UTC)
TIMEOUTS = (START + timedelta(minutes=12), START + timedelta(minutes=29))
QUOTA = (START + timedelta(minutes=21), START + timedelta(minutes=34))
MINUTES = 50
API_ID = "k3x9w2m7qd"
PARTNER_KEY = "p7q2v9x4ka"

# method, resource, an example path, share of the traffic, usual latency in milliseconds
ROUTES = [
    ("GET", "/products", "/prod/products", 34, 45),
    ("GET", "/products/{id}", "/prod/products/4711", 28, 30),
    ("POST", "/cart", "/prod/cart", 14, 60),
    ("POST", "/orders", "/prod/orders", 12, 420),
    ("GET", "/orders/{id}", "/prod/orders/20931", 12, 55),
]

randomness = random.Random(20261119)


def identifier() -> str:
    return str(uuid.UUID(int=randomness.getrandbits(128), version=4))


def record(time: datetime, method: str, resource: str, path: str, latency: int) -> dict[str, str]:
    """A request that was answered well, with every field of the recommended format."""
    return {
        "requestId": identifier(),
        "extendedRequestId": "".join(randomness.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef", k=15)) + "=",
        "apiId": API_ID,
        "stage": "prod",
        "requestTimeEpoch": str(int(time.timestamp() * 1000)),
        "status": "200",
        "error.responseType": "-",
        "error.message": "-",
        "integration.error": "-",
        "integration.integrationStatus": "200",
        "integration.status": "200",
        "integration.latency": str(latency),
        "integration.requestId": identifier(),
        "authorizer.error": "-",
        "authorizer.status": "-",
        "authorizer.requestId": "-",
        "identity.sourceIp": f"198.51.100.{randomness.randint(1, 254)}",
        "identity.userAgent": "LarkfieldShop/5.2 (iPhone; iOS 19.1)",
        "identity.caller": "-",
        "domainName": f"{API_ID}.execute-api.eu-west-1.amazonaws.com",
        "httpMethod": method,
        "path": path,
        "responseLatency": str(latency + randomness.randint(2, 9)),
        "responseLength": str(randomness.randint(120, 4200)),
        "authenticate.error": "-",
        "authenticate.status": "-",
        "authorize.error": "-",
        "authorize.status": "-",
        "waf.error": "-",
        "waf.status": "-",
        "resourcePath": resource,
        "identity.apiKeyId": "-",
        "wafResponseCode": "-",
        "error.validationErrorString": "-",
        "xrayTraceId": "-",
    }


def refused(line: dict[str, str], status: int, kind: str, message: str) -> dict[str, str]:
    """The same request, refused by API Gateway before any integration."""
    return line | {
        "status": str(status),
        "error.responseType": kind,
        "error.message": message,
        "integration.integrationStatus": "-",
        "integration.status": "-",
        "integration.latency": "-",
        "integration.requestId": "-",
        "responseLatency": str(randomness.randint(2, 6)),
    }


def timed_out(line: dict[str, str], time: datetime) -> dict[str, str]:
    """The same request, its function stopped after its own ten seconds."""
    stopped = (time + timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    error = f"{stopped} {line['integration.requestId']} Task timed out after 10.01 seconds"
    return line | {
        "status": "502",
        "error.responseType": "INTEGRATION_FAILURE",
        "error.message": "Internal server error",
        "integration.error": f"Lambda Customer Function Error:{error}",
        "integration.status": "-",
        "integration.latency": "10013",
        "responseLatency": "10019",
    }


def shopper(time: datetime) -> dict[str, str]:
    method, resource, path, _, usual = randomness.choices(ROUTES, weights=[route[3] for route in ROUTES])[0]
    latency = max(5, int(randomness.lognormvariate(0, 0.35) * usual))
    line = record(time, method, resource, path, latency)
    struck = TIMEOUTS[0] <= time < TIMEOUTS[1] and resource == "/orders" and randomness.random() < 0.7
    if struck:
        return timed_out(line, time)
    if resource.endswith("{id}") and randomness.random() < 0.01:
        return line | {"status": "404", "integration.status": "404"}
    return line


def partner(time: datetime) -> dict[str, str]:
    line = record(time, "GET", "/products", "/prod/products", randomness.randint(30, 60)) | {
        "identity.apiKeyId": PARTNER_KEY,
        "identity.sourceIp": "203.0.113.40",
        "identity.userAgent": "northwind-feed/2.3 python-requests/2.32",
    }
    if QUOTA[0] <= time < QUOTA[1]:
        return refused(line, 429, "QUOTA_EXCEEDED", "Limit Exceeded")
    return line


def scanner(time: datetime) -> dict[str, str]:
    path = randomness.choice(["/prod/.env", "/prod/wp-login.php", "/prod/admin", "/prod/.git/config"])
    line = record(time, "GET", "-", path, 0) | {
        "identity.sourceIp": "192.0.2.66",
        "identity.userAgent": "Mozilla/5.0 zgrab/0.x",
    }
    return refused(line, 403, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token")


def lines() -> list[str]:
    moments = []
    for minute in range(MINUTES):
        begin = START + timedelta(minutes=minute)
        callers = [shopper] * randomness.randint(66, 90) + [partner] * 9 + [scanner] * randomness.randint(0, 2)
        moments += [(begin + timedelta(milliseconds=randomness.randrange(60_000)), caller) for caller in callers]
    moments.sort(key=lambda moment: moment[0])
    return [json.dumps(caller(time), separators=(",", ":")) for time, caller in moments]


def main() -> None:
    text = "\n".join(lines()) + "\n"
    target = Path(__file__).with_name("shop-outage.jsonl.gz")
    # No name and no time in the header: the same lines give the same file.
    with target.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as compressed:
        compressed.write(text.encode())


if __name__ == "__main__":
    main()
