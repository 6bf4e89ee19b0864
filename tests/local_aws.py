"""A local AWS for tests: MiniStack in a process of its own, on a free port.

The end-to-end tests use the class. The Rust tests are started under the command line, which tells
them where the local AWS is (`GATEWATCH_LOCAL_AWS`) and passes on their exit status:

    python tests/local_aws.py -- cargo test --workspace
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[1]

# In an environment of its own: MiniStack and the SAM CLI each pin another version of botocore.
MINISTACK = Path(os.environ.get("GATEWATCH_MINISTACK", ROOT / ".venv/ministack/bin/ministack"))

# The account that AWS's documentation uses in examples. MiniStack takes a key id of twelve digits
# for the root of that account.
ACCOUNT = "111122223333"
# Not MiniStack's default, so that a forgotten region shows.
REGION = "eu-west-1"

_START_SECONDS = 30
_STOP_SECONDS = 10


class LocalAws:
    """A running MiniStack; `local_aws` starts and ends it."""

    def __init__(self, directory: Path, *, enforce_iam: bool) -> None:
        """Take a directory for its files; nothing starts yet."""
        self.directory = directory
        self.log = directory / "ministack.log"
        self.enforce_iam = enforce_iam
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """An environment for programs that talk to it, and that cannot reach the real AWS."""
        return {name: value for name, value in os.environ.items() if name[:4] != "AWS_"} | {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        if not MINISTACK.exists():
            raise RuntimeError(f"{MINISTACK} does not exist; `make tools` installs it")
        attempts = 3
        for attempt in range(1, attempts + 1):
            self.port = _free_port()
            try:
                self._start_once()
            except RuntimeError:
                self.stop()
                # Another program may have taken the port between our choice and its use.
                if attempt == attempts:
                    raise
            else:
                return

    def _start_once(self) -> None:
        environment = {
            # Functions inherit this environment, so nothing of the machine's own comes along.
            "PATH": os.environ["PATH"],
            "HOME": str(self.directory),
            "TMPDIR": str(self.directory),
            "AWS_ENDPOINT_URL": self.url,
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "LAMBDA_EXECUTOR": "local",
            "STATE_DIR": str(self.directory / "state"),
            "S3_DATA_DIR": str(self.directory / "s3"),
            # With it, the functions have exactly the rights that template.yaml gives them.
            "AUTH": str(self.enforce_iam).lower(),
            # Listeners on fixed ports, which a second instance could not have.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
        }
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [MINISTACK],
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A process group of its own, so that its functions end with it.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"MiniStack ended while starting:\n{self.log.read_text()}")
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"MiniStack does not answer after {_START_SECONDS} s:\n{self.log.read_text()}"
                )
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5) as response:
                return response.status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def stop(self) -> None:
        """End it, and every function it started."""
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextlib.contextmanager
def local_aws(directory: Path, *, enforce_iam: bool = False) -> Iterator[LocalAws]:
    """Start a local AWS whose files go to `directory`, and end it."""
    aws = LocalAws(directory, enforce_iam=enforce_iam)
    try:
        aws.start()
        yield aws
    finally:
        aws.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main(arguments: list[str]) -> int:
    """Run a command beside a local AWS."""
    if len(arguments) < 2 or arguments[0] != "--":
        print("usage: local_aws.py -- COMMAND [ARGUMENT...]", file=sys.stderr)
        return 2
    command: subprocess.Popen[bytes] | None = None
    stopped = False

    def stop(_signum: int, _frame: FrameType | None) -> None:
        # Only passed on: the command ends first, then the local AWS, whenever this comes.
        nonlocal stopped
        stopped = True
        if command:
            command.terminate()

    signal.signal(signal.SIGTERM, stop)
    with (
        tempfile.TemporaryDirectory(prefix="gatewatch-aws-") as directory,
        local_aws(Path(directory)) as aws,
    ):
        environment = aws.environment | {"GATEWATCH_LOCAL_AWS": aws.url}
        # Only tests that ask for the local AWS reach it.
        del environment["AWS_ENDPOINT_URL"]
        command = subprocess.Popen(arguments[1:], env=environment)
        if stopped:
            command.terminate()
        status = command.wait()
    return 128 - status if status < 0 else status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
