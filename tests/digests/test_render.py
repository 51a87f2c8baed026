"""What a digest looks like: subject, text and HTML."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import lxml.etree
import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.channels import email
from monitor.digests import wording
from monitor.digests.palette import DARK, LIGHT, Palette, contrast
from monitor.digests.render import render, templates_dir
from monitor.models import Cause, Coverage, Digest, RuleLine, Target
from tests.digests.digest_samples import DIGEST, NOW, SLOT, STORIES, member, story, utc

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = (
    "<script>alert(1)</script>",
    "Fish & chips <b>bold</b>",
    "x\r\nBcc: victim@example.org",
    "<!channel> <@U1> @everyone",
    "\u202egnirts desrever",
    "T" * 10_000,
    "{{ 7 * 7 }} {% raw %}",
    '" onmouseover="alert(1)',
    "*_~`|",
    "\x00\x1b[31m",
    "",
)


def links(text: str) -> list[str]:
    """The addresses of a text, each once, in order."""
    found = re.findall(r"(?:https?|mailto):[^\s\"<>]+", html.unescape(text))
    return list(dict.fromkeys(found))


def hrefs(page: str) -> list[str]:
    found = re.findall(r'href="([^"]*)"', page)
    return list(dict.fromkeys(html.unescape(f) for f in found if not f.startswith("#")))


def dangers(page: str) -> list[str]:
    """Elements and attributes that run something; the page is parsed as by a browser."""
    tree = lxml.html.fromstring(page)
    running = [e.tag for e in tree.iter("script", "iframe", "object", "form")]
    handlers = [
        n for e in tree.iter(lxml.etree.Element) for n in e.attrib if n.startswith("on")
    ]
    return running + handlers


def visible(page: str) -> str:
    body = page.partition("<body")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", body)).split())


def test_the_text_part_reads_as_it_always_did() -> None:
    text = render(DIGEST).text

    golden = GOLDEN / "digest.txt"
    assert text == golden.read_text("utf-8")


def test_both_parts_carry_the_same_links_in_the_same_order() -> None:
    digest = render(DIGEST)

    assert links(digest.text) == hrefs(digest.html)


def test_the_same_values_give_the_same_bytes() -> None:
    assert render(DIGEST) == render(DIGEST)


def test_no_line_of_the_text_is_wider_than_76_but_for_urls() -> None:
    lines = render(DIGEST).text.split("\n")

    assert all(len(line) <= 76 or "://" in line for line in lines)
    assert all(line.split() == [line.strip()] for line in lines if "://" in line)


def test_the_text_holds_no_markup_and_nothing_without_width() -> None:
    text = render(DIGEST).text

    assert "<" not in text
    assert "|" not in text
    assert not re.search("[\u00ad\u200b-\u200f\u2060\ufeff]", text)


@pytest.mark.parametrize("title", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_does_no_harm(title: str) -> None:
    hostile = story(title, excerpt=f"{title} and more", source=title, origin=title)
    digest = render(replace(DIGEST, stories=(hostile,), shown=1, name=title or "x"))

    assert "\n" not in digest.subject
    assert len(digest.subject) <= 120
    assert dangers(digest.html) == []
    assert not re.search("[\x00-\x08\x1b\u202e]", digest.html + digest.text)
    assert "49" not in visible(digest.html).partition("Istanbul")[0]


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "", "http://"]
)
def test_an_address_that_is_no_web_page_is_no_link(url: str) -> None:
    digest = render(replace(DIGEST, stories=(story("A title", url),), shown=1))

    assert "A title" in digest.html
    assert "javascript:" not in digest.html
    assert hrefs(digest.html) == []


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_every_text_can_be_read_on_its_ground(palette: Palette) -> None:
    assert all(contrast(text, ground) >= 4.5 for text, ground in palette.pairs())


def test_style_blocks_are_short_enough_for_gmail() -> None:
    blocks = re.findall(r"<style[^>]*>(.*?)</style>", render(DIGEST).html, re.DOTALL)

    assert blocks
    assert all(len(block) < 8_192 for block in blocks)


def test_the_page_loads_nothing_from_anywhere() -> None:
    page = render(DIGEST).html

    assert not re.search(r"<(?:img|script|link|iframe)\b|url\(|@import", page)


def test_an_arabic_story_runs_from_right_to_left() -> None:
    page = render(DIGEST).html

    assert re.search(r'<div[^>]*lang="ar"[^>]*dir="rtl"', page) or re.search(
        r'<div[^>]*dir="rtl"[^>]*lang="ar"', page
    )


def test_matched_words_are_marked_in_both_parts() -> None:
    digest = render(DIGEST)

    assert "*airstrikes*" in digest.text
    assert re.search(r'<span class="mk"[^>]*>airstrikes</span>', digest.html)


def test_a_digest_that_is_hours_late_tells_no_relative_times() -> None:
    late = render(replace(DIGEST, now=NOW + timedelta(hours=4)))

    assert "ago" in render(DIGEST).text
    assert "minutes ago" not in late.text


def test_stories_beyond_the_limit_are_headlines_and_count_as_told() -> None:
    many = tuple(
        story(f"Story number {n}", f"https://a.example/{n}") for n in range(60)
    )
    digest = render(replace(DIGEST, stories=many, shown=5))

    assert "55 more stories" in digest.text
    assert "Story number 24" in digest.text
    assert "Story number 25" not in digest.text
    assert links(digest.text) == hrefs(digest.html)


def test_what_is_wrong_with_feeds_is_said() -> None:
    text = render(DIGEST).text

    assert "187 of 190 feeds read" in text
    assert "orient-world" in text
    assert "HTTP 403" in text
    assert "500" in text


def test_rules_without_a_story_are_named() -> None:
    assert "No match: Idlib, grain" in render(DIGEST).text


def test_an_empty_digest_says_what_was_watched() -> None:
    digest = render(replace(DIGEST, stories=(), shown=0))

    assert digest.subject == "0 matches; 187 of 190 feeds read · Syria desk"
    assert "No match" in digest.text
    assert "187 of 190 feeds read" in visible(digest.html)


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("notice", "monitor: 38 new entries are held"),
        ("test", "Test: 38 new entries are held · Syria desk"),
    ],
)
def test_a_notice_has_its_first_line_as_subject(kind: str, subject: str) -> None:
    notice = "38 new entries are held\n\nSee them: monitor floods list"
    digest = render(
        replace(DIGEST, kind=kind, slot=None, window=None, stories=(), notice=notice)
    )

    assert digest.subject == subject
    assert "monitor floods list" in digest.text
    assert "monitor floods list" in visible(digest.html)


def instant(**changes: object) -> Digest:
    one = replace(STORIES[0], **changes)  # type: ignore[arg-type]  # a story's own fields
    return replace(
        DIGEST, kind="instant", slot=None, window=None, stories=(one,), shown=1
    )


@pytest.mark.parametrize(
    ("changes", "start"),
    [
        ({"priority": "normal"}, "Airstrikes hit two districts"),
        ({}, "Urgent: Airstrikes hit"),
        ({"status": "update", "cause": Cause.FIGURE}, "Urgent: Update: Airstrikes"),
        ({"title": ""}, "Urgent: (no title)"),
    ],
)
def test_an_alert_has_its_story_as_subject(
    changes: dict[str, object], start: str
) -> None:
    digest = render(instant(**changes))

    assert digest.subject.startswith(start)
    assert digest.subject.endswith(" · Air strikes, Aleppo")
    assert 40 <= len(wording.preheader(digest)) <= 110


@pytest.mark.parametrize("cause", Cause)
def test_an_update_says_why_it_comes_again(cause: Cause) -> None:
    digest = render(instant(status="update", cause=cause))

    assert "UPDATE" in digest.text
    assert wording._CAUSES[cause] in digest.text


def test_many_rules_are_summed_up_in_the_subject() -> None:
    rules = tuple(
        RuleLine(name=f"r{n}", title=f"A rule with a long name {n}", query="x")
        for n in range(12)
    )
    stories = tuple(
        story(f"Title {n}", f"https://a.example/{n}", rules=(f"r{n}",))
        for n in range(12)
    )
    digest = render(replace(DIGEST, rules=rules, stories=stories, shown=12))

    assert len(digest.subject) <= 120
    assert digest.subject == (
        "A rule with a long name 0: 1 story; 11 stories of 11 rules more · Syria desk"
    )
    assert "6 more rules" in digest.text


def test_a_story_of_a_rule_that_is_gone_stands_under_other() -> None:
    digest = render(replace(DIGEST, stories=(story(rules=("gone",)),), shown=1))

    assert "Other" in digest.text


def test_a_weak_hit_and_another_article_are_explained() -> None:
    weak = tuple(
        replace(match, weak=True, article="https://other.example/1")
        for match in STORIES[0].matches
    )
    digest = render(instant(matches=weak))

    assert "main text" in digest.text
    assert "other.example" in digest.text


def test_more_sources_than_fit_are_counted() -> None:
    members = tuple(
        member(
            n,
            f"https://m{n}.example/",
            f"Report {n}",
            f"Outlet {n}",
            copy_of="x" if n > 9 else None,
        )
        for n in range(14)
    )
    digest = render(instant(articles=members))

    assert "and 6 more, 4 copies among them" in digest.text


def test_a_match_of_an_article_that_is_not_carried_names_its_source() -> None:
    late = replace(
        STORIES[0].matches[0], article="https://late.example/", source="Late News"
    )

    digest = render(instant(matches=(late,), more_articles=2_400))

    assert "Late News" in digest.text


def test_articles_that_a_story_does_not_carry_are_counted() -> None:
    one = story(articles=(member(0, "https://m.example/", "Report", "Outlet 0"),))
    large = replace(
        one, more_articles=2_409, more_copies=7, more_sources=("Outlet 1", "Outlet 2")
    )

    digest = render(replace(DIGEST, stories=(large,), shown=1))

    assert "and 2409 more, 7 copies among them" in digest.text
    assert "from 2410 articles by 4 sources" in " ".join(digest.text.split())


def test_times_of_other_days_and_years_carry_their_day() -> None:
    stories = tuple(
        story(f"T{n}", f"https://a.example/{n}", published=when)
        for n, when in enumerate(
            (utc(20, 9, 0), utc(1, 9, 0), utc(1, 9, 0).replace(year=2024), None)
        )
    )
    text = render(replace(DIGEST, stories=stories, shown=4)).text

    assert "Friday 12:00" in text
    assert "1 Nov 12:00" in text
    assert "1 Nov 2024 12:00" in text


def test_a_time_out_of_all_calendars_does_not_stop_a_digest() -> None:
    odd = utc(1, 0, 0).replace(year=1, month=1)
    digest = render(
        replace(
            DIGEST,
            stories=(story(published=odd),),
            shown=1,
            timezone="America/New_York",
        )
    )

    assert "Grain ship" in digest.text


def test_a_quiet_world_needs_no_warning_box() -> None:
    good = Coverage(feeds=8, read=8)
    digest = render(replace(DIGEST, coverage=good))

    assert not wording.troubled(good)
    assert "8 of 8 feeds read" in digest.text


def test_the_templates_are_found() -> None:
    assert (templates_dir() / "digest.html.j2").is_file()


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(max_size=200),
    excerpt=st.text(max_size=400),
    marks=st.lists(st.tuples(st.integers(-5, 500), st.integers(-5, 500)), max_size=5),
    language=st.text(max_size=8),
    url=st.text(max_size=80),
)
def test_no_text_and_no_mark_breaks_rendering(
    title: str, excerpt: str, marks: list[tuple[int, int]], language: str, url: str
) -> None:
    odd = replace(
        STORIES[0],
        title=title,
        excerpt=excerpt,
        marks=tuple(marks),
        title_marks=tuple(marks),
        language=language,
        url=url,
    )

    digest = render(replace(DIGEST, stories=(odd,), shown=1, slot=SLOT))

    assert digest.text.strip()
    assert "\n" not in digest.subject
    assert dangers(digest.html) == []


# --- large digests ---


@pytest.mark.parametrize(
    "title",
    ["Airstrikes hit Aleppo = again & again", "غارات جوية تستهدف ريف حلب الغربي"],
)
def test_a_large_day_stays_below_what_mailboxes_show(title: str) -> None:
    stories = tuple(
        story(f"{title} {n}", f"https://a.example/{n}", excerpt=f"{title}. " * 8)
        for n in range(500)
    )
    digest = replace(DIGEST, stories=stories, shown=40, base_url="https://m.example")

    found = render(digest)

    message = email.Config(to=("ana@example.org",)).render(
        found, Target(address="ana@example.org", id="d1")
    )[0]
    parsed = message_from_bytes(message.payload)
    html = next(p for p in parsed.walk() if p.get_content_type() == "text/html")
    assert len(str(html.get_payload())) < 90_000
    assert found.shown > 5
    assert "187 of 190 feeds read" in found.html
    assert "/unsubscribe/" in found.html
    assert "more stories" in found.html
    assert len(found.briefs) == 40
    assert "(500 stories, 500 articles)" in found.text
    assert set(hrefs(found.html)) == set(links(found.text))


def test_a_developing_story_is_said_in_subject_and_badge() -> None:
    growing = replace(STORIES[0], developing=True)

    found = render(replace(DIGEST, stories=(growing,), shown=1))

    assert found.subject == "Air strikes, Aleppo: 1 story, 1 developing · Syria desk"
    assert "[DEVELOPING]" in found.text
