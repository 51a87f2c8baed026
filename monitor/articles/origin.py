"""Say who wrote a re-posted text first, as far as the page claims it. Pure.

It is a claim: it is shown, it never replaces the link, and it is not fetched.
"""

import re

from monitor.text.urls import is_web, site_of

_CREDIT = re.compile(
    r"(?:(?:original\s+)?source\s*[:\u2013-]|via\b"
    r"|originally\s+(?:published|appeared)\s+(?:at|on|in|by)\b)"
    r"\s*[:\u2013-]?\s*(.{2,120})",
    re.IGNORECASE,
)
_LONGEST = 200
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,6}[a-z]{2,24}", re.IGNORECASE)


def credited(text: str) -> str:
    """The site that a line such as "Original Source: www.bbc.com" names; "" if none."""
    # Line by line: one pattern over a whole hostile text takes quadratic time.
    for line in map(str.strip, text.split("\n")):
        credit = _CREDIT.fullmatch(line) if len(line) <= _LONGEST else None
        if credit and (host := _HOST.search(credit[1])):
            return site_of(f"https://{host[0].lower()}")
    return ""


def origin_of(*, text: str, source_url: str, url: str) -> str:
    """The origin of an article: the feed's ``<source>``, else a credit line.

    "" when nothing is claimed, or when the claim is the article's own site.
    """
    claimed = site_of(source_url) if is_web(source_url) else credited(text)
    return "" if claimed == site_of(url) else claimed
