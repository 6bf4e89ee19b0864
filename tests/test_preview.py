"""`gatewatch preview --html` in a real browser: what it shows, and what it asks for."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local_aws import ROOT

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here")


@contextmanager
def served(page: str) -> Iterator[tuple[str, list[str]]]:
    """Serve a page; yields its address and the paths that are asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = page.encode() if self.path == "/" else b""
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def browse(address: str, profile: Path) -> tuple[str, list[str]]:
    """Load a page; returns what it shows as HTML, and what the browser complains of."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={profile}",
            # nobody outside is found, whoever asks
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            "--enable-logging=stderr",
            "--virtual-time-budget=2000",
            "--dump-dom",
            address,
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def preview(*arguments: str) -> str:
    """Return the page that the command line writes."""
    command = [ROOT / "target/debug/gatewatch", "preview", "--html", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_page_shows_every_cause_and_asks_for_nothing(tmp_path: Path) -> None:
    page = preview("--cause", "all", "--event", "all", "--channel", "all")
    with served(page) as (address, asked):
        shown, complaints = browse(address, tmp_path)
    assert asked == ["/"]
    assert complaints == []
    for part in (
        'id="lambda-timed-out-opened-slack"',
        "🔴 Critical: 502 Lambda function timed out",
        'id="usage-plan-quota-exceeded-resolved-email"',
        "✅ Resolved: 429 API key has used up its quota",
        "12 APIs fail at the same time",
    ):
        assert part in shown


def test_a_page_that_breaks_its_rules_would_be_noticed(tmp_path: Path) -> None:
    page = preview()
    for bad in ("<script>throw 1</script>", "<img src=/x.png>", "<img src=https://evil.example/x>"):
        with served(page.replace("</main>", f"{bad}</main>")) as (address, asked):
            _, complaints = browse(address, tmp_path / bad[1:4])
        assert complaints, bad
        assert asked == ["/"], "the page forbids itself what it does not need"
