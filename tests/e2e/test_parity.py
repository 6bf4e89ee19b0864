import json
from pathlib import Path

from e2e.conftest import Cli
from e2e.stack import LOG_GROUPS, Stack
from e2e.traffic import Api, envelope, invocation
from fake_slack import FakeSlack
from local_aws import ACCOUNT, REGION
from masking import mask


def test_replay_and_the_deployed_stack_send_the_same_slack_message(
    stack: Stack, slack: FakeSlack, cli: Cli, api: Api, tmp_path: Path
) -> None:
    event = invocation(envelope(api.outage(), account=ACCOUNT, log_group=LOG_GROUPS[0]))
    recording = tmp_path / "event.json"
    recording.write_text(json.dumps(event))

    assert stack.invoke("ingest", event).error is None
    slack.wait(api.id)
    # Before the outage is over, which in this stack is soon.
    deployed = [message.body for message in slack.messages(api.id)]
    notifications = cli.objects("replay", "--region", REGION, str(recording))

    replayed = [
        message["body"]
        for notification in notifications
        for message in notification["messages"]
        if message["channel"] == "slack"
    ]
    assert mask(deployed) == mask(replayed)
