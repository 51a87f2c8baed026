"""Logging: one line per finished unit of work, on stderr."""

import logging
import os
import sys
from collections.abc import MutableMapping
from typing import Any, Literal

import structlog
from structlog.typing import Processor

Form = Literal["text", "logfmt", "json"]
FORMS: tuple[Form, ...] = ("text", "logfmt", "json")

_LEVELS = {-1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO, 2: logging.DEBUG}
# sd-daemon(3): what the journal takes for a line's priority.
_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}


def set_up(verbosity: int, form: Form = "text") -> None:
    """Send logs to stderr: -1 errors, 0 warnings, 1 a line a unit of work, 2 all.

    Under systemd each line begins with its priority, and the journal has the time.
    """
    journal = _is_journal()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *([] if journal else [_stamp(form)]),
            _one_line,
            *_renderers(form),
            *([_with_priority] if journal else []),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            _LEVELS[max(-1, min(verbosity, 2))]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak only when something is broken.
    logging.basicConfig(level=logging.ERROR, stream=sys.stderr, force=True)


def _is_journal() -> bool:
    """Whether stderr is the journal's own stream (JOURNAL_STREAM of systemd.exec(5))."""
    try:
        found = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{found.st_dev}:{found.st_ino}"


def _stamp(form: Form) -> Processor:
    if form == "text":
        return structlog.processors.TimeStamper(fmt="%H:%M:%S", utc=False)
    return structlog.processors.TimeStamper(fmt="iso", utc=True)


def _renderers(form: Form) -> list[Processor]:
    if form == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    if form == "logfmt":
        return [
            structlog.processors.format_exc_info,
            _one_line_exception,
            structlog.processors.LogfmtRenderer(
                key_order=["timestamp", "level", "event"], bool_as_flag=False
            ),
        ]
    return [
        structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
            pad_event_to=22,
        )
    ]


def _with_priority(_logger: Any, name: str, line: Any) -> str:  # noqa: ANN401 - as structlog has it
    """Mark each line of the text, a traceback's too."""
    mark = f"<{_PRIORITIES.get(name, 6)}>"
    return "\n".join(mark + part for part in str(line).split("\n"))


def _one_line_exception(
    _logger: Any,  # noqa: ANN401 - as structlog has it
    _name: str,
    event: MutableMapping[str, Any],
) -> MutableMapping[str, Any]:
    if "exception" in event:
        event["exception"] = str(event["exception"]).replace("\n", "\\n")
    return event


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
