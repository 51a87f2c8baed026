"""The tour through the demo newsroom: the real pipeline, twice, on SQLite."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from monitor.channels import Channel
from monitor.clock import Clock
from monitor.config import Config, loads
from monitor.daemon import build
from monitor.demo.newsroom import Newsroom
from monitor.models import Digest, Part, Receipt, Target
from monitor.storage.overview import Report

_CONFIG = """
[service]
database = "sqlite:{folder}/demo.db"

[fetch]
private_networks = ["127.0.0.0/8"]
per_host = {{ at_once = 2, gap = "0s" }}

[feeds]
{feeds}

[lists]
aleppo = ["Aleppo", "Halab", "حلب", "Алеппо"]
strike = ["airstrike", "air raid", "غارة جوية", "غارات جوية", "авиаудар", "авиаудары"]

[rules.aleppo]
query = "@aleppo AND @strike"
title = "Air strikes, Aleppo"

[rules.grain]
query = '(grain OR wheat) AND (port OR corridor) NOT airport'
title = "Grain corridor"

[subscribers.you]
name = "Syria desk"
rules = ["aleppo", "grain"]
digest = "instant"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """A channel that writes the two parts of the digest into a folder."""

    folder: Path
    name: str

    gap = patience = timedelta(0)
    way = ""
    threads = False

    def problem(self) -> str:
        return ""

    def targets(self) -> tuple[str, ...]:
        return (str(self.folder),)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        return [
            Part(id=f"{target.id}{n}", target=name, payload=text.encode())
            for n, (name, text) in enumerate(
                ((f"{self.name}.html", digest.html), (f"{self.name}.txt", digest.text))
            )
        ]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - the protocol's signature
        (self.folder / part.target).write_bytes(part.payload)
        return Receipt(text="written")


async def tour(
    folder: Path,
    clock: Clock,
    *,
    say: Callable[[str], None],
    show: Callable[[str], None],
) -> dict[str, object]:
    """Run the newsroom and the pipeline, and say what happens; a summary for --json.

    ``folder`` is there already; ``show`` takes the digests.
    """
    with (
        tempfile.TemporaryDirectory(prefix="monitor-demo-") as state,
        Newsroom(now=clock.now()) as newsroom,
    ):
        config = _to(_config(Path(state), newsroom.feeds), folder, "digest")
        say(f"A newsroom of {len(newsroom.feeds)} outlets runs on this machine.\n")
        say("$ monitor check-once          # the first run stays silent")
        first = await _run(config, clock, show)
        say(
            f"{first.polled} feeds read, {first.baseline} articles remembered as the starting point, {first.stories} alerts\n"
        )
        published = newsroom.publish()
        say(f"... the newsroom publishes {published} more articles ...\n")
        say("$ monitor check-once")
        second = await _run(config, clock, show)
        say(
            f"{second.polled} feeds read, {second.new} new articles, {second.stories} stories told\n"
        )
        say("$ monitor check-once          # nothing is told twice")
        third = await _run(config, clock, show)
        say(
            f"{third.polled} feeds read, {third.new} new articles, {third.stories} stories told\n"
        )
        more = newsroom.publish()
        say(f"... the newsroom publishes {more} more: the toll has risen ...\n")
        say(
            "$ monitor check-once --flush  # at once; else half an hour after the alert"
        )
        fourth = await _run(_to(config, folder, "update"), clock, show, flush=True)
        say(
            f"{fourth.polled} feeds read, {fourth.new} new articles, {fourth.stories} stories told\n"
        )
    say(_next_steps(folder))
    return {
        "baseline": first.baseline,
        "published": published,
        "new": second.new,
        "stories": second.stories,
        "repeated": third.stories,
        "updates": fourth.stories,
        "html": str(folder / "digest.html"),
    }


def _config(state: Path, feeds: dict[str, str]) -> Config:
    lines = "\n".join(f'{name} = "{url}"' for name, url in feeds.items())
    text = _CONFIG.format(folder=state, feeds=lines)
    return loads(text, state / "config.toml")


def _to(config: Config, folder: Path, name: str) -> Config:
    """The same, with digests that are written into a folder as well."""
    page = _Page(folder=folder, name=name)
    channels: dict[str, Channel] = {**config.channels, "page": page}
    return replace(config, channels=channels, send_to={"you": ("terminal", "page")})


async def _run(
    config: Config, clock: Clock, show: Callable[[str], None], **options: bool
) -> Report:
    daemon = build(config, clock, write=lambda text: show(f"\n{text}"))
    try:
        await daemon.open()
        return await daemon.check_once(
            all_feeds=True, flush=options.get("flush", False)
        )
    finally:
        await daemon.close()


def _next_steps(folder: Path) -> str:
    return (
        f"The same digest as mail: {folder / 'digest.html'} (open it in a browser), "
        f"{folder / 'digest.txt'}; the update: {folder / 'update.html'}\n\n"
        "Go on with your own feeds:\n"
        "  monitor try 'Aleppo AND airstrike' https://feeds.bbci.co.uk/news/world/rss.xml\n"
        "  monitor init            # writes config.toml\n"
        "  monitor check-config\n"
        "  monitor check-once      # remembers what is there; tells what comes later"
    )
