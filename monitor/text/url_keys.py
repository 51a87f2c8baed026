"""Say when two addresses mean the same article. Pure.

The key is for comparing only: what is fetched and shown is the URL as it was given.
Shorteners (t.co, bit.ly) and the links of news.google.com tell nothing by themselves;
for those the address that answered is a key of its own.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from monitor.text.urls import bare_host, is_web

_PATH_CHARS = "/!$&'()*+,:;=@~"
# Bytes that are no UTF-8 stay as they are, or different URLs would become one.
_KEEP_BYTES = "surrogateescape"
_MOST_WRAPS = 3

# --- parameters ---

# Names that are made for counting visitors, wherever they stand.
_TRACKING = re.compile(
    r"(?:utm|at|pk|mtm|matomo|piwik|hsa|mc|ga|mkt|vero|oly|trk|itm|ns|hmb|fb)_\w*"
    r"|_{1,2}hs\w*|_g[al]|wt\.\w+|elqtrack\w*|guce?_?\w*referrer\w*|guccounter"
    r"|(?:fb|g|d|y|ys|tw|tt)clid|msclkid|gclsrc|[gw]braid|li_fat_id|igsh(?:id)?|mibextid|epik"
    r"|s_(?:kw)?cid|ef_id|srsltid|ftag|dlbk|sref|srnd|itid|smid|smtyp|smvar|spref"
    r"|cmp|cmpid|intcmp|intcid|[inoe]cid|ito|xtor|wpisrc|wpmm|soc_(?:src|trk)"
    r"|ref_(?:src|url)|traffic_source|feed(?:name|type)|__twitter_impression|_ptid"
    r"|_branch_match_id|rb_clickid|wickedid|nr_email_referer|noredirect|reflink"
    r"|replytocom|phpsessid|jsessionid|aspsessionid\w*|cfid|cftoken",
    re.IGNORECASE,
)
# Names that elsewhere mean something: dropped with these values alone.
_FROM_WHERE = re.compile(
    r"rss\w*|feeds?|feedburner|twitter|tw|x|facebook|fb|social|share|newsletter|nl|e?mail"
    r"|app|home(?:page)?|hp",
    re.IGNORECASE,
)
_YES = re.compile(r"|1|true|yes|on", re.IGNORECASE)
_AMBIGUOUS = {
    "ref": _FROM_WHERE,
    "source": _FROM_WHERE,
    "src": _FROM_WHERE,
    "from": _FROM_WHERE,
    "via": _FROM_WHERE,
    "cid": re.compile(r"rss\w*|social\w*", re.IGNORECASE),
    "partner": re.compile(r"rss\w*", re.IGNORECASE),
    "emc": re.compile(r"rss\w*|edit\w*", re.IGNORECASE),
    "mod": re.compile(r"rss\w*", re.IGNORECASE),
    "feed": re.compile(r"rss2?|atom|rdf", re.IGNORECASE),
    "s": re.compile("20"),
    "sh": re.compile(r"[0-9a-f]{4,}"),
    "rss": _YES,
    "amp": _YES,
    "print": _YES,
    "outputtype": re.compile("amp", re.IGNORECASE),
    "output": re.compile("amp", re.IGNORECASE),
    "view": re.compile("amp|print", re.IGNORECASE),
}
_SESSION = re.compile(r"[0-9a-zA-Z]{16,}")
_NAMES_ARTICLE = re.compile(r"\w*id|p|story|article|doc", re.IGNORECASE)

# --- hosts ---

# One site under several names, where the path is the same on each.
_SAME_SITE = {
    "edition.cnn.com": "cnn.com",
    "us.cnn.com": "cnn.com",
    "old.reddit.com": "reddit.com",
    "new.reddit.com": "reddit.com",
    "np.reddit.com": "reddit.com",
    "twitter.com": "x.com",
    "bbc.co.uk": "bbc.com",
    "guardian.co.uk": "theguardian.com",
    "uk.reuters.com": "reuters.com",
    "us.reuters.com": "reuters.com",
    "in.reuters.com": "reuters.com",
    "ca.reuters.com": "reuters.com",
}
# Parameters that only here say where a visitor comes from.
_OF_SITE = {
    "youtube.com": re.compile("feature|si|ab_channel|pp"),
    "open.spotify.com": re.compile("si"),
    "x.com": re.compile("s|t"),
}
_HOST = re.compile(r"[a-z0-9._-]+", re.ASCII)
_MOBILE_WIKI = re.compile(r"^([a-z-]+)\.m\.(?=wiki\w+\.org$)")
_VIDEO = re.compile(r"/(?:shorts|embed|live)/([\w-]+)")

# --- paths ---

_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/]*", re.IGNORECASE)
_INDEX = re.compile(r"/(?:index\.(?:html?|php|aspx?|jsp|shtml)|default\.aspx?)$", re.I)
_AMP = re.compile(r"(?<=/)([^/]*[-\d][^/]*)/amp$|\.amp(?=(?:\.html?)?$)", re.IGNORECASE)
_PRINT = re.compile(r"(?<=[^/])/print$", re.IGNORECASE)


def url_key(url: str) -> str:
    """The form that is equal for all addresses of one article; "" for no web URL."""
    url = url.strip()
    if not is_web(url):
        return ""
    try:
        parts = urlsplit(url)
        for _ in range(_MOST_WRAPS):
            inside = _wrapped(parts)
            if not is_web(inside):
                break
            parts = urlsplit(inside)
        return _key(parts)
    except ValueError:  # a port that is none, or half a surrogate pair
        return ""


def _key(parts: SplitResult) -> str:
    host = _site(parts)
    path = _path(parts.path)
    pairs = parse_qsl(parts.query, keep_blank_values=True, errors=_KEEP_BYTES)
    kept = _kept(host, [(name.removeprefix("amp;"), value) for name, value in pairs])
    if host == "youtu.be" and path != "":
        host, kept, path = "youtube.com", [("v", path[1:])], "/watch"
    elif host == "youtube.com" and (video := _VIDEO.fullmatch(path)):
        kept, path = [("v", video[1])], "/watch"
    if parts.port not in (None, 80, 443):
        host = f"{host}:{parts.port}"
    fragment = parts.fragment if parts.fragment.startswith(("!", "/", "post-")) else ""
    return (
        host
        + quote(path, _PATH_CHARS, errors=_KEEP_BYTES)
        + (f"?{urlencode(sorted(kept), errors=_KEEP_BYTES)}" if kept else "")
        + (f"#{fragment}" if fragment else "")
    )


def _site(parts: SplitResult) -> str:
    """The host without what says how the site is looked at, in ASCII."""
    host = _MOBILE_WIKI.sub(r"\1.", bare_host(parts))
    if not host.isascii():
        with suppress(UnicodeError):
            encoded = host.encode("idna").decode("ascii")
            # Some letters fall apart into what no host has, such as a space.
            host = encoded if _HOST.fullmatch(encoded) else host
    return _SAME_SITE.get(host, host)


def _path(path: str) -> str:
    path = re.sub(r"/{2,}", "/", unquote(path, errors=_KEEP_BYTES))
    path = _SESSION_IN_PATH.sub("", _without_dots(path)).rstrip("/")
    path = _INDEX.sub("", path)
    return _PRINT.sub("", _AMP.sub(lambda amp: amp[1] or "", path))


def _without_dots(path: str) -> str:
    """Dot segments taken out (RFC 3986, 5.2.4)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    return "/".join(kept)


def _kept(host: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The parameters that say which article it is."""
    own = _OF_SITE.get(host)
    kept = [
        (name, value)
        for name, value in pairs
        if not _is_tracking(name, value) and not (own and own.fullmatch(name))
    ]
    # "sid" is a session beside another id; of old news systems it is the article.
    others = [name for name, _ in kept if name.lower() != "sid"]
    named = any(map(_NAMES_ARTICLE.fullmatch, others))
    return [
        (name, value)
        for name, value in kept
        if name.lower() != "sid" or not (named or _SESSION.fullmatch(value))
    ]


def _is_tracking(name: str, value: str) -> bool:
    if _TRACKING.fullmatch(name):
        return True
    values = _AMBIGUOUS.get(name.lower())
    return values is not None and values.fullmatch(value) is not None


# --- addresses inside of others ---


def _parameter(*names: str) -> Callable[[SplitResult], str]:
    def found(parts: SplitResult) -> str:
        values = dict(parse_qsl(parts.query, errors=_KEEP_BYTES))
        return next((values[name] for name in names if name in values), "")

    return found


def _rest(pattern: str) -> Callable[[SplitResult], str]:
    compiled = re.compile(pattern)

    def found(parts: SplitResult) -> str:
        match = compiled.match(parts.path)
        rest = f"https://{parts.path[match.end() :]}" if match else ""
        return f"{rest}?{parts.query}" if rest and parts.query else rest

    return found


# Host, beginning of the path, and how the address is found in the rest.
_WRAPS: tuple[tuple[re.Pattern[str], str, Callable[[SplitResult], str]], ...] = (
    (re.compile(r"google\.[a-z.]{2,6}"), "/url", _parameter("q", "url")),
    (re.compile(r"google\.[a-z.]{2,6}"), "/amp/", _rest(r"/amp/(?:s/)?")),
    (re.compile(r".*cdn\.ampproject\.org"), "/", _rest(r"/(?:c|v|wp|a)/(?:s/)?")),
    (re.compile(r"lm?\.facebook\.com"), "/l.php", _parameter("u")),
    (re.compile(r"bing\.com"), "/news/apiclick.aspx", _parameter("url")),
    (re.compile(r"out\.reddit\.com"), "/", _parameter("url")),
    (re.compile(r"youtube\.com"), "/redirect", _parameter("q")),
    (re.compile(r".*safelinks\.protection\.outlook\.com"), "/", _parameter("url")),
)


def _wrapped(parts: SplitResult) -> str:
    """The address that another one leads to, where that stands inside it; else ""."""
    host = bare_host(parts)
    for hosts, path, inside in _WRAPS:
        if parts.path.startswith(path) and hosts.fullmatch(host):
            return inside(parts)
    return ""
