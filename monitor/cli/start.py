"""demo, check-config, send-test: from nothing to a working service."""

import time
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from monitor.channels import Channel
from monitor.channels.terminal import write_stdout
from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, moment, say, settings
from monitor.cli.session import clock, configuration, opened, run
from monitor.config import Config
from monitor.config.load import written_secrets
from monitor.config.mask import masked
from monitor.digests import slots
from monitor.errors import DeliveryError


@click.command("demo")
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Where digest.html and digest.txt are written",
)
@with_globals
def demo_command(folder: Path) -> None:
    r"""Run everything on bundled feeds, on this machine, in seconds.

    A small newsroom is started on loopback; the real pipeline reads it over HTTP into
    SQLite, stays silent at first, then tells what a second round of articles brought.
    Needs neither internet nor configuration.

    \b
    Examples:
      monitor demo
      monitor demo --folder /tmp/demo
    """
    from monitor.cli.session import set_up_log
    from monitor.demo.tour import tour

    set_up_log()
    folder.mkdir(parents=True, exist_ok=True)
    silent = settings().json
    result = run(
        tour(
            folder,
            clock(),
            say=_hush if silent else say,
            show=_hush if silent else write_stdout,
        )
    )
    if silent:
        emit(result, "")


def _hush(_text: str) -> None:
    """Under --json there is one object on stdout and nothing else."""


# --- init ---


# --- check-config ---


@click.command("check-config")
@click.option("--show", is_flag=True, help="Print the files too, secrets as stars")
@with_globals
def check_config_command(*, show: bool) -> None:
    r"""Validate everything, run the rules' own tests, print the next digest times.

    \b
    Exit status: 0 all is well, 2 with every mistake and its place.

    \b
    Examples:
      monitor check-config
      monitor --config syria.toml check-config
      monitor check-config --show
    """
    config = configuration()
    tests = sum(len(r.tests.match) + len(r.tests.skip) for r in config.rules.values())
    now = clock().now()
    data = {
        "config": str(config.path),
        "feeds": len(config.feeds),
        "rules": len(config.rules),
        "tests": tests,
        "subscribers": len(config.subscribers),
        "next": {name: _next_times(config, name, now) for name in config.subscribers},
    }
    for name in written_secrets(config):
        click.echo(
            f"{name} holds a secret as it is, and everybody here may read it.\n"
            '  Try: { file = "PATH" } or { env = "NAME" } instead of the secret, or chmod 640',
            err=True,
        )
    emit(data, lambda: (_shown(config) if show else "") + _check_text(config, data))


def _shown(config: Config) -> str:
    """The files of a configuration, as they may be shown to others."""
    parts = []
    for name, text in config.texts:
        lines = text.split("\n")
        shown = (masked(lines, number) for number in range(1, len(lines) + 1))
        parts.append(f"# --- {name}\n" + "\n".join(shown).rstrip() + "\n\n")
    return "".join(parts)


def _next_times(config: Config, name: str, now: Any) -> list[str]:  # noqa: ANN401 - a datetime
    subscriber = config.subscribers[name]
    schedule = slots.parse(subscriber.digest)
    zone = ZoneInfo(subscriber.timezone or config.service.timezone)
    found = ["as soon as something matches"] if schedule.instant else []
    at = now
    for _ in range(3):
        slot = slots.next_slot(schedule, zone, at)
        if slot is None:
            break
        utc = "" if zone.key == "UTC" else f" ({slot.astimezone(UTC):%H:%M} UTC)"
        found.append(moment(slot, zone) + utc)
        at = slot
    return found


def _check_text(config: Config, data: dict[str, Any]) -> str:
    tests = f" ({count(data['tests'], 'test')} pass)" if data["tests"] else ""
    head = (
        f"{config.path}: OK. {count(data['feeds'], 'feed')}, "
        f"{count(data['rules'], 'rule')}{tests}, {count(data['subscribers'], 'subscriber')}."
    )
    lines = [head]
    for name, times in data["next"].items():
        where = ", ".join(config.send_to[name])
        lines.append(
            f"  {name}: {slots.in_words(config.subscribers[name].digest)}, to {where}"
        )
        lines.append(f"    Next digest: {', '.join(times) or 'never'}")
    return "\n".join(lines)


# --- send-test ---


@click.command("send-test")
@click.argument("who", required=False)
@with_globals
def send_test_command(who: str | None) -> None:
    r"""Send a labelled test through every channel of a subscriber, or of all.

    \b
    Exit status: 0 all were accepted, 1 one was not; the server's words are printed.

    \b
    Examples:
      monitor send-test desk
    """
    config = configuration()
    if who is not None and who not in config.subscribers:
        known = ", ".join(config.subscribers) or "none"
        raise click.UsageError(f"there is no subscriber {who!r}; there are {known}")
    results = run(_send_tests([who] if who else list(config.subscribers)))
    emit({"results": results}, lambda: "\n".join(_test_line(r) for r in results))
    if any(not r["accepted"] for r in results):
        click.get_current_context().exit(1)


async def _send_tests(names: list[str]) -> list[dict[str, Any]]:
    from monitor.pipeline.notices import trial_digest

    printed: list[str] = []
    async with opened(
        rehearsal=True, write=printed.append if settings().json else None
    ) as daemon:
        context = daemon.context
        results = []
        for name in names:
            digest = trial_digest(context, name)
            for number, channel in enumerate(context.config.send_to[name]):
                parts = replace(digest, id=f"{digest.id}{number}")
                results += await _send_test(
                    name, channel, context.config.channels[channel], parts
                )
        return results


async def _send_test(
    name: str,
    label: str,
    channel: Channel,
    digest: Any,  # noqa: ANN401 - a Digest
) -> list[dict[str, Any]]:
    from monitor.models import Target

    results = []
    for address in channel.targets():
        for part in channel.render(
            digest, Target(address=address, id=f"{digest.id}-{address}")
        ):
            started = time.monotonic()
            try:
                answer, accepted = (await channel.send(part)).text, True
            except DeliveryError as error:
                answer, accepted = str(error), False
            results.append(
                {
                    "subscriber": name,
                    "channel": label,
                    "target": address,
                    "accepted": accepted,
                    "answer": answer,
                    "seconds": round(time.monotonic() - started, 2),
                }
            )
    return results


def _test_line(result: dict[str, Any]) -> str:
    where = f"{result['subscriber']}: {result['channel']} {result['target']}".strip()
    if result["accepted"]:
        return f"{where}  accepted in {result['seconds']} s: {result['answer']}"
    return f"{where}  FAILED: {result['answer']}"
