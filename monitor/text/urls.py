"""Read addresses: what can be fetched, whose site it is, where a link leads. Pure."""

import re
from urllib.parse import SplitResult, urljoin, urlsplit

_HOST_PREFIX = re.compile(r"^(?:(?:www\d?|m|mobile|amp)\.)+(?=[^.]+\.[^.]+)")
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
        return bare_host(urlsplit(url))
    except ValueError:
        return ""


def bare_host(parts: SplitResult) -> str:
    """The host without "www.", "m." and the like, and without its port."""
    return _HOST_PREFIX.sub("", _host(parts))


def resolve(base: str, url: str) -> str:
    """A possibly relative URL of a document; "" if it is no web URL then."""
    url = url.strip()
    try:
        whole = url.startswith(("http://", "https://")) and "/." not in url
        full = url if whole else urljoin(base, url)
    except ValueError:
        return ""
    return full if is_web(full) else ""


def redacted(url: str) -> str:
    """A URL for logs and people: without user name and password."""
    return re.sub(r"(?<=://)[^/?#\s]*@", "", url)
