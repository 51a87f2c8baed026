"""Read single values of a configuration; what is wrong is a ValueError for people."""

import ipaddress
import re
from datetime import time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

from monitor.http import Network
from monitor.text.urls import host_of, is_web

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SIZES = {"b": 1, "kb": 1_000, "mb": 10**6, "kib": 1 << 10, "mib": 1 << 20}
_LONGEST_DAYS = 36_500


def duration(value: object) -> timedelta:
    """Read "90s", "15m", "6h" or "7d"; a hundred years at most.

    Raises:
        ValueError: It is none of these.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*([smhdw])\s*", str(value))
    if match is None or not isinstance(value, str):
        raise ValueError('write a duration such as "90s", "15m", "6h" or "7d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_DAYS * _UNITS["d"]:
        raise ValueError(f'write "{_LONGEST_DAYS}d" at most')
    return timedelta(seconds=seconds)


def interval(value: object) -> timedelta:
    """Read a duration that is longer than nothing.

    Raises:
        ValueError: It is none.
    """
    found = duration(value)
    if not found:
        raise ValueError('write a duration of "1s" or more')
    return found


def size(value: object) -> int:
    """Read "16MiB" or "500kB" as bytes.

    Raises:
        ValueError: It is no size.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*([a-zA-Z]{1,3})\s*", str(value))
    found = int(match[1]) * _SIZES.get(match[2].lower(), 0) if match else 0
    if not found:
        raise ValueError('write a size such as "16MiB" or "500kB"')
    return found


def colour(value: object) -> str:
    """Read a colour as "#0b6158".

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, str) or not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError('write a colour such as "#0b6158"')
    return value.lower()


def fonts(value: object) -> str:
    """Read names of fonts as CSS lists them, and nothing else.

    Raises:
        ValueError: It is no list of fonts.
    """
    if not isinstance(value, str) or not re.fullmatch(r"[\w ,\"'-]{1,300}", value):
        raise ValueError("write fonts such as 'Georgia, \"Noto Serif\", serif'")
    return value


def zone(value: object) -> str:
    """Check the IANA name of a time zone.

    Raises:
        ValueError: There is no such zone; the message offers the nearest.
    """
    try:
        ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"no time zone {value!r}{_nearest_zone(str(value))}"
        ) from error
    return str(value)


def _nearest_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = sorted(available_timezones())
    city = name.rpartition("/")[2].lower()
    same = [z for z in zones if z.rpartition("/")[2].lower() == city]
    found = same or get_close_matches(name, zones, 3)
    return f"; did you mean {', '.join(found[:3])}?" if found else ""


def clock_time(value: object) -> time:
    """Read "23:00".

    Raises:
        ValueError: It is no time of day.
    """
    match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", str(value))
    if match is None:
        raise ValueError('write a time of day such as "23:00"')
    return time(int(match[1]), int(match[2]))


def web_url(value: object) -> str:
    """Check that a URL can be fetched.

    Raises:
        ValueError: It has another scheme than http or https, or no host.
    """
    text = str(value).strip()
    if not isinstance(value, str) or not is_web(text):
        raise ValueError("write a URL that begins with http:// or https://")
    if not host_of(text):
        raise ValueError("write a port from 1 to 65535")
    return text


def database_url(value: object) -> str:
    """Check which database is meant.

    Raises:
        ValueError: It is neither SQLite nor PostgreSQL.
    """
    known = ("sqlite:", "postgresql://", "postgres://")
    if not isinstance(value, str) or not value.startswith(known):
        raise ValueError('write "sqlite:FILE" or "postgresql://user@host/name"')
    return value


def networks(value: object) -> tuple[Network, ...] | None:
    """Read ``private_networks``: None allows all, a tuple what is listed.

    Raises:
        ValueError: It is neither true, false nor a list of CIDRs.
    """
    if isinstance(value, bool):
        return None if value else ()
    if not isinstance(value, list | tuple):
        text = 'write true, false or a list such as ["10.0.0.0/8"]'
        raise ValueError(text)  # noqa: TRY004 - pydantic reports ValueErrors
    try:
        return tuple(ipaddress.ip_network(str(v)) for v in value)
    except ValueError as error:
        raise ValueError(f'{error}; write networks as "10.0.0.0/8"') from error


def short(key: str) -> BeforeValidator:
    """A table that may be written as the value of one of its keys."""

    def expanded(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
        return value if isinstance(value, dict) else {key: value}

    return BeforeValidator(expanded)


def listed(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """A list that may be written as its only item."""
    return [value] if isinstance(value, str) else value
