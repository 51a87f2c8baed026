import asyncio
import json
import resource
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.channels.file import Config
from monitor.channels.payload import as_json, payload
from monitor.errors import DeliveryDeferred
from monitor.models import (
    Cause,
    Coverage,
    Digest,
    FailingFeed,
    HeldFlood,
    Part,
    Receipt,
    Target,
    Via,
)
from tests.digests.digest_samples import DIGEST, hits, match, member, story, utc

URL = "https://wire.example/1"
COPY = "https://repost.example/2"
STORY = replace(
    story(
        "Airstrikes hit Aleppo",
        URL,
        source="Levant Wire",
        origin="bbc.com",
        published=None,
        excerpt="Six airstrikes.",
        matches=(match(URL, *hits("airstrike", "title", "Airstrikes"), weak=True),),
        articles=(
            member(1, URL, "Airstrikes hit Aleppo", "Wire"),
            member(2, COPY, "Strikes", "Repost", copy_of=URL),
        ),
        status="update",
        cause=Cause.FURTHER_REPORT,
        voices=2,
    ),
    id="7f3a",
)
SHOWN = replace(
    DIGEST,
    stories=(STORY,),
    coverage=Coverage(
        feeds=190,
        read=187,
        failing=(FailingFeed(feed="sana", since=utc(16, 7, 0), error="HTTP 404"),),
        held=(HeldFlood(feed="partner", items=500),),
        summary_only=3,
    ),
)


def part(payload: bytes = b'{"n": 1}\n') -> Part:
    return Part(id="d1", target="", payload=payload)


def send(config: Config, *parts: Part) -> list[Receipt]:
    async def all_parts() -> list[Receipt]:
        return list(await asyncio.gather(*(config.send(one) for one in parts)))

    return asyncio.run(all_parts())


# --- the object ---


def test_the_object_has_what_the_contract_says() -> None:
    found = json.loads(payload(SHOWN, "delivery-1"))

    assert found == {
        "version": 1,
        "id": "delivery-1",
        "kind": "digest",
        "notice": None,
        "more": 0,
        "subscriber": "desk",
        "slot": "2026-11-22T08:00:00+03:00",
        "window": ["2026-11-21T05:00:00+00:00", "2026-11-22T05:00:00+00:00"],
        "stories": [
            {
                "id": "7f3a",
                "status": "update",
                "cause": "further-report",
                "title": "Airstrikes hit Aleppo",
                "url": URL,
                "source": "Levant Wire",
                "origin": "bbc.com",
                "language": "en",
                "published": None,
                "first_seen": "2026-11-22T04:00:00+00:00",
                "excerpt": "Six airstrikes.",
                "priority": "normal",
                "rules": ["aleppo-strikes"],
                "voices": 2,
                "matches": [
                    {
                        "rule": "aleppo-strikes",
                        "article": URL,
                        "weak": True,
                        "hits": [
                            {
                                "term": "airstrike",
                                "field": "title",
                                "start": 0,
                                "end": 10,
                                "form": "Airstrikes",
                                "via": "inflection",
                            }
                        ],
                    }
                ],
                "articles": [
                    {
                        "url": URL,
                        "title": "Airstrikes hit Aleppo",
                        "source": "Wire",
                        "feed": "wire",
                        "guid": URL,
                        "published": "2026-11-22T03:51:00+00:00",
                        "first_seen": "2026-11-22T04:00:00+00:00",
                        "copy_of": None,
                    },
                    {
                        "url": COPY,
                        "title": "Strikes",
                        "source": "Repost",
                        "feed": "repost",
                        "guid": COPY,
                        "published": "2026-11-22T03:50:00+00:00",
                        "first_seen": "2026-11-22T04:00:00+00:00",
                        "copy_of": URL,
                    },
                ],
                "more_articles": 0,
            }
        ],
        "coverage": {
            "feeds": 190,
            "read": 187,
            "failing": [
                {"feed": "sana", "since": "2026-11-16T07:00:00+00:00", "error": "HTTP 404"}
            ],
            "gaps": [],
            "held": [{"feed": "partner", "items": 500}],
            "summary_only": 3,
            "down": None,
        },
    }  # fmt: skip


def test_a_notice_is_plain_text_without_slot_and_window() -> None:
    notice = replace(
        DIGEST,
        kind="notice",
        notice="A feed fails.",
        slot=None,
        window=None,
        stories=(),
    )

    found = as_json(notice, "d1")

    assert [found[key] for key in ("kind", "notice", "slot", "window", "stories")] == [
        "notice",
        "A feed fails.",
        None,
        None,
        [],
    ]


@pytest.mark.parametrize("cause", [None, *Cause])
def test_every_cause_and_every_way_is_a_word(cause: Cause | None) -> None:
    ways = tuple(hit for via in Via for hit in hits("a", "body", "a", via=via))
    shown = replace(STORY, cause=cause, matches=(match(URL, *ways),))

    found = json.loads(payload(replace(SHOWN, stories=(shown,)), "d1"))["stories"][0]

    assert found["cause"] == (cause.value if cause else None)
    assert [h["via"] for h in found["matches"][0]["hits"]] == [v.value for v in Via]


def test_all_stories_are_carried_whatever_the_digest_shows() -> None:
    found = as_json(replace(SHOWN, stories=(STORY,) * 100, shown=40), "d1")

    assert (len(found["stories"]), found["more"]) == (100, 0)


def test_articles_that_a_story_does_not_carry_are_counted() -> None:
    large = replace(STORY, more_articles=2_410)

    (found,) = as_json(replace(SHOWN, stories=(large,)), "d1")["stories"]

    assert (len(found["articles"]), found["more_articles"]) == (2, 2_410)


@pytest.mark.parametrize("break_", ["\n", "\r", "\x0b", "\x85", "\u2028", "\u2029"])
def test_an_object_is_one_line_to_every_reader(break_: str) -> None:
    title = f"one{break_}two\ud800\u202e\x9b"

    line = payload(replace(SHOWN, stories=(replace(STORY, title=title),)), "d1")

    assert len(line.decode().splitlines()) == 1
    assert json.loads(line)["stories"][0]["title"] == title


# --- the file ---


def test_a_digest_becomes_one_line(tmp_path: Path) -> None:
    config = Config(path=tmp_path / "out.jsonl")
    digest: Digest = SHOWN

    (found,) = config.render(digest, Target(address=config.targets()[0], id="d1"))

    assert found.target == str(tmp_path / "out.jsonl")
    assert found.payload == payload(digest, "d1") + b"\n"


def test_a_delivery_is_appended_to_a_file_that_only_its_group_reads(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.jsonl"
    config = Config(path=path)

    receipts = send(config, part(b"one\n")) + send(config, part(b"two\n"))

    assert receipts == [Receipt(text="written")] * 2
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o137 == 0


def test_what_was_in_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_bytes(b"before\n")

    send(Config(path=path), part(b"after\n"))

    assert path.read_bytes() == b"before\nafter\n"


def test_lines_of_many_writers_never_mix(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    lines = [b"%d" % (n % 10) * 20_000 + b"\n" for n in range(40)]

    def write(mine: list[bytes]) -> None:
        send(Config(path=path), *map(part, mine))

    threads = [threading.Thread(target=write, args=(lines[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(path.read_bytes().splitlines(keepends=True)) == sorted(lines)


def test_a_missing_folder_defers_the_delivery_and_names_the_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "missing" / "out.jsonl"

    with pytest.raises(DeliveryDeferred) as caught:
        send(Config(path=path), part())

    assert str(caught.value) == f"{path}: No such file or directory"


def test_a_full_disk_defers_the_delivery() -> None:
    with pytest.raises(DeliveryDeferred, match="No space left on device"):
        send(Config(path=Path("/dev/full")), part())


def test_a_line_that_was_not_written_whole_is_not_called_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out.jsonl"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    resource.setrlimit(resource.RLIMIT_FSIZE, (5, before[1]))
    try:
        with pytest.raises(DeliveryDeferred, match="No space left on device"):
            send(Config(path=path), part(b"0123456789\n"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert path.read_bytes() == b""
