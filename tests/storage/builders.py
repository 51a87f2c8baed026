"""Small steps that lead to the rows a storage test is about."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.models import (
    Article,
    Cause,
    Delivery,
    DueMatch,
    Entry,
    EntryState,
    Feed,
    FeedLine,
    Hit,
    Key,
    Kind,
    Match,
    PageState,
    Part,
    Pulse,
    Skips,
    Trouble,
    Via,
)
from monitor.storage import (
    articles,
    deliveries,
    digests,
    entries,
    feeds,
    hosts,
    polls,
    stories,
    subscribers,
)
from monitor.storage.articles import Placement
from monitor.storage.database import Row, Transaction, from_micros
from monitor.storage.hosts import HostClaim
from monitor.storage.subscribers import Following
from monitor.stories import near
from tests.conftest import NOON

LEASE = timedelta(minutes=10)
HIT = Hit(term="aleppo", field="title", start=10, end=16, form="Aleppo", via=Via.EXACT)
PULSE = Pulse(at=NOON, rate=12.5, fresh=2.0, hours=(0.5, 1.5) * 12)
ANSWER = polls.Answer(
    at=NOON,
    status=200,
    etag='"e1"',
    last_modified="yesterday",
    variant="v1",
    pulse=PULSE,
    fresh_for=timedelta(minutes=5),
    next_poll_at=NOON + timedelta(minutes=15),
)
CONTENTS = polls.Contents(
    body_hash="h1",
    ttl=timedelta(minutes=60),
    skips=Skips(hours=(0, 1), days=(5, 6)),
    title="World News",
    language="en",
    entries=25,
    new=2,
    old=3,
    gap=False,
    identity="",
    churns=0,
    distrusted=False,
)
ARTICLE = Article(
    title="Strike on Aleppo",
    summary="A summary.",
    body="The body.",
    aside="Post Comment",
    language="en",
    state=PageState.OK,
    url="https://world.example/g1",
    source="World News",
    tags=("syria", "حلب"),
)


def later(**duration: float) -> datetime:
    """A time after noon."""
    return NOON + timedelta(**duration)


def row_of(tx: Transaction, table: str, id_: int) -> Row:
    """A whole row, for what no storage function shows."""
    row = tx.one(f"SELECT * FROM {table} WHERE id = :id", id=id_)  # noqa: S608 - our own names
    assert row is not None
    return row


def count(tx: Transaction, table: str) -> int:
    row = tx.one(f"SELECT COUNT(*) AS n FROM {table}")  # noqa: S608 - our own names
    assert row is not None
    return int(row["n"])


# --- feeds and hosts ---


def add_feed(
    tx: Transaction, name: str = "world", url: str = "", at: datetime = NOON
) -> int:
    """Configure one more feed, which is due at once; its id."""
    rows = tx.all("SELECT name, url FROM feed WHERE configured = 1")
    urls = {row["name"]: row["url"] for row in rows}
    feeds.sync_feeds(tx, urls | {name: url or f"https://{name}.example/feed"}, at)
    row = tx.one("SELECT id FROM feed WHERE name = :name", name=name)
    assert row is not None
    return int(row["id"])


def host_id(tx: Transaction, name: str) -> int:
    return hosts.ensure_host(tx, name, NOON)


def due_at(tx: Transaction, name: str) -> datetime:
    """When a host is due."""
    return from_micros(row_of(tx, "host", host_id(tx, name))["due_at"])


def claim(
    tx: Transaction,
    by: str = "t1",
    at: datetime = NOON,
    limit: int = 10,
    only_feed: str = "",
) -> list[HostClaim]:
    """Claim hosts as a node would."""
    return hosts.claim_hosts(
        tx,
        node=f"node of {by}",
        token=by,
        now=at,
        lease=LEASE,
        limit=limit,
        only_feed=only_feed,
    )


def feed_of(tx: Transaction, name: str = "world") -> Feed:
    """A feed as a poll of it would see it, due or not."""
    row = tx.one("SELECT id, name, url FROM feed WHERE name = :name", name=name)
    assert row is not None
    return Feed(**row)


def line_of(tx: Transaction, name: str = "world") -> FeedLine:
    return next(line for line in feeds.list_feeds(tx) if line.name == name)


def good_poll(
    tx: Transaction,
    feed: Feed,
    answer: polls.Answer = ANSWER,
    contents: polls.Contents | None = CONTENTS,
) -> None:
    """Store a poll that went well; without contents nothing had changed."""
    polls.record_answer(tx, feed, answer)
    if contents is not None:
        polls.record_contents(tx, feed, contents, answer.at)


def failed_poll(
    tx: Transaction,
    feed: Feed,
    at: datetime = NOON,
    *,
    trouble: Trouble = Trouble.FAILING,
    status: int | None = 404,
    counted: bool = True,
    next_poll_at: datetime | None = None,
) -> None:
    """Store a poll that gave nothing; the next one is due an hour later."""
    polls.record_failure(
        tx,
        feed,
        at=at,
        error="HTTP 404",
        trouble=trouble,
        status=status,
        counted=counted,
        next_poll_at=next_poll_at or at + timedelta(hours=1),
    )


# --- entries ---


def guid_key(guid: str) -> Key:
    """The key by which the entries of these tests are known."""
    return Key(Kind.GUID, guid)


def add_entry(
    tx: Transaction,
    feed_id: int,
    guid: str = "g1",
    *,
    title: str = "",
    url: str = "",
    state: EntryState = EntryState.WAITING,
    published: datetime | None = None,
    page: str = "",
    flood_id: int | None = None,
    at: datetime = NOON,
) -> int:
    """Store a new entry; ``page`` names the host to ask for its page."""
    entry = Entry(
        guid=guid,
        url=url or f"https://world.example/{guid}",
        title=title or f"Title of {guid}",
        summary="A summary.",
        tags=("syria", "حلب"),
        published=published,
    )
    (entry_id,) = entries.add_entries(
        tx,
        [
            entries.Stored(
                feed_id=feed_id,
                entry=entry,
                keys=[guid_key(guid)],
                text_hash=f"hash of {guid}",
                title_hash=f"title of {guid}",
                state=state,
                published=published,
                now=at,
                page_host_id=host_id(tx, page) if page else None,
                flood_id=flood_id,
            )
        ],
    )
    return entry_id


def revise(
    tx: Transaction, feed_id: int, guid: str = "g1", at: datetime = NOON
) -> None:
    """The feed shows another text of an entry."""
    known = entries.known_entries(tx, feed_id, [guid_key(guid)])[guid_key(guid)]
    entries.revise_entry(
        tx,
        known,
        entry=Entry(guid=guid, title=f"New title of {guid}"),
        text_hash="another hash",
        title_hash="another title",
        published=None,
        now=at,
    )


# --- articles ---


def open_group(tx: Transaction, public_id: str, at: datetime = NOON) -> int:
    """Open a group of copies in a story of its own."""
    known = stories.Known(centroid={}, terms=(), names=(), figures=(), language="en")
    story_id = stories.open_story(tx, public_id, at, known, at)
    return articles.open_group(tx, public_id, story_id, at)


def match(rule: str = "aleppo", *, weak: bool = False, score: float = 2.5) -> Match:
    return Match(rule=rule, rule_hash="abc", score=score, weak=weak, hits=(HIT,))


def read(
    tx: Transaction,
    entry_id: int,
    *,
    rules: Sequence[str] = ("aleppo",),
    keys: Sequence[tuple[str, str]] = (),
    words: Sequence[str] = (),
    news: Cause | None = None,
    text: Article = ARTICLE,
    revision: int = 0,
    number: int = 0,
    weak: bool = False,
    at: datetime = NOON,
) -> int:
    """Store a reading of an entry with its place and its matches; the article's id."""
    placement = (
        articles.placement_of(tx, entry_id)
        or articles.find_copy(tx, keys)
        or Placement(group_id=open_group(tx, f"story{entry_id}", at))
    )
    found = articles.add_article(
        tx,
        articles.Reading(
            entry_id=entry_id,
            revision=revision,
            number=number,
            article=text,
            note="",
            placement=placement,
            news=news,
            keys=keys,
            words=words,
            series=near.series(text.title, text.source),
            matches=[match(rule, weak=weak) for rule in rules],
            now=at,
        ),
    )
    assert found is not None
    return found


# --- digests and deliveries ---


def following(
    name: str = "desk",
    rules: tuple[str, ...] = ("aleppo",),
    *,
    unit: str = "story",
    schedule: str = "daily 07:30",
    next_slot_at: datetime | None = None,
) -> Following:
    return Following(
        name=name,
        rules=rules,
        schedule=schedule,
        unit=unit,
        next_slot_at=next_slot_at,
    )


def follow(tx: Transaction, *all_: Following, at: datetime = NOON) -> None:
    """Configure the subscribers: these and no others, or the desk."""
    subscribers.sync_subscribers(tx, all_ or [following()], at)


def telling(
    due: Sequence[DueMatch], number: int | None = None, *, weak: bool = False
) -> digests.Telling:
    first = due[0]
    return digests.Telling(
        unit=first.unit,
        number=first.told if number is None else number,
        cause=Cause.REVISION if first.told else None,
        rules=(first.match.rule,),
        article_id=first.article_id,
        weak=weak,
        match_ids=tuple(d.match_id for d in due),
    )


def tell(
    tx: Transaction,
    tellings: Sequence[digests.Telling] = (),
    *,
    name: str = "desk",
    slot: str = "slot 1",
    kind: str = "digest",
    window: tuple[datetime, datetime] | None = None,
    at: datetime = NOON,
) -> int | None:
    """Store a digest; its id."""
    return digests.add_digest(
        tx,
        digests.NewDigest(
            public_id=f"{name} {slot}",
            subscriber=name,
            slot=slot,
            kind=kind,
            subject="1 story",
            window=window,
            now=at,
            tellings=tellings,
        ),
    )


def post(
    tx: Transaction,
    *targets: str,
    channel: str = "mail",
    slot: str = "slot 1",
    kind: str = "digest",
    tellings: Sequence[digests.Telling] = (),
    at: datetime = NOON,
) -> int:
    """Store a digest with a delivery for each target; the digest's id."""
    digest_id = tell(tx, tellings, slot=slot, kind=kind, at=at)
    assert digest_id is not None
    deliveries.add_deliveries(
        tx,
        [
            deliveries.NewDelivery(
                digest_id=digest_id,
                subscriber="desk",
                channel=channel,
                number=0,
                part=Part(
                    id=f"{slot} {channel} {target}",
                    target=target,
                    payload=b"\x00\xff bytes",
                ),
                now=at,
            )
            for target in targets
        ],
    )
    return digest_id


def claim_mail(
    tx: Transaction, by: str = "t1", at: datetime = NOON, limit: int = 10
) -> list[Delivery]:
    return deliveries.claim_deliveries(
        tx, ["mail"], token=by, now=at, lease=LEASE, limit=limit
    )
