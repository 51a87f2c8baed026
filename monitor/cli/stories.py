"""stories: what was folded together, and how to part it."""

import hashlib
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from monitor.cli.group import with_globals
from monitor.cli.output import bold, count, emit, moment, table
from monitor.cli.past import in_words, since_option
from monitor.cli.session import ask, clock, run
from monitor.storage import story_lists
from monitor.storage.database import Transaction
from monitor.storage.story_lists import StoryArticle, StoryLine

_MOST = 50


@click.group("stories")
@with_globals
def stories_command() -> None:
    """See which articles tell one story; mute one, or part what was folded wrongly."""


@stories_command.command("list")
@since_option("2d")
@click.option("--all", "all_", is_flag=True, help="Those of a single article too")
@with_globals
def stories_list(since: timedelta, *, all_: bool) -> None:
    r"""Show the stories of the last days that several articles tell, newest first.

    \b
    Examples:
      monitor stories list
      monitor stories list --since 7d --all
    """
    start = clock().now() - since
    found, zone = run(ask(_listed, start, 1 if all_ else 2))
    facts = {"stories": found}
    emit(facts, lambda: _table(found, zone) or f"No stories in {in_words(since)}.")


def _listed(tx: Transaction, since: datetime, least: int) -> list[StoryLine]:
    return story_lists.list_stories(tx, since=since, least=least, limit=_MOST)


def _table(found: list[StoryLine], zone: ZoneInfo) -> str:
    rows = [
        (
            line.story,
            str(line.articles),
            str(line.voices),
            moment(line.last_seen, zone),
            line.title + (" (muted)" if line.muted_at else ""),
        )
        for line in found
    ]
    return table(("story", "articles", "voices", "last", "title"), rows)


@stories_command.command("show")
@click.argument("story", metavar="STORY|URL")
@with_globals
def stories_show(story: str) -> None:
    r"""Show the articles of a story, and why each was folded into it.

    \b
    Exit status: 0, 2 if there is no such story.

    \b
    Examples:
      monitor stories show 7f3a0c21d4e5b697
      monitor stories show https://example.net/world/1234
    """
    (line, articles), zone = run(ask(_shown, story))
    facts = {"story": line, "articles": articles}
    emit(facts, lambda: _text(line, articles, zone))


def _shown(tx: Transaction, text: str) -> tuple[StoryLine, list[StoryArticle]]:
    line = _found(tx, text)
    return line, story_lists.articles_of(tx, line.id)


def _found(tx: Transaction, text: str) -> StoryLine:
    line = story_lists.find_story(tx, text)
    if line is None:
        raise click.UsageError(
            f"there is no story {text!r}: monitor stories list --all"
        )
    return line


def _text(line: StoryLine, articles: list[StoryArticle], zone: ZoneInfo) -> str:
    muted = f", muted {moment(line.muted_at, zone)}" if line.muted_at else ""
    lines = [
        f"{bold(line.title)}: {count(line.articles, 'article')}, "
        f"{count(line.voices, 'voice')}{muted}"
    ]
    for article in articles:
        seen = article.first_seen.astimezone(zone)
        rules = f"  rules {', '.join(article.rules)}" if article.rules else ""
        lines.append(f"  {seen:%d %b %H:%M}  {article.source}: {article.title}")
        lines.append(f"{'':16}{_why(article)}{rules}")
        lines.append(f"{'':16}{article.url}")
    return "\n".join(lines)


def _why(article: StoryArticle) -> str:
    """Why an article is here, and what it says that its copies do not."""
    new = f", with news ({article.news})" if article.news else ""
    if article.copy_of is None:
        return f"a text of its own{new}"
    if article.containment is not None:
        share = f"{article.containment:.0%} of the shorter text is in the other"
        return f"copy of {article.copy_of}: {share}{new}"
    how = "the same address" if article.copy_kind == "url" else "the same text"
    return f"copy of {article.copy_of}: {how}{new}"


@stories_command.command("mute")
@click.argument("story", metavar="STORY|URL")
@click.option("--off", is_flag=True, help="Let it be told again")
@with_globals
def stories_mute(story: str, *, off: bool) -> None:
    r"""Tell nobody of a story any more, whatever comes to it.

    \b
    Examples:
      monitor stories mute 7f3a0c21d4e5b697
      monitor stories mute --off 7f3a0c21d4e5b697
    """
    at = None if off else clock().now()
    line, _ = run(ask(_mute, story, at, changes=True))
    done = "is told again" if off else "is told to nobody any more"
    emit({"story": line.story, "muted_at": at}, f"Story {line.story} {done}.")


def _mute(tx: Transaction, text: str, at: datetime | None) -> StoryLine:
    line = _found(tx, text)
    story_lists.mute_story(tx, line.id, at)
    return line


@stories_command.command("split")
@click.argument("url", metavar="URL")
@with_globals
def stories_split(url: str) -> None:
    r"""Take an article, with its copies, out of its story into one of its own.

    Who was told of the story has been told of both: nothing is sent again.

    \b
    Exit status: 0, 2 if it stands alone already.

    \b
    Examples:
      monitor stories split https://example.net/world/1234
    """
    (old, new), _ = run(ask(_split, url, clock().now(), changes=True))
    facts = {"from": old, "story": new}
    emit(facts, f"{url} is story {new} now, no longer {old}.")


def _split(tx: Transaction, url: str, now: datetime) -> tuple[str, str]:
    line, articles = _shown(tx, url)
    groups = {article.group_id for article in articles if article.url == url}
    if line.voices < 2 or not groups:
        raise click.UsageError(f"{url} is the whole of its story {line.story}")
    group = groups.pop()
    name = hashlib.blake2b(f"{line.story} {group} {now}".encode(), digest_size=8)
    story_lists.split_story(tx, line.id, group, name.hexdigest(), now)
    return line.story, name.hexdigest()
