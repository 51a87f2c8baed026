"""check-once and run: the same stages, once or on a clock."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

import click

from monitor import __version__
from monitor.channels import Channel
from monitor.channels.terminal import write_stdout
from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, progress, settings
from monitor.cli.session import Duration, configuration, opened, run
from monitor.config import Config, lastgood, load
from monitor.daemon import Daemon
from monitor.errors import ConfigError
from monitor.models import Digest, Part, Receipt, Target
from monitor.storage.overview import Report


@click.command("check-once")
@click.option("--all", "all_feeds", is_flag=True, help="Poll every feed, due or not")
@click.option("--dry-run", is_flag=True, help="Show what would be sent; change nothing")
@click.option(
    "--backfill",
    type=Duration(),
    metavar="24h",
    help="Include what was published that long before the first run",
)
@click.option("--feed", default="", metavar="NAME", help="Poll this feed only")
@click.option("--flush", is_flag=True, help="Send every waiting digest now")
@with_globals
def check_once_command(
    *,
    all_feeds: bool,
    dry_run: bool,
    backfill: timedelta | None,
    feed: str,
    flush: bool,
) -> None:
    r"""Poll every feed that is due, send what matches, and stop.

    The first run of a feed stays silent: what it shows is only remembered. A server's
    Retry-After is kept also with --all.

    \b
    Exit status: 0 all feeds polled, 1 some feeds or deliveries failed,
    2 config.toml is wrong, 3 another copy is running, 4 database error.

    \b
    Examples:
      monitor check-once --dry-run
      monitor check-once --feed bbc
      monitor check-once --backfill 24h
    """
    printed: list[str] = []
    asked = _Asked(
        all_feeds=all_feeds, dry_run=dry_run, backfill=backfill, feed=feed, flush=flush
    )
    write = printed.append if settings().json else write_stdout
    report = run(_check_once(asked, write))
    data = {"dry_run": dry_run, **asdict(report), "output": printed}
    emit(data, lambda: summary(report, dry_run=dry_run))
    if report.failing or report.undelivered:
        click.get_current_context().exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    all_feeds: bool
    dry_run: bool
    backfill: timedelta | None
    feed: str
    flush: bool


_WOULD = b"--- would go"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rehearsed:
    """Stands in for a channel in a dry run: says what would go where."""

    name: str
    real: Channel
    write: Callable[[str], None]

    gap = timedelta(0)
    way = ""
    patience = timedelta(hours=72)
    threads = False

    def problem(self) -> str:
        return ""

    def targets(self) -> tuple[str, ...]:
        return self.real.targets()

    def render(self, digest: Digest, target: Target) -> list[Part]:
        where = f"{self.name} {target.address}".strip()
        head = f" to {digest.subscriber} through {where} ---\n"
        payload = _WOULD + f"{head}{digest.text}".encode()
        return [Part(id=target.id, target=target.address, payload=payload)]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - the protocol's signature
        if part.payload.startswith(_WOULD):
            self.write(part.payload.decode())
        else:  # made before this run, in the channel's own form
            where = f"{self.name} {part.target}".strip()
            self.write(
                f"--- an older delivery would be tried again through {where} ---"
            )
        return Receipt(text="not sent: a dry run")


async def _check_once(asked: _Asked, write: Callable[[str], None]) -> Report:
    async with opened(lock=True, rehearsal=asked.dry_run, write=write) as daemon:
        config = daemon.context.config
        if asked.feed and asked.feed not in config.feeds:
            known = ", ".join(config.feeds)
            raise click.UsageError(f"--feed {asked.feed}: the feeds are {known}")
        if asked.dry_run:
            _rehearse(daemon, write)
        with progress("Reading feeds", len(config.feeds)) as advance:

            async def visited() -> None:
                advance()

            return await daemon.check_once(
                all_feeds=asked.all_feeds,
                only_feed=asked.feed,
                flush=asked.flush,
                backfill=asked.backfill,
                progress=visited,
            )


def _rehearse(daemon: Daemon, write: Callable[[str], None]) -> None:
    config = daemon.context.config
    channels: dict[str, Channel] = {
        name: _Rehearsed(name=name, real=channel, write=write)
        for name, channel in config.channels.items()
    }
    daemon.context = replace(daemon.context, config=replace(config, channels=channels))


def summary(report: Report, *, dry_run: bool = False) -> str:
    """What a run did, in a sentence, and what failed, a line each."""
    done = report.polled - len(report.failing)
    facts = [f"{count(done, 'feed')} read"]
    if not report.polled and report.next_poll_at:
        due = f"{report.next_poll_at:%H:%M} UTC"
        facts = [f"no feed is due before {due} (--all polls now)"]
    if report.baseline:
        facts.append(
            f"{count(report.baseline, 'article')} remembered as the starting point"
        )
    if report.new or not report.baseline:
        facts.append(count(report.new, "new article"))
    facts.append(count(report.stories, "alert"))
    if report.sent:
        facts.append(
            f"{report.sent} sent" if not dry_run else f"{report.sent} would be sent"
        )
    text = ", ".join(facts)
    if report.baseline and not report.new:
        text += " (first run stays silent; --backfill 24h to include them)"
    lines = [text]
    lines += [f"  feed {bad.feed}: {bad.error}" for bad in report.failing]
    if report.held:
        lines.append(
            f"  {report.held} articles are held as a flood: monitor floods list"
        )
    lines += [
        f"  delivery {late.id} to {late.to} is {late.state}: {late.error}"
        for late in report.undelivered
    ]
    if dry_run:
        lines.append("Nothing was stored, nothing was sent.")
    return "\n".join(lines)


@click.command("run")
@with_globals
def run_command() -> None:
    r"""Run the service: the same work as check-once, on a clock.

    SIGTERM and Ctrl-C stop it in order: sends in flight are finished, at most for
    30 seconds. A second signal stops it at once; nothing is lost either way.

    SIGHUP reads the configuration again, with rules and templates. One with a mistake is
    refused whole: the service goes on as before, and says what is wrong. So does a start
    on such a file, with the last configuration that worked.

    \b
    Exit status: 0 stopped in order, 2 config.toml is wrong,
    3 another copy is running, 4 database error.

    \b
    Examples:
      monitor run
      monitor --config /etc/monitor/config.toml -v run
    """
    run(_run())


async def _run() -> None:
    config, refused = _usable()
    # A digest to the terminal goes where the log goes: stdout is nobody's here.
    async with opened(lock=True, write=_to_log, config=config) as daemon:
        config = daemon.context.config
        watched = (
            f"{count(len(config.feeds), 'feed')}, {count(len(config.rules), 'rule')}"
        )
        _to_log(f"monitor {__version__} watches {watched}. Ctrl-C stops it.")
        path = settings().config_path
        await daemon.run(read=lambda: load(path), refused=refused)
        _to_log("Stopped in order.")


def _usable() -> tuple[Config, str]:
    """The configuration, or the last good one and what is wrong with this one."""
    try:
        return configuration(), ""
    except ConfigError as error:
        path = settings().config_path
        config = lastgood.kept(path)
        if config is None:
            raise
        _to_log(f"{error}\n\n{path} has mistakes: the last good configuration runs.")
        return config, str(error)


def _to_log(text: str) -> None:
    click.echo(text, err=True)
