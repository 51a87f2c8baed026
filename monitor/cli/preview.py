"""preview and replay: the next digest before it goes out, and past ones as they were."""

import sys
import tempfile
import webbrowser
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from monitor.cli.group import with_globals
from monitor.cli.output import emit, say
from monitor.cli.session import ask, configuration, opened, run
from monitor.digests.viewer import viewer
from monitor.models import Digest
from monitor.pipeline.digest import claim_digest, made
from monitor.pipeline.freeze import addressed, parts_of, target_of
from monitor.storage import outbox
from monitor.storage.outbox import PastDelivery


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """What would go through a channel to one target."""

    channel: str
    target: str
    payload: bytes


@click.command("preview")
@click.argument("who")
@click.option(
    "--html",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the HTML part to a file",
)
@click.option(
    "--open",
    "show",
    is_flag=True,
    help="Open it in the browser, with switches for language, part, width and colours",
)
@click.option(
    "--through",
    metavar="CHANNEL",
    default="",
    help="Print the bytes that would go through a channel: a mail, Slack's JSON",
)
@with_globals
def preview_command(who: str, html: Path | None, *, show: bool, through: str) -> None:
    r"""Render the next digest of a subscriber, as it would go out now; send nothing.

    \b
    Examples:
      monitor preview desk
      monitor preview desk --open
      monitor preview desk --through slack-syria
    """
    digest, parts, now = run(_preview(who, through))
    sent = [part for part in parts if part.channel == through]
    if digest is None:
        emit({"digest": None}, f"Nothing is waiting for {who}.")
    elif through:
        _print([(part.target, part.payload) for part in sent])
    elif html is not None:
        html.write_text(digest.html, "utf-8")
        say(f"Wrote {html}: {digest.subject}")
    elif show:
        _open(digest, parts)
    else:
        data = {
            "subject": digest.subject,
            "stories": digest.stories,
            "text": digest.text,
            "html": digest.html,
            "at": now,
        }
        emit(data, f"Subject: {digest.subject}\n\n{digest.text}")


def _open(digest: Digest, parts: Sequence[_Part]) -> None:
    own = configuration().service.templates_dir
    sent = [
        (
            f"{part.channel} {part.target}".strip(),
            part.payload.decode("utf-8", "replace"),
        )
        for part in parts
    ]
    html = Path(tempfile.mkdtemp(prefix="monitor-preview-")) / "digest.html"
    html.write_text(viewer(digest, sent, Path(own) if own else None), "utf-8")
    say(f"Wrote {html}: {digest.subject}")
    if not webbrowser.open(html.as_uri()):
        say("There is no browser here: open the file yourself.")


async def _preview(
    who: str, through: str
) -> tuple[Digest | None, list[_Part], datetime]:
    # A rehearsal: claiming the subscriber is rolled back with the rest.
    async with opened(rehearsal=True) as daemon:
        context = daemon.context
        if who not in context.config.subscribers:
            known = ", ".join(context.config.subscribers) or "none"
            raise click.UsageError(f"there is no subscriber {who!r}; there are {known}")
        channels = context.config.send_to[who]
        if through and through not in channels:
            message = f"{who} has no channel {through!r}; it has {', '.join(channels)}"
            raise click.UsageError(message)
        claimed = await context.database.call(
            claim_digest, context, who, scheduled=False, whatever=True
        )
        digest = await made(context, claimed) if claimed else None
        if digest is None:
            return None, [], context.now()
        found = parts_of(context, digest)
        name = channels[0]
        address = context.config.channels[name].targets()[0]
        shown = addressed(digest, target_of(context, digest, name, address))
        parts = [
            _Part(channel=name, target=part.target, payload=part.payload)
            for name, _, part in found
        ]
        return shown, parts, context.now()


def _print(parts: Sequence[tuple[str, bytes]]) -> None:
    """The very bytes on stdout; whose they are on stderr."""
    for target, payload in parts:
        click.echo(f"--- to {target} ---", err=True)
        sys.stdout.buffer.write(payload)
        sys.stdout.buffer.flush()


class _Moment(click.ParamType[datetime]):
    """A time in RFC 3339, or a day."""

    name = "time"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        try:
            found = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail("write a time such as 2026-11-22T07:30:00Z, or a day", param, ctx)
        return found if found.tzinfo else found.replace(tzinfo=UTC)


@click.command("replay")
@click.option("--subscriber", required=True, metavar="NAME", help="Whose digests")
@click.option(
    "--from", "start", required=True, type=_Moment(), help="From this time on"
)
@click.option("--to", "end", required=True, type=_Moment(), help="Up to this time")
@click.option("--channel", default="", metavar="NAME", help="Through this channel only")
@with_globals
def replay_command(
    subscriber: str, start: datetime, end: datetime, channel: str
) -> None:
    r"""Print past digests byte for byte, as they were sent or wait to be sent.

    The bytes go to stdout; which delivery they are, and what became of it, to stderr.

    \b
    Exit status: 0; 1 if there was nothing.

    \b
    Examples:
      monitor replay --subscriber desk --from 2026-11-20 --to 2026-11-22
      monitor replay --subscriber desk --from 2026-11-22 --to 2026-11-23 --channel mail-desk
    """
    found: list[PastDelivery]
    found, zone = run(ask(outbox.past, subscriber, start, end, channel))
    if not found:
        emit({"deliveries": []}, f"Nothing was made for {subscriber} in that time.")
        click.get_current_context().exit(1)
    if click.get_current_context().find_root().obj.json:
        emit({"deliveries": found}, "")
        return
    for one in found:
        made = one.created_at.astimezone(zone).isoformat(timespec="seconds")
        where = f"{one.channel} {one.target}".strip()
        click.echo(f"--- {made} {one.subject} / {where} / {one.state} ---", err=True)
        sys.stdout.buffer.write(one.payload)
        sys.stdout.buffer.flush()
