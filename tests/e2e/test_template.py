"""What template.yaml promises besides the way of the data: rights, alarms, mistakes refused."""

import pytest
from botocore.exceptions import ClientError

from e2e.stack import (
    LOG_GROUPS,
    NAME,
    OWN_LOG_GROUPS,
    RULES_PARAMETER,
    WEBHOOK_PARAMETER,
    Stack,
)
from local_aws import ACCOUNT, REGION


@pytest.mark.parametrize("role", ["IngestRole", "SweepRole"])
def test_the_functions_may_do_their_work_and_no_more(stack: Stack, role: str) -> None:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{stack.outputs['TableName']}"
    topic = stack.outputs["AlertTopicArn"]
    parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{WEBHOOK_PARAMETER}"
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group"
    own = f"{logs}:{OWN_LOG_GROUPS[role.removesuffix('Role').lower()]}:log-stream:x"
    wanted = {
        ("dynamodb:UpdateItem", table): True,
        ("dynamodb:Query", table): True,
        ("dynamodb:Scan", table): False,
        ("dynamodb:DeleteTable", table): False,
        ("dynamodb:GetItem", f"{table}2"): False,
        ("sns:Publish", topic): True,
        ("sns:Publish", "*"): True,  # a phone
        ("sns:Publish", f"{topic}2"): False,
        ("sns:Publish", stack.resource("OpsTopic")): role == "SweepRole",
        ("sns:GetTopicAttributes", topic): role == "SweepRole",
        ("sns:Subscribe", topic): False,
        ("ssm:GetParameter", parameter): True,
        ("ssm:GetParameter", f"{parameter}2"): False,
        ("ssm:PutParameter", parameter): False,
        ("logs:PutLogEvents", own): True,
        ("logs:PutLogEvents", f"{logs}:{LOG_GROUPS[0]}:log-stream:x"): False,
        ("logs:CreateLogGroup", "*"): False,
        ("iam:PassRole", "*"): False,
    }

    decided = {request: may(stack, role, *request) for request in wanted}

    assert decided == wanted


def test_only_the_sweep_may_read_the_rules(stack: Stack) -> None:
    rules = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{RULES_PARAMETER}"
    for role, allowed in {"IngestRole": False, "SweepRole": True}.items():
        assert may(stack, role, "ssm:GetParameter", rules) is allowed
        assert may(stack, role, "ssm:GetParameter", f"{rules}2") is False


def test_only_the_sweep_may_read_stages_and_nothing_else_of_an_api(stack: Stack) -> None:
    api = f"arn:aws:apigateway:{REGION}::"
    paths = {
        "/restapis": True,
        "/restapis/a1b2c3d4e5/stages": True,
        "/apis": True,
        "/apis/a1b2c3d4e5/stages": True,
        "/restapis/a1b2c3d4e5": False,
        "/restapis/a1b2c3d4e5/authorizers": False,
        "/apis/a1b2c3d4e5/authorizers": False,
        "/apikeys": False,
    }
    for path, allowed in paths.items():
        assert may(stack, "SweepRole", "apigateway:GET", api + path) is allowed, path
        assert may(stack, "IngestRole", "apigateway:GET", api + path) is False, path
    assert may(stack, "SweepRole", "apigateway:PATCH", f"{api}/restapis/a/stages") is False


def test_only_the_sweep_may_read_metrics(stack: Stack) -> None:
    for role, allowed in {"IngestRole": False, "SweepRole": True}.items():
        assert may(stack, role, "cloudwatch:GetMetricData", "*") is allowed
        assert may(stack, role, "cloudwatch:PutMetricData", "*") is False


def test_only_ingest_may_keep_failed_batches(stack: Stack) -> None:
    bucket = f"arn:aws:s3:::{stack.resource('FailedBatches')}"
    for role, allowed in {"IngestRole": True, "SweepRole": False}.items():
        assert may(stack, role, "s3:PutObject", f"{bucket}/key") is allowed
        assert may(stack, role, "s3:ListBucket", bucket) is allowed
        assert may(stack, role, "s3:GetObject", f"{bucket}/key") is False


def test_every_log_group_is_subscribed_to_all_its_lines(stack: Stack) -> None:
    for log_group in LOG_GROUPS:
        answer = stack.client("logs").describe_subscription_filters(logGroupName=log_group)
        [subscription] = answer["subscriptionFilters"]
        assert subscription["filterName"] == f"gatewatch-{NAME}"
        assert subscription["filterPattern"] == ""
        assert subscription["destinationArn"].endswith(f":{stack.outputs['IngestFunctionName']}")


def test_one_permission_lets_logs_of_this_account_alone_invoke(stack: Stack) -> None:
    policy = stack.client("lambda").get_policy(FunctionName=stack.functions["ingest"])["Policy"]
    assert policy.count('"Sid"') == 1
    assert ACCOUNT in policy
    assert "logs.amazonaws.com" in policy


def test_failed_batches_have_somewhere_to_go(stack: Stack) -> None:
    kept = stack.client("lambda").get_function_event_invoke_config(
        FunctionName=stack.functions["ingest"], Qualifier="$LATEST"
    )
    assert kept["MaximumRetryAttempts"] == 2
    destination = kept["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == f"arn:aws:s3:::{stack.resource('FailedBatches')}"


def test_alarms_go_to_the_other_topic(stack: Stack) -> None:
    alarms = stack.client("cloudwatch").describe_alarms(AlarmNamePrefix=NAME)["MetricAlarms"]
    assert {alarm["MetricName"] for alarm in alarms} == {
        "Errors",
        "BadRules",
        "AsyncEventsDropped",
        "DestinationDeliveryFailures",
        "OldestUndeliveredSeconds",
        "MessagesDead",
        "ChannelsParked",
        "SmsCapped",
        "SilentSources",
        "UnreadableRows",
        "FailedSources",
        "Sweeps",
        "UnattachedLogGroups",
    }
    assert {tuple(alarm["AlarmActions"]) for alarm in alarms} == {(stack.resource("OpsTopic"),)}


GOOD = {"LogGroupNames": "/apigateway/other", "AlertEmail": "oncall@example.com"}


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [
        ({"LogGroupNames": "/apigateway/other"}, "Nobody would be told"),
        ({"AlertEmail": "oncall@example.com"}, "Nothing would be watched"),
        (GOOD | {"LogGroupNames": "/apigateway/other,none"}, "Nothing would be watched"),
        (GOOD | {"LogGroupNames": ""}, "LogGroupNames"),
        (GOOD | {"LogGroupNames": "/a,/aws/lambda/shop"}, "LogGroupNames"),
        (GOOD | {"LogGroupNames": "/gatewatch/x/ingest"}, "LogGroupNames"),
        (
            GOOD | {"SlackWebhookParameter": "https://hooks.slack.com/services/T/B/x"},
            "SlackWebhook",
        ),
        (GOOD | {"SlackWebhookParameter": "gatewatch/slack"}, "SlackWebhookParameter"),
        (GOOD | {"SlackBotTokenParameter": "xoxb-1-2"}, "SlackBotTokenParameter"),
        (GOOD | {"SlackBotTokenParameter": "/token"}, "needs a channel"),
        (GOOD | {"SlackBotTokenParameter": "/token", "SlackChannel": "#alerts"}, "SlackChannel"),
        (GOOD | {"SlackSigningSecretParameter": "/secret"}, "SlackBotTokenParameter"),
        (GOOD | {"SmsPhoneNumbers": "0123456789"}, "SmsPhoneNumbers"),
        (GOOD | {"SmsPhoneNumbers": "+12025550123, +12025550124"}, "SmsPhoneNumbers"),
        (GOOD | {"SmsPhoneNumbers": ",".join(["+12025550123"] * 21)}, "SmsPhoneNumbers"),
        (GOOD | {"SmsDailyLimit": "0"}, "SmsDailyLimit"),
        (GOOD | {"SmsSenderId": "123456"}, "SmsSenderId"),
        (GOOD | {"SmsMaxPrice": "cheap"}, "SmsMaxPrice"),
        (GOOD | {"RulesParameter": "gatewatch/rules"}, "RulesParameter"),
        (GOOD | {"RulesParameter": "/gatewatch/my rules"}, "RulesParameter"),
        (GOOD | {"LogMode": "failures"}, "LogMode"),
        (GOOD | {"AlertEmail": "oncall"}, "AlertEmail"),
        (GOOD | {"DeliveryAlarms": "yes"}, "DeliveryAlarms"),
        (GOOD | {"Architecture": "x86"}, "Architecture"),
        (GOOD | {"LogRetentionDays": "2"}, "LogRetentionDays"),
    ],
)
def test_a_mistake_is_refused_before_anything_is_made(
    stack: Stack, parameters: dict[str, str], complaint: str
) -> None:
    cloudformation = stack.client("cloudformation")
    template = cloudformation.get_template(StackName=NAME, TemplateStage="Original")
    with pytest.raises(ClientError, match=complaint):
        cloudformation.create_stack(
            StackName="gatewatch-mistake",
            TemplateBody=template["TemplateBody"],
            Parameters=[
                {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        )


def may(stack: Stack, role: str, action: str, resource: str) -> bool:
    """Ask IAM whether a role may do something."""
    answer = stack.client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:role/{stack.resource(role)}",
        ActionNames=[action],
        ResourceArns=[resource],
    )
    return answer["EvaluationResults"][0]["EvalDecision"] == "allowed"
