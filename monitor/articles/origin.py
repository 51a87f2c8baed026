"""Say who wrote a re-posted text first, as far as the page claims it. Pure.

It is a claim: it is shown, it never replaces the link, and it is not fetched.
"""

import re
from functools import cache
from importlib import resources

from monitor.text.urls import is_web, site_of

_CREDIT = re.compile(
    r"(?:(?:original\s+)?source\s*[:\u2013-]|via\b"
    r"|originally\s+(?:published|appeared)\s+(?:at|on|in|by)\b)"
    r"\s*[:\u2013-]?\s*(.{2,120})",
    re.IGNORECASE,
)
_LONGEST = 200
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}", re.IGNORECASE)
# "ALEPPO, Syria, Nov 30 (Reuters) - ", as agencies begin a report.
_DATELINE = re.compile(
    r"[^\W\d_][\w .,'’/-]{1,80}\(([A-Za-z][\w./ -]{1,30})\)\s?[-\u2013\u2014:]"
)
_TOP = 120


@cache
def _outlets() -> dict[str, str]:
    """The site of every name and every other host of an outlet."""
    text = (resources.files("monitor.articles") / "outlets.txt").read_text("utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        site, _, names = line.partition(": ")
        if names and not line.startswith("#"):
            found |= dict.fromkeys((site, *names.split(", ")), site)
    return found


def _site(host: str) -> str:
    """The site that people know an outlet by."""
    site = site_of(f"https://{host.lower()}")
    return _outlets().get(site, site)


def credited(text: str) -> str:
    """The site that a line such as "Original Source: www.bbc.com" names; "" if none.

    An address says more than a name ("Source: Reuters"), wherever it stands.
    """
    named = ""
    # Line by line: one pattern over a whole hostile text takes quadratic time.
    for line in map(str.strip, text.split("\n")):
        credit = _CREDIT.fullmatch(line) if len(line) <= _LONGEST else None
        if credit and (host := _HOST.search(credit[1])):
            return _site(host[0])
        named = named or (_named(credit[1]) if credit else "")
    return named


def _named(text: str) -> str:
    """The site of an outlet that is credited by its name alone."""
    return _outlets().get(text.strip(" .-\u2013").casefold(), "")


def _dateline(text: str) -> str:
    """The agency whose dateline begins a text."""
    found = _DATELINE.match(text[:_TOP].lstrip())
    return _named(found[1]) if found else ""


def origin_of(*, text: str, source_url: str, url: str, canonical_url: str = "") -> str:
    """The origin of an article, by the strongest claim there is.

    The feed's ``<source>`` (or what a page says it is based on), a canonical address on
    another site, a credit line, an agency's dateline. "" when nothing is claimed, or
    when the claim is the article's own site.
    """
    own = _site(site_of(url))
    claims = (
        _site(site_of(source_url)) if is_web(source_url) else "",
        _elsewhere(canonical_url, own),
        credited(text),
        _dateline(text),
    )
    claimed = next(filter(None, claims), "")
    return "" if claimed == own else claimed


def _elsewhere(canonical_url: str, own: str) -> str:
    """The site of a canonical address, unless it is another part of the same one."""
    site = _site(site_of(canonical_url)) if is_web(canonical_url) else ""
    same = f".{site}".endswith(f".{own}") or f".{own}".endswith(f".{site}")
    return "" if not own or same else site
