"""What a person sees when a command fails, and the exit status that says so."""

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


def exit_code(error: BaseException) -> int:
    """Print what went wrong and say with which status to exit; a bug is re-raised."""
    error = root_of(error)
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        error.show()
        return 2
    for kind, status, text in _STATUS:
        if isinstance(error, kind):
            if text:
                click.echo(text.format(error), err=True)
            return status
    raise error
