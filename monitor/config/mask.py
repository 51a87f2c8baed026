"""Show lines of a configuration without the secrets in them. Pure.

Values are shown under keys that are known never to hold a secret, and under names
that people choose (feeds, lists, rules); everything else becomes stars. For a secret
may stand under a mistyped key, in a string over several lines, or without quotes.
"""

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache

_OPEN_KEYS = """
accent accent_dark all any api articles at_least at_once author base_url channel channels chat contact cooldown database deliveries digest email
identity every except feed feeds fetch first_run flood_limit from full_text gap groups
heartbeat_url homeserver host in include lang language lists listen match max_age max_body max_connections max_per_connection max_per_minute max_stories
merge min_score name near none on_update operator outlet outlets pace path per_host port priority
private_networks query quiet quiet_after recheck reply_to room rules send_to server service skip smtp source
story_window subscribers tag templates_dir timeout timezone title tls to topic transport type unmatched urgent_when
url user user_agent verify web when_empty within keep tests
font headings proxies user_header theme thread_digests width
"""
OPEN_KEYS = frozenset(_OPEN_KEYS.split())
SECRET_KEYS = (
    "password", "passwd", "pwd", "secret", "old_secret", "webhook", "address", "token", "authorization",
    "headers", "cookie", "key", "credential",
)  # fmt: skip
# Hidden under exactly these names; a feed may well be called auth0.
_HIDDEN = frozenset((*SECRET_KEYS, "auth", "command", "token_command", "tokens"))
_KNOWN = (*OPEN_KEYS, *SECRET_KEYS)
_KEY = re.compile(r"""([\w."'-]+)\s*=""")
_HEADER = re.compile(r"\s*\[[^=]*$")
_NAMES = re.compile(r"\s*\[\s*(?:feeds|lists|rules)\s*\]")
_QUERIES = re.compile(r"\s*\[\s*(?:lists|rules)\b")
_USER = re.compile(r"(?<=://)[^/\n]+(?=@)")
# A key of an inline table, a string, or what else may be part of a value.
_PIECE = re.compile(
    r"""(?P<key>[{,]\s*[\w.-]+\s*=)"""
    r"""|(?P<quote>["'])(?P<text>.*?)(?P=quote)"""
    r"""|[^\s={}\[\],"']+"""
)


def masked(lines: Sequence[str], number: int, *, broken: bool = False) -> str:
    """Line ``number``, counted from 1: what may be a secret is starred, in its width.

    In a ``broken`` text what looks like a key may be part of a value.
    """
    line = _USER.sub(lambda m: "*" * len(m[0]), lines[number - 1])
    began = opened(lines, number)
    if began == number and _HEADER.match(line):
        return line
    above = lines[:began][::-1]
    keys = next((found for text in above if (found := _KEY.findall(text))), [])
    table = next((text for text in above if _HEADER.match(text)), "")
    named = _NAMES.match(table) is not None
    known = all(map(_nearest, keys))
    if all(_is_open(key, named=named) for key in keys):
        return line
    if not broken and _QUERIES.match(table):
        return line
    if began != number or (broken and not known):
        return re.sub(r"\S", "*", line)
    start = line.find("=") + 1
    return line[:start] + _PIECE.sub(_starred, line[start:])


def opened(lines: Sequence[str], number: int) -> int:
    """The line on which the string began that line ``number`` goes on with."""
    before = "\n".join(lines[: number - 1])
    for quote in ('"""', "'''"):
        if before.count(quote) % 2:
            return before.count("\n", 0, before.rindex(quote)) + 1
    return number


def _is_open(key: str, *, named: bool) -> bool:
    """Whether a value under this key may be shown."""
    nearest = _nearest(key)
    secret = any(word in _HIDDEN for word in re.split(r"[\W_]+", key.lower()))
    return not secret and (nearest in OPEN_KEYS or (named and not nearest))


@lru_cache(maxsize=2_000)
def _nearest(key: str) -> str:
    """The known key that is meant by one that may be mistyped; "" if there is none."""
    last = key.rpartition(".")[2].strip("\"'").lower()
    return next(iter(get_close_matches(last, _KNOWN, 1, 0.7)), "")


def _starred(match: re.Match[str]) -> str:
    if match["key"]:
        return match["key"]
    quote = match["quote"] or ""
    return quote + "*" * (len(match[0]) - 2 * len(quote)) + quote
