import asyncio
import gzip
import ipaddress
import itertools
import socket
import ssl
import struct
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
import respx
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.errors import (
    FetchError,
    FetchRefused,
    FetchTimeout,
    FetchTooLarge,
    FetchUnreachable,
)
from monitor.http import (
    MAX_REDIRECTS,
    Client,
    Network,
    Request,
    Transport,
    permits,
)
from monitor.models import Fetched
from monitor.text.headers import retry_after

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
URL = "https://news.example/feed"
LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]
Script = Callable[[asyncio.StreamWriter], Awaitable[None]]


def client(transport: httpx.AsyncBaseTransport, seconds: float = 5) -> Client:
    return Client(
        transport,
        user_agent="monitor/1 (+https://monitor.example)",
        timeout=timedelta(seconds=seconds),
        now=lambda: NOW,
    )


# --- which addresses may be dialled ---

INNER = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15
198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
::/128 ::1/128 ::/96 ::ffff:127.0.0.0/104 ::ffff:10.0.0.0/104 64:ff9b::7f00:0/104
64:ff9b::a00:0/104 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
"""
OUTER = """
1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 191.255.255.255 192.0.1.0
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.114.0 223.255.255.255
2001:200::1 2606:4700::1111 2a00:1450::1 ::ffff:8.8.8.8 64:ff9b::808:808
"""


@pytest.mark.parametrize("network", INNER.split())
def test_no_address_of_a_special_network_may_be_dialled(network: str) -> None:
    block = ipaddress.ip_network(network)

    permitted = [permits(str(block[n])) for n in (0, block.num_addresses // 2, -1)]

    assert permitted == [False, False, False]


@pytest.mark.parametrize("address", OUTER.split())
def test_a_public_address_may_be_dialled(address: str) -> None:
    permitted = permits(address)

    assert permitted


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_ipv6_is_judged_as_what_it_reaches(
    address: ipaddress.IPv4Address,
) -> None:
    wrapped = (
        f"::ffff:{address}",
        f"64:ff9b::{address}",
        f"::{address}",
        f"fe80::{address}%eth0",
    )

    permitted = [permits(form) for form in wrapped]

    assert permitted == [permits(str(address)), permits(str(address)), False, False]


@given(st.ip_addresses(v=6, network="2000::/3"))
def test_a_public_ipv6_address_needs_no_zone(address: ipaddress.IPv6Address) -> None:
    permitted = permits(f"{address}%eth0")

    assert permitted == permits(str(address))


def test_a_network_that_was_allowed_may_be_dialled_and_no_more() -> None:
    allowed = [ipaddress.ip_network("127.10.0.0/15"), ipaddress.ip_network("fd00::/8")]
    addresses = ["127.10.0.1", "127.11.255.255", "::ffff:127.10.0.1", "fd00::1"]
    others = ["127.0.0.1", "127.12.0.0", "10.0.0.1", "fc00::1", "::1"]

    permitted = [permits(address, allowed) for address in (*addresses, *others)]

    assert permitted == [True] * 4 + [False] * 5


# --- one exchange, as the web answers it ---


@pytest.fixture
def web() -> respx.Router:
    return respx.Router(assert_all_called=False)


def answer(status: int = 200, body: bytes = b"", **headers: str) -> httpx.Response:
    """An answer with its body just as it comes over the wire."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(body))


def fetch(web: respx.Router, request: Request | str = URL) -> Fetched:
    asked = Request(url=request) if isinstance(request, str) else request
    return asyncio.run(client(httpx.MockTransport(web.async_handler)).get(asked))


def failure(web: respx.Router, request: Request | str = URL) -> FetchError:
    with pytest.raises(FetchError) as raised:
        fetch(web, request)
    return raised.value


def test_an_answer_becomes_a_value(web: respx.Router) -> None:
    web.get(URL).mock(
        return_value=answer(
            200,
            b"<rss/>",
            content_type="application/rss+xml",
            etag='W/"a b"',
            last_modified="Mon, 23 Nov 2026 06:00:00 GMT",
            retry_after="60",
        )
    )

    fetched = fetch(web)

    assert fetched.elapsed < timedelta(seconds=5)
    assert (fetched.status, fetched.url, fetched.body) == (200, URL, b"<rss/>")
    assert (fetched.content_type, fetched.etag) == ("application/rss+xml", 'W/"a b"')
    assert fetched.last_modified == "Mon, 23 Nov 2026 06:00:00 GMT"
    assert fetched.retry_after == timedelta(seconds=60)


def test_a_bare_answer_leaves_the_rest_empty(web: respx.Router) -> None:
    web.get(URL).mock(return_value=answer(304))

    fetched = fetch(web)

    assert (fetched.status, fetched.body, fetched.content_type) == (304, b"", "")
    assert (fetched.etag, fetched.last_modified, fetched.retry_after) == (None,) * 3


def test_a_request_says_who_asks_and_what_for(web: respx.Router) -> None:
    route = web.get(URL).mock(return_value=answer())

    fetch(web, Request(url=URL, accept="application/rss+xml"))

    sent = route.calls.last.request.headers
    assert sent["user-agent"] == "monitor/1 (+https://monitor.example)"
    assert sent["accept"] == "application/rss+xml"
    assert sent["accept-encoding"] == "gzip"


def test_headers_of_a_request_win_in_any_case(web: respx.Router) -> None:
    route = web.get(URL).mock(return_value=answer())

    fetch(web, Request(url=URL, headers={"user-agent": "A", "X-B": "c"}))

    sent = route.calls.last.request.headers
    assert sent.get_list("user-agent") == ["A"]
    assert sent["x-b"] == "c"


def test_a_request_may_go_out_under_another_name(web: respx.Router) -> None:
    route = web.get(URL).mock(return_value=answer())

    fetch(web, Request(url=URL, user_agent="Mozilla/5.0 (for Ana)"))

    sent = route.calls.last.request.headers
    assert sent.get_list("user-agent") == ["Mozilla/5.0 (for Ana)"]


@pytest.mark.parametrize(
    ("value", "challenged"),
    [("challenge", True), ("Challenge", True), ("", False), ("block", False)],
)
@pytest.mark.parametrize("status", [200, 403, 503])
def test_the_challenge_of_a_bot_protection_is_seen_in_any_answer(
    web: respx.Router, status: int, value: str, *, challenged: bool
) -> None:
    web.get(URL).mock(return_value=answer(status, b"<html>", cf_mitigated=value))

    fetched = fetch(web)

    assert (fetched.status, fetched.challenged) == (status, challenged)


@pytest.mark.parametrize(
    "etag", ['"abc"', 'W/"a, b"', "no-quotes", '"caf\u00e9"', '"\u4e2d"']
)
def test_validators_pass_verbatim(web: respx.Router, etag: str) -> None:
    raw = etag.encode()
    first = httpx.Response(200, headers=[(b"ETag", raw)], stream=httpx.ByteStream(b""))
    route = web.get(URL).mock(side_effect=[first, answer(304)])

    validator = fetch(web).etag
    fetch(web, Request(url=URL, headers={"If-None-Match": str(validator)}))

    sent = dict(route.calls.last.request.headers.raw)
    assert sent[b"If-None-Match"] == raw


def test_an_etag_in_an_old_encoding_does_no_harm(web: respx.Router) -> None:
    first = httpx.Response(
        200, headers=[(b"ETag", b'"\xe9\xff"')], stream=httpx.ByteStream(b"")
    )
    web.get(URL).mock(side_effect=[first, answer(304)])

    validator = fetch(web).etag
    second = fetch(web, Request(url=URL, headers={"If-None-Match": str(validator)}))

    assert second.status == 304


def test_private_headers_are_not_shown() -> None:
    request = Request(url=URL, private={"Authorization": "Bearer canary"})

    shown = f"{request!r} {request}"

    assert "canary" not in shown


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("https://other.example/new", "https://other.example/new"),
        ("/new?a=%2f", "https://news.example/new?a=%2f"),
        ("new", "https://news.example/new"),
        ("//cdn.example/new", "https://cdn.example/new"),
        ("?page=2", "https://news.example/feed?page=2"),
    ],
)
def test_a_redirect_is_followed(
    web: respx.Router, status: int, location: str, target: str
) -> None:
    route = web.get(target).mock(return_value=answer(200, b"here"))
    web.get(URL).mock(return_value=answer(status, b"moved", location=location))

    fetched = fetch(web)

    assert (fetched.status, fetched.url, fetched.body) == (200, target, b"here")
    assert route.calls.last.request.method == "GET"


def test_as_many_redirects_as_allowed_are_followed(web: respx.Router) -> None:
    assert MAX_REDIRECTS == 10
    for n in range(MAX_REDIRECTS):
        web.get(f"https://a.example/{n}").mock(
            return_value=answer(302, location=f"/{n + 1}")
        )
    web.get(f"https://a.example/{MAX_REDIRECTS}").mock(return_value=answer(200))

    fetched = fetch(web, "https://a.example/0")

    assert fetched.url == f"https://a.example/{MAX_REDIRECTS}"


def test_one_redirect_more_is_an_error(web: respx.Router) -> None:
    for n in range(MAX_REDIRECTS + 1):
        web.get(f"https://a.example/{n}").mock(
            return_value=answer(302, location=f"/{n + 1}")
        )
    last = web.get(f"https://a.example/{MAX_REDIRECTS + 1}").mock(
        return_value=answer(200)
    )

    error = failure(web, "https://a.example/0")

    assert "circles" in str(error)
    assert not last.called


def test_a_loop_ends_at_its_second_round(web: respx.Router) -> None:
    there = web.get(URL).mock(return_value=answer(302, location="/back"))
    back = web.get("https://news.example/back").mock(
        return_value=answer(302, location=URL)
    )

    error = failure(web)

    assert str(error) == "redirects go round in circles at https://news.example/feed"
    assert (there.call_count, back.call_count) == (1, 1)


def test_a_loop_does_not_show_credentials(web: respx.Router) -> None:
    secret = "https://ana:canary@news.example/feed?token=canary"
    web.get(url__startswith="https://").mock(return_value=answer(302, location=secret))

    error = failure(web, secret)

    assert "canary" not in str(error)


def test_a_redirect_without_a_location_is_an_error(web: respx.Router) -> None:
    web.get(URL).mock(return_value=answer(301))

    error = failure(web)

    assert str(error) == "HTTP 301 without a Location"


@pytest.mark.parametrize("location", ["A:////[", "http://a:port/", "http://[::1/"])
def test_a_redirect_to_what_is_no_url_is_an_error(
    web: respx.Router, location: str
) -> None:
    web.get(URL).mock(return_value=answer(302, location=location))

    error = failure(web)

    assert str(error) == "HTTP 302 with a Location that is no URL"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "gopher://a/",
        "ftp://a.example/",
        "data:text/plain,a",
        "javascript:a",
        "http:///a",
        "mailto:a@b.example",
        "http://xn--a/",
    ],
)
def test_a_redirect_out_of_the_web_is_refused(web: respx.Router, location: str) -> None:
    web.get(URL).mock(return_value=answer(302, location=location))

    error = failure(web)

    assert isinstance(error, FetchRefused)
    assert str(error).startswith("refused: ")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "news",
        "/feed",
        "file:///etc/passwd",
        "ftp://a.example/",
        "http://",
        "//a.example/",
    ],
)
def test_a_url_outside_the_web_is_refused(web: respx.Router, url: str) -> None:
    error = failure(web, url)

    assert isinstance(error, FetchRefused)


@pytest.mark.parametrize(
    "url",
    ["http://a:port/", "http://[::1/", "http://a\x00b/", "http://a/" + "b" * 70_000],
)
def test_a_url_that_is_none_is_an_error(web: respx.Router, url: str) -> None:
    error = failure(web, url)

    assert str(error)


@given(
    st.text(max_size=30)
    | st.text("htp:/.[]@?#%xn-a\u00e9\u3002 ", max_size=20).map("http://".__add__)
)
@example("A:////[")
@example("http://xn--a/")
def test_any_url_and_any_location_are_fetched_or_an_error(url: str) -> None:
    def redirect(request: httpx.Request) -> httpx.Response:
        if request.url == URL:
            return httpx.Response(
                302, headers=[(b"Location", url.encode("utf-8", "replace"))]
            )
        return answer(200)

    outcomes: list[Fetched | FetchError] = []
    for asked in (url, URL):
        try:
            outcomes.append(
                asyncio.run(
                    client(httpx.MockTransport(redirect)).get(Request(url=asked))
                )
            )
        except FetchError as error:
            outcomes.append(error)

    assert len(outcomes) == 2


def test_private_headers_stay_with_their_origin(web: respx.Router) -> None:
    hops = [
        "https://news.example/feed",
        "https://news.example/same",
        "http://news.example/plain",
        "https://news.example:8443/port",
        "https://evil.example/other",
    ]
    routes = [
        web.get(here).mock(return_value=answer(302, location=there))
        for here, there in itertools.pairwise(hops)
    ]
    routes.append(web.get(hops[-1]).mock(return_value=answer(200)))

    fetch(
        web,
        Request(
            url=hops[0], headers={"X-Open": "1"}, private={"Authorization": "canary"}
        ),
    )

    sent = [route.calls.last.request.headers for route in routes]
    assert ["authorization" in headers for headers in sent] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert ["x-open" in headers for headers in sent] == [True] * 5


@pytest.mark.parametrize(
    ("hops", "permanent"),
    [
        ([], False),
        ([301], True),
        ([308], True),
        ([301, 308, 301], True),
        ([302], False),
        ([303], False),
        ([307], False),
        ([301, 302], False),
        ([302, 301], False),
        ([308, 307, 308], False),
    ],
)
@pytest.mark.parametrize("last", [200, 304])
def test_a_chain_is_permanent_if_all_its_hops_are(
    web: respx.Router, hops: list[int], last: int, *, permanent: bool
) -> None:
    for n, status in enumerate(hops):
        web.get(f"https://a.example/{n}").mock(
            return_value=answer(status, location=f"/{n + 1}")
        )
    web.get(f"https://a.example/{len(hops)}").mock(return_value=answer(last))

    fetched = fetch(web, "https://a.example/0")

    assert (fetched.url, fetched.permanent) == (
        f"https://a.example/{len(hops)}",
        permanent,
    )


# --- cookies live as long as one chain of redirects ---


def trail(*hops: tuple[str, str], rounds: int = 1) -> list[str]:
    """Fetch along hops, each a URL and the cookie it sets; the cookies that were sent."""
    onward = dict(itertools.pairwise(url for url, _ in hops))
    sets = dict(hops)
    sent: list[str] = []

    def reply(request: httpx.Request) -> httpx.Response:
        here = str(request.url)
        sent.append(request.headers.get("cookie", ""))
        headers = [("Set-Cookie", sets[here])] if sets[here] else []
        if here not in onward:
            return httpx.Response(200, headers=headers)
        return httpx.Response(302, headers=[*headers, ("Location", onward[here])])

    async def scene() -> None:
        opened = client(httpx.MockTransport(reply))
        for _ in range(rounds):
            await opened.get(Request(url=hops[0][0]))

    asyncio.run(scene())
    return sent


def test_a_cookie_that_is_set_on_the_way_is_sent_on() -> None:
    sent = trail(
        ("https://a.example/feed", "wall=1; Path=/"),
        ("https://a.example/check", "seen=2; Path=/"),
        ("https://a.example/feed?again", ""),
    )

    assert [sorted(cookies.split("; ")) for cookies in sent] == [
        [""],
        ["wall=1"],
        ["seen=2", "wall=1"],
    ]


def test_a_cookie_that_is_set_anew_has_its_last_value() -> None:
    sent = trail(
        ("https://a.example/1", "a=old; Path=/"),
        ("https://a.example/2", "a=new; Path=/"),
        ("https://a.example/3", ""),
    )

    assert sent == ["", "a=old", "a=new"]


def test_cookies_go_back_to_the_host_that_set_them_and_to_no_other() -> None:
    sent = trail(
        ("https://a.example/1", "a=1; Path=/"),
        ("https://b.example/2", "b=2; Path=/"),
        ("https://a.example/3", ""),
        ("https://b.example/4", ""),
        ("https://c.example/5", ""),
    )

    assert sent == ["", "", "a=1", "b=2", ""]


@pytest.mark.parametrize(
    ("cookie", "there"),
    [
        ("a=1; Domain=b.example; Path=/", "https://b.example/"),
        ("a=1; Domain=example; Path=/", "https://b.example/"),
        ("a=1; Secure; Path=/", "http://a.example/"),
        ("a=1; Path=/deep", "https://a.example/"),
        ("a=1; Max-Age=0; Path=/", "https://a.example/"),
        ("", "https://a.example/"),
    ],
)
def test_a_cookie_is_not_sent_where_it_does_not_belong(cookie: str, there: str) -> None:
    sent = trail(("https://a.example/deep/1", cookie), (there, ""))

    assert sent == ["", ""]


def test_a_cookie_without_a_domain_is_not_sent_to_a_host_below() -> None:
    sent = trail(("https://a.example/1", "a=1; Path=/"), ("https://sub.a.example/", ""))

    assert sent == ["", ""]


@pytest.mark.parametrize("check", ["/feed", "/check"])
def test_a_cookie_wall_that_leads_back_is_passed(web: respx.Router, check: str) -> None:
    def guard(request: httpx.Request) -> httpx.Response:
        if "seen=1" in request.headers.get("cookie", ""):
            return answer(200, b"news")
        return answer(302, location=check, set_cookie="seen=1; Path=/")

    web.get("https://news.example/check").mock(return_value=answer(302, location=URL))
    web.get(URL).mock(side_effect=guard)

    fetched = fetch(web)

    assert (fetched.url, fetched.body) == (URL, b"news")


def test_a_loop_that_sets_the_same_cookie_again_and_again_ends(
    web: respx.Router,
) -> None:
    route = web.get(URL).mock(
        side_effect=lambda _: answer(302, location=URL, set_cookie="a=1; Path=/")
    )

    error = failure(web)

    assert "circles" in str(error)
    assert route.call_count <= 2


def test_no_cookie_outlives_its_exchange() -> None:
    sent = trail(
        ("https://a.example/1", "a=1; Path=/; Max-Age=9999"),
        ("https://a.example/2", "b=2; Path=/; Max-Age=9999"),
        rounds=2,
    )

    assert sent == ["", "a=1", "", "a=1"]


# --- what kind of failure it was ---


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (httpx.ConnectError("no route"), FetchUnreachable, "no route"),
        (httpx.ConnectError(""), FetchUnreachable, "ConnectError"),
        (httpx.ConnectTimeout("late"), FetchUnreachable, "late"),
        (httpx.ReadTimeout("late"), FetchTimeout, "no full answer within 5 s"),
        (httpx.RemoteProtocolError("garbage"), FetchError, "garbage"),
        (httpx.ReadError(""), FetchError, "ReadError"),
        (httpx.UnsupportedProtocol("no"), FetchRefused, "refused: no"),
    ],
)
def test_only_what_found_no_connection_is_unreachable(
    web: respx.Router, error: Exception, kind: type[FetchError], text: str
) -> None:
    web.get(URL).mock(side_effect=error)

    raised = failure(web)

    assert (type(raised), str(raised)) == (kind, text)


# --- bodies ---

TEXT = b"Syrian troops withdraw from Aleppo. " * 50


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


def receive(*pieces: bytes, encoding: str = "", limit: int = 1 << 24) -> Fetched:
    """Fetch a body that comes in pieces; respx would decode it on the way."""

    class Pieces(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece

    def reply(_: httpx.Request) -> httpx.Response:
        headers = {"content-encoding": encoding} if encoding else {}
        return httpx.Response(200, headers=headers, stream=Pieces())

    opened = client(httpx.MockTransport(reply))
    return asyncio.run(opened.get(Request(url=URL, limit=limit)))


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("utf-8", TEXT),
        ("none, UTF-8", TEXT),
        ("gzip", gzipped(TEXT)),
        ("GZIP", gzipped(TEXT)),
        ("x-gzip", gzipped(TEXT)),
        ("gzip, utf-8", gzipped(TEXT)),
        ("gzip", gzipped(TEXT) + b"\0" * 30),
        ("gzip", gzipped(TEXT[:99]) + gzipped(b"") + gzipped(TEXT[99:])),
        ("gzip", zlib.compress(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
def test_a_body_is_decoded_as_its_encoding_says(encoding: str, body: bytes) -> None:
    fetched = receive(body, encoding=encoding)

    assert fetched.body == TEXT


@given(
    st.lists(st.binary(max_size=300), min_size=1, max_size=3),
    st.lists(st.integers(0, 1_000), max_size=8),
)
def test_a_body_is_decoded_however_it_is_cut(
    members: list[bytes], cuts: list[int]
) -> None:
    body = b"".join(map(gzipped, members))
    at = sorted([0, len(body), *(cut % len(body) for cut in cuts)])
    pieces = [body[start:end] for start, end in itertools.pairwise(at)]

    fetched = receive(*pieces, encoding="gzip")

    assert fetched.body == b"".join(members)


@pytest.mark.parametrize("pieces", [[], [b""]])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br"])
def test_an_empty_body_is_whole_in_any_encoding(
    encoding: str, pieces: list[bytes]
) -> None:
    fetched = receive(*pieces, encoding=encoding)

    assert fetched.body == b""


@pytest.mark.parametrize(
    ("encoding", "body", "problem"),
    [
        ("gzip", gzipped(TEXT)[:-9], "the compressed body was cut off"),
        ("gzip", gzipped(TEXT)[:5], "the compressed body was cut off"),
        ("deflate", zlib.compress(TEXT)[:-5], "the compressed body was cut off"),
        ("gzip", gzipped(TEXT) + gzipped(TEXT)[:20], "the compressed body was cut off"),
        ("gzip", b"\xff" * 50, "the body is not what it says: "),
        ("gzip", gzipped(TEXT)[:-8] + b"\0" * 8, "the body is not what it says: "),
        ("br", TEXT, "unwanted content encoding br"),
        ("zstd", TEXT, "unwanted content encoding zstd"),
        ("compress", TEXT, "unwanted content encoding compress"),
        ("gzip, gzip", TEXT, "unwanted content encoding gzip, gzip"),
        ("gzip, br", TEXT, "unwanted content encoding gzip, br"),
    ],
)
def test_a_body_that_cannot_be_decoded_is_an_error(
    encoding: str, body: bytes, problem: str
) -> None:
    with pytest.raises(FetchError) as raised:
        receive(body, encoding=encoding)

    assert str(raised.value).startswith(problem)


def test_a_body_that_spoils_in_the_middle_is_an_error() -> None:
    body = gzipped(bytes(range(256)) * 50)

    with pytest.raises(FetchError, match=r"^the body is not what it says"):
        receive(body[:100], b"\xff" * 100, encoding="gzip")


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("", b"x" * 1_001),
        ("gzip", gzipped(b"x" * 1_001)),
        ("gzip", gzipped(b"x" * 600) + gzipped(b"x" * 600)),
        ("gzip", gzipped(b"") * 60),
        ("deflate", raw_deflate(b"x" * 1_001)),
    ],
)
def test_a_body_over_the_limit_is_refused(encoding: str, body: bytes) -> None:
    with pytest.raises(FetchTooLarge) as raised:
        receive(body, encoding=encoding, limit=1_000)

    assert str(raised.value) == "the body is larger than 1,000 bytes"


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_body_of_just_the_limit_is_read(encoding: str) -> None:
    body = b"x" * 1_000

    fetched = receive(
        gzipped(body) if encoding else body, encoding=encoding, limit=1_000
    )

    assert fetched.body == body


def test_a_gzip_bomb_is_opened_no_further_than_the_limit() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(200))
    tracemalloc.start()

    with pytest.raises(FetchTooLarge):
        receive(bomb, encoding="gzip", limit=1 << 20)

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(bomb) < 1 << 20
    assert peak < 10 << 20


# --- how long a server asks to wait ---


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "0"}, 0),
        ({"retry-after": " 120 "}, 120),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 5_000}, 99_999_999),
        ({"retry-after": "Mon, 23 Nov 2026 07:02:00 GMT"}, 120),
        ({"retry-after": "Mon, 23 Nov 2026 07:02:00"}, 120),
        ({"retry-after": "Mon, 23 Nov 2026 06:00:00 GMT"}, 0),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, 99_999_999),
        ({"retry-after": "Mon, 23 Nov 99999999999 07:02:00 GMT"}, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(
    headers: dict[str, str], wait: int | None
) -> None:
    found = retry_after(headers, NOW)

    assert found == (None if wait is None else timedelta(seconds=wait))


def test_a_date_is_held_against_the_clock_of_the_server() -> None:
    ahead = NOW + timedelta(hours=3)
    headers = {
        "date": format_datetime(ahead, usegmt=True),
        "retry-after": format_datetime(ahead + timedelta(minutes=5), usegmt=True),
    }

    found = retry_after(headers, NOW)

    assert found == timedelta(minutes=5)


@given(
    st.text(max_size=30) | st.text("0123456789 :+-,MonNovGT", max_size=40),
    st.text(max_size=20),
)
def test_any_retry_after_is_none_or_a_sane_wait(value: str, date: str) -> None:
    found = retry_after({"retry-after": value, "date": date}, NOW)

    assert found is None or timedelta(0) <= found < timedelta(days=1_200)


# --- real sockets, on loopback only ---

# A throw-away key that nobody trusts.
PEM = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg+1cIDVaZ+WfEnQWK
Zh9AC08psG9oL4R5KV6r7N68BK6hRANCAAT3TxiX5GofCEa5GiHUxCJVlpqka3fl
nwdokPSxgmiaSYAnxrwCfZTnCUdxtVILrCDLYgvUdK49xBezP0G+N826
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBfjCCASOgAwIBAgIUQrcPBJd8c/T8Vw4uBWTt7xqGcLkwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIbG9vcGJhY2swIBcNMjYxMTI0MTM1NzA0WhgPMjEyNjEwMzEx
MzU3MDRaMBMxETAPBgNVBAMMCGxvb3BiYWNrMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE908Yl+RqHwhGuRoh1MQiVZaapGt35Z8HaJD0sYJomkmAJ8a8An2U5wlH
cbVSC6wgy2IL1HSuPcQXsz9BvjfNuqNTMFEwHQYDVR0OBBYEFCt8Tk9Z3R1BswCt
ItT7kZn/iPUPMB8GA1UdIwQYMBaAFCt8Tk9Z3R1BswCtItT7kZn/iPUPMA8GA1Ud
EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJVPZkTsbPcWhRnMjbJ57syt
cXiAh+JqBjjv2sB7w/ZGAiEA3bB74DAlZB37u8knjENpa+5hGDQ7FrkhT+ghNZyU
isU=
-----END CERTIFICATE-----
"""


class Backstop(socket.socket):
    """A socket that dials nothing but loopback, whatever the program wants."""

    dialled: list[str] = []  # noqa: RUF012 - emptied by the fixture

    def connect(self, address: tuple[str, int]) -> None:  # type: ignore[override]
        self.dialled.append(address[0])
        if not address[0].startswith("127."):
            raise OSError(None, f"a test wanted to dial {address[0]}")
        super().connect(address)


@pytest.fixture(autouse=True)
def no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are read as numbers, in every spelling; names are never looked up."""
    look_up = socket.getaddrinfo

    def numbers_only(
        host: str,
        port: int,
        family: int = 0,
        kind: int = 0,
        protocol: int = 0,
        _: int = 0,
    ) -> list[object]:
        flags = socket.AI_NUMERICHOST
        return list(look_up(host, port, family, kind, protocol, flags))

    monkeypatch.setattr(socket, "getaddrinfo", numbers_only)
    monkeypatch.setattr(Backstop, "dialled", [])


class Site:
    """A loopback server that plays a script to each connection."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.heads: list[str] = []
        self.connections = 0
        self.port = 0

    def url(
        self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http"
    ) -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def play(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head.decode())
                await self.script(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    script: Script, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
) -> AsyncIterator[Site]:
    site = Site(script)
    server = await asyncio.start_server(site.play, host, 0, ssl=tls)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site


@asynccontextmanager
async def dialling(
    allowed: list[Network] | None = LOOPBACK, seconds: float = 5
) -> AsyncIterator[Client]:
    opened = client(Transport(allowed, Backstop), seconds)
    try:
        yield opened
    finally:
        await opened.aclose()


def says(*pieces: bytes) -> Script:
    """A script that writes some bytes and hangs up."""

    async def script(writer: asyncio.StreamWriter) -> None:
        writer.writelines(pieces)
        await writer.drain()
        writer.close()

    return script


def keeps(body: bytes, *headers: str) -> Script:
    """A script that gives a good answer and keeps the connection."""

    async def script(writer: asyncio.StreamWriter) -> None:
        lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers, "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return script


async def drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_headers(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def hang(_: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def hang_in_the_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
    await asyncio.Event().wait()


async def pour(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def reset(writer: asyncio.StreamWriter) -> None:
    plug = writer.get_extra_info("socket")
    plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def reset_in_the_body(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nabc")
    await writer.drain()
    await reset(writer)


def exchange(
    script: Script, seconds: float = 5, request: Request | None = None
) -> Fetched:
    async def scene() -> Fetched:
        async with serving(script) as site, dialling(seconds=seconds) as opened:
            return await opened.get(request or Request(url=site.url()))

    return asyncio.run(scene())


def test_an_answer_comes_over_a_real_socket() -> None:
    body = gzip.compress(TEXT)

    fetched = exchange(keeps(body, "Content-Encoding: gzip", 'ETag: W/"1"'))

    assert (fetched.status, fetched.body, fetched.etag) == (200, TEXT, 'W/"1"')
    assert Backstop.dialled == ["127.0.0.1"]


def test_the_bytes_of_a_url_and_of_the_headers_arrive_as_they_are() -> None:
    async def scene() -> str:
        async with serving(keeps(b"")) as site, dialling() as opened:
            url = site.url("/a%2fb/%C3%A9?sig=a%2fb%20c&d=+&e")
            etag = {"If-None-Match": 'W/"caf\u00e9"'}
            await opened.get(Request(url=url, headers=etag, private={"X-Key": "k"}))
            return site.heads[0]

    head = asyncio.run(scene())

    lines = head.split("\r\n")
    assert lines[0] == "GET /a%2fb/%C3%A9?sig=a%2fb%20c&d=+&e HTTP/1.1"
    assert 'If-None-Match: W/"caf\u00e9"' in lines
    assert "X-Key: k" in lines
    assert not [line for line in lines if line.startswith(("Content-", "Transfer-"))]
    assert sum(line.startswith("Accept-Encoding: gzip") for line in lines) == 1
    assert sum(line.lower().startswith("user-agent:") for line in lines) == 1


def test_cookies_are_not_sent_back_and_the_connection_is_kept() -> None:
    async def scene() -> Site:
        async with (
            serving(keeps(b"x", "Set-Cookie: a=b; Path=/")) as site,
            dialling() as opened,
        ):
            for _ in range(3):
                await opened.get(Request(url=site.url()))
            return site

    site = asyncio.run(scene())

    assert [head for head in site.heads if "cookie" in head.lower()] == []
    assert (len(site.heads), site.connections) == (3, 1)


def test_a_body_that_was_not_wanted_closes_its_connection() -> None:
    async def scene() -> int:
        async with serving(pour) as site, dialling() as opened:
            for _ in range(2):
                with pytest.raises(FetchTooLarge):
                    await opened.get(Request(url=site.url(), limit=10))
            return site.connections

    connections = asyncio.run(scene())

    assert connections == 2


@pytest.mark.parametrize("script", [drip, drip_headers, hang, hang_in_the_body])
def test_a_slow_server_ends_at_the_deadline(script: Script) -> None:
    began = time.monotonic()

    with pytest.raises(FetchTimeout) as raised:
        exchange(script, seconds=0.3)

    assert str(raised.value) == "no full answer within 0.3 s"
    assert 0.29 < time.monotonic() - began < 2


def test_the_deadline_covers_all_redirects_together() -> None:
    async def onward(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        head = f"HTTP/1.1 302 Found\r\nLocation: /{time.monotonic_ns()}\r\n"
        writer.write(f"{head}Content-Length: 0\r\n\r\n".encode())

    with pytest.raises(FetchTimeout):
        exchange(onward, seconds=0.2)


def test_an_endless_body_ends_at_the_limit() -> None:
    with pytest.raises(FetchTooLarge):
        exchange(pour)


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(reset, id="reset"),
        pytest.param(reset_in_the_body, id="reset in the body"),
        pytest.param(says(), id="nothing at all"),
        pytest.param(says(b"\x16\x03\x01 garbage"), id="garbage"),
        pytest.param(says(b"<html>HTTP/0.9</html>"), id="HTTP/0.9"),
        pytest.param(says(b"ICY 200 OK\r\n\r\n"), id="ICY"),
        pytest.param(says(b"HTTP/1.1 99999 OK\r\n\r\n"), id="impossible status"),
        pytest.param(says(HEAD, b"Content-Length: 5"), id="cut head"),
        pytest.param(says(HEAD, b"Content-Length: 10\r\n\r\nabc"), id="cut body"),
        pytest.param(
            says(HEAD, b"Content-Length: abc\r\n\r\n"), id="length in letters"
        ),
        pytest.param(says(HEAD, b"Content-Length: -5\r\n\r\n"), id="negative length"),
        pytest.param(
            says(HEAD, b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
            id="two lengths",
        ),
        pytest.param(
            says(HEAD, b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc"), id="bad chunk"
        ),
        pytest.param(
            says(HEAD, b"Transfer-Encoding: chunked\r\n\r\n5\r\nabc"), id="cut chunk"
        ),
        pytest.param(says(HEAD, b"X: a\0b\r\n\r\n"), id="NUL in a header"),
        pytest.param(says(HEAD, b"X : a\r\n\r\n"), id="space before the colon"),
        pytest.param(says(HEAD, b"X: y\r\n" * 100_000, b"\r\n"), id="flood of headers"),
        pytest.param(
            says(HEAD, b"X: " + b"y" * 1_000_000, b"\r\n\r\n"), id="endless header"
        ),
        pytest.param(
            says(b"HTTP/1.1 200 " + b"y" * 1_000_000, b"\r\n\r\n"), id="endless status"
        ),
        pytest.param(
            says(HEAD, b"Content-Encoding: gzip\r\n\r\nplain"),
            id="not the gzip it says",
        ),
    ],
)
def test_a_broken_server_is_an_error_of_ours(script: Script) -> None:
    with pytest.raises(FetchError) as raised:
        exchange(script)

    assert str(raised.value)
    assert type(raised.value) is FetchError


@given(
    st.binary(max_size=60), st.sampled_from([b"", b"HTTP/1.1 ", HEAD, HEAD + b"\r\n"])
)
def test_any_bytes_are_an_answer_or_an_error_of_ours(
    noise: bytes, start: bytes
) -> None:
    try:
        outcome: Fetched | FetchError = exchange(says(start, noise), seconds=1)
    except FetchError as error:
        outcome = error

    assert isinstance(outcome, Fetched | FetchError)


def test_a_closed_port_is_an_error_with_a_reason() -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        port = plug.getsockname()[1]

        async def scene() -> None:
            async with dialling() as opened:
                await opened.get(Request(url=f"http://127.0.0.1:{port}/"))

        with pytest.raises(FetchUnreachable) as raised:
            asyncio.run(scene())

    assert str(raised.value) == f"Connect call failed ('127.0.0.1', {port})"


def test_a_name_that_is_not_known_is_an_error() -> None:
    async def scene() -> None:
        async with dialling() as opened:
            await opened.get(Request(url="http://news.invalid/"))

    with pytest.raises(FetchUnreachable) as raised:
        asyncio.run(scene())

    assert str(raised.value)
    assert Backstop.dialled == []


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (socket.EAI_NONAME, "Name or service not known"),
        (socket.EAI_AGAIN, "Temporary failure in name resolution"),
    ],
)
def test_a_name_service_that_says_no_is_quoted(
    monkeypatch: pytest.MonkeyPatch, number: int, text: str
) -> None:
    def look_up(*_: object) -> list[object]:
        raise socket.gaierror(number, text)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    async def scene() -> None:
        async with dialling() as opened:
            await opened.get(Request(url="http://news.example/"))

    with pytest.raises(FetchUnreachable) as raised:
        asyncio.run(scene())

    assert str(raised.value) == text
    assert Backstop.dialled == []


def test_a_header_that_would_break_the_request_is_an_error() -> None:
    broken = {"X-A": "b\r\nX-C: d"}

    async def scene() -> list[str]:
        async with serving(keeps(b"")) as site, dialling() as opened:
            with pytest.raises(FetchError):
                await opened.get(Request(url=site.url(), headers=broken))
            return site.heads

    heads = asyncio.run(scene())

    assert heads == []


@pytest.fixture
def tls(tmp_path: Path) -> ssl.SSLContext:
    file = tmp_path / "key.pem"
    file.write_text(PEM, "utf-8")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_certificate_that_nobody_signed_is_an_error(tls: ssl.SSLContext) -> None:
    async def scene() -> list[str]:
        async with serving(keeps(b""), tls=tls) as site, dialling() as opened:
            with pytest.raises(FetchError, match=r"^bad certificate: .*self-signed"):
                await opened.get(Request(url=site.url(scheme="https")))
            return site.heads

    heads = asyncio.run(scene())

    assert heads == []


def test_a_bad_certificate_does_not_mean_that_a_host_is_away(
    tls: ssl.SSLContext,
) -> None:
    async def scene() -> None:
        async with serving(keeps(b""), tls=tls) as site, dialling() as opened:
            await opened.get(Request(url=site.url(scheme="https")))

    with pytest.raises(FetchError) as raised:
        asyncio.run(scene())

    assert type(raised.value) is FetchError


def test_any_certificate_will_do_for_one_request_and_not_for_the_next(
    tls: ssl.SSLContext,
) -> None:
    async def scene() -> tuple[bytes, list[str]]:
        async with serving(keeps(b"here"), tls=tls) as site, dialling() as opened:
            url = site.url(scheme="https")
            fetched = await opened.get(Request(url=url, verify=False))
            with pytest.raises(FetchError, match=r"^bad certificate: "):
                await opened.get(Request(url=url))
            return fetched.body, site.heads

    body, heads = asyncio.run(scene())

    assert (body, len(heads)) == (b"here", 1)


def test_plain_http_on_a_tls_address_is_an_error() -> None:
    async def speaks_first(
        _: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    async def scene() -> None:
        server = await asyncio.start_server(speaks_first, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server, dialling() as opened:
            await opened.get(Request(url=f"https://127.0.0.1:{port}/"))

    with pytest.raises(FetchError, match=r"^TLS: "):
        asyncio.run(scene())


def sent_by_hand(url: str, **times: float) -> httpx.Response:
    async def scene() -> httpx.Response:
        transport = Transport(LOOPBACK, Backstop)
        request = httpx.Request("GET", url, extensions={"timeout": times})
        try:
            return await transport.handle_async_request(request)
        finally:
            await transport.aclose()

    return asyncio.run(scene())


def test_a_connection_that_does_not_come_about_times_out() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for plug in waiting:
            plug.setblocking(False)
            plug.connect_ex(address)

        with pytest.raises(httpx.ConnectTimeout):
            sent_by_hand(f"http://127.0.0.1:{address[1]}/", connect=0.1)

        for plug in waiting:
            plug.close()


def test_a_server_that_falls_silent_times_out() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()

        with pytest.raises(httpx.ReadTimeout):
            sent_by_hand(f"http://127.0.0.1:{silent.getsockname()[1]}/", read=0.1)


# --- no way into the private network ---

FORMS = """
127.0.0.1 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001
0.0.0.0 0 127.0.0.1.  127.77.1.2 10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1
169.254.169.254 198.18.0.1 224.0.0.1 255.255.255.255
[::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::127.0.0.1]
[::ffff:169.254.169.254] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [2002:7f00:1::]
[fc00::1] [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1] [2001:db8::1]
ana@127.0.0.1 ana:pw@127.0.0.1 news.example@127.0.0.1 127.0.0.1#@news.example
127.0.0.1?@news.example 127\u30020\u30020\u30021 \u2460\u2461\u2466.0.0.1
"""


@pytest.mark.parametrize("form", FORMS.split())
def test_no_spelling_of_a_private_address_is_dialled(form: str) -> None:
    host, mark, rest = form.partition("#") if "#" in form else form.partition("?")

    async def scene() -> int:
        async with serving(keeps(b"canary")) as site, dialling(allowed=[]) as opened:
            with pytest.raises(FetchError):
                await opened.get(Request(url=f"http://{host}:{site.port}/{mark}{rest}"))
            return site.connections

    connections = asyncio.run(scene())

    assert connections == 0
    assert Backstop.dialled == []


@pytest.mark.parametrize("host", ["127.0.0.1", "0x7f.1", "[::1]", "[::ffff:10.0.0.1]"])
def test_a_refusal_names_the_host(host: str) -> None:
    async def scene() -> None:
        async with dialling(allowed=[]) as opened:
            await opened.get(Request(url=f"http://{host}:9/"))

    with pytest.raises(FetchRefused) as raised:
        asyncio.run(scene())

    assert str(raised.value) == f"refused: {host.strip('[]')} is not a public address"


@pytest.fixture
def a_name(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A name whose addresses are in the list, at every look-up anew."""
    addresses: list[str] = []

    def look_up(_: str, port: int, *__: int) -> list[object]:
        return [
            (
                socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port),
            )
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return addresses


def test_a_name_that_leads_to_private_addresses_is_refused(a_name: list[str]) -> None:
    a_name += ["10.0.0.1", "192.168.0.1", "127.0.0.1"]

    async def scene() -> None:
        async with dialling(allowed=[]) as opened:
            await opened.get(Request(url="http://inner.example/"))

    with pytest.raises(FetchRefused) as raised:
        asyncio.run(scene())

    assert str(raised.value) == "refused: inner.example is not a public address"
    assert Backstop.dialled == []


def test_a_name_that_changes_its_address_is_judged_at_every_dial(
    a_name: list[str],
) -> None:
    a_name += ["127.10.0.1"]
    allowed = [ipaddress.ip_network("127.10.0.0/15")]
    moved = b"HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    async def rebind(writer: asyncio.StreamWriter) -> None:
        a_name[:] = ["127.0.0.1"]
        writer.write(moved)
        writer.close()

    async def scene() -> None:
        async with serving(rebind, "127.10.0.1") as site:
            async with dialling(allowed) as first:
                with pytest.raises(FetchError):
                    await first.get(Request(url=site.url(host="rebind.example")))
            async with dialling(allowed) as second:
                with pytest.raises(FetchRefused):
                    await second.get(Request(url=site.url(host="rebind.example")))

    asyncio.run(scene())

    assert set(Backstop.dialled) == {"127.10.0.1"}


@pytest.mark.parametrize("hops", [1, 2, 9])
@pytest.mark.parametrize("target", ["127.0.0.1", "[::1]", "2130706433"])
def test_a_redirect_to_a_private_address_is_refused_at_any_hop(
    hops: int, target: str
) -> None:
    left = itertools.count(hops - 1, -1)

    async def scene() -> int:
        async with serving(keeps(b"canary")) as canary:

            async def onward(writer: asyncio.StreamWriter) -> None:
                n = next(left)
                there = f"/{n}" if n else canary.url(host=target)
                head = f"HTTP/1.1 302 Found\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n"
                writer.write(head.encode())

            async with (
                serving(onward, "127.10.0.1") as site,
                dialling([ipaddress.ip_network("127.10.0.0/15")]) as opened,
            ):
                with pytest.raises(FetchRefused):
                    await opened.get(Request(url=site.url(host="127.10.0.1")))
            return canary.connections

    connections = asyncio.run(scene())

    assert connections == 0
    assert set(Backstop.dialled) == {"127.10.0.1"}


def test_an_allowed_network_is_dialled_and_its_neighbours_are_not() -> None:
    allowed: list[Network] = [ipaddress.ip_network("127.10.0.0/15")]

    async def scene() -> bytes:
        async with (
            serving(keeps(b"in"), "127.11.0.1") as inside,
            serving(keeps(b"")) as other,
        ):
            async with dialling(allowed) as opened:
                fetched = await opened.get(Request(url=inside.url(host="127.11.0.1")))
                with pytest.raises(FetchRefused):
                    await opened.get(Request(url=other.url()))
            return fetched.body

    body = asyncio.run(scene())

    assert body == b"in"


def test_without_a_guard_any_address_is_dialled() -> None:
    async def scene() -> bytes:
        async with serving(keeps(b"here")) as site, dialling(allowed=None) as opened:
            return (await opened.get(Request(url=site.url()))).body

    body = asyncio.run(scene())

    assert body == b"here"


def test_a_transport_that_was_never_used_can_be_closed() -> None:
    opened = client(Transport())

    asyncio.run(opened.aclose())
