"""Every alarm watches a metric that some function emits, with exactly its dimensions.

An alarm with another dimension or a misspelled name never has data, and never fires. The list of
metrics is the table in docs/operating.md, which a Rust test compares with the code.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local_aws import ROOT
from test_filter_pattern import template

NAMESPACE = "Gatewatch"
EMITTER = ROOT / "shared/aws/src/metrics/mod.rs"


@dataclass(frozen=True)
class Metric:
    """A row of the table."""

    unit: str
    dimensions: tuple[str, ...]
    functions: tuple[str, ...]


def documented() -> dict[str, Metric]:
    """Read the table of metrics."""
    page = (ROOT / "docs/operating.md").read_text()
    part = page.split(": metrics -->")[1].split("<!-- end of metrics -->")[0]
    _head, _line, *rows = (line for line in part.splitlines() if line.startswith("|"))
    metrics = {}
    for row in rows:
        name, unit, dimensions, functions, _meaning = row.strip("| ").split(" | ")
        [name] = re.findall(r"`(\w+)`", name)
        assert name not in metrics
        metrics[name] = Metric(
            unit, tuple(re.findall(r"`(\w+)`", dimensions)), tuple(functions.split(", "))
        )
    return metrics


METRICS = documented()


def _watched(value: object) -> Iterator[dict[str, Any]]:
    """Find each metric that an alarm watches, also within a calculation."""
    if isinstance(value, dict):
        if "MetricName" in value:
            yield value
        for part in value.values():
            yield from _watched(part)
    elif isinstance(value, list):
        for part in value:
            yield from _watched(part)


def _alarms() -> list[Any]:
    return [
        pytest.param(watched, id=f"{name}-{watched['MetricName']}")
        for name, resource in template()["Resources"].items()
        if isinstance(resource, dict) and resource["Type"] == "AWS::CloudWatch::Alarm"
        for watched in _watched(resource["Properties"])
        if watched["Namespace"] == NAMESPACE
    ]


def test_the_table_and_the_alarms_are_found() -> None:
    assert len(METRICS) > 40
    assert len(_alarms()) >= 6


@pytest.mark.parametrize("watched", _alarms())
def test_an_alarm_watches_a_metric_with_exactly_its_dimensions(watched: dict[str, Any]) -> None:
    metric = METRICS[watched["MetricName"]]
    dimensions = {it["Name"]: it["Value"] for it in watched["Dimensions"]}
    assert set(dimensions) == set(metric.dimensions)
    assert watched.get("Unit", metric.unit) == metric.unit
    if "Function" in dimensions:
        assert dimensions["Function"] in [
            {"Ref": f"{function.title()}Function"} for function in metric.functions
        ]
    if "Stack" in dimensions:
        assert dimensions["Stack"] == {"Ref": "AWS::StackName"}


def test_each_metric_is_emitted_by_a_function_of_the_template() -> None:
    functions = {
        name.removesuffix("Function").lower()
        for name, resource in template()["Resources"].items()
        if isinstance(resource, dict) and resource["Type"] == "AWS::Serverless::Function"
    }
    for name, metric in METRICS.items():
        assert metric.functions, name
        assert functions.issuperset(metric.functions), name


def test_metrics_are_written_in_one_file_only() -> None:
    """No lint of clippy sees the text of a line, so a metric written by hand is looked for here."""
    sources = [
        path
        for folder in ("shared", "functions", "cli")
        for path in (ROOT / folder).rglob("*.rs")
        if re.search(r"\b_aws\b", path.read_text())
    ]
    assert sources == [EMITTER]
