from e2e.stack import LOG_GROUPS, Stack
from e2e.traffic import Api, envelope, invocation
from fake_slack import SECRET, Answer, FakeSlack
from local_aws import ACCOUNT
from waiting import wait_for


def test_the_webhook_is_known_to_slack_alone(stack: Stack, slack: FakeSlack, api: Api) -> None:
    # Errors are where addresses leak, so the first try fails, in the way that HTTP clients report
    # with the whole address.
    slack.answer(api.id, Answer(drop=True))
    event = invocation(envelope(api.outage(), account=ACCOUNT, log_group=LOG_GROUPS[0]))
    assert stack.invoke("ingest", event).error is None
    failed = wait_for("try to send", lambda: slack.attempts(api.id))[0]
    stack.sweep()

    assert SECRET in failed.path
    places = {
        "the logs of ingest": stack.logs("ingest"),
        "the logs of sweep": stack.logs("sweep"),
        "the configuration of ingest": _configuration(stack, "ingest"),
        "the configuration of sweep": _configuration(stack, "sweep"),
        "the table": stack.rows(""),
        "Slack messages": [message.raw for message in slack.attempts()],
        "SMS": stack.sms(),
    }
    assert all(places.values())
    assert [place for place, content in places.items() if SECRET in repr(content)] == []


def _configuration(stack: Stack, function: str) -> dict[str, object]:
    answer = stack.client("lambda").get_function_configuration(
        FunctionName=stack.function(function)
    )
    return answer["Environment"]["Variables"]
