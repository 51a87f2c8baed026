"""Say in words what a digest holds: subject, counts, badges, reasons. Pure."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from monitor.digests.filters import calendar, truncate_words
from monitor.digests.speech import listed, plural, say
from monitor.models import (
    ArticleMatch,
    Cause,
    Coverage,
    Digest,
    DigestStory,
    Hit,
    RuleLine,
    StoryMember,
    Via,
)
from monitor.text.urls import site_of
from monitor.text.words import fold, one_line

SUBJECT_LENGTH = 120
PREHEADER = (40, 110)
HEADLINES = 20
ALSO_IN = 8
NAMES = 6
FORMS = 3

_CAUSES = {
    Cause.REVISION: "the article was changed",
    Cause.NEW_SENTENCES: "a report with new sentences",
    Cause.FIGURE: "a figure has changed",
    Cause.FURTHER_REPORT: "+1 outlet",
    Cause.CORRECTION: "a correction",
}
_PLACES = {"title": "in title", "summary": "in summary", "body": "in text"}
_PROMISE = "Links go straight to the publisher; no images, no tracking"
_OWN_WORK = 'About monitor itself; "monitor status" shows how things stand'


# --- the whole ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The stories of one rule, in the order in which they were handed in.

    ``stories`` are shown whole, ``total`` counts also those that are headlines.
    """

    rule: RuleLine
    stories: tuple[DigestStory, ...]
    total: tuple[DigestStory, ...]

    @property
    def urgent(self) -> bool:
        return any(story.priority == "urgent" for story in self.total)


def groups(
    rules: Sequence[RuleLine], stories: Sequence[DigestStory], shown: int
) -> tuple[Group, ...]:
    """Each story under its first rule, the rules in the subscriber's order.

    The first ``shown`` stories are shown whole.

    A rule with an urgent story goes before the others.
    """
    lines = {rule.name: rule for rule in rules}
    found = _by_rule(lines, stories)
    whole = _by_rule(lines, stories[:shown])
    other = RuleLine(name="", title="Other", query="")
    filled = [
        Group(
            rule=lines.get(name, other),
            stories=tuple(whole.get(name, ())),
            total=tuple(under),
        )
        for name, under in found.items()
        if under
    ]
    return tuple(sorted(filled, key=lambda group: not group.urgent))


def _by_rule(
    names: Collection[str], stories: Sequence[DigestStory]
) -> dict[str, list[DigestStory]]:
    found: dict[str, list[DigestStory]] = {name: [] for name in names}
    for story in stories:
        name = next((n for n in story.rules if n in names), "")
        found.setdefault(name, []).append(story)
    return found


def quiet(digest: Digest) -> tuple[str, ...]:
    """The rules without any story: silence is said, so that it is no failure."""
    met = {name for story in digest.stories for name in story.rules}
    return tuple(_title(rule) for rule in digest.rules if rule.name not in met)


def counts(stories: Sequence[DigestStory]) -> str:
    """New stories and updates: "3 stories, 1 update, 1 developing"."""
    updates = sum(story.status == "update" for story in stories)
    new = len(stories) - updates
    parts = [plural(new, "story", "stories")] if new else []
    parts += [plural(updates, "update", "updates")] if updates else []
    growing = sum(story.developing for story in stories)
    parts += [say("{n} developing", n=growing)] if growing else []
    return ", ".join(parts)


def articles(stories: Sequence[DigestStory]) -> str:
    """How many articles these stories have, whether they matched or not."""
    count = sum(len(story.articles) + story.more_articles or 1 for story in stories)
    return plural(count, "article", "articles")


def summary(digest: Digest) -> str:
    """The first sentence of a digest, the same in both parts."""
    when = calendar(digest)
    zone = digest.timezone.rpartition("/")[2].replace("_", " ")
    zone = zone if zone == "UTC" else say("{zone} time", zone=zone)
    since = ""
    if digest.window:
        since = say(
            " since {time}, {zone}", time=when.time(digest.window[0]), zone=zone
        )
    if not digest.stories:
        return say("No match{since}.", since=since)
    new = sum(story.status != "update" for story in digest.stories)
    updates = len(digest.stories) - new
    parts = [plural(new, "new story", "new stories")] if new else []
    parts += [plural(updates, "update", "updates")] if updates else []
    sources = {m.source for s in digest.stories for m in s.articles}
    sources |= {name for s in digest.stories for name in (s.source, *s.more_sources)}
    return say(
        "{stories}, from {articles} by {sources}{since}.",
        stories=listed(parts),
        articles=articles(digest.stories),
        sources=plural(len(sources), "source", "sources"),
        since=since,
    )


def follows(rules: Sequence[RuleLine]) -> str:
    """The rules of a subscriber by title; a long list is cut."""
    names = [f"“{_title(rule)}”" for rule in rules[:NAMES]]
    rest = len(rules) - len(names)
    return listed([*names, plural(rest, "more rule", "more rules")] if rest else names)


def troubled(coverage: Coverage) -> bool:
    """Whether there is something to worry about in what was watched."""
    return bool(coverage.failing or coverage.gaps or coverage.held or coverage.down)


def read(coverage: Coverage) -> str:
    """How many feeds were read: "187 of 190 feeds read"."""
    feeds = plural(coverage.feeds, "feed", "feeds")
    return say("{read} of {feeds} read", read=coverage.read, feeds=feeds)


# --- subject and preheader ---


def subject(digest: Digest) -> str:
    """The subject: what it is about first, whose digest it is last."""
    first = one_line(digest.notice.strip().partition("\n")[0], SUBJECT_LENGTH)
    name = f" · {one_line(digest.name, 40)}"
    if digest.kind == "notice":
        return one_line(f"monitor: {first or 'a notice'}", SUBJECT_LENGTH)
    if digest.kind == "test":
        return _headed(f"Test: {first or 'this channel works'}", name)
    if not digest.stories:
        return say("0 matches; {read}", read=read(digest.coverage)) + name
    found = groups(digest.rules, digest.stories, digest.shown)
    if digest.kind == "instant" and len(digest.stories) == 1:
        return _headed(_alert(digest.stories[0]), f" · {_title(found[0].rule, 40)}")
    return _headed(_tally(found, SUBJECT_LENGTH - len(name)), name)


def _headed(text: str, tail: str) -> str:
    return one_line(text, SUBJECT_LENGTH - len(tail)) + tail


def _alert(story: DigestStory) -> str:
    urgent = say("Urgent: ") if story.priority == "urgent" else ""
    update = say("Update: ") if story.status == "update" else ""
    update = say("Correction: ") if story.correction else update
    return f"{urgent}{update}{headline(story.title)}"


def _tally(found: Sequence[Group], room: int) -> str:
    """What every rule has, or the first rule and a sum where that grows too long."""
    parts = [f"{_title(group.rule, 40)}: {counts(group.total)}" for group in found]
    whole = "; ".join(parts)
    if len(whole) <= room:
        return whole
    rest = [story for group in found[1:] for story in group.total]
    rules = plural(len(found) - 1, "rule", "rules")
    return f"{parts[0]}; " + say(
        "{stories} of {rules} more", stories=counts(rest), rules=rules
    )


def preheader(digest: Digest) -> str:
    """What a list of mails shows after the subject, without saying it again."""
    least, most = PREHEADER
    text = ""
    for part in _preheader_parts(digest):
        text += (" · " if text else "") + part
        if len(text) >= least:
            break
    return one_line(text, most)


def _preheader_parts(digest: Digest) -> Iterator[str]:
    if digest.kind in ("notice", "test"):
        parts = [digest.notice.strip().partition("\n")[2], _OWN_WORK]
    elif digest.kind == "instant" and len(digest.stories) == 1:
        story = digest.stories[0]
        parts = [story.excerpt, story.source, say(_PROMISE)]
    else:
        silent = quiet(digest)
        titles = (story.title for story in digest.stories)
        nothing = say("No match: {rules}", rules=listed(silent)) if silent else ""
        parts = [*titles, nothing, say(_PROMISE)]
    return filter(None, (one_line(part, 200) for part in parts))


def headline(title: str) -> str:
    """A title on one line, never empty."""
    return one_line(title, 300) or say("(no title)")


def _title(rule: RuleLine, limit: int = 80) -> str:
    return one_line(rule.title or rule.name, limit)


# --- one story ---


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """A word that stands out, and what is said after it."""

    kind: str
    word: str
    detail: str = ""


def badges(story: DigestStory) -> tuple[Badge, ...]:
    """What is special about a story: urgent, told before, taken from elsewhere."""
    found = []
    if story.priority == "urgent":
        found.append(Badge(kind="urgent", word=say("URGENT")))
    if story.developing:
        found.append(Badge(kind="urgent", word=say("DEVELOPING")))
    if story.correction:
        detail = f": {story.correction}"
        found.append(Badge(kind="update", word=say("CORRECTION"), detail=detail))
    elif story.status == "update":
        detail = f": {say(_CAUSES[story.cause])}" if story.cause else ""
        found.append(Badge(kind="update", word=say("UPDATE"), detail=detail))
    if story.origin and story.origin.lower() != site_of(story.url):
        detail = say(" of {outlet}", outlet=one_line(story.origin, 40))
        found.append(Badge(kind="repost", word=say("RE-POST"), detail=detail))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Others:
    """The other articles of a story: those that are listed, and what of the rest."""

    listed: tuple[StoryMember, ...]
    more: str


def others(story: DigestStory) -> Others:
    """All articles of a story but the one that stands for it."""
    found = [member for member in story.articles if member.url != story.url]
    rest = found[ALSO_IN:]
    count = len(rest) + story.more_articles
    copies = sum(member.copy_of is not None for member in rest) + story.more_copies
    more = say("and {n} more", n=count) if count else ""
    if copies:
        among = plural(copies, "copy", "copies")
        more = say("and {n} more, {copies} among them", n=count, copies=among)
    return Others(listed=tuple(found[:ALSO_IN]), more=more)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One term of a rule: the forms that stood in the article, and where.

    ``term`` is "" when the only form is the term itself.
    """

    term: str
    forms: tuple[str, ...]
    listed: bool
    places: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a rule met a story.

    ``rule`` is "" when the story has only one; ``source`` when the article that met
    the rule is the one that is shown. Without ``found`` the rule takes every article,
    or met it ``before`` it was corrected.
    """

    rule: str
    found: tuple[Found, ...]
    weak: bool
    before: bool
    source: str


def reasons(story: DigestStory, rules: Sequence[RuleLine]) -> tuple[Reason, ...]:
    """A reason for each rule of a story, from the shown article if it met the rule."""
    best: dict[str, ArticleMatch] = {}
    for match in sorted(story.matches, key=lambda m: (m.article != story.url, m.weak)):
        best.setdefault(match.rule, match)
    titles = {rule.name: _title(rule) for rule in rules}
    return tuple(
        Reason(
            rule=titles.get(name, name) if len(best) > 1 else "",
            found=_found(match.hits),
            weak=match.weak,
            before=bool(story.correction),
            source=""
            if match.article == story.url
            else match.source or site_of(match.article),
        )
        for name, match in best.items()
    )


def _found(hits: Sequence[Hit]) -> tuple[Found, ...]:
    by_term: dict[str, list[Hit]] = {}
    for hit in hits:
        by_term.setdefault(hit.term, []).append(hit)
    return tuple(_term(term, under) for term, under in by_term.items())


def _term(term: str, hits: Sequence[Hit]) -> Found:
    forms: dict[str, str] = {}
    for hit in hits:
        forms.setdefault(fold(hit.form), one_line(hit.form, 60))
    itself = list(forms) == [fold(term.removeprefix("@"))]
    return Found(
        term="" if itself else one_line(term, 60),
        forms=tuple(forms.values())[:FORMS],
        listed=not itself and any(hit.via is Via.ALIAS for hit in hits),
        places=_places(hits),
    )


def _places(hits: Sequence[Hit]) -> str:
    """Where a term stands and how often: "in title and 4 times in text"."""
    places = [_PLACES.get(hit.field, "beside the text") for hit in hits]
    said = []
    for place in dict.fromkeys(places):
        count, where = places.count(place), say(place)
        if count == 2:
            where = say("twice {place}", place=where)
        elif count > 2:
            where = say("{n} times {place}", n=count, place=where)
        said.append(where)
    return listed(said)


def query(rule: RuleLine) -> str:
    """A rule's query, cut where it is a long one."""
    return one_line(truncate_words(rule.query, 25), 160)
