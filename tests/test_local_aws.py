import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from local_aws import ROOT

WRAPPER = [sys.executable, str(ROOT / "tests/local_aws.py"), "--"]
# Prints where the local AWS is after having asked it.
ASK = (
    "import os, urllib.request; url = os.environ['GATEWATCH_LOCAL_AWS'];"
    "urllib.request.urlopen(url + '/_ministack/health'); print(url)"
)


def test_a_command_finds_the_local_aws_which_ends_with_it() -> None:
    done = subprocess.run(
        [*WRAPPER, sys.executable, "-c", ASK], capture_output=True, text=True, check=True
    )
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(done.stdout.strip(), timeout=5)


@pytest.mark.parametrize(("program", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_the_exit_status_is_passed_on(program: str, status: int) -> None:
    assert subprocess.run([*WRAPPER, "sh", "-c", program], check=False).returncode == status


def test_it_ends_everything_when_it_is_stopped_itself() -> None:
    wrapper = subprocess.Popen(
        [*WRAPPER, "sh", "-c", "echo $$ $GATEWATCH_LOCAL_AWS; exec sleep 600"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert wrapper.stdout
    pid, url = wrapper.stdout.readline().split()
    wrapper.send_signal(signal.SIGTERM)
    assert wrapper.wait(30) == 128 + signal.SIGTERM
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid), 0)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=5)
