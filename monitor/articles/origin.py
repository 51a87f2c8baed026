"""Say who wrote a re-posted text first, as far as the page claims it. Pure.

It is a claim: it is shown, it never replaces the link, and it is not fetched.
"""

import re

from monitor.text.urls import is_web, site_of

_CREDIT = re.compile(
    r"^\s*(?:original\s+source|source|originally\s+(?:published|appeared)\s+(?:at|on|in|by)|via)"
    r"\s*[:\u2013-]?\s*(.{2,120}?)[\s.]*$",
    re.IGNORECASE | re.MULTILINE,
)
_HOST = re.compile(
    r"(?:https?://)?((?:[\w-]{1,63}\.){1,6}[a-z]{2,24})(?:/\S*)?", re.IGNORECASE
)


def credited(text: str) -> str:
    """The site that a line such as "Original Source: www.bbc.com" names; "" if none."""
    for match in _CREDIT.finditer(text):
        if host := _HOST.search(match[1]):
            return site_of(f"https://{host[1].lower()}")
    return ""


def origin_of(*, text: str, source_url: str, url: str) -> str:
    """The origin of an article: the feed's ``<source>``, else a credit line.

    "" when nothing is claimed, or when the claim is the article's own site.
    """
    claimed = site_of(source_url) if is_web(source_url) else credited(text)
    return "" if claimed == site_of(url) else claimed
