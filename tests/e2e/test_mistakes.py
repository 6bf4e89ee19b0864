"""Mistakes of a first deployment, as the SAM CLI reports them."""

from pathlib import Path

import pytest

from e2e.stack import Stack, deploy_badly

EMAIL = {"AlertEmail": "oncall@example.com"}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (EMAIL, "Nothing would be watched: set LogGroupNames"),
        ({"LogGroupNames": "/my/api"}, "Nobody would be told: set at least one of"),
    ],
)
def test_a_mistake_is_reported_in_a_sentence(
    stack: Stack, sam: Path, parameters: dict[str, str], sentence: str
) -> None:
    said = deploy_badly(stack.aws, sam, parameters)
    assert sentence in " ".join(said.split())
    assert "Traceback" not in said


def test_a_first_deployment_that_fails_leaves_nothing(stack: Stack, sam: Path) -> None:
    def kept() -> tuple[list[str], list[str]]:
        tables = stack.client("dynamodb").list_tables()["TableNames"]
        buckets = stack.client("s3").list_buckets()["Buckets"]
        return sorted(tables), sorted(bucket["Name"] for bucket in buckets)

    before = kept()
    # There is no such log group, so it cannot be subscribed.
    said = deploy_badly(stack.aws, sam, EMAIL | {"LogGroupNames": "/apigateway/missing"})
    assert "Traceback" not in said
    assert kept() == before
