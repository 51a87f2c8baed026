"""Logging: one line per finished unit of work, on stderr."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO, 2: logging.DEBUG}


def set_up(verbosity: int) -> None:
    """Send logs to stderr: -1 errors, 0 warnings, 1 a line a unit of work, 2 all."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False),
            _one_line,
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(),
                exception_formatter=structlog.dev.plain_traceback,
                pad_event_to=22,
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            _LEVELS[max(-1, min(verbosity, 2))]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak only when something is broken.
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, force=True)


def _one_line(
    _logger: Any,  # noqa: ANN401 - as structlog has it
    _name: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    """No value breaks a line: feeds choose some of them."""
    return {
        key: value.replace("\n", "\\n")
        if isinstance(value, str) and key != "exception"
        else value
        for key, value in event.items()
    }
