"""The stack stays within AWS's limits where each parameter is as long as it may be.

The local AWS enforces none of them: a stack that passes there would be refused by AWS.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from test_filter_pattern import template
from test_names import expanded

# Any parameter of CloudFormation.
PARAMETER = 4_096
# A name without a place where it is known, such as those that CloudFormation makes.
UNKNOWN = "x" * 128


def _patterns(length: int, total: int) -> str:
    """Return as many patterns of a length as fit into a parameter."""
    return ",".join(f"{number:0{length}}" for number in range((total + 1) // (length + 1)))


PHONES = ",".join(f"+{number:015}" for number in range(100_000_000_000_000, 100_000_000_000_020))
LONGEST: dict[str, str] = {
    "AWS::StackName": "s" * 128,
    "AWS::Region": "ap-southeast-2",
    "AWS::Partition": "aws-us-gov",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com.cn",
    "LogGroupNames": _patterns(59, PARAMETER),
    "LogMode": "errors",
    "EvidenceLogGroups": _patterns(30, 2_000),
    "SlackWebhookParameter": "/" + "w" * 254,
    "SlackBotTokenParameter": "/" + "t" * 254,
    "SlackSigningSecretParameter": "/" + "s" * 254,
    "SlackChannel": "C" * 20,
    "RulesParameter": "/" + "r" * 254,
    "SmsPhoneNumbers": PHONES,
    "SmsSenderId": "Gatewatch11",
    "SmsMaxPrice": "12.12345",
    "AlertEmail": "a" * 64 + "@" + "d" * 180 + ".example",
    "OpsEmail": "o" * 64 + "@" + "d" * 180 + ".example",
    "DeliveryAlarms": "on",
}


class Stack:
    """The template with values for its parameters."""

    def __init__(self, values: dict[str, str]) -> None:
        source = template()
        self.parameters = source["Parameters"]
        defaults = {
            name: str(parameter.get("Default", UNKNOWN))
            for name, parameter in self.parameters.items()
        }
        self.values = defaults | values
        self.conditions = source["Conditions"]
        self.outputs = source["Outputs"]
        self.resources = {
            logical_id: resource
            for logical_id, resource in expanded().items()
            if self.holds(resource.get("Condition"))
        }

    def holds(self, condition: str | None) -> bool:
        """Whether a condition holds."""
        return condition is None or self._truth(self.conditions[condition])

    def _truth(self, value: Any) -> bool:  # noqa: ANN401 (a part of a template)
        [(function, argument)] = value.items()
        function = function.removeprefix("Fn::")
        if function == "Condition":
            return self.holds(argument)
        if function == "Equals":
            left, right = (self.resolved(side) for side in argument)
            return left == right
        members = [self._truth(member) for member in argument]
        return {"Not": not members[0], "Or": any(members), "And": all(members)}[function]

    def resolved(self, value: Any) -> Any:  # noqa: ANN401 (a part of a template)
        """Put values into a part of the template."""
        if isinstance(value, list):
            members = [self.resolved(member) for member in value]
            return [member for member in members if member is not None]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            [(function, argument)] = value.items()
            known = getattr(self, f"_{function.removeprefix('Fn::').lower()}", None)
            if known:
                return known(argument)
        members = {name: self.resolved(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not None}

    def _ref(self, name: str) -> Any:  # noqa: ANN401
        if name == "AWS::NoValue":
            return None
        value = self.values.get(name, UNKNOWN)
        is_list = self.parameters.get(name, {}).get("Type") == "CommaDelimitedList"
        return value.split(",") if is_list else value

    def _getatt(self, _: object) -> str:
        return f"arn:aws-us-gov:lambda:ap-southeast-2:111122223333:function:{UNKNOWN}"

    def _if(self, argument: list[Any]) -> Any:  # noqa: ANN401
        condition, then, otherwise = argument
        return self.resolved(then if self.holds(condition) else otherwise)

    def _join(self, argument: list[Any]) -> str:
        separator, members = argument
        return separator.join(self.resolved(members))

    def _split(self, argument: list[Any]) -> list[str]:
        separator, text = argument
        return self.resolved(text).split(separator)

    def _sub(self, argument: Any) -> str:  # noqa: ANN401
        text, given = (argument, {}) if isinstance(argument, str) else argument
        given = {name: self.resolved(value) for name, value in given.items()}

        def value(match: re.Match[str]) -> str:
            name = match[1]
            return str(given.get(name) or self.values.get(name, UNKNOWN))

        return re.sub(r"\$\{([\w:.]+)\}", value, text)


STACK = Stack(LONGEST)


def _size(document: object) -> int:
    """Count as IAM does: blanks do not count."""
    return len(json.dumps(document, separators=(",", ":")))


def _of(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, resource in STACK.resources.items():
        if resource["Type"] == kind:
            yield logical_id, STACK.resolved(resource["Properties"])


def test_every_condition_holds_that_can() -> None:
    """Else a part of the stack would not be measured."""
    assert [name for name in STACK.conditions if not STACK.holds(name)] == []


def test_values_are_what_the_parameters_allow() -> None:
    for name, parameter in STACK.parameters.items():
        value = STACK.values[name]
        assert len(value) <= PARAMETER, name
        allowed = parameter.get("AllowedPattern", "")
        for member in value.split(",") if parameter["Type"] == "CommaDelimitedList" else [value]:
            assert re.fullmatch(allowed or ".*", member), f"{name}: {member}"


def test_environments_fit() -> None:
    """Lambda takes 4 KB of names and values."""
    functions = dict(_of("AWS::Lambda::Function"))
    assert len(functions) >= 4
    for logical_id, properties in functions.items():
        variables = properties["Environment"]["Variables"]
        size = sum(len(f"{name}{value}".encode()) for name, value in variables.items())
        assert size < 4_096, f"{logical_id}: {size}"


def test_what_a_role_holds_itself_fits() -> None:
    """IAM takes 10,240 characters in a role, and ten policies beside them."""
    roles = dict(_of("AWS::IAM::Role"))
    assert len(roles) >= 4
    for logical_id, properties in roles.items():
        size = sum(_size(policy["PolicyDocument"]) for policy in properties.get("Policies", []))
        assert size <= 10_240, f"{logical_id}: {size}"
        assert len(properties.get("ManagedPolicyArns", [])) <= 10


def test_managed_policies_fit() -> None:
    """IAM takes 6,144 characters."""
    policies = dict(_of("AWS::IAM::ManagedPolicy"))
    assert policies
    for logical_id, properties in policies.items():
        assert _size(properties["PolicyDocument"]) <= 6_144, logical_id


def test_evidence_patterns_become_arns() -> None:
    [statement] = [
        statement
        for _, properties in _of("AWS::IAM::Role")
        for policy in properties.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if statement.get("Sid") == "FindFailedRequests"
    ]
    arns = statement["Resource"]
    patterns = STACK.values["EvidenceLogGroups"].split(",")
    assert len(patterns) > 40
    groups = [f"arn:*:logs:*:*:log-group:{pattern}" for pattern in patterns]
    assert sorted(arns) == sorted([*groups, *(f"{group}:*" for group in groups)])


def test_the_template_itself_fits() -> None:
    """CloudFormation takes 1 MB from a bucket, 500 resources, 200 parameters and outputs."""
    assert _size(template()) < 1_000_000
    assert len(STACK.resources) <= 500
    assert len(STACK.parameters) <= 200
    assert len(STACK.outputs) <= 200


@pytest.mark.parametrize(
    ("kind", "name", "limit"),
    [
        ("AWS::CloudWatch::Alarm", "AlarmName", 255),
        ("AWS::CloudWatch::Alarm", "AlarmDescription", 1_024),
        ("AWS::IAM::Role", "Description", 1_000),
        ("AWS::Lambda::Function", "Description", 256),
        ("AWS::Logs::LogGroup", "LogGroupName", 512),
        ("AWS::SNS::Topic", "DisplayName", 100),
    ],
)
def test_texts_fit(kind: str, name: str, limit: int) -> None:
    found = dict(_of(kind))
    assert found
    for logical_id, properties in found.items():
        assert len(properties.get(name, "")) <= limit, logical_id


def test_descriptions_and_sentences_fit() -> None:
    for name, parameter in STACK.parameters.items():
        assert len(parameter.get("Description", "")) <= 4_000, name
    for name, output in STACK.outputs.items():
        assert len(output.get("Description", "")) <= 1_024, name


def test_five_hundred_log_groups_need_no_list_of_names() -> None:
    """A parameter holds 68 names of 59 characters; patterns stand for as many as there are."""
    names = STACK.values["LogGroupNames"].split(",")
    assert len(names) == 68
    for logical_id, properties in _of("AWS::Lambda::Function"):
        assert names[0] not in json.dumps(properties), logical_id
