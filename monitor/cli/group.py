"""The list of commands, and options that may stand before or after a command.

The help lines stand in a table, so that ``--help`` imports no command.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

import click

from monitor import __version__

F = TypeVar("F", bound=Callable[..., Any])

_SECTIONS = {
    "Start": {
        "demo": (
            "start",
            "Run everything on bundled feeds, on this machine, in seconds",
        ),
        "try": ("trying", "Match feeds right now; store nothing, send nothing"),
        "init": (
            "init",
            "Write a config.toml: answer a few questions, or take an example",
        ),
        "check-config": (
            "start",
            "Validate everything, run rule tests, print next digest times",
        ),
        "send-test": (
            "start",
            "Send a labelled test through every channel of a subscriber",
        ),
        "doctor": (
            "doctor",
            "Check network, mail, chat, clock, disk, database, permissions",
        ),
    },
    "Run": {
        "check-once": (
            "run",
            "Poll what is due, match, send what is due, exit (cron, CI)",
        ),
        "run": ("run", "Long-running service (SIGTERM stops in order)"),
    },
    "Understand": {
        "status": (
            "understand",
            "One screen: feeds, queue, next digests, floods, errors",
        ),
        "why": ("why", "What happened to this article, for every subscriber"),
        "search": ("archive", "Search stored articles with the rule language"),
        "backtest": ("archive", "What a rule would have matched"),
        "plan": ("plan", "What the edited config would change before you reload"),
        "replay": ("preview", "Print past digests exactly as they were sent"),
        "preview": ("preview", "Render the next digest to screen, HTML or Slack JSON"),
    },
    "Manage": {
        "feeds": ("feeds", "list | add | pause | resume | test | health"),
        "rules": ("rules", "list | show | explain | test | audit"),
        "stories": ("stories", "list | show | mute | split"),
        "subscribers": ("subscribers", "list | pause | resume | forget"),
        "outbox": ("manage", "list | show | retry | drop"),
        "floods": ("manage", "list | release | drop"),
        "opml": ("opml", "import | export"),
        "db": ("db", "backup | restore | vacuum | export | migrate"),
        "templates": ("templates", "export | check"),
        "web": ("web", "The pages alone, on PostgreSQL   | password"),
    },
}
_COMMANDS = {name: entry for part in _SECTIONS.values() for name, entry in part.items()}


@dataclass(slots=True)
class Settings:
    """What the global options say."""

    config: str = ""
    at: str = ""
    json: bool = False
    verbosity: int = 0
    log: Literal["text", "logfmt", "json"] = "text"

    @property
    def config_path(self) -> Path:
        """The configuration: as named, else ./config.toml, else the system's."""
        if self.config:
            return Path(self.config)
        system = Path("/etc/monitor/config.toml")
        here = Path("config.toml")
        return system if not here.exists() and system.exists() else here


def _set(ctx: click.Context, parameter: click.Parameter, value: object) -> None:
    settings = ctx.find_root().ensure_object(Settings)
    source = ctx.get_parameter_source(parameter.name or "")
    if source is click.core.ParameterSource.COMMANDLINE and parameter.name:
        if parameter.name in ("quiet", "verbose"):
            _set_verbosity(settings, parameter.name, value)
        else:
            setattr(settings, parameter.name, value)


def _set_verbosity(settings: Settings, name: str, value: object) -> None:
    count = value if isinstance(value, int) else 1
    settings.verbosity = -1 if name == "quiet" else count


_GLOBAL = (
    click.option(
        "--config",
        metavar="FILE",
        help="The configuration [./config.toml, /etc/monitor/config.toml]",
    ),
    click.option("--at", metavar="TIME", help="Act as if it were this time (RFC 3339)"),
    click.option("--json", is_flag=True, help="Print one JSON object on stdout"),
    click.option(
        "--log",
        type=click.Choice(["text", "logfmt", "json"]),
        help="How the log is written [text]",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Log errors only"),
    click.option("-v", "--verbose", count=True, help="Log each unit of work; -vv all"),
)


def with_globals(function: F) -> F:
    """Let a command take the global options as well."""
    # Raw docstrings hold click's mark for "do not wrap" as two characters.
    function.__doc__ = (function.__doc__ or "").replace("\\b\n", "\b\n")
    for option in reversed(_GLOBAL):
        function = option(function)
    for parameter in function.__click_params__:  # type: ignore[attr-defined]  # click's
        if parameter.name in ("config", "at", "json", "log", "quiet", "verbose"):
            parameter.callback, parameter.expose_value = _set, False
    return function


class _Group(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"monitor.cli.{_COMMANDS[cmd_name][0]}")
        found: click.Command = getattr(module, cmd_name.replace("-", "_") + "_command")
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], _COMMANDS, 1)
            offer = f" Did you mean {near[0]}?" if near else ""
            text = f"There is no command {args[0]!r}.{offer}"
            raise click.UsageError(text, ctx) from error

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        del ctx  # the table says it all
        for section, commands in _SECTIONS.items():
            with formatter.section(section):
                formatter.write_dl(
                    [(name, line) for name, (_, line) in commands.items()]
                )


@click.command(
    cls=_Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit status: 0 fine; 1 some feeds or deliveries failed; 2 usage or "
    "configuration error; 3 another copy is running; 4 database error.",
)
@with_globals
@click.version_option(__version__, prog_name="monitor")
def cli() -> None:
    """Watch news feeds and tell people what matters, once."""
