"""The alarms on deliveries watch the subscriptions of the stack, and those alone.

No emulator evaluates a Metrics Insights query, and one that names no metric never has data and
never fires. So the queries are compared with the subscriptions that they are about.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-metrics-insights-querylanguage.html
"""

import re
from typing import Any

import pytest

from local_aws import ROOT
from test_filter_pattern import template

# The dimensions of the metrics of a subscription filter.
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
DIMENSIONS = {"DestinationType", "FilterName", "LogGroupName"}
METRICS = {"DeliveryErrorsAlarm": "DeliveryErrors", "DeliveryThrottlingAlarm": "DeliveryThrottling"}

# What the language has: no LIKE, no OR; label values in single quotation marks.
QUERY = re.compile(
    r"SELECT SUM\((?P<metric>\w+)\) FROM SCHEMA\(\"AWS/Logs\", (?P<dimensions>[\w, ]+)\) "
    r"WHERE FilterName = '(?P<name>[^']+)'"
)


def _filter_name() -> str:
    settings = (ROOT / "functions/subscribe/src/settings.rs").read_text()
    [name] = re.findall(r'name: format!\("([^"]+)"\)', settings)
    return name.replace("{stack}", "${AWS::StackName}")


@pytest.mark.parametrize("alarm", METRICS)
def test_a_query_is_about_the_filters_of_the_stack(alarm: str) -> None:
    properties: dict[str, Any] = template()["Resources"][alarm]["Properties"]
    # One query is all that an alarm may have.
    [data] = properties["Metrics"]
    query = QUERY.fullmatch(data["Expression"]["Sub"])
    assert query
    assert query["metric"] == METRICS[alarm] == data["Label"]
    assert set(query["dimensions"].split(", ")) == DIMENSIONS
    assert query["name"] == _filter_name()
    assert data["ReturnData"] is True
    # An alarm on metrics takes its period from them.
    assert "Period" not in properties
    assert "Namespace" not in properties


@pytest.mark.parametrize("alarm", METRICS)
def test_they_can_be_switched_off_and_reach_the_operators(alarm: str) -> None:
    resource = template()["Resources"][alarm]
    assert resource["Condition"] == "HasDeliveryAlarms"
    assert resource["Properties"]["AlarmActions"] == [{"Ref": "OpsTopic"}]


def test_filters_have_a_name_of_the_stack() -> None:
    """Two stacks may watch one log group; CloudWatch Logs refuses `:` and `*` in a name."""
    assert _filter_name() == "gatewatch-${AWS::StackName}"
