"""What a person sees when a command fails, and the exit status that says so."""

import json
from dataclasses import asdict

import click

from monitor.errors import (
    AlreadyRunning,
    ConfigError,
    MonitorError,
    RuleError,
    StorageError,
    root_of,
)

_STATUS: tuple[tuple[type[BaseException], int, str], ...] = (
    (ConfigError, 2, "{}"),
    (RuleError, 2, "{}"),
    (AlreadyRunning, 3, "{}\n  Stop it first, or use another database."),
    (StorageError, 4, "database: {}"),
    (MonitorError, 1, "{}"),
    (click.Abort, 130, "Stopped."),
    (KeyboardInterrupt, 130, "Stopped."),
    (BrokenPipeError, 1, ""),
)


def exit_code(error: BaseException, *, as_json: bool = False) -> int:
    """Print what went wrong and say with which status to exit; a bug is re-raised.

    Under ``as_json`` stdout gets one object as well: programs look there.
    """
    error = root_of(error)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    status = _say(error)
    if as_json:
        found: dict[str, object] = {"error": _words(error), "status": status}
        if isinstance(error, ConfigError):
            found["problems"] = [asdict(problem) for problem in error.problems]
        click.echo(json.dumps(found, ensure_ascii=False))
    return status


def _words(error: BaseException) -> str:
    if isinstance(error, click.ClickException):
        return error.format_message()
    return str(error) or type(error).__name__


def _say(error: BaseException) -> int:
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    if isinstance(error, OSError) and error.filename:
        click.echo(f"{error.filename}: {error.strerror}", err=True)
        return 2
    for kind, status, text in _STATUS:
        if isinstance(error, kind):
            if text:
                click.echo(text.format(error), err=True)
            return status
    raise error
