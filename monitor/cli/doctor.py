"""doctor: look at everything that the service leans on, and say how to put it right."""

import asyncio
import os
import resource
import shutil
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import click

from monitor.channels import Probed, email
from monitor.cli.group import with_globals
from monitor.cli.output import bold, emit
from monitor.cli.session import clock, configuration, run
from monitor.config import Config, lastgood
from monitor.daemon import Daemon, build
from monitor.errors import DeliveryError, FetchError, StorageError, WorkerError
from monitor.http import Request
from monitor.models import Probe
from monitor.storage import settings
from monitor.text.dates import certificate_end
from monitor.text.urls import host_of, is_web

_FREE = 500_000_000
_FILES = 1_024
_SKEW = timedelta(seconds=30)
_MOST_HOSTS = 20
_PROBE_SECONDS = 40
# What renews certificates by itself does so a month before; two weeks are trouble.
_CERTIFICATE = timedelta(days=14)
_SIGNED = (
    "From:Sender:Reply-To:To:Subject:Date:Message-ID:MIME-Version:Content-Type:"
    "List-Id:List-Unsubscribe:List-Unsubscribe-Post"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look found; ``fix`` says what to do about it."""

    name: str
    ok: bool
    text: str
    fix: str = ""


@click.command("doctor")
@with_globals
def doctor_command() -> None:
    r"""Look at all that the service leans on: a line each, with the way out.

    It asks the servers of feeds, mail and chat, and sends nothing.

    \b
    Exit status: 0 all is well, 1 something is not, 2 config.toml is wrong.

    \b
    Examples:
      monitor doctor
    """
    config = configuration()
    found = run(_all(config))
    width = max(len(one.name) for one in found)
    lines = [line for one in found for line in _lines(one, width)]
    bad = sum(not one.ok for one in found)
    lines.append(f"{bad} of {len(found)} need a look." if bad else "All is well.")
    emit({"findings": found, "ok": not bad}, "\n".join(lines))
    if bad:
        click.get_current_context().exit(1)


def _lines(one: Finding, width: int) -> list[str]:
    mark = "ok  " if one.ok else bold("LOOK")
    lines = [f"{mark}  {one.name:{width}}  {one.text}"]
    return [*lines, f"{'':{width + 8}}{one.fix}"] if one.fix else lines


async def _all(config: Config) -> list[Finding]:
    daemon = build(config, clock())
    try:
        found = [_configuration(config), _zones(config), _files(), _disk(config)]
        found += [_state(config)]
        found += [one async for one in _database(daemon)]
        found += await _network(daemon)
        found.append(await _workers(daemon))
        found += [one async for one in _channels(config)]
        found += await _pages(config)
        found += _mail(config)
        return found
    finally:
        await daemon.close()


# --- this machine ---


def _configuration(config: Config) -> Finding:
    text = (
        f"{config.path}: {len(config.feeds)} feeds, {len(config.rules)} rules, "
        f"{len(config.subscribers)} subscribers"
    )
    if config.service.operator:
        return Finding(name="configuration", ok=True, text=text)
    fix = 'Nobody hears of trouble: [service] operator = "NAME of a subscriber"'
    return Finding(name="configuration", ok=True, text=text, fix=fix)


def _zones(config: Config) -> Finding:
    names = {
        config.service.timezone,
        *(s.timezone for s in config.subscribers.values()),
    }
    for name in sorted(names - {""}):
        if ZoneInfo(name).utcoffset(datetime.now(UTC)) is None:  # pragma: no cover
            return Finding(name="time zones", ok=False, text=name)
    return Finding(name="time zones", ok=True, text=", ".join(sorted(names - {""})))


def _files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    ok = hard == resource.RLIM_INFINITY or hard >= _FILES
    fix = "" if ok else "Raise it: LimitNOFILE=65536 in the unit, or ulimit -n"
    return Finding(
        name="open files", ok=ok, text=f"{soft} now, {hard} at most", fix=fix
    )


def _disk(config: Config) -> Finding:
    folder = _folder(config)
    free = shutil.disk_usage(folder).free
    ok = free >= _FREE
    fix = "" if ok else "Make room, or let less be kept: [service] keep"
    return Finding(
        name="disk", ok=ok, text=f"{free / 1e9:,.1f} GB free at {folder}", fix=fix
    )


def _folder(config: Config) -> Path:
    url = config.service.database
    path = (
        Path(url.removeprefix("sqlite:")).parent
        if url.startswith("sqlite:")
        else Path()
    )
    return path if path.is_dir() else Path()


def _state(config: Config) -> Finding:
    place = lastgood.place_of(config.path)
    if not os.access(place.parent, os.W_OK):
        fix = "After a typo a restart would fail: let us write there, or set STATE_DIRECTORY"
        text = f"{place.parent} cannot be written"
        return Finding(name="state", ok=False, text=text, fix=fix)
    return Finding(name="state", ok=True, text=f"{place} can be written")


async def _database(daemon: Daemon) -> AsyncIterator[Finding]:
    database = daemon.context.database
    where = daemon.context.config.service.database.partition(":")[0]
    try:
        await database.migrate()
        beat = await database.call(settings.last_beat)
        size = await database.size()
    except StorageError as error:
        fix = "monitor does nothing without it; the message says what is wrong"
        yield Finding(name="database", ok=False, text=str(error), fix=fix)
        return
    yield Finding(name="database", ok=True, text=f"{where}, {size / 1e6:,.1f} MB")
    text = f"last sign of life {beat:%Y-%m-%d %H:%M} UTC" if beat else "it never ran"
    yield Finding(name="service", ok=True, text=text)


async def _workers(daemon: Daemon) -> Finding:
    try:
        await daemon.context.workers.run(len, "ok")
    except WorkerError as error:  # pragma: no cover - a machine without processes
        fix = "Worker processes cannot start: look at TasksMax, seccomp, memory"
        return Finding(name="workers", ok=False, text=str(error)[-200:], fix=fix)
    return Finding(name="workers", ok=True, text="processes for parsing start")


# --- the network ---


async def _network(daemon: Daemon) -> list[Finding]:
    """Whether the hosts of feeds have addresses, and what time one of them has."""
    sources = [feed.source for feed in daemon.context.config.feeds.values()]
    urls = {urlsplit(one).hostname or "": one for one in sources if is_web(one)}
    if not urls:
        return []
    loop = asyncio.get_running_loop()
    unknown = []
    for host in list(urls)[:_MOST_HOSTS]:
        try:
            await loop.getaddrinfo(host, 443)
        except OSError:
            unknown.append(host)
    fix = "Look at /etc/resolv.conf, or at the names in [feeds]" if unknown else ""
    text = (
        f"no address for {', '.join(unknown)}"
        if unknown
        else f"{len(urls)} hosts of feeds"
    )
    names = Finding(name="names", ok=not unknown, text=text, fix=fix)
    return [names, await _clock(daemon, next(iter(urls.values())))]


async def _clock(daemon: Daemon, url: str) -> Finding:
    """Hold our clock against the Date of an answer (RFC 9110, 6.6.1)."""
    try:
        answer = await daemon.context.client.get(Request(url=url, limit=16 << 20))
    except FetchError as error:
        fix = "Try: monitor feeds test NAME"
        return Finding(name="clock", ok=False, text=f"{host_of(url)}: {error}", fix=fix)
    try:
        theirs = parsedate_to_datetime(answer.date)
    except ValueError:
        return Finding(
            name="clock", ok=True, text=f"{host_of(url)} does not say the time"
        )
    ours = datetime.now(UTC)
    skew = abs(ours - theirs.replace(tzinfo=theirs.tzinfo or UTC))
    ok = skew <= _SKEW
    fix = "" if ok else "Let the clock be set: timedatectl set-ntp true"
    text = f"within {skew.total_seconds():.0f} s of {host_of(url)}"
    return Finding(name="clock", ok=ok, text=text, fix=fix)


async def _channels(config: Config) -> AsyncIterator[Finding]:
    """Ask each way out once: those of many people share one."""
    asked = set()
    for name, channel in config.channels.items():
        way = channel.way or name
        if isinstance(channel, Probed) and way not in asked:
            asked.add(way)
            yield await _probe(f"channel {name}", channel.probe)


async def _probe(name: str, probe: Callable[[], Awaitable[Probe]]) -> Finding:
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            found = await probe()
    except TimeoutError:
        text, fix = f"no answer in {_PROBE_SECONDS} s", "Is a firewall in between?"
    except DeliveryError as error:
        text, fix = str(error), "Correct it, then: monitor send-test WHO"
    else:
        return _while_valid(name, found)
    return Finding(name=name, ok=False, text=text, fix=fix)


def _while_valid(name: str, found: Probe) -> Finding:
    """Well, unless its certificate ends soon."""
    if found.ends_at is None:
        return Finding(name=name, ok=True, text=found.text)
    text = f"{found.text}, certificate until {found.ends_at:%Y-%m-%d}"
    ok = found.ends_at - datetime.now(UTC) > _CERTIFICATE
    fix = "" if ok else "Renew the certificate; what renews it by itself has stopped"
    return Finding(name=name, ok=ok, text=text, fix=fix)


async def _pages(config: Config) -> list[Finding]:
    """Whether the address that links in messages lead to answers with a good certificate."""
    url = urlsplit(config.web.base_url)
    if url.scheme != "https" or not url.hostname:
        return []
    try:
        async with asyncio.timeout(_PROBE_SECONDS):
            _, writer = await asyncio.open_connection(
                url.hostname, url.port or 443, ssl=ssl.create_default_context()
            )
            shown = writer.get_extra_info("peercert")
            writer.close()
    except (OSError, UnicodeError) as error:
        fix = "Links in messages lead there: look at the proxy and its certificate"
        text = f"{host_of(config.web.base_url)}: {str(error) or 'no answer'}"
        return [Finding(name="pages", ok=False, text=text, fix=fix)]
    text = f"{host_of(config.web.base_url)} answers"
    return [_while_valid("pages", Probe(text=text, ends_at=certificate_end(shown)))]


def _mail(config: Config) -> list[Finding]:
    """What the mail server has to sign, for one-click unsubscribing (RFC 8058)."""
    mails = [c for c in config.channels.values() if isinstance(c, email.Config)]
    if not any(mail.smtp.explicit for mail in mails):
        return []
    if not config.web.base_url.startswith("https://"):
        text = "mails carry no unsubscribe link"
        fix = 'Set [web] base_url = "https://..." where people can reach the pages'
        return [Finding(name="unsubscribing", ok=True, text=text, fix=fix)]
    fix = f"Let it sign with DKIM: h={_SIGNED}"
    return [
        Finding(name="unsubscribing", ok=True, text="one click, if signed", fix=fix)
    ]
