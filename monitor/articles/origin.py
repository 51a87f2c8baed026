"""Say who wrote a re-posted text first, as far as the page claims it. Pure.

It is a claim: it is shown, it never replaces the link, and it is not fetched.
"""

import re

from monitor.models import Origin
from monitor.text.outlets import outlet_named, outlet_of
from monitor.text.urls import is_web
from monitor.text.words import one_line

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


NOBODY = Origin()


def _site(host: str) -> str:
    return outlet_of(f"https://{host.lower()}")


def credited(text: str) -> Origin:
    """The site that a line such as "Original Source: www.bbc.com" names.

    An address says more than a name ("Source: Reuters"), wherever it stands.
    """
    named = NOBODY
    # Line by line: one pattern over a whole hostile text takes quadratic time.
    for line in map(str.strip, text.split("\n")):
        credit = _CREDIT.fullmatch(line) if len(line) <= _LONGEST else None
        if credit is None:
            continue
        said = f"the line “{one_line(line, 80)}”"
        if host := _HOST.search(credit[1]):
            return Origin(site=_site(host[0]), evidence=said, confidence=0.9)
        if not named.site and (site := outlet_named(credit[1])):
            named = Origin(site=site, evidence=said, confidence=0.8)
    return named


def _dateline(text: str) -> Origin:
    """The agency whose dateline begins a text."""
    found = _DATELINE.match(text[:_TOP].lstrip())
    site = outlet_named(found[1]) if found else ""
    if not found or not site:
        return NOBODY
    said = f"the dateline “{one_line(found[0], 80)}”"
    return Origin(site=site, evidence=said, confidence=0.7)


def origin_of(
    *, text: str, source_url: str, url: str, canonical_url: str = ""
) -> Origin:
    """The origin of an article, by the strongest claim there is.

    The feed's ``<source>`` (or what a page says it is based on), a canonical address on
    another site, a credit line, an agency's dateline. Nobody when nothing is claimed,
    or when the claim is the article's own site.
    """
    own = outlet_of(url)
    based = outlet_of(source_url) if is_web(source_url) else ""
    elsewhere = _elsewhere(canonical_url, own)
    claims = (
        Origin(site=based, evidence="the source that is given", confidence=0.95),
        Origin(site=elsewhere, evidence="its canonical address", confidence=0.95),
        credited(text),
        _dateline(text),
    )
    claimed = next((claim for claim in claims if claim.site), NOBODY)
    return NOBODY if claimed.site == own else claimed


def _elsewhere(canonical_url: str, own: str) -> str:
    """The site of a canonical address, unless it is another part of the same one."""
    site = outlet_of(canonical_url) if is_web(canonical_url) else ""
    same = f".{site}".endswith(f".{own}") or f".{own}".endswith(f".{site}")
    return "" if not own or same else site
