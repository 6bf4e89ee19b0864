"""What the end-to-end tests stand on: a local AWS, a Slack that listens, the deployed stack."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from e2e import stack as deployed
from e2e.stack import Stack
from e2e.traffic import Api
from fake_slack import FakeSlack, fake_slack
from local_aws import ROOT, LocalAws, local_aws

_STACKS = pytest.StashKey[list[Stack]]()
_LOG = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """End what was started even where the tests are stopped from outside."""
    config.stash[_STACKS] = []
    config.addinivalue_line("markers", "early: what later tests wait for")

    def stop(signum: int, _frame: FrameType | None) -> NoReturn:
        pytest.exit(f"stopped by signal {signum}", returncode=128 + signum)

    signal.signal(signal.SIGTERM, stop)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what a later test waits for."""
    items.sort(key=lambda item: item.get_closest_marker("early") is None)


@pytest.fixture(scope="session")
def say(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Show on the terminal what takes long."""
    terminal = pytestconfig.pluginmanager.get_plugin("terminalreporter")
    capture = pytestconfig.pluginmanager.get_plugin("capturemanager")

    def write(text: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.ensure_newline()
            terminal.write_line(f"e2e: {text}")

    return write


@pytest.fixture(scope="session")
def aws(
    tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config
) -> Iterator[LocalAws]:
    """Start a local AWS that enforces IAM."""
    if sys.platform != "linux":
        pytest.skip("the functions are Linux programs and the local AWS runs them as processes")
    with local_aws(tmp_path_factory.mktemp("aws"), enforce_iam=True) as running:
        pytestconfig.stash[_LOG] = running.log
        yield running


@pytest.fixture(scope="session")
def slack() -> Iterator[FakeSlack]:
    """Start a Slack that listens."""
    with fake_slack() as running:
        yield running


@pytest.fixture(scope="session")
def sam(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a directory for what is built."""
    return tmp_path_factory.mktemp("sam")


@pytest.fixture(scope="session")
def stack(
    aws: LocalAws,
    slack: FakeSlack,
    say: Callable[[str], None],
    sam: Path,
    pytestconfig: pytest.Config,
) -> Stack:
    """Deploy the application, once for all tests."""
    running = deployed.deploy(aws, slack.webhook, sam, say)
    pytestconfig.stash[_STACKS].append(running)
    return running


@pytest.fixture(scope="session")
def bot_stack(
    stack: Stack,
    slack: FakeSlack,
    say: Callable[[str], None],
    sam: Path,
    pytestconfig: pytest.Config,
) -> Stack:
    """Deploy it once more, as a stack that tells by a Slack bot."""
    running = deployed.deploy_bot(stack.aws, slack.bot_token, sam, say)
    pytestconfig.stash[_STACKS].append(running)
    return running


@pytest.fixture(scope="session")
def scheduled_stack(
    stack: Stack, say: Callable[[str], None], sam: Path, pytestconfig: pytest.Config
) -> Stack:
    """Deploy it beside the others, by answering questions; only its schedule runs its sweep."""
    running = deployed.deploy_scheduled(stack.aws, sam, say)
    pytestconfig.stash[_STACKS].append(running)
    return running


@pytest.fixture(autouse=True)
def calm(pytestconfig: pytest.Config) -> None:
    """Begin each test as if nobody had been told of anything lately."""
    for stack in pytestconfig.stash[_STACKS]:
        stack.forget_who_was_told()


@pytest.fixture
def api() -> Api:
    """Make an API that no other test knows."""
    return Api.fresh()


class Cli:
    """The command line, built from this tree."""

    def run(self, *arguments: str) -> str:
        """Run `gatewatch` and return what it printed."""
        done = subprocess.run(
            [ROOT / "target/debug/gatewatch", *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"gatewatch {' '.join(arguments)}:\n{done.stderr}"
        return done.stdout

    def objects(self, *arguments: str) -> list[dict[str, Any]]:
        """Run `gatewatch … --output json` and return its objects, one a line."""
        lines = self.run(*arguments, "--output", "json").splitlines()
        return [json.loads(line) for line in lines]

    @cache  # noqa: B019 (there is one a session)
    def title(self, cause: str) -> str:
        """Look up the title of a cause."""
        return next(c["title"] for c in self.objects("causes") if c["cause"] == cause)


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Return the command line."""
    return Cli()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show the logs of the functions and of the local AWS with a failed test."""
    report = yield
    if report.failed:
        for stack in item.config.stash[_STACKS]:
            for function in ("ingest", "sweep", "respond"):
                # The local AWS itself may be what failed, and not every stack has every function.
                with contextlib.suppress(BotoCoreError, ClientError):
                    lines = stack.logs(function)[-100:]
                    title = f"last lines of {stack.name}'s {function}"
                    report.sections.append((title, "\n".join(lines)))
        if log := item.config.stash.get(_LOG, None):
            tail = log.read_text(errors="replace").splitlines()[-60:]
            report.sections.append(("last lines of the local AWS", "\n".join(tail)))
    return report
