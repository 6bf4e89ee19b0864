"""`gatewatch test-alert`: a labelled test through each channel of a deployed stack."""

import json
import subprocess
from typing import Any

from e2e.stack import PHONE, Stack
from fake_slack import CHANNEL, SECRET, TOKEN, Answer, FakeSlack
from local_aws import ROOT

TITLE = "TEST: Gatewatch can reach you here"


def test_each_channel_gets_one_test_and_says_what_it_answered(
    stack: Stack, slack: FakeSlack
) -> None:
    before, texts = len(slack.attempts(TITLE)), len(_texts(stack))

    done = _run(stack, "--stack", stack.name)

    assert done.returncode == 0, done.stderr
    tested = _tested(done)
    channels = ["slack", f"sms:…{PHONE[-4:]}", "email", "operations"]
    assert [one["channel"] for one in tested] == channels
    assert all(one["ok"] for one in tested)
    assert len(slack.attempts(TITLE)) == before + 1
    assert len(_texts(stack)) == texts + 1
    assert stack.name in _texts(stack)[-1]
    for secret in (SECRET, PHONE):
        assert secret not in done.stdout + done.stderr


def test_a_channel_that_is_closed_is_told_with_what_to_do(stack: Stack, slack: FakeSlack) -> None:
    slack.answer(TITLE, Answer(status=404, body="no_service"))

    done = _run(stack, "--stack", stack.name)

    assert done.returncode == 1, done.stderr
    refused = _tested(done)[0]
    assert (refused["channel"], refused["ok"]) == ("slack", False)
    assert refused["answer"] == "Slack answered 404: no_service"
    assert "docs/slack.md" in refused["hint"]
    assert all(one["ok"] for one in _tested(done)[1:])


def test_a_bot_posts_it_without_buttons(bot_stack: Stack, slack: FakeSlack) -> None:
    done = _run(bot_stack, "--function", bot_stack.outputs["SweepFunctionName"])

    assert done.returncode == 0, done.stderr
    assert "slack-bot" in [one["channel"] for one in _tested(done)]
    posted = [m for m in slack.attempts(TITLE) if m.method == "chat.postMessage"][-1]
    assert posted.body["channel"] == CHANNEL
    assert "action_id" not in json.dumps(posted.body)
    assert TOKEN not in done.stdout + done.stderr


def test_a_stack_that_is_not_there_is_told_with_what_to_do(stack: Stack) -> None:
    done = _run(stack, "--stack", "another")
    assert done.returncode == 2
    assert not done.stdout
    assert "no stack named another" in done.stderr


def _texts(stack: Stack) -> list[str]:
    return [text for text in stack.sms() if TITLE in text]


def _tested(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def _run(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `gatewatch test-alert` as somebody whose AWS is the local one."""
    return subprocess.run(
        [ROOT / "target/debug/gatewatch", "test-alert", "--output", "json", *arguments],
        env=stack.aws.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
