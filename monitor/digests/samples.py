"""Invented digests of every kind, to try templates with. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.models import (
    ArticleMatch,
    Cause,
    Coverage,
    Digest,
    DigestStory,
    FailingFeed,
    HeldFlood,
    Hit,
    PossibleGap,
    RuleLine,
    StoryMember,
    Via,
)

_NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
_HOSTILE = "<script>alert(1)</script> {{ 7 * 7 }} \"'>& \u202egnirts\r\nBcc: x"


def samples() -> Iterator[tuple[str, Digest]]:
    """Digests by name: usual, empty, large, right to left, hostile, a notice, a test."""
    usual = _digest(_story("Airstrikes hit Aleppo"), _update())
    yield "usual", usual
    yield "empty", replace(usual, stories=(), shown=0)
    many = tuple(_story(f"Report {number}") for number in range(500))
    yield "large", replace(usual, stories=many, shown=40)
    yield "right to left", _digest(_story("غارات جوية على حلب", language="ar"))
    yield "hostile", _digest(_story(_HOSTILE))
    yield "alert", replace(usual, kind="instant", slot=None, window=None)
    yield (
        "notice",
        replace(usual, kind="notice", stories=(), notice="A feed fails\n\nx"),
    )
    yield "test", replace(usual, kind="test", stories=(), notice="This is a test\n\nx")


def _digest(*stories: DigestStory) -> Digest:
    return Digest(
        id="sample",
        kind="digest",
        subscriber="desk",
        name="Syria desk",
        timezone="Europe/Istanbul",
        slot=_NOW,
        window=(_NOW - timedelta(days=1), _NOW),
        now=_NOW,
        rules=(
            RuleLine(name="aleppo", title="Air strikes, Aleppo", query="Aleppo AND x"),
            RuleLine(name="grain", title="", query="grain"),
        ),
        stories=stories,
        shown=len(stories),
        coverage=Coverage(
            feeds=190,
            read=187,
            failing=(FailingFeed(feed="sana", since=_NOW, error="HTTP 403"),),
            gaps=(PossibleGap(feed="world", at=_NOW, up_to=25),),
            held=(HeldFlood(feed="partner", items=500),),
            summary_only=1,
            down=(_NOW - timedelta(hours=9), _NOW - timedelta(hours=2)),
        ),
        schedule="daily 07:30",
        base_url="https://news.example.org",
    )


def _story(title: str, *, language: str = "en") -> DigestStory:
    url = "https://wire.example/1"
    hit = Hit(
        term="airstrike", field="title", start=0, end=4, form="Airs", via=Via.EXACT
    )
    return DigestStory(
        id="7f3a",
        status="new",
        cause=None,
        title=title,
        url=url,
        source="Levant Wire",
        origin="courier.example",
        language=language,
        published=_NOW - timedelta(hours=1),
        first_seen=_NOW,
        excerpt=f"{title}. Two clinics were damaged.",
        marks=((0, 4),),
        title_marks=((0, 4),),
        priority="urgent",
        rules=("aleppo",),
        voices=3,
        summary_only=True,
        matches=(ArticleMatch(rule="aleppo", article=url, weak=True, hits=(hit,)),),
        articles=(_member(url), _member("https://mirror.example/1", copy_of=url)),
    )


def _update() -> DigestStory:
    story = _story("The toll has risen to 32")
    return replace(story, status="update", cause=Cause.FIGURE, priority="normal")


def _member(url: str, *, copy_of: str | None = None) -> StoryMember:
    return StoryMember(
        article_id=1,
        url=url,
        title="We counted six",
        source="Mirror",
        feed="mirror",
        guid=url,
        published=None,
        first_seen=_NOW,
        copy_of=copy_of,
    )
