"""A Slack that listens on loopback, keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import html
import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from waiting import wait_for

# What nobody but Slack and the SSM parameter may know.
SECRET = "kNQ7secretPathOfTheWebhook"
TOKEN = "xoxb-1-kNQ7secretTokenOfTheBot"
SIGNING_SECRET = "kNQ7secretThatSlackSignsWith0000"
CHANNEL = "C0123ABCDEF"


@dataclass(frozen=True)
class Answer:
    """What Slack says to one message; `drop` closes the connection instead of answering."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False


@dataclass(frozen=True)
class Message:
    """One request as it arrived, and what was answered."""

    path: str
    headers: dict[str, str]
    raw: str
    answer: Answer

    @property
    def body(self) -> dict[str, Any]:
        """The message as JSON."""
        return json.loads(self.raw)

    @property
    def method(self) -> str:
        """The method of the Web API, such as `chat.update`; `services/…` of a webhook."""
        return self.path.removeprefix("/")

    @property
    def text(self) -> str:
        """Return every string of the message, one a line, as people read it."""
        return html.unescape("\n".join(strings(self.body)))


def strings(value: object) -> Iterator[str]:
    """Walk over all the strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


class FakeSlack:
    """The server; `fake_slack` starts and ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages: list[Message] = []
        self._answers: dict[str, deque[Answer]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def webhook(self) -> str:
        """The webhook's address, secret included."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/services/T000/B000/{SECRET}"

    @property
    def bot_token(self) -> str:
        """The bot's token, with the address of this Slack's API."""
        return f"http://{TOKEN}@127.0.0.1:{self._server.server_address[1]}/"

    def living(self, about: str) -> dict[str, Message]:
        """Return what stands in the channel about something, by timestamp, as edited last."""
        channel: dict[str, Message] = {}
        for message in self.messages(about):
            if message.method == "chat.update":
                channel[message.body["ts"]] = message
            elif message.method == "chat.postMessage" and "thread_ts" not in message.body:
                channel[json.loads(message.answer.body)["ts"]] = message
        return channel

    def answer(self, about: str, *answers: Answer) -> None:
        """Give these answers to the next messages that contain `about`, then `ok` again."""
        with self._lock:
            self._answers.setdefault(about, deque()).extend(answers)

    def messages(self, about: str = "") -> list[Message]:
        """Return all messages that contain `about` and were answered with 200."""
        return [m for m in self.attempts(about) if m.answer.status == 200 and not m.answer.drop]

    def attempts(self, about: str = "") -> list[Message]:
        """Return all messages that contain `about`, whatever was answered."""
        with self._lock:
            return [m for m in self._messages if about in m.raw]

    def wait(self, about: str) -> Message:
        """Wait for a message that contains `about`, and return the first."""
        return wait_for(f"Slack message about {about}", lambda: self.messages(about))[0]

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _record(self, path: str, headers: dict[str, str], raw: str) -> Answer:
        with self._lock:
            waiting = (queue for about, queue in self._answers.items() if queue and about in raw)
            queue = next(waiting, None)
            answer = queue.popleft() if queue else self._usual(path, raw)
            self._messages.append(Message(path, headers, raw, answer))
        return answer

    def _usual(self, path: str, raw: str) -> Answer:
        if not path.startswith("/chat."):
            return Answer()
        ts = json.loads(raw).get("ts", f"{len(self._messages)}.000001")
        return Answer(body=json.dumps({"ok": True, "channel": CHANNEL, "ts": ts}))

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        slack = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                raw = self.rfile.read(length).decode()
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = slack._record(self.path, headers, raw)
                self.close_connection = True
                if answer.drop:
                    return
                body = answer.body.encode()
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Stay silent: the tests read the messages."""

        return Handler


@contextmanager
def fake_slack() -> Iterator[FakeSlack]:
    """Start a Slack, and end it."""
    slack = FakeSlack()
    slack.start()
    try:
        yield slack
    finally:
        slack.stop()
