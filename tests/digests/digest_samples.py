"""A fixed digest that has something of everything; all of it is invented."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.models import (
    ArticleMatch,
    Cause,
    Coverage,
    Digest,
    DigestStory,
    FailingFeed,
    HeldFlood,
    Hit,
    RuleLine,
    StoryMember,
    Via,
)

SLOT = datetime(2026, 11, 22, 8, 0, tzinfo=ZoneInfo("Europe/Istanbul"))
NOW = SLOT.astimezone(UTC)


def utc(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def spans(text: str, *words: str) -> tuple[tuple[int, int], ...]:
    return tuple((text.index(word), text.index(word) + len(word)) for word in words)


def hits(
    term: str, field: str, *forms: str, via: Via = Via.INFLECTION
) -> tuple[Hit, ...]:
    return tuple(
        Hit(term=term, field=field, start=n, end=n + len(form), form=form, via=via)
        for n, form in enumerate(forms)
    )


def member(
    number: int, url: str, title: str, source: str, *, copy_of: str | None = None
) -> StoryMember:
    return StoryMember(
        article_id=number,
        url=url,
        title=title,
        source=source,
        feed=source.lower(),
        guid=url,
        published=utc(22, 3, 52) - timedelta(minutes=number),
        first_seen=utc(22, 4, 0),
        copy_of=copy_of,
    )


EVENING = utc(21, 18, 5)


def story(
    title: str = "Grain ship leaves port",
    url: str = "https://courier.example/grain/1",
    *,
    source: str = "The Courier",
    origin: str = "",
    language: str = "en",
    published: datetime | None = EVENING,
    excerpt: str = "A ship with grain left the port.",
    marked: tuple[str, ...] = (),
    title_marked: tuple[str, ...] = (),
    rules: tuple[str, ...] = ("aleppo-strikes",),
    matches: tuple[ArticleMatch, ...] = (),
    articles: tuple[StoryMember, ...] = (),
    status: str = "new",
    cause: Cause | None = None,
    priority: str = "normal",
    voices: int = 1,
    summary_only: bool = False,
) -> DigestStory:
    return DigestStory(
        id=url,
        status=status,
        cause=cause,
        title=title,
        url=url,
        source=source,
        origin=origin,
        language=language,
        published=published,
        first_seen=utc(22, 4, 0),
        excerpt=excerpt,
        marks=spans(excerpt, *marked),
        title_marks=spans(title, *title_marked),
        priority=priority,
        rules=rules,
        voices=voices,
        summary_only=summary_only,
        matches=matches,
        articles=articles,
    )


def match(
    url: str,
    *found: Hit,
    rule: str = "aleppo-strikes",
    weak: bool = False,
) -> ArticleMatch:
    return ArticleMatch(rule=rule, article=url, weak=weak, hits=found)


STRIKES = "https://levantwire.example/world/aleppo-1122"
INQUIRY = "https://courier.example/w/8841?a=1&b=2"
ARABIC = "https://shamal.example/ar/5512"
CORRIDOR = "https://dailydigest.example/p/1"

STORIES = (
    story(
        "Airstrikes hit two districts of Aleppo as truce monitors withdraw",
        STRIKES,
        source="Levant Wire",
        published=utc(22, 4, 19),
        excerpt=(
            "Residents of eastern Aleppo described at least six airstrikes before dawn "
            "on Sunday, hours after the last of the truce monitors left the city. Two "
            "clinics were damaged, the civil defence said …"
        ),
        marked=("Aleppo", "airstrikes"),
        title_marked=("Airstrikes", "Aleppo"),
        matches=(
            match(
                STRIKES,
                *hits("Aleppo", "title", "Aleppo", via=Via.EXACT),
                *hits("airstrike", "title", "Airstrikes"),
                *hits("airstrike", "body", *["airstrikes"] * 3, "air strike"),
            ),
        ),
        priority="urgent",
        voices=4,
        articles=(
            member(1, STRIKES, "Airstrikes hit two districts of Aleppo", "Levant Wire"),
            member(
                2,
                "https://herald.example/a/771",
                "“We counted six”: Aleppo wakes to strikes",
                "Northern Herald",
            ),
            member(
                80,
                "https://orient.example/n/20931",
                "Clinics damaged in overnight raids, rescuers say",
                "Orient Daily",
            ),
            member(
                700,
                "https://mirror.example/?p=9",
                "Airstrikes hit two districts of Aleppo as truce monitors withdraw",
                "World Mirror",
                copy_of=STRIKES,
            ),
            member(
                90, ARABIC + "?v=2", "قصف جوي على أحياء حلب الشرقية", "صحيفة الشمال"
            ),
        ),
    ),
    story(
        "Inquiry into Aleppo market strike names unit for first time",
        INQUIRY,
        excerpt=(
            "The panel now attributes the air strike on the Aleppo market to a named "
            "unit, and raises the number of dead from 11 to 14."
        ),
        marked=("air strike", "Aleppo"),
        title_marked=("Aleppo",),
        matches=(
            match(
                INQUIRY,
                *hits("Aleppo", "title", "Aleppo", via=Via.EXACT),
                *hits("airstrike", "body", "air strike", via=Via.COMPOUND),
            ),
        ),
        status="update",
        cause=Cause.REVISION,
        voices=2,
        articles=(
            member(20, INQUIRY, "Inquiry names unit", "The Courier"),
            member(
                30,
                "https://herald.example/a/760",
                "Panel names unit",
                "Northern Herald",
            ),
        ),
    ),
    story(
        "غارات جوية تستهدف ريف حلب الغربي ونزوح مئات العائلات",
        ARABIC,
        source="صحيفة الشمال",
        language="ar",
        published=utc(21, 15, 40),
        excerpt=(
            "أفاد سكان محليون بأن غارات جوية استهدفت قرى في ريف حلب الغربي مساء السبت، "
            "ما دفع مئات العائلات إلى النزوح باتجاه الحدود …"
        ),
        marked=("غارات جوية", "حلب"),
        title_marked=("غارات جوية", "حلب"),
        matches=(
            match(
                ARABIC,
                *hits("@aleppo", "title", "حلب", via=Via.ALIAS),
                *hits("@aleppo", "body", "حلب", via=Via.ALIAS),
                *hits("@strike", "title", "غارات جوية", via=Via.ALIAS),
            ),
        ),
        articles=(member(40, ARABIC, "غارات جوية", "صحيفة الشمال"),),
    ),
    story(
        "Talks on a corridor out of eastern Aleppo resume in Geneva",
        CORRIDOR,
        source="Daily Digest",
        origin="herald.example",
        published=None,
        excerpt=(
            "Delegates returned to Geneva on Saturday to discuss a humanitarian corridor "
            "that would let the wounded leave the city’s east under UN escort …"
        ),
        marked=("humanitarian corridor",),
        rules=("corridors",),
        matches=(
            match(
                CORRIDOR,
                *hits("humanitarian corridor", "summary", "humanitarian corridor"),
                rule="corridors",
            ),
        ),
        summary_only=True,
        articles=(member(50, CORRIDOR, "Talks on a corridor", "Daily Digest"),),
    ),
)

RULES = (
    RuleLine(
        name="aleppo-strikes",
        title="Air strikes, Aleppo",
        query='@aleppo @strike NOT ("computer game" OR film)',
    ),
    RuleLine(
        name="corridors",
        title="Humanitarian corridors",
        query='"humanitarian corridor" OR "safe passage"',
    ),
    RuleLine(name="idlib", title="Idlib", query="Idlib"),
    RuleLine(name="grain", title="", query="grain OR wheat"),
)

COVERAGE = Coverage(
    feeds=190,
    read=187,
    failing=(
        FailingFeed(feed="orient-world", since=utc(21, 11, 2), error="HTTP 403"),
        FailingFeed(feed="sana", since=utc(16, 7, 0), error="name not known"),
    ),
    held=(HeldFlood(feed="partner", items=500),),
    summary_only=3,
)

DIGEST = Digest(
    id="d1",
    kind="digest",
    subscriber="desk",
    name="Syria desk",
    timezone="Europe/Istanbul",
    slot=SLOT,
    window=(utc(21, 5, 0), utc(22, 5, 0)),
    now=NOW,
    rules=RULES,
    stories=STORIES,
    shown=4,
    coverage=COVERAGE,
    schedule="daily 08:00",
)
