"""The pages for developers name files and folders. None of them may be moved or renamed away."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md")

# The page on the architecture leaves this out in its table of rooms.
ALERTING = ROOT / "shared" / "alerting" / "src"

FILE = re.compile(r"[\w./-]+\.(?:rs|py|md|toml|ya?ml|jsonl?|mjs)")


def is_path(name: str) -> bool:
    """Whether a name is that of a file, or begins with a folder of the project."""
    first, slash, _ = name.partition("/")
    return bool(FILE.fullmatch(name)) or (slash == "/" and (ROOT / first).is_dir())


def named_paths(page: str) -> list[str]:
    names = re.findall(r"`([\w./-]+)`", (ROOT / page).read_text())
    return sorted({name for name in names if is_path(name)})


def exists(path: str) -> bool:
    if "/" in path or (ROOT / path).exists():
        return any((folder / path).exists() for folder in (ROOT, ALERTING))
    # A name such as `render.rs`, of a file in a folder that the sentence names.
    sources = ("shared", "functions", "cli")
    return any(True for folder in sources for _ in (ROOT / folder).rglob(path))


@pytest.mark.parametrize("page", PAGES)
def test_the_paths_are_found(page: str) -> None:
    assert len(named_paths(page)) > 40


@pytest.mark.parametrize(("page", "path"), [(page, p) for page in PAGES for p in named_paths(page)])
def test_a_named_path_exists(page: str, path: str) -> None:
    assert exists(path), page
