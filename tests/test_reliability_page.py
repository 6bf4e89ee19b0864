"""The page on reliability names a test for each fault. None of them may be renamed away."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def named_tests() -> list[str]:
    page = (ROOT / "docs" / "reliability.md").read_text()
    rows = [line.rsplit("|", 2)[1] for line in page.splitlines() if line.startswith("| ")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def functions() -> set[str]:
    sources = (
        path for folder in ("shared", "functions", "cli") for path in (ROOT / folder).rglob("*.rs")
    )
    return {name for path in sources for name in re.findall(r"\bfn (\w+)", path.read_text())}


def test_the_table_is_found() -> None:
    assert len(named_tests()) > 30


@pytest.fixture(scope="module")
def known() -> set[str]:
    return functions()


@pytest.mark.parametrize("name", named_tests())
def test_a_named_test_exists(name: str, known: set[str]) -> None:
    assert name in known
