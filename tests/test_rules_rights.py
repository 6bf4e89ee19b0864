"""Who may read the rules, as the template says: the stack under test has none of its own."""

from typing import Any

from test_filter_pattern import template


def _statements(role: str) -> list[Any]:
    [policy] = template()["Resources"][role]["Properties"]["Policies"]
    return policy["PolicyDocument"]["Statement"]


def test_the_sweep_alone_may_read_the_rules_and_only_where_there_are_some() -> None:
    conditional = [statement["If"] for statement in _statements("SweepRole") if "If" in statement]
    [[_, statement, otherwise]] = [it for it in conditional if it[0] == "HasRules"]
    assert statement["Action"] == "ssm:GetParameter"
    assert statement["Resource"]["Sub"].endswith(":parameter${RulesParameter}")
    assert otherwise == {"Ref": "AWS::NoValue"}
    shared = template()["Resources"]["WorkPolicy"]["Properties"]["PolicyDocument"]
    for others in (_statements("IngestRole"), shared):
        assert "RulesParameter" not in str(others)


def test_bad_rules_ring_an_alarm_that_reaches_the_operators() -> None:
    alarm = template()["Resources"]["BadRulesAlarm"]
    assert alarm["Condition"] == "HasRules"
    properties = alarm["Properties"]
    assert (properties["Namespace"], properties["MetricName"]) == ("Gatewatch", "BadRules")
    assert properties["Dimensions"] == [{"Name": "Function", "Value": {"Ref": "SweepFunction"}}]
    assert properties["AlarmActions"] == [{"Ref": "OpsTopic"}]
