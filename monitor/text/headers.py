"""Read what HTTP headers say about time. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How long a server asks to wait: seconds, or a date as seen by its own clock.

    RFC 9110, section 10.2.3. A date is held against the answer's ``Date``.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal():
        return timedelta(seconds=int(value[:8]))  # three years are enough
    wanted = _http_date(value)
    if wanted is None:
        return None
    wait = wanted - (_http_date(headers.get("date", "")) or now)
    return min(max(wait, timedelta(0)), timedelta(seconds=99_999_999))


def fresh_for(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """For how long an answer says that it stays fresh; None where it does not say.

    RFC 9111, sections 4.2.1 and 5.2.2: max-age less the answer's age, else Expires by
    the server's own clock. ``no-cache`` and ``no-store`` ask for nothing.
    """
    directives = headers.get("cache-control", "").lower()
    if "no-cache" in directives or "no-store" in directives:
        return None
    found = re.search(r"(?:^|[\s,])max-age=\"?(\d{1,9})", directives)
    if found:
        age = headers.get("age", "")
        spent = int(age) if re.fullmatch(r"\d{1,9}", age) else 0
        left = timedelta(seconds=int(found[1]) - spent)
    else:
        expires = _http_date(headers.get("expires", ""))
        if expires is None:
            return None
        left = expires - (_http_date(headers.get("date", "")) or now)
    return left if left > timedelta(0) else None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
