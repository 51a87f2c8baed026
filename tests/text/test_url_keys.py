"""One article, one key, whatever stands around its address."""

import json
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.text.url_keys import url_key

CASES = Path(__file__).parents[3] / "shared" / "cases" / "urls.jsonl"
ARTICLE = "https://www.example.com/news/aleppo-1"

HOSTS = st.text("abwcm.:[]1@ü ", min_size=1, max_size=12)
RESTS = st.text("abu./?#&=%+;é中\ud800\udce9\t -~'\"\\<>!:@25", max_size=25)
URLS = st.builds(
    lambda scheme, host, rest: scheme + host + rest,
    st.sampled_from(["http://", "https://www.", "HTTPS://m.", "https://www.m.", ""]),
    HOSTS,
    RESTS | st.text(max_size=15),
)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.com/news/aleppo-1",
        "https://example.com/news/aleppo-1",
        "HTTPS://WWW.EXAMPLE.COM/news/aleppo-1",
        "https://m.example.com/news/aleppo-1",
        "https://www.m.example.com/news/aleppo-1",
        "https://www.example.com:443/news/aleppo-1",
        "http://www.example.com:80/news/aleppo-1",
        "https://www.example.com./news/aleppo-1",
        "https://ana:secret@www.example.com/news/aleppo-1",
        "https://www.example.com/news/aleppo-1/",
        "https://www.example.com//news//aleppo-1",
        "https://www.example.com/news/%61leppo%2D1",
        "https://www.example.com/news/aleppo-1#comments",
        "https://www.example.com/news/aleppo-1?",
        "  https://www.example.com/news/aleppo-1 \n",
    ],
)
def test_addresses_of_one_article_have_one_key(url: str) -> None:
    key = url_key(url)

    assert key == url_key(ARTICLE) == "example.com/news/aleppo-1"


@pytest.mark.parametrize(
    "query",
    [
        "utm_source=rss&utm_medium=feed",
        "UTM_Campaign=x",
        "at_medium=RSS",
        "fbclid=1",
        "gclid=2",
        "mc_cid=3",
        "igshid=4",
        "CMP=share",
        "ns_mchannel=social",
        "wt.mc_id=5",
        "xtor=RSS-1",
        "ref=rss",
        "ref=Twitter",
        "source=rss",
        "from=feed",
        "cid=rss",
        "s=20",
    ],
)
def test_tracking_parameters_are_dropped(query: str) -> None:
    keys = url_key(f"{ARTICLE}?{query}"), url_key(f"{ARTICLE}?id=7&{query}")

    assert keys == (url_key(ARTICLE), url_key(f"{ARTICLE}?id=7"))


@pytest.mark.parametrize(
    "query",
    [
        "ref=2",
        "source=ap",
        "from=2026-01-01",
        "cid=123",
        "s=21",
        "id=",
        "p=rss",
        "a_utm=1",
    ],
)
def test_ambiguous_parameters_stay_unless_their_value_is_known(query: str) -> None:
    key = url_key(f"{ARTICLE}?{query}")

    assert key == f"example.com/news/aleppo-1?{query}"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.example/a", "https://e.example/b"),
        ("https://e.example/a", "https://e.example/A"),
        ("https://e.example/a", "https://e.example:8443/a"),
        ("https://e.example/a?id=1", "https://e.example/a?id=2"),
        ("https://e.example/a?id=1", "https://e.example/a%3Fid=1"),
        ("https://e.example/a#b", "https://e.example/a%23!b"),
        ("https://e.example/%E9", "https://e.example/%E8"),
        ("https://e.example/?q=%E9", "https://e.example/?q=%E8"),
        ("https://e.example/#!/a", "https://e.example/#!/b"),
        ("https://e.example/t#post-1", "https://e.example/t#post-2"),
        ("https://news.e.example/a", "https://e.example/a"),
    ],
)
def test_different_articles_have_different_keys(one: str, other: str) -> None:
    keys = url_key(one), url_key(other)

    assert keys[0] != keys[1]


def test_the_order_of_parameters_makes_no_difference() -> None:
    keys = url_key(f"{ARTICLE}?b=2&a=1&b=1"), url_key(f"{ARTICLE}?b=1&b=2&a=1")

    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "url", ["http://a:port/", "http://a:70000/", "http://a/?b=\ud800"]
)
def test_an_unusable_port_or_character_gives_no_key(url: str) -> None:
    key = url_key(url)

    assert key == ""


@given(URLS)
@example("http://www.m.example.com/")
@example("http://1\u00b4")
@example("http://a/b%2541?c=%25")
@example("http://a/\u0660\ufe00?\udce9#!/ ")
def test_canonical_twice_is_canonical_once(url: str) -> None:
    key = url_key(url)

    assert not key or url_key(f"https://{key}") == key


# --- what else stands in an address ---


@pytest.mark.parametrize(
    "query",
    [
        "msclkid=1",
        "__twitter_impression=true",
        "smid=tw-share",
        "sh=3f2a",
        "rss",
        "amp=1",
        "outputType=amp",
        "feed=rss2",
        "replytocom=55",
        "amp;utm_source=feed",
        "_hsenc=p2&_hsmi=1",
        "guccounter=1&guce_referrer=x&guce_referrer_sig=y",
        "PHPSESSID=1",
    ],
)
def test_what_counts_visitors_or_changes_the_view_is_dropped(query: str) -> None:
    assert url_key(f"{ARTICLE}?{query}") == url_key(ARTICLE)


@pytest.mark.parametrize("query", ["sh=250", "amp=guitar", "feed=7", "print=12"])
def test_the_same_name_with_another_value_stays(query: str) -> None:
    assert url_key(f"{ARTICLE}?{query}") != url_key(ARTICLE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.example/a-1/amp", "https://e.example/a-1"),
        ("https://e.example/a.amp", "https://e.example/a"),
        ("https://e.example/a.amp.html", "https://e.example/a.html"),
        ("https://e.example/a/print/", "https://e.example/a"),
        ("https://e.example/a/index.html", "https://e.example/a/"),
        ("https://e.example/default.aspx?id=1", "https://e.example/?id=1"),
        ("https://e.example/a;jsessionid=1A", "https://e.example/a"),
        ("https://e.example/./a/../b", "https://e.example/b"),
        ("https://e.example/../b", "https://e.example/b"),
        ("https://b\u00fccher.example/a", "https://xn--bcher-kva.example/a"),
    ],
)
def test_another_way_to_the_same_page_has_its_key(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://e.example/amp", "https://e.example/"),
        ("https://e.example/guitars/amp", "https://e.example/guitars"),
        ("https://e.example/print", "https://e.example/"),
        ("https://e.example/a.html", "https://e.example/a"),
    ],
)
def test_a_page_about_the_thing_keeps_its_own_key(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://edition.cnn.com/x/index.html", "https://www.cnn.com/x/"),
        ("https://old.reddit.com/r/a/1", "https://reddit.com/r/a/1"),
        ("https://www.bbc.co.uk/news/a-1", "https://www.bbc.com/news/a-1"),
        ("https://twitter.com/a/status/1?s=20&t=x", "https://x.com/a/status/1"),
        ("https://youtu.be/abc?si=tok", "https://www.youtube.com/watch?v=abc"),
        ("https://youtube.com/shorts/abc", "https://m.youtube.com/watch?v=abc&pp=x"),
        ("https://en.m.wikipedia.org/wiki/A", "https://en.wikipedia.org/wiki/A"),
    ],
)
def test_a_site_with_several_names_has_one(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)


def test_a_video_is_not_another_one() -> None:
    keys = {
        url_key(f"https://{url}")
        for url in ("youtu.be/a", "youtu.be/b", "youtube.com/shorts/c", "youtu.be")
    }

    assert len(keys) == 4


@pytest.mark.parametrize(
    "wrapped",
    [
        "https://www.google.com/url?q=https%3A%2F%2Fexample.com%2Fa%3Fid%3D1&sa=D",
        "https://www.google.co.uk/url?url=https://example.com/a?id=1",
        "https://www.google.com/amp/s/www.example.com/a?id=1",
        "https://example-com.cdn.ampproject.org/c/s/example.com/a?id=1",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fa%3Fid%3D1&h=AT",
        "https://www.bing.com/news/apiclick.aspx?ref=F&url=https%3a%2f%2fexample.com%2fa%3fid%3d1",
        "https://out.reddit.com/t3_x?url=https%3A%2F%2Fexample.com%2Fa%3Fid%3D1",
        "https://www.youtube.com/redirect?event=v&q=https%3A%2F%2Fexample.com%2Fa%3Fid%3D1",
        "https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Fexample.com%252Fa%253Fid%253D1",
    ],
)
def test_an_address_inside_of_another_one_is_found(wrapped: str) -> None:
    assert url_key(wrapped) == "example.com/a?id=1"


def test_addresses_are_unwrapped_a_few_times_only() -> None:
    url = "https://example.com/a"
    for _ in range(4):
        url = f"https://www.google.com/url?{urlencode({'q': url})}"

    assert url_key(url).startswith("google.com/url?q=")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.google.com/url?q=javascript:alert(1)",
        "https://www.google.com/search?q=https://example.com/a",
        "https://www.google.com/url",
        "https://notgoogle.com/url?q=https://example.com/a",
        "https://web.archive.org/web/2020/https://example.com/a",
    ],
)
def test_other_addresses_that_hold_one_are_their_own(url: str) -> None:
    assert "example.com/a" != url_key(url) != ""


@pytest.mark.parametrize(
    ("query", "stays"),
    [
        ("sid=9&id=4", False),
        ("sid=0123456789abcdef", False),
        ("name=News&file=article&sid=9", True),
        ("sid=9", True),
    ],
)
def test_a_session_is_dropped_and_an_old_article_number_is_not(
    query: str, stays: bool
) -> None:
    assert ("sid=" in url_key(f"{ARTICLE}?{query}")) == stays


@pytest.mark.skipif(not CASES.exists(), reason="the solved cases are not beside us")
def test_the_solved_cases_are_all_right() -> None:
    pairs = [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]

    wrong = [p for p in pairs if p["same"] != (url_key(p["a"]) == url_key(p["b"]))]

    assert wrong == []
