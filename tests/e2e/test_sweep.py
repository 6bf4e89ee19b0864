from e2e.stack import LOG_GROUPS, Stack
from e2e.traffic import Api, envelope, invocation
from fake_slack import Answer, FakeSlack, Message
from local_aws import ACCOUNT
from waiting import wait_for


def test_the_sweep_resolves_an_incident_after_its_quiet_time(
    stack: Stack, slack: FakeSlack, api: Api
) -> None:
    # Event time decides: 12 minutes ago is recent enough to open an incident (15 minutes). It is
    # over when it has been open for a minute, which is the quiet time in this stack.
    events = api.outage(age=12 * 60)
    event = invocation(envelope(events, account=ACCOUNT, log_group=LOG_GROUPS[0]))
    assert stack.invoke("ingest", event).error is None

    def resolved() -> list[Message]:
        stack.sweep()
        return [message for message in slack.messages(api.id) if _resolves(message)]

    wait_for("Slack message that resolves", resolved, seconds=240, pause=2)
    assert [_resolves(message) for message in slack.messages(api.id)] == [False, True]


def test_the_sweep_sends_what_slack_did_not_take(stack: Stack, slack: FakeSlack, api: Api) -> None:
    slack.answer(api.id, Answer(500, "rollup_error"))
    event = invocation(envelope(api.outage(), account=ACCOUNT, log_group=LOG_GROUPS[0]))
    # The alert is owed, not lost: nothing that a retry of the batch could mend.
    assert stack.invoke("ingest", event).error is None

    def sent() -> list[Message]:
        stack.sweep()
        return slack.messages(api.id)

    wait_for("second try", sent, seconds=180, pause=1)
    first, second = slack.attempts(api.id)
    assert first.body == second.body


def test_lines_that_are_too_old_open_nothing(stack: Stack, slack: FakeSlack, api: Api) -> None:
    events = api.outage(age=17 * 60)
    event = invocation(envelope(events, account=ACCOUNT, log_group=LOG_GROUPS[0]))

    assert stack.invoke("ingest", event).error is None
    stack.sweep()

    assert not slack.attempts(api.id)


def _resolves(message: Message) -> bool:
    return "resolved" in message.text.lower()
