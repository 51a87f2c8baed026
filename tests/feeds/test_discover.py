import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.feeds.discover import (
    MAX_CANDIDATES,
    Candidate,
    forms,
    guesses,
    linked,
)
from monitor.text.urls import is_web

SITE = "https://levantwire.example"
PAGE = f"{SITE}/news/today"
CHANNEL = "UCabcdefghijklmnopqrstuv"
VIDEOS = "https://www.youtube.com/feeds/videos.xml"
GARBAGE = hashlib.shake_128(b"garbage").digest(1_000_000)


def link(
    href: str, *, title: str = "", kind: str = "application/rss+xml", rel: str = ""
) -> str:
    return (
        f'<link rel="{rel or "alternate"}" type="{kind}" title="{title}" href="{href}">'
    )


def find(page: str, url: str = PAGE) -> tuple[Candidate, ...]:
    return linked(page.encode(), url)


def urls(page: str, url: str = PAGE) -> list[str]:
    return [candidate.url for candidate in find(page, url)]


# --- what well-known sites call their feeds ---


@pytest.mark.parametrize(
    ("page", "feed"),
    [
        (f"www.youtube.com/channel/{CHANNEL}", f"{VIDEOS}?channel_id={CHANNEL}"),
        (f"m.youtube.com/channel/{CHANNEL}/videos", f"{VIDEOS}?channel_id={CHANNEL}"),
        ("www.youtube.com/playlist?list=PL-a_1", f"{VIDEOS}?playlist_id=PL-a_1"),
        ("youtube.com/playlist?a=1&list=PL1&b=2", f"{VIDEOS}?playlist_id=PL1"),
        ("www.reddit.com/r/syria", "https://www.reddit.com/r/syria/.rss"),
        ("old.reddit.com/r/syria+iraq/", "https://www.reddit.com/r/syria+iraq/.rss"),
        ("reddit.com/r/syria/new/?a=1", "https://www.reddit.com/r/syria/new/.rss"),
        ("reddit.com/r/syria/.rss", "https://www.reddit.com/r/syria/.rss"),
        ("www.reddit.com/r/a/comments/1/b/", "https://www.reddit.com/r/a/.rss"),
        ("www.reddit.com/u/some-one", "https://www.reddit.com/user/some-one/.rss"),
        ("www.reddit.com/user/x/submitted", "https://www.reddit.com/user/x/.rss"),
        ("github.com/o/r/releases", "https://github.com/o/r/releases.atom"),
        ("github.com/o/r/releases/tag/v1", "https://github.com/o/r/releases.atom"),
        ("github.com/o/r.js/tags", "https://github.com/o/r.js/tags.atom"),
        ("github.com/o/r/commits", "https://github.com/o/r/commits.atom"),
        ("github.com/o/r/commits/a/b/", "https://github.com/o/r/commits/a/b.atom"),
        ("github.com/some-one", "https://github.com/some-one.atom"),
        ("www.github.com/some-one/?tab=x", "https://github.com/some-one.atom"),
        ("gitlab.com/g/s/p/-/releases", "https://gitlab.com/g/s/p/-/releases.atom"),
        ("git.a.example/g/p/-/releases/v1", "https://git.a.example/g/p/-/releases.atom"),
        ("git.a.example/g/p/-/tags", "https://git.a.example/g/p/-/tags?format=atom"),
        ("medium.com/@some.one", "https://medium.com/feed/@some.one"),
        ("medium.com/@some/a-story-1", "https://medium.com/feed/@some"),
        ("medium.com/publication", "https://medium.com/feed/publication"),
        ("medium.com/tag/syria", "https://medium.com/feed/tag/syria"),
        ("some-one.medium.com", "https://some-one.medium.com/feed"),
        ("some-one.medium.com/a-story-1", "https://some-one.medium.com/feed"),
        ("letters.substack.com", "https://letters.substack.com/feed"),
        ("letters.substack.com/p/one", "https://letters.substack.com/feed"),
        ("open.substack.com/pub/letters/p/a", "https://letters.substack.com/feed"),
        ("pictures.tumblr.com", "https://pictures.tumblr.com/rss"),
        ("pictures.tumblr.com/post/1/a", "https://pictures.tumblr.com/rss"),
        ("pictures.tumblr.com/tagged/a", "https://pictures.tumblr.com/tagged/a/rss"),
        ("www.tumblr.com/pictures", "https://pictures.tumblr.com/rss"),
        ("www.tumblr.com/blog/view/pictures", "https://pictures.tumblr.com/rss"),
        ("some.wordpress.com", "https://some.wordpress.com/feed/"),
        ("some.wordpress.com/2026/01/a/", "https://some.wordpress.com/feed/"),
        ("some.wordpress.com/tag/a/", "https://some.wordpress.com/tag/a/feed/"),
        ("bsky.app/profile/a.example", "https://bsky.app/profile/a.example/rss"),
        ("bsky.app/profile/did:plc:a1/post/2", "https://bsky.app/profile/did:plc:a1/rss"),
        ("mastodon.example/@some_one", "https://mastodon.example/@some_one.rss"),
        ("mastodon.example/@some_one/", "https://mastodon.example/@some_one.rss"),
        ("m.cmx.example:8443/@a/11", "https://m.cmx.example:8443/@a.rss"),
        ("www.a.example/@a/media", "https://www.a.example/@a.rss"),
    ],
)  # fmt: skip
def test_a_well_known_site_has_a_form_for_its_feeds(page: str, feed: str) -> None:
    found = forms(f"https://{page}"), forms(f" HTTP://{page}#top\n")

    assert found == ((feed,), (feed,))


@pytest.mark.parametrize(
    "page", ["o/r", "o/r/", "o/r.git", "o/r/issues?a=1", "o/r/tree/main/a"]
)
def test_of_a_repository_the_releases_come_first(page: str) -> None:
    found = forms(f"https://github.com/{page}")

    assert found == (
        "https://github.com/o/r/releases.atom",
        "https://github.com/o/r/tags.atom",
        "https://github.com/o/r/commits.atom",
    )


@pytest.mark.parametrize("page", ["g/p", "g/p/", "g/p/-/issues"])
def test_of_a_project_the_releases_come_first(page: str) -> None:
    found = forms(f"https://gitlab.com/{page}")

    assert found == (
        "https://gitlab.com/g/p/-/releases.atom",
        "https://gitlab.com/g/p/-/tags?format=atom",
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/@handle",
        "https://www.youtube.com/c/name",
        "https://www.youtube.com/user/name",
        "https://www.youtube.com/channel/short",
        "https://www.youtube.com/watch?v=a",
        f"{VIDEOS}?channel_id={CHANNEL}",
        "https://www.reddit.com/",
        "https://github.com/",
        "https://github.com/explore",
        "https://github.com/orgs/o/repositories",
        "https://github.com/some-one.atom",
        "https://github.com/o/r/commits/main.atom",
        "https://gist.github.com/some-one/1",
        "https://gitlab.com/explore/projects",
        "https://gitlab.com/g",
        "https://git.a.example/g/p",
        "https://medium.com/",
        "https://medium.com/p/1",
        "https://medium.com/feed/@some",
        "https://substack.com/@some",
        "https://www.tumblr.com/tagged/a",
        "https://wordpress.com/some",
        "https://www.wordpress.com/",
        "https://bsky.app/",
        "https://www.tiktok.com/@some",
        "https://www.threads.net/@some",
        "https://mastodon.example/@some@other.example",
        "https://mastodon.example/@some.rss",
        "https://mastodon.example/about",
        "https://notyoutube.com/channel/" + CHANNEL,
        "https://a.example/github.com/o/r",
        PAGE,
    ],
)
def test_no_form_is_made_up_for_other_pages(url: str) -> None:
    found = forms(url)

    assert found == ()


NO_WEB = ["", "a.example", "ftp://github.com/o/r", "https://[", "https://a:99999/@a",
          "https://github.com:x/o/r", "\ud800", f"https://a.example/{'a' * 4_000}"]  # fmt: skip


@pytest.mark.parametrize("url", NO_WEB)
def test_what_is_no_web_address_has_neither_forms_nor_guesses(url: str) -> None:
    found = forms(url), guesses(url)

    assert found == ((), ())


HOSTS = [
    "github.com", "gitlab.com", "medium.com", "a.medium.com", "a.substack.com",
    "www.tumblr.com", "a.tumblr.com", "a.wordpress.com", "bsky.app", "youtube.com",
    "reddit.com", "a.example",
]  # fmt: skip
PARTS = ["r", "user", "@a", "a", "-", "releases", "tags", "commits", "channel", "tag"]
ADDRESSES = st.builds(
    lambda host, parts, rest: f"https://{host}/{'/'.join(parts)}{rest}",
    st.sampled_from(HOSTS),
    st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=5),
    st.text("/?#&=\\\ud800\0 %", max_size=4),
)


@given(ADDRESSES)
def test_whatever_the_address_what_is_found_can_be_fetched(url: str) -> None:
    found = [*forms(url), *guesses(url)]

    assert all(is_web(feed) for feed in found)


@given(ADDRESSES)
def test_the_form_of_a_form_leads_nowhere_else(url: str) -> None:
    found = forms(url.lower())

    assert all(forms(feed) == () or feed in forms(feed) for feed in found)


# --- what a page links ---


@pytest.mark.parametrize(
    ("media_type", "kind"),
    [
        ("application/rss+xml", "rss"),
        ("application/rdf+xml", "rss"),
        ("application/atom+xml", "atom"),
        ("application/feed+json", "json"),
        ("application/json", "json"),
        ("text/xml", ""),
        ("application/xml", ""),
        (" Application/RSS+XML; charset=utf-8", "rss"),
    ],
)
def test_a_declared_feed_is_found_with_its_title_and_kind(
    media_type: str, kind: str
) -> None:
    found = find(link("/feed", title="Levant\n Wire &amp; Co", kind=media_type))

    assert [(c.url, c.title, c.kind) for c in found] == [
        (f"{SITE}/feed", "Levant Wire & Co", kind)
    ]


@pytest.mark.parametrize(
    "page",
    [
        "<head><link rel=alternate type=application/rss+xml href=/feed></head>",
        "<body><p><LINK HREF='/feed' TYPE='application/rss+xml' REL='ALTERNATE'>",
        '<link href="/feed" type="application/rss+xml" rel="home  alternate"/>',
        '<link rel="alternate" type="application/rss+xml" href=" /fe\ned\t">',
        "<div>" * 5_000 + link("/feed"),
        "<p>\0" + link("/feed"),
        '<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/'
        f'xhtml"><head>{link("/feed")}</head></html>',
    ],
    ids=lambda page: page[:30],
)
def test_a_declaration_is_found_however_it_is_written(page: str) -> None:
    found = urls(page)

    assert found == [f"{SITE}/feed"]


@pytest.mark.parametrize(
    "page",
    [
        "",
        " \n",
        "no markup",
        link("/style.css", kind="text/css", rel="alternate stylesheet"),
        link("/feed", rel="canonical"),
        link("/feed", kind=""),
        link(""),
        link("  "),
        link("javascript:alert(1)"),
        link("https://["),
        link("/" + "x" * 4_000),
        link("/wp-json/wp/v2/posts/1", kind="application/json"),
        link("/oembed", kind="application/json+oembed"),
        "<link>",
        "<link rel=alternate type=application/rss+xml>",
        f"<!-- {link('/feed')} -->",
        "<a>feed</a>",
    ],
    ids=lambda page: page[:70],
)
def test_what_declares_no_feed_gives_none(page: str) -> None:
    found = find(page)

    assert found == ()


@pytest.mark.parametrize(
    ("base", "href", "url"),
    [
        ("", "feed", f"{SITE}/news/feed"),
        ("", "?feed=rss", f"{PAGE}?feed=rss"),
        ("", "//cdn.example/feed", "https://cdn.example/feed"),
        ("<base href='/blog/'>", "feed", f"{SITE}/blog/feed"),
        ("<base target=_top><base href='https://b.example/c/'>", "feed",
         "https://b.example/c/feed"),
        ("<base href='/one/'><base href='/two/'>", "feed", f"{SITE}/one/feed"),
        ("<base href='javascript:1'>", "feed", f"{SITE}/news/feed"),
    ],
)  # fmt: skip
def test_addresses_are_resolved_against_the_base(
    base: str, href: str, url: str
) -> None:
    found = urls(f"<head>{base}{link(href)}")

    assert found == [url]


@pytest.mark.parametrize(
    "comments",
    [
        link("/comments/feed/", title="Levant Wire"),
        link("/today/feed", title="Levant Wire » Comments"),
        link("/today/feed", title="Kommentar-Feed"),
        link("/today/feed", title="Flux des commentaires"),
        link("/today/feed", title="Комментарии"),
    ],
)
def test_feeds_of_comments_come_last(comments: str) -> None:
    page = comments + link("/feed") + link("/sport/feed")

    found = urls(page)

    assert found[:2] == [f"{SITE}/feed", f"{SITE}/sport/feed"]
    assert len(found) == 3


def test_a_feed_that_is_declared_twice_is_found_once() -> None:
    page = link("/feed", title="One") + link(f"{SITE}/feed") + "<a href=/feed>Two</a>"

    found = find(page)

    assert [(c.url, c.title) for c in found] == [(f"{SITE}/feed", "One")]


@pytest.mark.parametrize(
    ("href", "kind"),
    [
        ("/all.rss", "rss"),
        ("/all.ATOM", "atom"),
        ("/feed.xml?full=1#top", ""),
        ("/feed", ""),
        ("/blog/feed/", ""),
        ("feed", ""),
        (" /feed\n", ""),
    ],
)
def test_a_plain_link_that_looks_like_a_feed_is_a_weak_candidate(
    href: str, kind: str
) -> None:
    page = f'<a href="{href}"><b>Our</b> feed</a> {link("/declared", title="Best")}'

    found = find(page)

    assert [(c.title, c.kind) for c in found] == [("Best", "rss"), ("Our feed", kind)]


@pytest.mark.parametrize(
    "href",
    [
        "/sitemap.xml",
        "/sitemap/news.xml",
        "/feedback",
        "/rss",
        "/go?to=/feed",
        "/#/feed",
        "/feed/today",
        "mailto:a@b.rss",
        "",
    ],
)
def test_other_plain_links_are_none(href: str) -> None:
    found = find(f'<a href="{href}">feed</a>')

    assert found == ()


def test_of_plain_links_those_to_the_own_site_come_first_and_few_are_kept() -> None:
    hosts = ["friend.example", "levantwire.example", "other.example"]
    hosts += ["feeds.levantwire.example", "a.example", "b.example"]
    page = "".join(f"<a href=https://{host}/feed>x</a>" for host in hosts)

    found = urls(page, "https://www.levantwire.example/")

    assert found == [
        f"https://{host}/feed"
        for host in (hosts[1], hosts[3], hosts[0], hosts[2], hosts[4])
    ]


@pytest.mark.parametrize(
    ("encoding", "meta"),
    [("utf-8", ""), ("utf-8", "utf-8"), ("windows-1251", "windows-1251")],
)
def test_titles_are_read_in_the_encoding_of_the_page(encoding: str, meta: str) -> None:
    page = f"<meta charset={meta}>{link('/feed', title='Новости')}"

    found = linked(page.encode(encoding), PAGE)

    assert [c.title for c in found] == ["Новости"]


# --- what is hostile ---


def test_only_the_first_megabyte_of_a_page_is_read() -> None:
    filler = "é" * 500_000
    page = "x" + link("/one") + filler + link("/two")

    found = urls(page)

    assert found == [f"{SITE}/one"]


def test_of_many_declared_feeds_the_first_are_kept() -> None:
    page = "".join(link(f"/{n}.rss") for n in range(1_000)) + "<a href=/feed>x</a>"

    found = urls(page)

    assert found == [f"{SITE}/{n}.rss" for n in range(MAX_CANDIDATES)]


def filled(piece: str) -> bytes:
    return piece.encode() * (1_000_000 // len(piece))


@pytest.mark.parametrize(
    "page",
    [
        GARBAGE,
        b"\xff\xfe" + GARBAGE,
        b"<p>" + GARBAGE,
        filled("\0"),
        filled("<"),
        filled("&"),
        filled("<div>"),
        filled("<base>"),
        filled("<a href=/feed>x"),
        filled("<a href=/feed><b>x"),
        filled("<a href=/feed><table>"),
        filled("<p><form><b>"),
        filled(link("/feed")),
        b"<a href='" + filled("/feed"),
        b"<link " + b" ".join(b"a%d=b" % n for n in range(100_000)) + b">",
    ],
    ids=lambda page: repr(page[:30]),
)
def test_a_huge_hostile_page_is_read_in_time(page: bytes) -> None:
    found = linked(page, PAGE)

    assert len(found) <= 1  # quadratic work would not end within the limit of a test


PIECES = ["<head>", "<base href=", "<link ", "rel=alternate ", "type=text/xml ", "<a ",
          "href=", "feed", "/feed ", "'", '"', ">", "</a>", "<!--", "-->", "https://[",
          "<?xml version='1.0' encoding='utf-16'?>", "\ud800", "\0", "&#0;", "//", ":",
          "<meta charset=utf-16>", "<meta charset=x>", "\ufeff", "<!DOCTYPE a [", "]>"]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=30), st.text())
def test_no_page_raises_and_what_it_links_can_be_fetched(
    pieces: list[str], url: str
) -> None:
    page = "".join(pieces).encode("utf-8", "surrogatepass")

    found = [*linked(page, PAGE), *linked(page, url)]

    assert all(is_web(candidate.url) for candidate in found)


# --- what feeds are usually called ---


@pytest.mark.parametrize("url", [SITE, f"{SITE}/", f" {SITE}?a=1#b"])
def test_a_site_is_guessed_to_have_the_usual_feeds(url: str) -> None:
    found = guesses(url)

    assert found == (
        f"{SITE}/feed",
        f"{SITE}/rss",
        f"{SITE}/rss.xml",
        f"{SITE}/feed.xml",
        f"{SITE}/atom.xml",
        f"{SITE}/index.xml",
    )


def test_below_a_given_path_is_guessed_first() -> None:
    found = guesses("http://me:word@a.example:8080/blog/?page=2")

    assert found[:2] == (
        "http://me:word@a.example:8080/blog/feed",
        "http://me:word@a.example:8080/feed",
    )
    assert len(found) == 7
