"""A far side on loopback: it keeps what it is sent and answers what a test says."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Reply = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One request that arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass(slots=True)
class Receiver:
    """``replies`` are given in order, the last one for ever."""

    url: str = ""
    requests: list[Sent] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)

    def says(self, *answers: tuple[int, Any]) -> None:
        """Answer with these, as JSON unless it is a text."""
        self.replies = [_reply(status, body) for status, body in answers]

    def payloads(self) -> list[dict[str, Any]]:
        return [one.payload for one in self.requests]


def _reply(status: int, body: Any) -> Reply:
    headers = body.pop("headers", {}) if isinstance(body, dict) else {}
    text = body if isinstance(body, str) else json.dumps(body)
    return status, headers, text.encode()


@contextmanager
def receiver() -> Iterator[Receiver]:
    """A far side that listens while the block lasts."""
    found = Receiver()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_POST(self) -> None:
            size = int(self.headers.get("content-length", 0))
            found.requests.append(
                Sent(
                    method=self.command,
                    path=self.path,
                    headers={k.lower(): v for k, v in self.headers.items()}
                    | {"x-arrived": str(time.time())},
                    body=self.rfile.read(size),
                )
            )
            status, headers, body = (
                found.replies.pop(0) if len(found.replies) > 1 else found.replies[0]
            )
            if status == 0:  # take it and hang up
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_POST  # noqa: N815 - the base class's name

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(
        target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
    )
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
