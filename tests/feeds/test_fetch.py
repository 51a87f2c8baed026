import asyncio
from collections.abc import Mapping
from datetime import timedelta

import httpx
import pytest
import respx

from monitor.errors import FeedError, FetchError, FetchTooLarge
from monitor.feeds.fetch import ACCEPT, BadStatus, fetch
from monitor.http import Client
from monitor.models import Feed, Fetched, Secret
from tests.conftest import NOON

URL = "https://levantwire.example/rss?edition=en"
BODY = b"<rss version='2.0'/>"
HEADERS = {"Authorization": Secret("Bearer hunter2"), "X-Key": Secret("k")}
LIMIT = 1_000

# What servers send as validators, whether it is right or not.
STRANGE = ['"a1"', 'W/"a1"', "unquoted", '"a","b"', '""', "0", "a b", "é"]


def poll(
    router: respx.MockRouter,
    headers: Mapping[str, Secret] | None = None,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
) -> Fetched:
    """Poll a feed as it was stored, over a transport that ends at the router."""
    feed = Feed(id=1, name="wire", url=URL, etag=etag, last_modified=last_modified)

    async def polled() -> Fetched:
        client = Client(
            httpx.MockTransport(router.async_handler),
            user_agent="news-monitor/0.1",
            timeout=timedelta(seconds=5),
            now=lambda: NOON,
        )
        try:
            return await fetch(client, feed, headers or {}, LIMIT)
        finally:
            await client.aclose()

    return asyncio.run(polled())


@pytest.fixture
def router() -> respx.MockRouter:
    return respx.MockRouter(assert_all_called=False)


def test_the_first_poll_carries_no_validator(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)

    answer = poll(router)

    sent = route.calls.last.request.headers
    assert (answer.status, answer.body, answer.url) == (200, BODY, URL)
    assert "if-none-match" not in sent
    assert "if-modified-since" not in sent


@pytest.mark.parametrize("value", STRANGE)
@pytest.mark.parametrize("name", ["ETag", "Last-Modified"])
def test_validators_go_out_byte_for_byte_as_they_came(
    router: respx.MockRouter, name: str, value: str
) -> None:
    route = router.get(URL)
    route.side_effect = [
        httpx.Response(200, content=BODY, headers=[(name.encode(), value.encode())]),
        httpx.Response(304),
    ]

    first = poll(router)
    poll(router, etag=first.etag, last_modified=first.last_modified)

    echo = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
    sent = route.calls.last.request.headers.raw
    assert [v for n, v in sent if n.lower().startswith(b"if-")] == [value.encode()]
    assert route.calls.last.request.headers[echo[name]] == value


def test_both_validators_go_out_together(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(304)

    answer = poll(router, etag='"a"', last_modified="Sun, 22 Nov 2026 09:00:00 GMT")

    sent = route.calls.last.request.headers
    assert answer.status == 304
    assert sent["if-none-match"] == '"a"'
    assert sent["if-modified-since"] == "Sun, 22 Nov 2026 09:00:00 GMT"


def test_an_answer_hands_on_its_validators_type_and_final_address(
    router: respx.MockRouter,
) -> None:
    router.get(URL).respond(302, headers={"Location": "/new"})
    router.get("https://levantwire.example/new").respond(
        200,
        content=BODY,
        headers={"ETag": '"b"', "Last-Modified": "x", "Content-Type": "text/xml"},
    )

    answer = poll(router)

    assert answer.url == "https://levantwire.example/new"
    assert (answer.etag, answer.last_modified) == ('"b"', "x")
    assert answer.content_type == "text/xml"


def test_a_304_nobody_asked_for_is_an_error(router: respx.MockRouter) -> None:
    router.get(URL).respond(304)

    with pytest.raises(BadStatus) as caught:
        poll(router)

    assert (str(caught.value), caught.value.status) == ("HTTP 304", 304)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (204, "HTTP 204"),
        (206, "HTTP 206"),
        (400, "HTTP 400"),
        (401, "HTTP 401: it wants a password: give the feed `headers`"),
        (403, "HTTP 403: it refuses us: perhaps a bot protection, or it needs `headers`"),
        (404, "HTTP 404: the address may have changed"),
        (406, "HTTP 406: it does not like what we ask for"),
        (410, "HTTP 410: the publisher says it is gone for good"),
        (429, "HTTP 429: we come too often for it"),
        (451, "HTTP 451: withheld for legal reasons"),
        (500, "HTTP 500"),
        (503, "HTTP 503"),
    ],
)  # fmt: skip
def test_any_other_status_is_an_error_with_advice(
    router: respx.MockRouter, status: int, advice: str
) -> None:
    router.get(URL).respond(status, content=BODY)

    with pytest.raises(FetchError) as caught:
        poll(router, etag='"a"')

    assert str(caught.value) == advice


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Sun, 22 Nov 2026 12:30:00 GMT", timedelta(minutes=30)),
        ("soon", None),
        (None, None),
    ],
)
def test_how_long_the_server_asks_to_wait_is_handed_on(
    router: respx.MockRouter, value: str | None, wait: timedelta | None
) -> None:
    headers = {"Retry-After": value} if value else {}
    router.get(URL).respond(503, headers=headers)

    with pytest.raises(BadStatus) as caught:
        poll(router)

    assert caught.value.retry_after == wait


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_an_empty_body_is_an_error(router: respx.MockRouter, body: bytes) -> None:
    router.get(URL).respond(200, content=body, headers={"ETag": '"new"'})

    with pytest.raises(FeedError, match=r"^the answer is empty$"):
        poll(router, etag='"old"')


def test_a_body_over_the_limit_is_an_error(router: respx.MockRouter) -> None:
    router.get(URL).respond(200, content=b"x" * (LIMIT + 1))

    with pytest.raises(FetchTooLarge):
        poll(router)


def test_a_feed_says_what_it_wants_and_who_it_is(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router)

    sent = route.calls.last.request.headers
    assert sent["accept"] == ACCEPT
    assert sent["user-agent"] == "news-monitor/0.1"
    assert not {"referer", "cookie"} & set(sent)


def test_secret_headers_go_to_the_feed_and_no_further(router: respx.MockRouter) -> None:
    own = router.get(URL)
    own.respond(301, headers={"Location": "https://cdn.example/rss"})
    other = router.get("https://cdn.example/rss").respond(200, content=BODY)

    poll(router, HEADERS, etag='"a"')

    first, second = own.calls.last.request.headers, other.calls.last.request.headers
    assert (first["authorization"], first["x-key"]) == ("Bearer hunter2", "k")
    assert not {"authorization", "x-key"} & set(second)
    assert second["if-none-match"] == '"a"'


def test_no_secret_header_is_in_an_error(router: respx.MockRouter) -> None:
    router.get(URL).respond(401)

    with pytest.raises(BadStatus) as caught:
        poll(router, HEADERS)

    assert "hunter2" not in f"{caught.value!r} {caught.value} {HEADERS}"
