"""Serve prepared documents on loopback, one address for each outlet.

One thread waits for all listeners and answers in short-lived threads. Nothing is
logged, nothing is read from disk, and a request can only name a document that
was prepared before.
"""

import socket
import socketserver
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from selectors import EVENT_READ, DefaultSelector
from threading import Thread
from typing import Any

_FALLBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A body ready to be sent, with its entity tag."""

    body: bytes = field(repr=False)
    content_type: str
    etag: str


def document(text: str, *, media_type: str, encoding: str) -> Document:
    """Encode a text; what the encoding lacks becomes a character reference."""
    body = text.encode(encoding, "xmlcharrefreplace")
    return Document(
        body=body,
        content_type=f"{media_type}; charset={encoding}",
        etag=f'"{sha256(body).hexdigest()[:16]}"',
    )


class Listener(ThreadingHTTPServer):
    """A listening socket and the documents behind it."""

    timeout = 0.0  # the selector has waited already
    request_queue_size = 64

    def __init__(self, address: str, find: Callable[[str], Document | None]) -> None:
        self.find = find
        super().__init__((address, 0), _Answer)
        self.socket.settimeout(0)

    @property
    def url(self) -> str:
        address, port = self.socket.getsockname()
        return f"http://{address}:{port}"

    def server_bind(self) -> None:
        # HTTPServer asks the name service for the host's name here, which takes
        # seconds on a machine without a network; nobody needs the name.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as in BaseServer
        """Stay quiet when a client hangs up in the middle of an answer."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "newsroom"
    timeout = 10.0
    server: Listener

    def do_GET(self) -> None:
        found = self._answer_head()
        if found is not None:
            self.wfile.write(found.body)

    def do_HEAD(self) -> None:
        self._answer_head()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as in http.server
        """Log nothing."""

    def _answer_head(self) -> Document | None:
        """Send status and headers; return the document if its body is to follow."""
        found = self.server.find(self.path.partition("?")[0])
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return None
        fresh = _matches(self.headers.get("If-None-Match", ""), found.etag)
        self.send_response(HTTPStatus.NOT_MODIFIED if fresh else HTTPStatus.OK)
        self.send_header("ETag", found.etag)
        self.send_header("Connection", "close")
        if not fresh:
            self.send_header("Content-Type", found.content_type)
            self.send_header("Content-Length", str(len(found.body)))
        self.end_headers()
        return None if fresh else found


def _matches(condition: str, etag: str) -> bool:
    tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return etag in tags or "*" in tags


def listen(address: str, find: Callable[[str], Document | None]) -> Listener:
    """Open a socket on a free port of ``address``.

    Linux answers on all of 127.0.0.0/8, other systems on 127.0.0.1 alone: where
    the address does not exist, the outlet gets a port of its own there.
    """
    try:
        return Listener(address, find)
    except OSError:
        return Listener(_FALLBACK, find)


@contextmanager
def accepting(listeners: Iterable[Listener]) -> Iterator[None]:
    """Answer requests in a thread until the block ends, then stop at once."""
    wake, waker = socket.socketpair()
    with wake, waker, DefaultSelector() as selector:
        selector.register(wake, EVENT_READ)
        for listener in listeners:
            selector.register(listener, EVENT_READ, listener)
        thread = Thread(target=_accept, args=(selector,), name="newsroom", daemon=True)
        thread.start()
        try:
            yield
        finally:
            waker.send(b"x")
            thread.join()


def _accept(selector: DefaultSelector) -> None:
    while True:
        for key, _ in selector.select():
            if key.data is None:
                return
            key.data.handle_request()
