"""Say when two URLs mean the same article. Pure.

The key is for comparing only: what is fetched and shown is the URL as it was given.
"""

import re
from urllib.parse import (
    SplitResult,
    parse_qsl,
    quote,
    unquote,
    urlencode,
    urljoin,
    urlsplit,
)

_TRACKING = re.compile(
    r"(?:utm_|at_|pk_|mtm_|hsa_|mc_|_hs|ga_)\w*"
    r"|fbclid|gclid|dclid|msclkid|yclid|igshid|cmp|ito|ocid|xtor|wt\.\w+|ns_\w+",
    re.IGNORECASE,
)
# Names that elsewhere mean something: dropped with these values alone.
_AMBIGUOUS = {
    "ref": {"rss", "feed", "twitter", "facebook"},
    "source": {"rss", "feed"},
    "from": {"rss", "feed"},
    "cid": {"rss"},
    "s": {"20"},
}
_HOST_PREFIX = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.]+)")
_PATH_CHARS = "/!$&'()*+,:;=@~"
# Bytes that are no UTF-8 stay as they are, or different URLs would become one.
_KEEP_BYTES = "surrogateescape"
_SCHEMES = ("http", "https")


def is_web(url: str) -> bool:
    """Whether a URL is one that can be fetched and linked: http or https, a host."""
    try:
        parts = urlsplit(url)
        known = parts.scheme.lower() in _SCHEMES
        return known and re.fullmatch(r"\S+", _host(parts)) is not None
    except ValueError:
        return False


def host_of(url: str) -> str:
    """The host, with the port if it is not the scheme's own; "" if there is none."""
    try:
        parts = urlsplit(url)
        host, port = _host(parts), parts.port
    except ValueError:
        return ""
    usual = {"http": 80, "https": 443}.get(parts.scheme.lower())
    return host if port in (None, usual) else f"{host}:{port}"


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    return f"[{host}]" if ":" in host else host


def site_of(url: str) -> str:
    """The host as people name it: without "www." and its like, without the port."""
    try:
        return _HOST_PREFIX.sub("", _host(urlsplit(url)))
    except ValueError:
        return ""


def resolve(base: str, url: str) -> str:
    """A possibly relative URL of a document; "" if it is no web URL then."""
    url = url.strip()
    try:
        whole = url.startswith(("http://", "https://")) and "/." not in url
        full = url if whole else urljoin(base, url)
    except ValueError:
        return ""
    return full if is_web(full) else ""


def url_key(url: str) -> str:
    """The form that is equal for all addresses of one article; "" for no web URL."""
    if not is_web(url):
        return ""
    try:
        return _key(urlsplit(url.strip()))
    except ValueError:  # a port that is none, or half a surrogate pair
        return ""


def _key(parts: SplitResult) -> str:
    host = _HOST_PREFIX.sub("", _host(parts))
    if parts.port not in (None, 80, 443):
        host = f"{host}:{parts.port}"
    path = re.sub(r"/{2,}", "/", unquote(parts.path, errors=_KEEP_BYTES)).rstrip("/")
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors=_KEEP_BYTES)
    query = sorted(pair for pair in pairs if not _is_tracking(*pair))
    fragment = parts.fragment if parts.fragment.startswith(("!", "/", "post-")) else ""
    return (
        host
        + quote(path, _PATH_CHARS, errors=_KEEP_BYTES)
        + (f"?{urlencode(query, errors=_KEEP_BYTES)}" if query else "")
        + (f"#{fragment}" if fragment else "")
    )


def _is_tracking(name: str, value: str) -> bool:
    if _TRACKING.fullmatch(name):
        return True
    return value.lower() in _AMBIGUOUS.get(name.lower(), ())


def redacted(url: str) -> str:
    """A URL for logs and people: without user name and password."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", url)
