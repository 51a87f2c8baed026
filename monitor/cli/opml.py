"""opml: feeds in and out, as other feed readers write them."""

from collections.abc import Iterator
from pathlib import Path

import click

from monitor.cli.group import with_globals
from monitor.cli.output import count, emit
from monitor.cli.session import clock, configuration, run
from monitor.config import Config
from monitor.config.edit import NewFeed, add, name_for
from monitor.errors import FeedError, WorkerError
from monitor.feeds import opml
from monitor.feeds.opml import Outline
from monitor.text.urls import host_of, redacted, site_of
from monitor.workers import Workers


@click.group("opml")
@with_globals
def opml_command() -> None:
    """Take feeds over from another feed reader, or hand them on."""


@opml_command.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--group", "groups", multiple=True, help="A group for all of them")
@with_globals
def opml_import(file: Path, groups: tuple[str, ...]) -> None:
    r"""Write the feeds of an OPML file down; those that are there already are left out.

    Folders become groups. The first poll of each is silent, and their polls spread
    over time.

    \b
    Exit status: 0, 1 the file is no OPML, 2 the configuration does not hold.

    \b
    Examples:
      monitor opml import feedly.opml
      monitor opml import subscriptions.xml --group imported
    """
    config = configuration()
    outlines = run(_read(str(file), file.read_bytes()))
    new = list(_new(config, outlines, groups))
    written = str(add(config.path, new)) if new else ""
    data = {
        "added": [feed.name for feed in new],
        "there": len(outlines) - len(new),
        "file": written,
    }
    emit(data, lambda: _text(new, len(outlines) - len(new), written))


async def _read(name: str, document: bytes) -> tuple[Outline, ...]:
    # In a worker, because libxml2 reads a stranger's file here.
    workers = Workers(1)
    try:
        return await workers.run(opml.read, document)
    except WorkerError as error:
        last = str(error).strip().rpartition("\n")[2]
        raise FeedError(f"{name}: {last.partition(': ')[2] or last}") from error
    finally:
        workers.close()


def _new(
    config: Config, outlines: tuple[Outline, ...], groups: tuple[str, ...]
) -> Iterator[NewFeed]:
    known = {feed.url for feed in config.feeds.values()}
    taken = set(config.feeds)
    for outline in outlines:
        if outline.url in known or not host_of(outline.url):
            continue
        name = name_for((outline.title, site_of(outline.url)), taken)
        taken.add(name)
        known.add(outline.url)
        every = tuple(dict.fromkeys((*outline.groups, *groups)))
        yield NewFeed(name=name, url=outline.url, groups=every)


def _text(new: list[NewFeed], there: int, file: str) -> str:
    rest = f", {there} there already" if there else ""
    lines = [f"  {feed.name:40} {redacted(feed.url)}" for feed in new[:20]]
    lines += [f"  … and {len(new) - 20} more"] if len(new) > 20 else []
    head = f"{count(len(new), 'feed')} added{rest}."
    return "\n".join([head, *lines, *([f"Written to {file}."] if file else [])])


@opml_command.command("export")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to a file instead of stdout",
)
@with_globals
def opml_export(output: Path | None) -> None:
    r"""Print the configured feeds as OPML; without user names, passwords and headers.

    Groups become folders. Feeds that are programs are left out.

    \b
    Examples:
      monitor opml export > feeds.opml
    """
    config = configuration()
    outlines = [
        Outline(url=feed.url, title=feed.outlet or name, groups=feed.groups)
        for name, feed in config.feeds.items()
        if feed.url
    ]
    text = opml.write(outlines, title="monitor", created=clock().now())
    if output:
        output.write_text(text, "utf-8")
        text = f"Wrote {count(len(outlines), 'feed')} to {output}."
    emit({"opml": text, "feeds": len(outlines)}, text)
