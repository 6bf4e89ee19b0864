import pytest

from e2e.stack import LOG_GROUPS, OWN_LOG_GROUPS, Stack
from e2e.traffic import Api, envelope, invocation
from fake_slack import FakeSlack
from local_aws import ACCOUNT
from waiting import wait_for

REFUSED = "RefusedBatches"


@pytest.mark.parametrize(
    ("account", "log_group"),
    [
        pytest.param("444455556666", LOG_GROUPS[0], id="another account"),
        pytest.param(ACCOUNT, "/apigateway/shop/dev", id="a log group that was not configured"),
        pytest.param(ACCOUNT, f"{LOG_GROUPS[0]}x", id="a log group that only looks configured"),
        pytest.param(ACCOUNT, OWN_LOG_GROUPS["ingest"], id="its own log group"),
    ],
)
def test_a_batch_from_elsewhere_is_refused_and_counted(
    stack: Stack, slack: FakeSlack, api: Api, account: str, log_group: str
) -> None:
    before = stack.metric("ingest", REFUSED)
    event = invocation(envelope(api.outage(), account=account, log_group=log_group))

    # No retry can mend it, so it is no failure.
    assert stack.invoke("ingest", event).error is None

    wait_for("metric of the refusal", lambda: stack.metric("ingest", REFUSED) == before + 1)
    stack.sweep()
    assert not stack.rows(api.id)
    assert not slack.attempts(api.id)
