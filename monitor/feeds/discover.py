"""Find the feeds of a web page. Pure.

Three ways, from sure to hopeful: what a well-known site calls the feed of a page, what
the page itself links, and what such addresses are usually called. Nothing is fetched:
the caller tries the addresses, in the order given here.
"""

import codecs
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from monitor.text.urls import host_of, is_web, resolve, site_of
from monitor.text.words import clean, one_line

Kind = Literal["rss", "atom", "json", ""]

MAX_CANDIDATES = 50
_MAX_LINKS = 200
_MAX_PAGE_BYTES = 1_000_000
_MAX_PLAIN = 5
_MAX_TITLE = 200
_MAX_URL = 4_000
_KINDS: dict[str, Kind] = {
    "application/rss+xml": "rss",
    "application/x-rss+xml": "rss",
    "application/rdf+xml": "rss",
    "text/rss+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
    "application/json": "json",
    "application/xml": "",
    "text/xml": "",
}
_ENDINGS: dict[str, Kind] = {".rss": "rss", ".atom": "atom"}
_FEED_PATH = re.compile(
    r"(?![^?#]*sitemap)[^?#]*(\.rss|\.atom|\.xml|(?:^|/)feed)/?(?:[?#]|$)",
    re.IGNORECASE,
)
# In most languages of Europe the word has this root.
_COMMENTS = re.compile(r"[ck]omm?ent|коммент|комент", re.IGNORECASE)
_GUESSES = ("/feed", "/rss", "/rss.xml", "/feed.xml", "/atom.xml", "/index.xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What a page calls a feed; ``kind`` is the page's word, "" if it has none."""

    url: str
    title: str = ""
    kind: Kind = ""


# --- what well-known sites call their feeds ---


def _form(pattern: str, *feeds: str) -> tuple[re.Pattern[str], tuple[str, ...]]:
    return re.compile(pattern, re.ASCII), feeds


_GITHUB = (
    r"(?:www\.)?github\.com/(?!(?:about|apps|collections|customer-stories|enterprise"
    r"|events|explore|features|issues|join|login|marketplace|new|notifications|orgs"
    r"|pricing|pulls|search|security|settings|sponsors|stars|topics|trending)[/?])"
)
_GITLAB = r"([^/?]+(?:/\w[\w.-]*)+)"
# Matched from the start against "host/path?query", the path without a final slash.
# The first that fits decides, and one without feeds says that none can be computed.
_FORMS = (
    _form(
        r"(?:\w+\.)?youtube\.com/channel/(UC[\w-]{22})(?=[/?])",
        r"https://www.youtube.com/feeds/videos.xml?channel_id=\1",
    ),
    _form(
        r"(?:\w+\.)?youtube\.com/playlist\?(?:.*&)?list=([\w-]+)",
        r"https://www.youtube.com/feeds/videos.xml?playlist_id=\1",
    ),
    _form(r"(?:\w+\.)?youtube\.com/"),
    _form(
        r"(?:\w+\.)?reddit\.com/(r/[\w+]+(?:/(?:hot|new|rising|top))?)(?=[/?])",
        r"https://www.reddit.com/\1/.rss",
    ),
    _form(
        r"(?:\w+\.)?reddit\.com/u(?:ser)?/([\w-]+)(?=[/?])",
        r"https://www.reddit.com/user/\1/.rss",
    ),
    _form(_GITHUB + r"[^?]+\.atom\?"),
    _form(
        _GITHUB + r"([\w-]+/[\w.-]+)/(releases|tags)(?=[/?])",
        r"https://github.com/\1/\2.atom",
    ),
    _form(
        _GITHUB + r"([\w-]+/[\w.-]+)/(commits(?:/[^?]+)?)\?",
        r"https://github.com/\1/\2.atom",
    ),
    _form(
        _GITHUB + r"([\w-]+/[\w.-]+?)(?:\.git)?(?=[/?])",
        r"https://github.com/\1/releases.atom",
        r"https://github.com/\1/tags.atom",
        r"https://github.com/\1/commits.atom",
    ),
    _form(_GITHUB + r"([\w-]+)\?", r"https://github.com/\1.atom"),
    _form(r"(?:www\.)?medium\.com/(?:about|feed|m|me|p|plans|search)(?=[/?])"),
    _form(
        r"(?:www\.)?medium\.com/(tag/[\w-]+|@[\w.-]+|[\w-]+)(?=[/?])",
        r"https://medium.com/feed/\1",
    ),
    _form(r"(?!www\.)([\w-]+)\.medium\.com[/?]", r"https://\1.medium.com/feed"),
    _form(r"open\.substack\.com/pub/([\w-]+)(?=[/?])", r"https://\1.substack.com/feed"),
    _form(r"(?:(?:www|open)\.)?substack\.com[/?]"),
    _form(r"([\w-]+)\.substack\.com[/?]", r"https://\1.substack.com/feed"),
    _form(r"(?:www\.)?tumblr\.com/(?:dashboard|explore|login|search|tagged)(?=[/?])"),
    _form(
        r"(?:www\.)?tumblr\.com/(?:blog/(?:view/)?)?([\w-]+)(?=[/?])",
        r"https://\1.tumblr.com/rss",
    ),
    _form(
        r"(?!www\.)([\w-]+\.tumblr\.com)((?:/tagged/[^/?]+)?)(?=[/?])",
        r"https://\1\2/rss",
    ),
    _form(
        r"(?!www\.)([\w-]+\.wordpress\.com)((?:/(?:author|category|tag)/[^/?]+)?)"
        r"(?=[/?])",
        r"https://\1\2/feed/",
    ),
    _form(
        r"(?:www\.)?bsky\.app/profile/([\w.:-]+)(?=[/?])",
        r"https://bsky.app/profile/\1/rss",
    ),
    # GitLab and Mastodon, which stand on many hosts.
    _form(_GITLAB + r"/-/releases(?=[/?])", r"https://\1/-/releases.atom"),
    _form(_GITLAB + r"/-/tags(?=[/?])", r"https://\1/-/tags?format=atom"),
    _form(
        r"(?=gitlab\.com/(?!(?:explore|groups|help|users)/)[^/?]+/)"
        + _GITLAB
        + r"(?=/-/|\?)",
        r"https://\1/-/releases.atom",
        r"https://\1/-/tags?format=atom",
    ),
    _form(r"(?:www\.)?(?:threads|tiktok)\.(?:com|net)/"),
    _form(
        r"([^/?]+)/(@\w+)(?:/(?:\d+|media|with_replies))?\?",
        r"https://\1/\2.rss",
    ),
)


def forms(url: str) -> tuple[str, ...]:
    """The feeds a well-known site has for a page, told from its address alone.

    Empty for other sites, and where only the page knows, as of a YouTube handle.
    """
    parts = _split(url)
    if parts is None:
        return ()
    address = f"{host_of(parts.geturl())}{parts.path.rstrip('/')}?{parts.query}"
    for pattern, feeds in _FORMS:
        if match := pattern.match(address):
            return tuple(match.expand(feed) for feed in feeds)
    return ()


def _split(url: str) -> SplitResult | None:
    url = clean(url).strip()
    usable = len(url) <= _MAX_URL and is_web(url) and host_of(url)
    return urlsplit(url) if usable else None


# --- what a page links ---


def linked(page: bytes, url: str) -> tuple[Candidate, ...]:
    """The feeds a page links, the best first.

    First what it declares as its feeds, in its own order but those of comments last;
    then a few plain links that look like feeds, those to its own site first. ``url``
    is the page's address, against which its links are resolved.
    """
    found = _parsed(page[:_MAX_PAGE_BYTES])
    base = resolve(url, found.base) or url
    declared = sorted(_distinct(_declared(found, base)), key=_is_of_comments)
    plain = sorted(_distinct(_plain(found, base)), key=lambda c: _is_foreign(c, url))
    known = {candidate.url for candidate in declared}
    weak = [candidate for candidate in plain if candidate.url not in known]
    return tuple([*declared, *weak[:_MAX_PLAIN]][:MAX_CANDIDATES])


class _Links:
    """What the parser reports of a page.

    There is no tree, because to build one libxml2 takes quadratic time for the
    attributes of an element, and it stops where a page is too deep.
    """

    def __init__(self) -> None:
        self.base = ""
        self.declared: list[Mapping[str, str]] = []
        self.plain: list[tuple[str, list[str]]] = []
        self._is_inside = False

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "base":
            self.base = self.base or attributes.get("href", "")
        elif tag == "link":
            self.declared.append(attributes)
        elif tag == "a":
            self.plain.append((attributes.get("href", ""), []))
            self._is_inside = True

    def data(self, text: str) -> None:
        if self._is_inside:
            self.plain[-1][1].append(text)

    def end(self, tag: str) -> None:
        self._is_inside = self._is_inside and tag != "a"

    def close(self) -> None:
        """The parser asks for it."""


def _parsed(page: bytes) -> _Links:
    import lxml.etree

    found = _Links()
    parser = lxml.etree.HTMLParser(
        target=found, encoding=_encoding(page), huge_tree=True, no_network=True
    )
    lxml.etree.fromstring(page.replace(b"\0", b""), parser)
    return found


def _encoding(page: bytes) -> str | None:
    """UTF-8 if the page can be; None lets the parser find the page's own word."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(page)  # may end in mid-letter
    except UnicodeDecodeError:
        return None
    return "utf-8"


def _declared(found: _Links, base: str) -> Iterator[Candidate]:
    for link in found.declared:
        relations = link.get("rel", "").lower().split()
        media_type = link.get("type", "").partition(";")[0].strip().lower()
        if "alternate" in relations and media_type in _KINDS:
            url = _resolved(base, link.get("href", ""))
            # WordPress declares its programming interface with the type of a feed.
            if url and "/wp-json/" not in url:
                title = one_line(link.get("title", ""), _MAX_TITLE)
                yield Candidate(url=url, title=title, kind=_KINDS[media_type])


def _plain(found: _Links, base: str) -> Iterator[Candidate]:
    for href, texts in found.plain:
        match = _FEED_PATH.match(href.strip())
        if match and (url := _resolved(base, href)):
            title = one_line("".join(texts), _MAX_TITLE)
            kind = _ENDINGS.get(match[1].lower(), "")
            yield Candidate(url=url, title=title, kind=kind)


def _resolved(base: str, href: str) -> str:
    href = re.sub(r"[\t\r\n]", "", clean(href)).strip()
    return resolve(base, href) if 0 < len(href) <= _MAX_URL else ""


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    found: dict[str, Candidate] = {}
    for candidate in islice(candidates, _MAX_LINKS):
        found.setdefault(candidate.url, candidate)
    return list(found.values())


def _is_of_comments(candidate: Candidate) -> bool:
    return _COMMENTS.search(f"{candidate.title} {candidate.url}") is not None


def _is_foreign(candidate: Candidate, url: str) -> bool:
    ours, theirs = f".{site_of(url)}", f".{site_of(candidate.url)}"
    return not (ours.endswith(theirs) or theirs.endswith(ours))


# --- what feeds are usually called ---


def guesses(url: str) -> tuple[str, ...]:
    """Where feeds usually are: below the given path, then at the root of the site."""
    parts = _split(url)
    if parts is None:
        return ()
    site = f"{parts.scheme}://{parts.netloc}"
    path = parts.path.rstrip("/")
    return tuple(dict.fromkeys((f"{site}{path}/feed", *(site + g for g in _GUESSES))))
