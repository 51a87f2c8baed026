"""A small web site on loopback for tests: what it answers is set by the test."""

import hashlib
import http.server
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from types import TracebackType

PARAGRAPHS = (
    "Syrian government troops have pulled out of Aleppo after rebel fighters pushed "
    "into the city from three sides, officers on both sides said on Sunday.",
    "Hours later Russian airstrikes hit the western districts, the first in years, "
    "and residents described columns of smoke above the old citadel.",
    "Hospitals asked for blood and fuel, while families packed what they could carry "
    "and waited at the southern gate for a road that was not yet open.",
    "The civil defence counted nine strikes before noon and warned that unexploded "
    "ordnance lay in two of the streets that lead to the market.",
)


@dataclass(slots=True)
class Answer:
    """What the site says under one path."""

    body: bytes = b""
    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def article_page(title: str, paragraphs: tuple[str, ...] = PARAGRAPHS) -> bytes:
    """A page as publishers make them: navigation, cookies and related links around."""
    text = "".join(f"<p>{escape(p)}</p>" for p in paragraphs)
    return (
        f'<!doctype html><html lang="en"><head><title>{escape(title)}</title></head>'
        '<body><nav><a href="/">Home</a> <a href="/world">World</a></nav>'
        '<div class="cookie">We use cookies. Accept all</div>'
        f"<main><article><h1>{escape(title)}</h1>{text}</article></main>"
        '<aside><h2>Related</h2><ul><li><a href="/x">Another story</a></li></ul></aside>'
        "<footer>Contact us</footer></body></html>"
    ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry of a test feed."""

    guid: str
    title: str
    summary: str = ""
    content: str = ""
    link: str = ""
    published: datetime | None = None


def rss(title: str, items: list[Item]) -> bytes:
    """A well-formed RSS 2.0 document."""
    rows = []
    for item in items:
        date = (
            f"<pubDate>{format_datetime(item.published)}</pubDate>"
            if item.published
            else ""
        )
        link = f"<link>{escape(item.link)}</link>" if item.link else ""
        guid = (
            f'<guid isPermaLink="false">{escape(item.guid)}</guid>' if item.guid else ""
        )
        content = (
            f"<content:encoded>{escape(item.content)}</content:encoded>"
            if item.content
            else ""
        )
        rows.append(
            f"<item><title>{escape(item.title)}</title>{link}{guid}{date}"
            f"<description>{escape(item.summary)}</description>{content}</item>"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>'
        f"<title>{escape(title)}</title><link>http://example.org/</link>"
        f"<description>x</description><language>en</language>{''.join(rows)}"
        "</channel></rss>"
    ).encode()


class Site:
    """Serves what a test puts under its paths; 404 elsewhere; counts requests."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                site.answer(self)

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True

    def __enter__(self) -> "Site":
        threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            daemon=True,
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def hits(self, path: str) -> int:
        return sum(p == path for p, _ in self.requests)

    def feed(self, path: str, title: str, items: list[Item]) -> None:
        """Put a feed under a path, with an ETag that follows its content."""
        body = rss(title, items)
        etag = f'"{hashlib.sha256(body).hexdigest()[:12]}"'
        self.answers[path] = Answer(body, 200, "application/rss+xml", {"ETag": etag})

    def page(
        self, path: str, title: str, paragraphs: tuple[str, ...] = PARAGRAPHS
    ) -> None:
        self.answers[path] = Answer(article_page(title, paragraphs))

    def answer(self, handler: http.server.BaseHTTPRequestHandler) -> None:
        self.requests.append((handler.path, dict(handler.headers)))
        found = self.answers.get(handler.path, Answer(b"not here", 404))
        status, body = found.status, found.body
        etag = found.headers.get("ETag")
        if etag and handler.headers.get("If-None-Match") == etag:
            status, body = 304, b""
        handler.send_response(status)
        handler.send_header("Content-Type", found.content_type)
        for name, value in found.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def item(number: int, site: Site, *, matching: bool = True) -> Item:
    """An entry with a link to a page of the site."""
    what = "Airstrikes hit Aleppo" if matching else "Soap exports rise"
    return Item(
        guid=f"guid-{number}",
        title=f"{what}, report {number}",
        summary=f"Report number {number}.",
        link=f"{site.url}/a/{number}",
        published=datetime.now(UTC),
    )
