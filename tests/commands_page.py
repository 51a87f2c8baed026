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


def _help(command: click.Command, name: str, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, parent, name, terminal_width=80)
    help_text = command.get_help(context)
    yield f"### `{context.command_path}`\n\n```text\n{help_text}\n```\n"
    if isinstance(command, click.Group):
        for inner_name in command.list_commands(context):
            inner = command.get_command(context, inner_name)
            if inner is not None:
                yield from _help(inner, inner_name, context)


def page() -> str:
    """The whole page."""
    context = click.Context(
        cli, info_name="monitor", help_option_names=["-h", "--help"]
    )
    parts = [HEAD]
    for section, commands in _SECTIONS.items():
        parts.append(f"## {section}\n")
        for name in commands:
            command = cli.get_command(context, name)
            if command is not None:
                parts += _help(command, name, context)
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(page())
