"""A stack that tells by a Slack bot: one living message, and buttons that act."""

import hashlib
import hmac
import json
import time
import urllib.parse
from typing import Any

import pytest

from e2e.stack import BOT_LOG_GROUP, BOT_NAME, SIGNING_PARAMETER, TOKEN_PARAMETER, Stack
from e2e.test_template import may
from e2e.traffic import Api, envelope, invocation
from fake_slack import CHANNEL, SECRET, SIGNING_SECRET, TOKEN, FakeSlack, Message
from local_aws import ACCOUNT, REGION
from waiting import wait_for


def test_opening_acknowledgement_and_end_are_one_living_message(
    bot_stack: Stack, slack: FakeSlack, api: Api
) -> None:
    posted = _open(bot_stack, slack, api)
    assert posted.body["channel"] == CHANNEL
    assert posted.headers["authorization"] == f"Bearer {TOKEN}"
    [ts] = slack.living(api.id)

    assert _press(bot_stack, posted, "acknowledge", "ann") == 200
    wait_for("edit", lambda: "ann is looking after it" in slack.living(api.id)[ts].text)
    buttons = set(_buttons(slack.living(api.id)[ts]))
    assert buttons >= {"silence-1h", "silence-24h"}
    assert "acknowledge" not in buttons

    def resolved() -> bool:
        bot_stack.sweep()
        return "Resolved" in slack.living(api.id)[ts].text

    wait_for("end", resolved, seconds=240, pause=2)
    assert list(slack.living(api.id)) == [ts]
    assert "ann is looking after it" in slack.living(api.id)[ts].text
    assert not {"acknowledge", "silence-1h"} & set(_buttons(slack.living(api.id)[ts]))
    told = [(m.method, m.body.get("thread_ts")) for m in slack.messages(api.id)]
    assert told == [
        ("chat.postMessage", None),
        ("chat.update", None),
        ("chat.update", None),
        ("chat.postMessage", ts),
    ]


def test_who_presses_second_is_told_who_was_first(
    bot_stack: Stack, slack: FakeSlack, api: Api
) -> None:
    posted = _open(bot_stack, slack, api)

    assert _press(bot_stack, posted, "acknowledge", "ann") == 200
    assert _press(bot_stack, posted, "acknowledge", "bob") == 200

    whispers = [m for m in slack.attempts("Ubob") if m.method == "chat.postEphemeral"]
    assert "Already acknowledged by ann" in whispers[-1].text


def test_a_silence_is_kept_and_told_in_the_thread(
    bot_stack: Stack, slack: FakeSlack, api: Api
) -> None:
    posted = _open(bot_stack, slack, api)

    assert _press(bot_stack, posted, "silence-1h", "ann") == 200

    def said() -> list[Message]:
        [ts] = slack.living(api.id)
        return [m for m in slack.messages("has silenced") if m.body.get("thread_ts") == ts]

    assert wait_for("line in the thread", said)


def test_what_slack_did_not_sign_is_refused(bot_stack: Stack, slack: FakeSlack, api: Api) -> None:
    posted = _open(bot_stack, slack, api)
    body = _form(posted, "acknowledge", "mallory")
    now = int(time.time())

    for headers in (
        {},
        _signed(body, at=now, secret="0" * 32),
        _signed(body, at=now - 301),
        _signed(body + b"&", at=now),
    ):
        assert bot_stack.post(body, headers) == 401
    huge = b"a" * (256 * 1024 + 1)
    assert bot_stack.post(huge, _signed(huge, at=now)) == 413

    assert "mallory" not in repr(bot_stack.rows(""))


def test_what_was_carried_out_is_not_carried_out_again(
    bot_stack: Stack, slack: FakeSlack, api: Api
) -> None:
    body = _form(_open(bot_stack, slack, api), "silence-1h", "patience")
    headers = _signed(body, at=int(time.time()))

    assert bot_stack.post(body, headers) == 200
    [silence] = _silences(bot_stack, "patience")

    shouted = headers | {"X-Slack-Signature": "v0=" + headers["X-Slack-Signature"][3:].upper()}
    assert [bot_stack.post(body, again) for again in (headers, shouted)] == [409, 409]
    assert _silences(bot_stack, "patience") == [silence]


def test_the_secrets_are_known_to_slack_and_ssm_alone(
    bot_stack: Stack, slack: FakeSlack, api: Api
) -> None:
    _press(bot_stack, _open(bot_stack, slack, api), "acknowledge", "ann")
    places = {
        **{f"the logs of {name}": bot_stack.logs(name) for name in ("ingest", "respond")},
        "the table": bot_stack.rows(""),
        "Slack messages": [message.raw for message in slack.attempts()],
    }
    assert all(places.values())
    for secret in (TOKEN, SIGNING_SECRET, SECRET):
        assert [place for place, content in places.items() if secret in repr(content)] == []


@pytest.mark.parametrize("action", ["sns:Publish", "lambda:InvokeFunction", "dynamodb:Scan"])
def test_respond_may_do_nothing_else(bot_stack: Stack, action: str) -> None:
    assert not may(bot_stack, "RespondRole", action, "*")
    assert not may(bot_stack, "RespondRole", action, bot_stack.outputs["AlertTopicArn"])


def test_respond_reads_its_secrets_and_writes_the_ledger(bot_stack: Stack) -> None:
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{bot_stack.outputs['TableName']}"
    assert may(bot_stack, "RespondRole", "dynamodb:UpdateItem", table)
    for name in (TOKEN_PARAMETER, SIGNING_PARAMETER):
        parameter = f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter{name}"
        assert may(bot_stack, "RespondRole", "ssm:GetParameter", parameter)
        assert not may(bot_stack, "RespondRole", "ssm:GetParameter", f"{parameter}2")
    assert bot_stack.name == BOT_NAME


def test_a_stack_without_the_secret_has_no_door(stack: Stack) -> None:
    assert "RespondUrl" not in stack.outputs


def _open(stack: Stack, slack: FakeSlack, api: Api) -> Message:
    """Have an outage, and wait until it is told."""
    events = envelope(api.outage(), account=ACCOUNT, log_group=BOT_LOG_GROUP)
    assert stack.invoke("ingest", invocation(events)).error is None
    posted = slack.wait(api.id)
    assert posted.method == "chat.postMessage"
    return posted


def _silences(stack: Stack, author: str) -> list[dict[str, Any]]:
    return [row for row in stack.rows("Q") if row["pk"]["S"] == "Q" and author in repr(row)]


def _buttons(message: Message) -> dict[str, dict[str, Any]]:
    rows = [block for block in message.body["blocks"] if block["type"] == "actions"]
    return {button["action_id"]: button for row in rows for button in row["elements"]}


def _form(message: Message, action: str, name: str) -> bytes:
    payload = {
        "type": "block_actions",
        "user": {"id": f"U{name}", "name": name},
        "actions": [{"action_id": action, "value": _buttons(message)[action]["value"]}],
        "message": message.body,
    }
    return urllib.parse.urlencode({"payload": json.dumps(payload)}).encode()


def _signed(body: bytes, *, at: int, secret: str = SIGNING_SECRET) -> dict[str, str]:
    digest = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": str(at),
        "X-Slack-Signature": f"v0={digest}",
    }


def _press(stack: Stack, message: Message, action: str, name: str) -> int:
    """Press a button of a message; returns what Slack is answered."""
    body = _form(message, action, name)
    return stack.post(body, _signed(body, at=int(time.time())))
