"""The limits of each far side, whatever a feed says."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.channels import Channel, discord, slack, teams, telegram
from monitor.channels.slack_limits import faults
from monitor.digests.render import render
from monitor.models import Digest, Secret, Target
from tests.channels.test_contract import HOSTILE, SAMPLES, digest
from tests.digests.digest_samples import DIGEST, story

TARGET = Target(address="#syria", id="delivery1")
WEBHOOK = slack.Config(webhook=Secret("https://hooks.example/x"))


def payloads(channel: Channel, shown: Digest) -> list[dict[str, Any]]:
    return [json.loads(part.payload) for part in channel.render(shown, TARGET)]


def many(
    count: int, title: str = "Airstrikes & <more> in Aleppo", words: int = 60
) -> Digest:
    stories = tuple(
        story(f"{title} {n}", f"https://a.example/{n}", excerpt="Word & <b> * " * words)
        for n in range(count)
    )
    return render(replace(DIGEST, stories=stories, shown=count))


# --- slack ---

TEXT = {"type": "mrkdwn", "text": "x"}
GOOD: dict[str, Any] = {"text": "x", "blocks": []}


def blocks(*found: dict[str, Any]) -> dict[str, Any]:
    return {"text": "x", "blocks": list(found)}


@pytest.mark.parametrize(
    "payload",
    [
        blocks({"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}),
        blocks({"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}),
        blocks({"type": "header", "text": TEXT}),
        blocks({"type": "context", "elements": [TEXT] * 11}),
        blocks({"type": "section", "fields": [TEXT] * 11}),
        blocks(
            {"type": "section", "fields": [{"type": "mrkdwn", "text": "x" * 2_001}]}
        ),
        blocks({"type": "section", "text": {"type": "mrkdwn", "text": ""}}),
        {"blocks": []},
        blocks(*[{"type": "divider"}] * 51),
        {"text": " "},
        {"text": "x" * 40_001},
        blocks({"type": "video"}),
        blocks({"type": "section"}),
        blocks({"type": "context", "elements": []}),
        blocks({"type": "rich_text", "elements": []}),
        blocks(
            {
                "type": "rich_text",
                "elements": [{"elements": [{"type": "text", "text": ""}]}],
            }
        ),
        blocks(
            {
                "type": "rich_text",
                "elements": [{"elements": [{"type": "link", "url": "x" * 3_001}]}],
            }
        ),
        blocks(
            {
                "type": "rich_text",
                "elements": [{"elements": [{"type": "text", "text": "x" * 3_001}]}],
            }
        ),
    ],
)
def test_the_checker_catches_what_slack_refuses(payload: dict[str, Any]) -> None:
    assert faults(payload)


def test_the_checker_lets_pass_what_slack_takes() -> None:
    section = {"type": "section", "text": TEXT, "fields": [TEXT]}
    context = {"type": "context", "elements": [TEXT]}

    assert faults(blocks(section, context, {"type": "divider"})) == []


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(title=st.text(max_size=400), excerpt=st.text(max_size=400))
def test_random_words_never_make_an_invalid_slack_payload(
    title: str, excerpt: str
) -> None:
    found = story(title, "https://a.example/1", excerpt=excerpt, source=title)
    shown = render(replace(DIGEST, stories=(found,), shown=1, name=title))

    for channel in (WEBHOOK, SAMPLES["slack"]):
        for payload in payloads(channel, shown):
            assert faults(payload) == []
            assert payload["blocks"]


@pytest.mark.parametrize("title", HOSTILE, ids=ascii)
def test_no_title_speaks_slacks_mark_up(title: str) -> None:
    (payload,) = payloads(WEBHOOK, digest(title))

    assert "<!" not in payload["text"]
    assert "<@" not in payload["text"]
    assert not [b for b in payload["blocks"] if b["type"] in ("section", "context")]


def test_a_bot_continues_in_its_thread_and_a_webhook_says_how_many_more() -> None:
    bot = payloads(SAMPLES["slack"], many(60))
    (hook,) = payloads(WEBHOOK, many(60))

    assert [p["blocks"][0]["type"] for p in bot] == ["header", "rich_text", "rich_text"]
    assert sum(len(p["blocks"]) for p in bot) == 61
    assert "and 36 more stories" in json.dumps(hook)
    assert len(hook["blocks"]) == 26


# --- the others ---


@pytest.mark.parametrize("shown", [many(1), many(40), many(40, "é" * 290, 200)])
def test_discord_messages_stay_within_its_limits(shown: Digest) -> None:
    for payload in payloads(SAMPLES["discord"], shown):
        embeds = payload["embeds"]
        sizes = [
            len(e["title"]) + len(e["description"]) + len(e["footer"]["text"])
            for e in embeds
        ]
        assert len(payload["content"]) <= 2_000
        assert len(embeds) <= 10
        assert sum(sizes) <= 6_000
        assert all(len(e["title"]) <= 256 for e in embeds)


def test_discord_shows_mark_up_as_it_is_written() -> None:
    assert discord.escaped("*a* @b <c>") == r"\*a\* \@b \<c\>"


class _Balance(HTMLParser):
    """Raises what Telegram would answer with 400."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert tag in ("a", "b", "i"), attrs
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("title", HOSTILE, ids=ascii)
def test_telegram_messages_are_balanced_and_short_enough(title: str) -> None:
    for shown in (digest(title), many(30, title)):
        for payload in payloads(SAMPLES["telegram"], shown):
            balance = _Balance()
            balance.feed(payload["text"])
            assert balance.open == []
            assert len(payload["text"]) <= 4_096


def test_a_story_too_long_for_telegram_loses_its_excerpt_not_its_title() -> None:
    (payload,) = payloads(
        telegram.Config(token=Secret("t"), chat="@c"),
        render(
            replace(
                DIGEST,
                stories=(story("Long one", excerpt="<&>" * 600),),
                shown=1,
            )
        ),
    )

    assert "Long one" in payload["text"]


def test_teams_cards_stay_below_what_teams_takes() -> None:
    parts = SAMPLES["teams"].render(many(60, "é" * 200), TARGET)

    assert len(parts) > 1
    assert all(len(part.payload) <= teams.MAX_BYTES + 2_000 for part in parts)


def test_matrix_says_how_many_it_leaves_out() -> None:
    (payload,) = payloads(SAMPLES["matrix"], many(100, "é" * 290, 150))

    assert "more" in payload["formatted_body"]
    assert len(json.dumps(payload, ensure_ascii=False).encode()) < 65_000


def test_ntfy_sends_headlines_and_opens_the_first_story() -> None:
    (payload,) = payloads(SAMPLES["ntfy"], many(40))
    (one,) = payloads(SAMPLES["ntfy"], many(1))

    assert payload["click"] == "https://a.example/0"
    assert "and 25 more" in payload["message"]
    assert len(payload["message"].encode()) <= 4_096
    assert "Why: " in one["message"]


def test_an_urgent_story_is_loud_on_a_phone() -> None:
    loud = render(replace(DIGEST, stories=(story(priority="urgent"),), shown=1))

    (payload,) = payloads(SAMPLES["ntfy"], loud)

    assert payload["priority"] == 5
