"""Serve the pages inside the daemon's loop."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import structlog
import uvicorn

from monitor.pipeline.context import Context
from monitor.web.app import app

log = structlog.get_logger()

_MOST_CONNECTIONS = 200


class _Quiet(uvicorn.Server):
    """uvicorn without signal handlers: the daemon owns the signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(listen: str) -> socket.socket:
    """A socket at "HOST:PORT" or "unix:/PATH"; uvicorn would end the process instead.

    Raises:
        OSError: The port is taken, or the address is not ours.
    """
    if listen.startswith("unix:"):
        return _bind_unix(listen.removeprefix("unix:"))
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, int(port)))
    except OSError:
        found.close()
        raise
    return found


def _bind_unix(path: str) -> socket.socket:
    """A socket file that its owner and group may open; one left behind is replaced."""
    place = Path(path)
    if place.is_socket():
        place.unlink()
    found = socket.socket(socket.AF_UNIX)
    try:
        found.bind(path)
        place.chmod(0o660)
    except OSError:
        found.close()
        raise
    return found


class Pages:
    """The pages over a running service, at an address of our own."""

    def __init__(self, context: Context, bound: socket.socket) -> None:
        self._bound = bound
        self._server = _Quiet(
            uvicorn.Config(
                app(context),
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                limit_concurrency=_MOST_CONNECTIONS,
                timeout_keep_alive=5,
                timeout_graceful_shutdown=2,
            )
        )

    async def serve(self) -> None:
        """Serve until :meth:`stop`; the socket is closed then."""
        with contextlib.closing(self._bound):
            await self._server.serve(sockets=[self._bound])

    def stop(self) -> None:
        """End after the requests that are under way."""
        self._server.should_exit = True


def pages(context: Context) -> Pages | None:
    """The pages, bound and ready; None if they are off or cannot be served.

    Mail must go on where a port is taken, so that is logged and no more.
    """
    listen = context.config.web.listen
    if not listen:
        return None
    try:
        bound = bind(listen)
    except OSError as error:
        log.warning("web.not-listening", listen=listen, reason=error.strerror)
        return None
    log.info("web.listening", listen=listen)
    return Pages(context, bound)
