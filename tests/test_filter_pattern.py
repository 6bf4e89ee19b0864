"""What the subscription filter passes where LogMode is errors.

No emulator evaluates such patterns, so the expression is taken from the template and tried here.
What CloudWatch Logs allows in one is checked as well:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html
"""

import json
import re
from typing import Any

import pytest
import yaml

from local_aws import ROOT


class _Template(yaml.SafeLoader):
    """Reads the template; `!Join x` becomes `{"Join": x}`."""


def _tagged(loader: _Template, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.SequenceNode):
        return {tag: loader.construct_sequence(node, deep=True)}
    if isinstance(node, yaml.MappingNode):
        return {tag: loader.construct_mapping(node, deep=True)}
    return {tag: node.value}


_Template.add_multi_constructor("!", _tagged)


def template() -> dict[str, Any]:
    """Read the template."""
    return yaml.load((ROOT / "template.yaml").read_text(), _Template)


def _patterns() -> tuple[str, str]:
    """Return the filter pattern for failures only, and that for every line."""
    function = template()["Resources"]["SubscribeFunction"]["Properties"]
    variables = function["Environment"]["Variables"]
    condition, failures, everything = variables["GATEWATCH_FILTER_PATTERN"]["If"]
    assert condition == "FailuresOnly"
    around, values = failures["Sub"]
    separator, alternatives = values["Failures"]["Join"]
    return around.replace("${Failures}", separator.join(alternatives)), everything


FAILURES, EVERYTHING = _patterns()
EXPRESSION = re.compile(FAILURES.strip("%"), re.ASCII)

# `%` around it; letters, digits, `_ # = @ / ; , : -`, and `^ $ ? [ ] { } | \ * + .`
ALLOWED = re.compile(r"%[A-Za-z0-9_#=@/;,:^$?\[\]{}|\\*+.-]+%")

CLF = '203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET {path} HTTP/1.1" {status} 512 6f1e1f1c'
CSV = "203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET,/orders,HTTP/1.1,{status},512,6f1e1f1c"
XML = (
    '<request id="6f1e1f1c"> <ip>203.0.113.7</ip> <protocol>HTTP/1.1</protocol> '
    "<status>{status}</status> <responseLength>512</responseLength> </request>"
)
SERVERLESS = (
    'requestId: 6f1e1f1c, ip: 203.0.113.7, httpMethod: "GET", resourcePath: "/orders", '
    'status: {status}, protocol: "HTTP/1.1", responseLength: 512'
)


def _json(key: str, value: object, **more: object) -> str:
    """Write a line as API Gateway does; healthy numbers look like statuses."""
    return json.dumps({"requestId": "6f1e1f1c-4521", key: value, "responseLatency": "502", **more})


def test_every_line_is_passed_where_every_line_is_wanted() -> None:
    assert EVERYTHING == ""


def test_cloudwatch_takes_the_pattern() -> None:
    assert len(FAILURES) <= 1024
    assert ALLOWED.fullmatch(FAILURES)


KEYS = ["status", "Status", "STATUS", "statusCode", "status_code", "httpStatus", "code", "s-status"]


@pytest.mark.parametrize("key", KEYS)
def test_json_is_judged_by_its_status_whatever_it_is_called(key: str) -> None:
    for status in (400, 404, 429, 499, 500, 502, 504, 599):
        for value in (status, str(status)):
            assert EXPRESSION.search(_json(key, value)), (key, value)
            assert EXPRESSION.search(json.dumps({"request": {"context": {key: value}}}))
    for status in (200, 204, 301, 304):
        for value in (status, str(status)):
            assert not EXPRESSION.search(_json(key, value)), (key, value)


@pytest.mark.parametrize("form", [CLF, CSV, XML, SERVERLESS])
def test_text_is_judged_by_its_status(form: str) -> None:
    for status in (400, 403, 429, 500, 503, 504):
        assert EXPRESSION.search(form.format(status=status, path="/orders"))
    for status in (200, 302):
        assert not EXPRESSION.search(form.format(status=status, path="/orders/404"))


@pytest.mark.parametrize(
    ("line", "passes"),
    [
        # the status is the last word
        ("GET /orders status=502", True),
        ("GET /orders status=200", False),
        # the status is missing or another one, and API Gateway says what went wrong
        (_json("status", "-", responseType="INTEGRATION_TIMEOUT"), True),
        (_json("status", "200", responseType="ACCESS_DENIED"), True),
        (_json("status", "200", responseType="-"), False),
        # the backend failed
        (_json("status", "200", integrationStatus="502"), True),
        # look-alikes
        (_json("status", "200", zipCode="45012"), False),
        (_json("status", "200", responseLength="404", integrationLatency=450), False),
        (_json("status", "200", path="/status500/x"), False),
        (_json("status", "2500"), False),
        # an execution log
        ("(6f1e1f1c) Method completed with status: 504", True),
        ("(6f1e1f1c) Method completed with status: 200", False),
        ("(6f1e1f1c) Execution failed due to a timeout error", True),
        ("(6f1e1f1c) Lambda execution failed with status 200 due to customer error", True),
        ("(6f1e1f1c) Starting execution for request: 6f1e1f1c", False),
        ('(6f1e1f1c) Endpoint response body before transformations: {"errorMessage":"x"}', True),
        ('(6f1e1f1c) Endpoint response body before transformations: {"ok":true}', False),
        ("(6f1e1f1c) Key quota exhausted for Usage Plan", True),
    ],
)
def test_what_passes_and_what_only_looks_like_it(line: str, passes: bool) -> None:
    assert bool(EXPRESSION.search(line)) is passes


def test_no_labelled_failure_of_api_gateway_is_kept_back() -> None:
    cases = (ROOT / "shared/diagnosis/tests/cases.jsonl").read_text().splitlines()
    failures = [
        case
        for case in map(json.loads, cases)
        if case["source"] != "lambda"
        and case["cause"] not in {"none", "unknown", "unparseable", "high-latency"}
    ]
    assert len(failures) > 50
    assert [case["id"] for case in failures if not EXPRESSION.search(case["line"])] == []
