"""try: match feeds right now, and keep the rule if it pleases."""

import shlex
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from monitor.cli.asked import index_of
from monitor.cli.group import with_globals
from monitor.cli.output import count, emit, marked, say, settings
from monitor.cli.session import configuration, run
from monitor.cli.trial import read_feeds, trial_tools
from monitor.config import Config, load
from monitor.config.edit import ADDED, New, NewFeed, NewRule, add, begin, name_for
from monitor.digests.excerpt import excerpt, title_marks
from monitor.errors import MonitorError
from monitor.http import Network
from monitor.models import Article, Entry, Match, PageState, ParsedFeed
from monitor.rules import explain
from monitor.rules.index import Index
from monitor.text.urls import redacted, site_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hit:
    entry: Entry
    article: Article
    match: Match


@click.command("try")
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep rule and feeds: append them to an included file, or begin one",
)
@click.argument("rule", metavar="RULE|QUERY")
@click.argument("urls", nargs=-1, required=True)
@with_globals
def try_command(rule: str, urls: tuple[str, ...], save: Path | None) -> None:
    r"""Match feeds right now, by the texts in them; store nothing, send nothing.

    With --save the rule and the feeds that could be read are written down. Without a
    configuration FILE becomes one; else it is included by the configuration.

    \b
    Exit status: 0, 1 if a feed cannot be read, 2 if the rule is wrong.

    \b
    Examples:
      monitor try 'Aleppo AND airstrike' https://feeds.bbci.co.uk/news/world/rss.xml
      monitor try '"port strike" NOT football' FEED FEED
      monitor try --save syria.toml 'Aleppo AND airstrike' FEED
    """
    index, name = index_of(rule)
    started = time.monotonic()
    read = dict(zip(urls, run(_read(list(urls))), strict=True))
    seconds = time.monotonic() - started
    found = {url: f for url, f in read.items() if isinstance(f, ParsedFeed)}
    failures = {u: str(f) for u, f in read.items() if isinstance(f, BaseException)}
    hits = [hit for feed in found.values() for hit in _hits(index, feed)]
    articles = sum(len(feed.entries) for feed in found.values())
    facts: dict[str, object] = {
        "feeds": len(found),
        "articles": articles,
        "matches": [
            {"title": h.article.title, "url": h.article.url, "source": h.article.source}
            for h in hits
        ],
        "failed": failures,
    }
    head = (
        f"Read {count(len(found), 'feed')}, {count(articles, 'article')} in "
        f"{seconds:.1f} s (nothing was stored, nothing was sent)"
    )
    lines = [head, *_body(hits, failures)]
    try:
        saved = _save(save, rule, name, found) if save and found else ""
    except MonitorError:
        if not settings().json:
            say("\n".join(lines))
        raise
    end = saved or _offer(rule, urls, save, hits)
    emit(facts | {"saved": saved or None}, "\n".join([*lines, *filter(None, [end])]))
    if failures:
        click.get_current_context().exit(1)


async def _read(urls: list[str]) -> list[ParsedFeed | BaseException]:
    async with trial_tools(_networks()) as tools:
        return await read_feeds(tools, urls)


def _networks() -> tuple[Network, ...] | None:
    """What may be dialled: as configured, if there is a configuration."""
    there = settings().config_path.exists()
    return configuration().fetch.private_networks if there else ()


def _hits(index: Index, feed: ParsedFeed) -> list[_Hit]:
    found = []
    for entry in feed.entries:
        article = Article(
            title=entry.title,
            summary=entry.summary,
            body=entry.content,
            aside="",
            language=entry.language or feed.language or "en",
            state=PageState.FEED,
            url=entry.url,
            source=feed.title,
        )
        found += [
            _Hit(entry=entry, article=article, match=m) for m in index.match(article)
        ]
    return found


def _body(hits: Sequence[_Hit], failures: dict[str, str]) -> list[str]:
    lines = [f"  {url}: {error}" for url, error in failures.items()]
    lines.append(f"  {count(len(hits), 'match', 'matches')}")
    width = max((min(24, len(h.article.source)) for h in hits), default=0)
    for hit in hits:
        lines += _hit_lines(hit, width)
    return lines


def _hit_lines(hit: _Hit, width: int) -> list[str]:
    article, hits = hit.article, hit.match.hits
    published = hit.entry.published
    when = f"{published:%d %b %H:%M}" if published else f"{'no date':12}"
    source = f"{article.source[:24]:{width}}"
    lines = [f"  {source}  {when}  {marked(article.title, title_marks(hits))}"]
    cut = excerpt(article, hits)
    shown = marked(cut.text, cut.marks) if cut.marks else ""
    apart = explain.words_apart(hits, article.body, "body")
    near = f", {apart} words apart" if apart is not None else ""
    more = (shown, f"{explain.why(hits)}{near}", article.url)
    return lines + [f"  {'':{width}}  {line}" for line in more if line]


def _offer(
    rule: str, urls: Sequence[str], save: Path | None, hits: Sequence[_Hit]
) -> str:
    if save:
        return "Nothing was written: no feed could be read."
    if not hits:
        return ""
    file = ADDED if settings().config_path.exists() else "config.toml"
    return "Keep it?  " + shlex.join(
        ["monitor", "try", "--save", file, rule, *map(redacted, urls)]
    )


# --- save ---


def _save(file: Path, query: str, name: str, found: Mapping[str, ParsedFeed]) -> str:
    """Write down what is new of a rule and its feeds; says what and where."""
    path = settings().config_path
    path = path if path.exists() else file
    config = load(path) if path.exists() else None
    new: list[New] = list(_new_feeds(found, config))
    rules = config.rules if config else {}
    if query not in rules:
        name = name_for([query], rules, else_="rule")
        new.append(NewRule(name=name, query=query))
    if not new:
        return "Rule and feeds are there already; nothing was written."
    if config is None:
        begin(file, new, name)
        after = f"Next: monitor --config {file} check-once"
    else:
        file = add(path, new, into=file)
        after = _who_gets_it(config, name)
    shown = [
        replace(one, url=redacted(one.url)) if isinstance(one, NewFeed) else one
        for one in new
    ]
    return "\n".join(["", *(one.lines for one in shown), f"Written to {file}.", after])


def _new_feeds(
    found: Mapping[str, ParsedFeed], config: Config | None
) -> Iterator[NewFeed]:
    known = {feed.url for feed in config.feeds.values()} if config else set()
    taken = set(config.feeds) if config else set()
    for url, feed in found.items():
        if url not in known:
            name = name_for((feed.title, site_of(url)), taken)
            taken.add(name)
            yield NewFeed(name=name, url=url)


def _who_gets_it(config: Config, rule: str) -> str:
    if any(rule in subscriber.rules for subscriber in config.subscribers.values()):
        return "It counts from the next start of the service on."
    return f'Nobody gets it yet: put "{rule}" into the rules of a subscriber.'
