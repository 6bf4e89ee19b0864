from e2e.conftest import Cli
from e2e.stack import LOG_GROUPS, Stack
from e2e.traffic import FAILING_ROUTE, STAGE, Api, envelope, invocation
from fake_slack import FakeSlack, Message
from local_aws import ACCOUNT
from waiting import wait_for

CAUSE = "integration-timeout"


def test_an_outage_is_told_once_by_slack_and_by_sms_with_its_cause(
    stack: Stack, slack: FakeSlack, cli: Cli
) -> None:
    # One API in each of the two log groups; the subscriptions deliver both at the same time.
    apis = {log_group: Api.fresh() for log_group in LOG_GROUPS}
    for log_group, api in apis.items():
        stack.put_log_events(log_group, api.outage())

    for api in apis.values():
        message = slack.wait(api.id)
        for part in (cli.title(CAUSE), api.id, STAGE, f"GET {FAILING_ROUTE}", "504", "30 of 70"):
            assert part in message.text
        assert message.headers["content-type"].startswith("application/json")
        wait_for(f"SMS about {api.id}", lambda api=api: _sms(stack, api))

    stack.sweep()
    for api in apis.values():
        assert len(_unresolved(slack, api)) == 1
        assert len(_sms(stack, api)) == 1


def test_a_redelivered_batch_counts_nothing_and_tells_nobody_twice(
    stack: Stack, slack: FakeSlack, api: Api
) -> None:
    event = invocation(envelope(api.outage(), account=ACCOUNT, log_group=LOG_GROUPS[0]))

    assert stack.invoke("ingest", event).error is None
    slack.wait(api.id)
    counted = _counters(stack, api)
    assert counted

    assert stack.invoke("ingest", event).error is None
    stack.sweep()
    assert _counters(stack, api) == counted
    assert len(_unresolved(slack, api)) == 1
    assert len(_sms(stack, api)) == 1


def test_healthy_traffic_tells_nobody(stack: Stack, slack: FakeSlack, api: Api) -> None:
    event = envelope(api.outage(failed=0), account=ACCOUNT, log_group=LOG_GROUPS[0])

    assert stack.invoke("ingest", invocation(event)).error is None
    stack.sweep()

    assert _counters(stack, api)
    assert not slack.attempts(api.id)
    assert not _sms(stack, api)


def _sms(stack: Stack, api: Api) -> list[str]:
    return [text for text in stack.sms() if api.id in text and "resolved" not in text.lower()]


def _counters(stack: Stack, api: Api) -> list[dict[str, object]]:
    return [row for row in stack.rows(api.id) if row["pk"]["S"].startswith(("M#", "D#"))]


def _unresolved(slack: FakeSlack, api: Api) -> list[Message]:
    """All that was said before the outage was over, which in this stack is soon."""
    return [message for message in slack.attempts(api.id) if "resolved" not in message.text.lower()]
