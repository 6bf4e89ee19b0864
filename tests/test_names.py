"""No resource of the stack has a name that is the same in every stack.

Two stacks in one account and region would collide, and deleting one would take it from the
other. The template is expanded by SAM's own translator, because SAM gives names that the template
does not show.
"""

import json
import os
from typing import Any

import pytest
from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform

from local_aws import REGION
from test_filter_pattern import template

# By type, the properties that are the name or the key of a resource in its account and region.
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html
NAMES = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::EventInvokeConfig": None,
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::Permission": None,
    "AWS::Lambda::Url": None,
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::S3::BucketPolicy": None,
    "AWS::SNS::Subscription": None,
    "AWS::SNS::Topic": "TopicName",
    "AWS::Scheduler::Schedule": "Name",
    "Custom::LogGroups": None,
}


def _long(value: Any) -> Any:  # noqa: ANN401 (a part of a template)
    """Write `{"Sub": x}`, as the template was read, as `{"Fn::Sub": x}`."""
    if isinstance(value, list):
        return [_long(member) for member in value]
    if not isinstance(value, dict):
        return value
    long = {}
    for name, member in value.items():
        short = name in {"Sub", "GetAtt", "If", "Join", "Split", "Equals", "Not", "Or", "Contains"}
        argument = member.split(".", 1) if name == "GetAtt" and isinstance(member, str) else member
        long[f"Fn::{name}" if short else name] = _long(argument)
    return long


def expanded() -> dict[str, dict[str, Any]]:
    """Return the resources as CloudFormation gets them."""
    source = _long(template())
    source["Transform"] = "AWS::Serverless-2016-10-31"
    # Rules are CloudFormation's alone.
    source.pop("Rules")
    resources = source["Resources"]
    for resource in resources.values():
        if "CodeUri" in resource.get("Properties", {}):
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    return transform(json.loads(json.dumps(source)), {}, ManagedPolicyLoader(None))["Resources"]


def test_every_type_of_resource_is_known() -> None:
    assert {resource["Type"] for resource in expanded().values()} == set(NAMES)


@pytest.mark.parametrize("name", [name for name in NAMES.values() if name])
def test_names_come_from_cloudformation_or_hold_the_name_of_the_stack(name: str) -> None:
    for logical_id, resource in expanded().items():
        if NAMES[resource["Type"]] == name:
            given = resource.get("Properties", {}).get(name)
            assert given is None or "${AWS::StackName}" in json.dumps(given), logical_id
