"""By what an entry is recognised within its feed. Pure.

A guid alone does not do: publishers move to https, to another domain, or make a new
guid at every fetch. So an entry has several keys, in the order in which they are
asked; :mod:`monitor.feeds.identity` decides which of them may be believed.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from monitor.models import Entry, Key, Kind
from monitor.text.url_keys import url_key

_FINGERPRINTED = 2_000
_TELLING_TEXT = 120
_TELLING_TITLE = 12
_JUNK = frozenset({"", "n/a", "0", "-", "null", "none", "undefined", "false"})
# "(12)", "[3 comments]" and their like: counters, not news.
_COUNTER = re.compile(r"[(\[]\s*\d+(?:\s*\w+)?\s*[)\]]")

_NUMBER = re.compile(
    r"^(?!(?:19|20)\d{6}$)(\d{5,})$"
    r"|(?:^|[-_])(?:(?!(?:19|20)\d{6}(?:\.|$))(\d{7,})"
    r"|(?:19|20)\d{6}-([a-z0-9]{4,12}))(?:\.[a-z]{2,5})?$"
)


def keys_of(
    entries: Sequence[Entry], addresses: Iterable[str] = ()
) -> list[tuple[Key, ...]]:
    """The keys of each entry of a document, in the order in which they are asked.

    ``addresses`` are those of the feed and its site, which name no entry.
    """
    junk = {url_key(address) for address in addresses}
    alike: Counter[str] = Counter()
    return [tuple(_keys(entry, junk, alike)) for entry in entries]


def _keys(entry: Entry, junk: set[str], alike: Counter[str]) -> Iterable[Key]:
    guid = "" if _is_junk(entry.guid, junk) else entry.guid
    if guid:
        yield Key(Kind.GUID, hash_of(guid))
        if path := _path(guid):
            yield Key(Kind.PATH, hash_of(path))
    link, fragment = url_key(entry.url), entry.url.partition("#")[2]
    if link and fragment:
        yield Key(Kind.ANCHOR, hash_of(f"{link}#{fragment}"))
    # The front page of a site names no entry.
    if link not in junk and ("/" in link or "?" in link):
        yield Key(Kind.LINK, hash_of(link))
        if number := _number(link):
            yield Key(Kind.NUMBER, hash_of(number))
    text = normal(entry.content or entry.summary)
    title = normal(entry.title)
    whole = f"{title} {text}".strip()
    date = entry.published.isoformat() if entry.published else ""
    yield Key(Kind.TEXT, hash_of(whole[:_FINGERPRINTED]))
    if len(text) >= _TELLING_TEXT:
        yield Key(Kind.BODY, hash_of(text[:_FINGERPRINTED]))
    if len(title) >= _TELLING_TITLE and date:
        yield Key(Kind.TITLE, hash_of(f"{title}\n{date}"))
    twins = f"{whole}\n{date}\n{link}#{fragment}\n{guid}"
    yield Key(Kind.NTH, hash_of(f"{twins}\n{alike[twins]}"))
    alike[twins] += 1


def _is_junk(guid: str, junk: set[str]) -> bool:
    """Whether a guid says nothing, or names the feed or its site."""
    names_no_part = "#" not in guid and url_key(guid) in junk - {""}
    return guid.lower() in _JUNK or names_no_part


def _path(guid: str) -> str:
    """A guid without scheme, user, host and port; "" if little would be left."""
    try:
        parts = urlsplit(guid)
    except ValueError:
        return ""
    if not parts.netloc:
        return ""
    rest = parts._replace(scheme="", netloc="").geturl()
    return "" if rest in ("", "/") else rest


def _number(link: str) -> str:
    """What looks like an article's number in a link: it stays when the slug is edited.

    A part of the path that is all digits and no date, or ends in seven digits, or in a
    date and a code ("20200429-p54o2w"); "" if there is none. Shorter numbers are years
    and tolls, and "g20deal" is a word.
    """
    path = link.partition("?")[0].partition("/")[2].lower()
    found = [_NUMBER.search(part) for part in path.split("/")]
    return next((match[match.lastindex or 0] for match in reversed(found) if match), "")


def twin(key: Key) -> Key:
    """The mark that a guid or link stands for several entries."""
    return Key(Kind.TWIN, key.hash)


def title_hash(title: str) -> str:
    """Equal for titles that differ in case, white space and counters alone."""
    return hash_of(normal(_COUNTER.sub("", title)))


def text_hash(entry: Entry) -> str:
    """Differs when a publisher changed title or text of an entry; counters aside."""
    title = _COUNTER.sub("", entry.title)
    return hash_of(normal("\n".join((title, entry.summary, entry.content))))


def hash_of(text: str) -> str:
    """64 bits in hexadecimal: enough within one feed."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def normal(text: str) -> str:
    """A text with its case and white space evened out."""
    return " ".join(text.split()).casefold()
