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
