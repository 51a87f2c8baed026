"""The reference of all commands, made from their own help.

python -m tests.commands_page > docs/commands.md
"""

import sys
from collections.abc import Iterator

import click

from monitor.cli.group import _SECTIONS, cli

HEAD = """# Commands

Made from the program's own help; `monitor COMMAND --help` says the same.

Exit status: 0 fine; 1 some feeds or deliveries failed (details printed); 2 usage or
configuration error; 3 another copy is running; 4 database error. `--json` prints one
object on stdout for every command; logs always go to stderr. Global options are
accepted before and after the command.
"""


def _help(command: click.Command, words: str) -> Iterator[str]:
    context = click.Context(command, info_name=words, terminal_width=80)
    yield f"### `{words}`\n\n```text\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _help(inner, f"{words} {name}")


def page() -> str:
    """The whole page."""
    context = click.Context(cli, info_name="monitor")
    parts = [HEAD]
    for section, commands in _SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in commands:
            command = cli.get_command(context, name)
            if command is not None:
                parts += _help(command, f"monitor {name}")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
