"""init: from nothing to a configuration that works, in less than a minute."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from monitor.cli.group import with_globals
from monitor.cli.output import emit, settings
from monitor.config import loads
from monitor.config.readers import zone
from monitor.digests import slots
from monitor.errors import ConfigError, RuleError
from monitor.rules.syntax import parse
from monitor.text.mail import ascii_address
from monitor.text.urls import is_web

_OWN = """\
# Written by "monitor init". Every key there is, with its default: config.example.toml
# in the documentation. Check this file with: monitor check-config

[feeds]
{feeds}

[rules]
watch = {query}

[subscribers.me]
{address}rules = ["watch"]
digest = {digest}
timezone = {timezone}
"""
_SMTP = """
[smtp]
host = {host}
tls = {tls}
user = {user}
password = {{ env = "SMTP_PASSWORD" }}     # export SMTP_PASSWORD=... before you start
from = {sender}
"""


@click.command("init")
@click.option("--force", is_flag=True, help="Overwrite a file that is there already")
@click.option("--yes", is_flag=True, help="Ask nothing: write the example")
@with_globals
def init_command(*, force: bool, yes: bool) -> None:
    r"""Write a config.toml that works as it is: answer a few questions.

    Where nobody can answer, or with --yes, it is the commented example.

    \b
    Exit status: 0, 2 if the file is there already.

    \b
    Examples:
      monitor init
      monitor --config syria.toml init --yes
    """
    path = Path(settings().config or "config.toml")
    if path.exists() and not force:
        message = (
            f"{path} is there already: use --force to overwrite it, or --config FILE"
        )
        raise click.UsageError(message)
    asks = sys.stdin.isatty() and not yes
    text = _asked(path) if asks else _example()
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise click.UsageError(f"{path}: {error.strerror}") from error
    what = (
        ""
        if asks
        else (
            " (2 feeds, 1 rule, 1 subscriber, prints to the terminal until you set a channel)"
        )
    )
    emit(
        {"path": str(path)},
        f"Wrote {path}{what}.\nNext: monitor check-config, then monitor check-once",
    )


def _example() -> str:
    from monitor.digests.render import templates_dir

    return (templates_dir() / "config.toml").read_text("utf-8")


def _asked(path: Path) -> str:
    """The configuration that the answers describe; it is checked as a whole."""
    click.echo("A few questions; Enter takes what stands in brackets.\n", err=True)
    feeds = _feeds()
    query = _ask(
        "What to watch for (AND, OR, NOT, NEAR/5)", "Aleppo AND airstrike", _query
    )
    address = _ask("Your e-mail address; empty prints to the terminal", "", _address)
    digest = _ask(
        'When ("daily 07:30", "weekdays 08:00", "instant")', "daily 07:30", _digest
    )
    timezone = _ask("Your time zone", _local_zone(), zone)
    text = _OWN.format(
        feeds="\n".join(f"feed{n} = {_toml(url)}" for n, url in enumerate(feeds, 1)),
        query=_toml(query),
        address=f"email = {_toml(address)}\n" if address else "",
        digest=_toml(digest),
        timezone=_toml(timezone),
    )
    if address:
        text += _server(address)
    try:
        loads(text.replace('{ env = "SMTP_PASSWORD" }', '"x"'), path)
    except ConfigError as error:  # pragma: no cover - each answer was checked
        raise click.UsageError(str(error)) from error
    return text


def _feeds() -> list[str]:
    default = "https://feeds.bbci.co.uk/news/world/rss.xml"
    found = [_ask("The address of a feed", default, _url)]
    while more := _ask("Another one; empty for no more", "", _maybe_url):
        found.append(more)
    click.echo(
        "  A site's feed is found by: monitor feeds add https://example.org", err=True
    )
    return found


def _server(address: str) -> str:
    host = _ask("Your mail server", f"smtp.{address.rpartition('@')[2]}", _name)
    tls = _ask("Its encryption: starttls (587), implicit (465), none", "starttls", _tls)
    user = _ask("Your name there", address, _name)
    return _SMTP.format(
        host=_toml(host),
        tls=_toml(tls),
        user=_toml(user),
        sender=_toml(f"News monitor <{address}>"),
    )


def _ask(question: str, default: str, check: Callable[[str], str]) -> str:
    """Ask until the answer can be used, and say why it cannot."""

    def checked(text: str) -> str:
        try:
            return check(text.strip())
        except (ValueError, RuleError) as error:
            raise click.UsageError(str(error)) from error

    answer: str = click.prompt(
        question,
        default=default,
        value_proc=checked,
        show_default=bool(default),
        err=True,
    )
    return answer


def _url(text: str) -> str:
    if not is_web(text):
        raise ValueError("write an address such as https://example.org/feed.xml")
    return text


def _maybe_url(text: str) -> str:
    return text and _url(text)


def _query(text: str) -> str:
    parse(text, {})
    return text


def _address(text: str) -> str:
    return text and ascii_address(text)


def _digest(text: str) -> str:
    slots.parse([text])
    return text


def _tls(text: str) -> str:
    if text not in ("starttls", "implicit", "none"):
        raise ValueError("write starttls, implicit or none")
    return text


def _name(text: str) -> str:
    if not text:
        raise ValueError("it is needed")
    return text


def _local_zone() -> str:
    """The zone of this machine, if it says so; else UTC."""
    try:
        return zone(str(Path("/etc/localtime").resolve()).partition("zoneinfo/")[2])
    except (ValueError, OSError):
        return "UTC"


def _toml(text: str) -> str:
    """A text as TOML writes it: JSON's escapes are the same."""
    return json.dumps(text, ensure_ascii=False)
