"""What Gatewatch asks the account: whose line it is, and what other logs know of a failure."""

from e2e.client import client
from e2e.orders import CSV, OTHER_CSV
from e2e.stack import ORDERS_LOG_GROUP, RETURNS_LOG_GROUP, SHARED_LOG_GROUP, Stack
from e2e.test_template import may
from fake_slack import FakeSlack, Message
from local_aws import ACCOUNT, REGION
from waiting import wait_for

# What an update must come within.
SECONDS = 120


def test_the_alert_names_its_api_and_then_shows_the_exception(
    stack: Stack, slack: FakeSlack
) -> None:
    api = stack.apis["orders"]
    stack.put_log_events(ORDERS_LOG_GROUP, api.outage(CSV, [api.throw()]))

    opened = slack.wait(api.id)
    for part in (f"orders ({api.id})", "prod", "GET /orders/{id}", "502", "10 of 30"):
        assert part in opened.text

    def explained() -> list[Message]:
        stack.sweep()
        return [message for message in slack.messages(api.id) if "KeyError" in message.text]

    [update] = wait_for("update with the exception", explained, seconds=SECONDS, pause=2)
    for part in ("'order'", "orders.py", "in handler", "Lambda function threw an error"):
        assert part in update.text


def test_what_is_missing_is_said_and_the_alert_goes_out_all_the_same(
    stack: Stack, slack: FakeSlack
) -> None:
    api = stack.apis["returns"]
    invocation = api.throw()
    client(stack.aws, "logs").delete_log_group(logGroupName=api.function_log_group)
    stack.put_log_events(RETURNS_LOG_GROUP, api.outage(CSV, [invocation]))
    assert f"returns ({api.id})" in slack.wait(api.id).text

    def said() -> list[Message]:
        stack.sweep()
        return [m for m in slack.messages(api.id) if api.function_log_group in m.text]

    [update] = wait_for("message on what is missing", said, seconds=SECONDS, pause=2)
    assert "there is no log group" in update.text


def test_two_stages_that_share_a_log_group_are_told_apart(stack: Stack, slack: FakeSlack) -> None:
    api = stack.apis["orders"]
    lines = [*api.outage(OTHER_CSV, ["-"]), *api.outage(CSV, ["-"])]
    stack.put_log_events(SHARED_LOG_GROUP, sorted(lines, key=lambda event: event.timestamp))

    def told() -> bool:
        stack.sweep()
        text = " ".join(message.text for message in slack.messages(api.id))
        return all(stage in text for stage in ("blue", "green"))

    wait_for("message about each stage", told)


def test_the_sweep_may_ask_and_nobody_else(stack: Stack) -> None:
    gateway = f"arn:aws:apigateway:{REGION}::"
    logs = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:orders"
    for role, asks in {"SweepRole": True, "IngestRole": False}.items():
        for action, resource, allowed in (
            ("apigateway:GET", f"{gateway}/restapis", asks),
            ("apigateway:GET", f"{gateway}/apis/a1b2c3d4e5/integrations", asks),
            ("apigateway:GET", f"{gateway}/apikeys", False),
            ("apigateway:PATCH", f"{gateway}/restapis/a1b2c3d4e5/stages/prod", False),
            ("lambda:GetFunctionConfiguration", function, asks),
            ("lambda:GetFunction", function, False),
            ("logs:FilterLogEvents", f"{logs}/aws/lambda/orders:*", asks),
            ("logs:FilterLogEvents", f"{logs}/payroll:*", False),
        ):
            assert may(stack, role, action, resource) is allowed, (role, action, resource)
