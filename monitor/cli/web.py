"""web: the pages alone, beside nodes that do the work; and the hash of a password."""

import asyncio
import signal

import click

from monitor.cli.group import with_globals
from monitor.cli.output import emit
from monitor.cli.session import opened, run
from monitor.web.door import hash_password
from monitor.web.server import pages


@click.group("web", invoke_without_command=True)
@with_globals
@click.pass_context
def web_command(ctx: click.Context) -> None:
    r"""Serve the pages alone, where other nodes poll and send (PostgreSQL).

    With SQLite they are in the service: monitor run.

    \b
    Examples:
      monitor web
      monitor web password
    """
    if ctx.invoked_subcommand is None:
        run(_serve())


async def _serve() -> None:
    async with opened() as daemon:
        if daemon.context.database.exclusive:
            message = "with SQLite the pages are in the service: monitor run"
            raise click.UsageError(message)
        # Its key signs sessions and links; it changes nothing else.
        found = pages(await daemon.with_key())
        if found is None:
            raise click.UsageError("the pages are off, or their port is taken")
        click.echo("The pages are there. Ctrl-C stops them.", err=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, found.stop)
        await found.serve()


@web_command.command("password")
@with_globals
def web_password() -> None:
    r"""Ask for a password and print what the configuration may hold of it.

    \b
    Examples:
      monitor web password
    """
    word = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    found = hash_password(word)
    emit({"password": found}, f'[web]\npassword = "{found}"')
