"""What all channels share; it runs over every file of monitor/channels."""

import dataclasses
import inspect
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor import channels
from monitor.channels import (
    Channel,
    apprise,
    discord,
    email,
    file,
    matrix,
    ntfy,
    relay,
    slack,
    teams,
    telegram,
    terminal,
    webhook,
)
from monitor.digests.render import render
from monitor.models import Digest, Secret, Target
from tests.digests.digest_samples import DIGEST, STORIES, member, story

# One configuration a type: a new channel adds its own here.
SAMPLES: dict[str, Channel] = {
    "email": email.Config(
        to=("ana@example.org", "sami@example.org"),
        smtp=relay.Smtp(
            user="monitor",
            password=Secret("hunter2"),
            sender="News monitor <monitor@example.org>",
        ),
    ),
    "file": file.Config(path=Path("deliveries.jsonl")),
    "terminal": terminal.Config(write=lambda _: None),
    "apprise": apprise.Config(address=Secret("json://localhost/hunter2")),
    "slack": slack.Config(token=Secret("hunter2"), channel="#syria"),
    "webhook": webhook.Config(
        url="https://siem.example/hunter2", secret=Secret("hunter2")
    ),
    "discord": discord.Config(webhook=Secret("https://discord.example/hunter2")),
    "telegram": telegram.Config(token=Secret("hunter2"), chat="@syria"),
    "teams": teams.Config(webhook=Secret("https://teams.example/hunter2")),
    "matrix": matrix.Config(
        homeserver="https://m.example", token=Secret("hunter2"), room="!a:m.example"
    ),
    "ntfy": ntfy.Config(topic="syria", token=Secret("hunter2")),
}
HOSTILE = (
    "",
    " ",
    "x" * 5_000,
    "é" * 5_000,
    "Subject\r\nBcc: eve@example.org\r\n\r\nBody",
    "a\nb\x0bc\x0cd\x85e\u2028f\u2029g",
    "\x00\x07\x1b[31mred\x1b[0m\x9b31m",
    "\u202egnitteS\u202c \u2066isolated\u2069",
    "half \ud800 a \udfff pair",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "</title></a></td></table><!-- -->]]>",
    "{{ 7 * 7 }} {% raw %} ${x} %s %(name)s {0}",
    "<!channel> <!here> <@U1> @everyone *bold* _it_ `code` ~no~",
    "=?utf-8?q?=42cc=3A?= =?utf-8?b?QmNjOg==?=",
    "From the start\n.\n..\nFrom here",
    "https://a.example/<b>\"quoted\"'single'&amp;&#x41;",
    "غارة جوية على حلب 22 قتيلا",
    "阿勒颇遭空袭",
    "👩‍👩‍👧‍👦 zero\u200bwidth\ufeff e" + "\u0301" * 200,
    "| table | pipes |\n|---|---|",
)
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
TARGET = Target(address="ana@example.org", id="d1:mail:ana@example.org")


def digest(text: str, kind: str = "digest") -> Digest:
    """A rendered digest with a text of a feed wherever one can stand."""
    found = story(
        text,
        "https://a.example/1",
        source=text,
        origin=text,
        excerpt=text,
        articles=(
            member(1, "https://a.example/1", text, text),
            member(2, "https://b.example/2", text, text),
        ),
    )
    slot = DIGEST.slot if kind == "digest" else None
    stories = () if kind in ("notice", "test") else (found, *STORIES)
    return render(
        replace(
            DIGEST,
            kind=kind,
            slot=slot,
            name=text,
            notice=text if kind in ("notice", "test") else "",
            stories=stories,
            shown=len(stories),
        )
    )


@pytest.fixture(params=channels.types())
def channel(request: pytest.FixtureRequest) -> Channel:
    return SAMPLES[request.param]


def test_every_file_of_the_folder_is_a_channel_with_a_sample_here() -> None:
    found = channels.types()

    files = {path.stem for path in Path(channels.__file__).parent.glob("*.py")}
    assert set(found) == files - {"__init__", *channels.NO_TYPES} == set(SAMPLES)
    assert [type(SAMPLES[name]) for name in found] == [
        channels.config_class(name) for name in found
    ]


def test_a_configuration_is_frozen_and_shows_no_secret(channel: Channel) -> None:
    first, *_ = dataclasses.fields(type(channel))  # type: ignore[arg-type]  # it is one

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(channel, first.name, None)

    assert "hunter2" not in f"{channel!r} {channel}"


def test_a_channel_has_targets_and_an_asynchronous_send(channel: Channel) -> None:
    targets = channel.targets()

    assert targets
    assert len(set(targets)) == len(targets)
    assert inspect.iscoroutinefunction(channel.send)
    assert list(inspect.signature(channel.send).parameters) == ["part", "thread"]


def test_rendering_the_same_gives_the_same_bytes(channel: Channel) -> None:
    before = digest("Airstrikes hit Aleppo")

    first = channel.render(before, TARGET)
    again = channel.render(digest("Airstrikes hit Aleppo"), TARGET)

    assert first
    assert again == first
    assert [part.payload for part in again] == [part.payload for part in first]
    assert before == digest("Airstrikes hit Aleppo")


def test_parts_carry_their_target_and_the_identity_of_the_delivery(
    channel: Channel,
) -> None:
    shown = digest("Airstrikes hit Aleppo")
    other = Target(address="sami@example.org", id="d1:mail:sami@example.org")

    mine, theirs = channel.render(shown, TARGET), channel.render(shown, other)

    ids = [part.id for part in (*mine, *theirs)]
    assert {part.target for part in mine} == {"ana@example.org"}
    assert {part.target for part in theirs} == {"sami@example.org"}
    assert mine[0].id == TARGET.id
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("kind", ["digest", "instant", "notice", "test"])
@pytest.mark.parametrize("title", HOSTILE, ids=ascii)
def test_no_title_breaks_a_channel(channel: Channel, title: str, kind: str) -> None:
    parts = channel.render(digest(title, kind), TARGET)

    text = b"".join(part.payload for part in parts).decode("utf-8")
    assert text.strip()
    assert not CONTROLS.search(text)


@settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(title=st.text(max_size=300))
def test_no_random_title_breaks_a_channel(channel: Channel, title: str) -> None:
    parts = channel.render(digest(title), TARGET)

    assert all(part.payload for part in parts)
