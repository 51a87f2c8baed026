"""Render an edition as a feed: one function for each format.

Only one of them breaks the rules of its format, and it does so on purpose.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime
from html import escape

from monitor.demo.outlets import Edition, Published

_RSS_NAMESPACES = (
    'xmlns:atom="http://www.w3.org/2005/Atom" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_RDF_NAMESPACES = (
    'xmlns="http://purl.org/rss/1.0/" '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """Where a feed of this format is served, as what, and how it is written."""

    path: str
    media_type: str
    render: Callable[[Edition], str]


def rss(edition: Edition, quote: Callable[[str], str] = escape) -> str:
    """RSS 2.0; ``quote`` makes a text safe to stand between two tags."""
    outlet = edition.outlet
    items = "".join(_rss_item(edition, one, quote) for one in edition.published)
    return f"""{_declaration(edition)}
<rss version="2.0" {_RSS_NAMESPACES}>
<channel>
  <title>{quote(outlet.name)}</title>
  <link>{edition.url}/</link>
  <description>{quote(outlet.description)}</description>
  <language>{outlet.language}</language>
  <lastBuildDate>{format_datetime(edition.updated, usegmt=True)}</lastBuildDate>
  <ttl>15</ttl>
  <atom:link href="{edition.feed_url}" rel="self" type="application/rss+xml"/>
{items}</channel>
</rss>
"""


def _rss_item(edition: Edition, one: Published, quote: Callable[[str], str]) -> str:
    permalink = edition.outlet.permalinks
    guid = one.url if permalink else f"http://{edition.outlet.host}/?p={one.entry.id}"
    return f"""  <item>
    <title>{quote(one.entry.title)}</title>
    <link>{one.url}</link>
    <guid isPermaLink="{str(permalink).lower()}">{guid}</guid>
    <pubDate>{format_datetime(one.at, usegmt=True)}</pubDate>
    <dc:creator>{quote(one.entry.byline)}</dc:creator>
    <description>{quote(one.entry.summary)}</description>
  </item>
"""


def ill_formed_rss(edition: Edition) -> str:
    """RSS 2.0 as a careless template writes it.

    Ampersands stay bare and ``&nbsp;`` is used without being defined, so no XML
    parser accepts the document and a forgiving one still finds every entry.
    """
    return rss(edition, quote=lambda text: text.replace("\u00a0", "&nbsp;"))


def atom(edition: Edition) -> str:
    """Atom 1.0, with ``xml:lang`` for the whole feed."""
    outlet = edition.outlet
    entries = "".join(_atom_entry(edition, one) for one in edition.published)
    return f"""{_declaration(edition)}
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{outlet.language}">
  <id>tag:{outlet.host},2020:feed</id>
  <title>{escape(outlet.name)}</title>
  <subtitle>{escape(outlet.description)}</subtitle>
  <updated>{edition.updated.isoformat()}</updated>
  <link rel="alternate" type="text/html" href="{edition.url}/"/>
  <link rel="self" type="application/atom+xml" href="{edition.feed_url}"/>
{entries}</feed>
"""


def _atom_entry(edition: Edition, one: Published) -> str:
    entry = one.entry
    return f"""  <entry>
    <id>tag:{edition.outlet.host},2020:{entry.id}</id>
    <title>{escape(entry.title)}</title>
    <link rel="alternate" type="text/html" href="{one.url}"/>
    <published>{one.at.isoformat()}</published>
    <updated>{one.at.isoformat()}</updated>
    <author><name>{escape(entry.byline)}</name></author>
    <summary>{escape(entry.summary)}</summary>
  </entry>
"""


def rdf(edition: Edition) -> str:
    """RSS 1.0: the table of contents in the channel, the entries beside it."""
    outlet = edition.outlet
    contents = "".join(
        f'      <rdf:li rdf:resource="{one.url}"/>\n' for one in edition.published
    )
    items = "".join(_rdf_item(one) for one in edition.published)
    return f"""{_declaration(edition)}
<rdf:RDF {_RDF_NAMESPACES}>
  <channel rdf:about="{edition.feed_url}">
    <title>{escape(outlet.name)}</title>
    <link>{edition.url}/</link>
    <description>{escape(outlet.description)}</description>
    <dc:language>{outlet.language}</dc:language>
    <dc:date>{edition.updated.isoformat()}</dc:date>
    <items><rdf:Seq>
{contents}    </rdf:Seq></items>
  </channel>
{items}</rdf:RDF>
"""


def _rdf_item(one: Published) -> str:
    return f"""  <item rdf:about="{one.url}">
    <title>{escape(one.entry.title)}</title>
    <link>{one.url}</link>
    <description>{escape(one.entry.summary)}</description>
    <dc:creator>{escape(one.entry.byline)}</dc:creator>
    <dc:date>{one.at.isoformat()}</dc:date>
  </item>
"""


def json_feed(edition: Edition) -> str:
    """JSON Feed 1.1, the only one of ours that carries the full text."""
    outlet = edition.outlet
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": outlet.name,
        "description": outlet.description,
        "home_page_url": f"{edition.url}/",
        "feed_url": edition.feed_url,
        "language": outlet.language,
        "items": [_json_item(one) for one in edition.published],
    }
    return json.dumps(feed, ensure_ascii=False, indent=2)


def _json_item(one: Published) -> dict[str, object]:
    return {
        "id": one.entry.id,
        "url": one.url,
        "title": one.entry.title,
        "summary": one.entry.summary,
        "content_html": "".join(f"<p>{escape(p)}</p>" for p in one.entry.paragraphs),
        "date_published": one.at.isoformat(),
        "authors": [{"name": one.entry.byline}],
    }


def _declaration(edition: Edition) -> str:
    return f'<?xml version="1.0" encoding="{edition.outlet.encoding}"?>'


FORMATS = {
    "rss": Format(path="/feed.xml", media_type="application/rss+xml", render=rss),
    "rss-ill-formed": Format(
        path="/rss.php", media_type="text/xml", render=ill_formed_rss
    ),
    "atom": Format(path="/feed.atom", media_type="application/atom+xml", render=atom),
    "rdf": Format(path="/index.rdf", media_type="application/rdf+xml", render=rdf),
    "json": Format(
        path="/feed.json", media_type="application/feed+json", render=json_feed
    ),
}
