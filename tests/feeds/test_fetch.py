import asyncio
import base64
from datetime import timedelta

import httpx
import pytest
import respx

from monitor.errors import FeedError, FetchError, FetchTooLarge, FetchUnreachable
from monitor.feeds.fetch import ACCEPT, BadStatus, Manner, fetch, trouble
from monitor.http import Client
from monitor.models import Feed, Fetched, Secret, Trouble
from tests.conftest import NOON

URL = "https://levantwire.example/rss?edition=en"
BODY = b"<rss version='2.0'/>"
KEYS = Manner(headers={"Authorization": Secret("Bearer hunter2"), "X-Key": Secret("k")})
ANA = Manner(user="ana", password=Secret("hunter2"))
LIMIT = 1_000

# What servers send as validators, whether it is right or not.
STRANGE = ['"a1"', 'W/"a1"', "unquoted", '"a","b"', '""', "0", "a b", "é"]


def poll(
    router: respx.MockRouter,
    manner: Manner | None = None,
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
            return await fetch(client, feed, manner or Manner(), LIMIT)
        finally:
            await client.aclose()

    return asyncio.run(polled())


def refusal(
    router: respx.MockRouter, manner: Manner | None = None, *, etag: str | None = None
) -> BadStatus:
    with pytest.raises(BadStatus) as caught:
        poll(router, manner, etag=etag)
    return caught.value


def basic(pair: str) -> str:
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


@pytest.fixture
def router() -> respx.MockRouter:
    return respx.MockRouter(assert_all_called=False)


# --- the request is conditional ---


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
    assert not answer.permanent


# --- what is no news ---


def test_a_304_nobody_asked_for_is_an_error(router: respx.MockRouter) -> None:
    router.get(URL).respond(304)

    error = refusal(router)

    assert error.status == 304
    assert str(error) == "HTTP 304: nothing had been asked that it could refer to"


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (204, "HTTP 204"),
        (206, "HTTP 206"),
        (400, "HTTP 400"),
        (401, "HTTP 401: it wants a password: give the feed `auth` or `headers`"),
        (403, "HTTP 403: it refuses us: perhaps a bot protection, or it needs `auth` or `headers`"),
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

    error = refusal(router, etag='"a"')

    assert (error.status, str(error)) == (status, advice)
    assert not error.challenged


@pytest.mark.parametrize("status", [200, 403, 503])
def test_the_challenge_of_a_bot_protection_has_a_message_of_its_own(
    router: respx.MockRouter, status: int
) -> None:
    headers = {"cf-mitigated": "challenge", "Retry-After": "60"}
    router.get(URL).respond(status, content=b"<html>", headers=headers)

    error = refusal(router, etag='"a"')

    assert (error.status, error.challenged) == (status, True)
    assert str(error) == f"HTTP {status}: a bot protection wants to see a browser"
    assert error.retry_after == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("value", "wait"),
    [
        ("120", timedelta(minutes=2)),
        ("Sun, 22 Nov 2026 12:30:00 GMT", timedelta(minutes=30)),
        ("soon", None),
        (None, None),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_how_long_the_server_asks_to_wait_is_handed_on(
    router: respx.MockRouter, status: int, value: str | None, wait: timedelta | None
) -> None:
    headers = {"Retry-After": value} if value else {}
    router.get(URL).respond(status, headers=headers)

    error = refusal(router)

    assert error.retry_after == wait


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_an_empty_body_is_an_error(router: respx.MockRouter, body: bytes) -> None:
    router.get(URL).respond(200, content=body, headers={"ETag": '"new"'})

    with pytest.raises(FetchError, match=r"^the answer is empty$"):
        poll(router, etag='"old"')


def test_a_body_over_the_limit_is_an_error(router: respx.MockRouter) -> None:
    router.get(URL).respond(200, content=b"x" * (LIMIT + 1))

    with pytest.raises(FetchTooLarge):
        poll(router)


def bad_status(status: int, *, challenged: bool = False) -> BadStatus:
    return BadStatus(Fetched(status=status, url=URL, challenged=challenged))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (bad_status(403, challenged=True), Trouble.BLOCKED),
        (bad_status(200, challenged=True), Trouble.BLOCKED),
        (bad_status(410, challenged=True), Trouble.BLOCKED),
        (bad_status(410), Trouble.GONE),
        (bad_status(403), Trouble.FAILING),
        (bad_status(404), Trouble.FAILING),
        (bad_status(500), Trouble.FAILING),
        (FeedError("a web page instead of a feed"), Trouble.NOT_A_FEED),
        (FetchError("the answer is empty"), Trouble.FAILING),
        (FetchUnreachable("no route"), Trouble.FAILING),
        (FetchTooLarge("too large"), Trouble.FAILING),
    ],
)
def test_an_error_says_what_kind_of_trouble_a_feed_is_in(
    error: Exception, kind: Trouble
) -> None:
    found = trouble(error)

    assert found is kind


# --- how a feed is asked ---


def test_a_feed_is_told_what_is_wanted_and_who_asks(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router)

    sent = route.calls.last.request
    assert sent.headers["accept"] == ACCEPT
    assert sent.headers["user-agent"] == "news-monitor/0.1"
    assert not {"referer", "cookie", "authorization"} & set(sent.headers)
    assert (sent.method, route.call_count) == ("GET", 1)


def test_a_feed_may_want_another_name_for_who_asks(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router, Manner(user_agent="Ana's reader/1"))

    sent = route.calls.last.request.headers
    assert sent.get_list("user-agent") == ["Ana's reader/1"]


@pytest.mark.parametrize("verify", [True, False])
def test_a_feed_decides_whether_its_certificate_counts(
    router: respx.MockRouter, *, verify: bool
) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router, Manner(verify=verify))

    assert route.calls.last.request.extensions["verify"] is verify


def test_certificates_count_unless_something_else_is_said() -> None:
    assert Manner().verify


# --- secrets ---


def test_secret_headers_go_to_the_feed_and_no_further(router: respx.MockRouter) -> None:
    own = router.get(URL)
    own.respond(301, headers={"Location": "https://cdn.example/rss"})
    other = router.get("https://cdn.example/rss").respond(200, content=BODY)

    poll(router, KEYS, etag='"a"')

    first, second = own.calls.last.request.headers, other.calls.last.request.headers
    assert (first["authorization"], first["x-key"]) == ("Bearer hunter2", "k")
    assert not {"authorization", "x-key"} & set(second)
    assert second["if-none-match"] == '"a"'


@pytest.mark.parametrize(
    ("user", "password"),
    [("ana", "hunter2"), ("ana", ""), ("ana", "a:b@c/ d"), ("Åsa", "пароль")],
)
def test_a_user_and_a_password_go_out_as_basic_authentication(
    router: respx.MockRouter, user: str, password: str
) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router, Manner(user=user, password=Secret(password)))

    sent = route.calls.last.request.headers
    assert sent.get_list("authorization") == [basic(f"{user}:{password}")]


def test_without_a_user_a_password_is_not_sent(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)

    poll(router, Manner(password=Secret("hunter2")))

    assert "authorization" not in route.calls.last.request.headers


def test_a_user_wins_over_a_header_of_the_same_name(router: respx.MockRouter) -> None:
    route = router.get(URL).respond(200, content=BODY)
    headers = {"authorization": Secret("Bearer b"), "X-Key": Secret("k")}

    poll(router, Manner(headers=headers, user="ana", password=Secret("hunter2")))

    sent = route.calls.last.request.headers
    assert sent.get_list("authorization") == [basic("ana:hunter2")]
    assert sent["x-key"] == "k"


@pytest.mark.parametrize(
    ("target", "trusted"),
    [
        ("https://levantwire.example/new", True),
        ("https://levantwire.example:443/new", True),
        ("http://levantwire.example/new", False),
        ("https://levantwire.example:8443/new", False),
        ("https://www.levantwire.example/new", False),
        ("https://levantwire.example.evil.example/new", False),
        ("https://cdn.example/new", False),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_password_goes_to_the_origin_of_the_feed_only(
    router: respx.MockRouter, status: int, target: str, *, trusted: bool
) -> None:
    own = router.get(URL).respond(status, headers={"Location": target})
    other = router.get(target).respond(200, content=BODY)

    poll(router, ANA)

    sent = [r.calls.last.request.headers.get("authorization") for r in (own, other)]
    assert sent == [basic("ana:hunter2"), basic("ana:hunter2") if trusted else None]


@pytest.mark.parametrize("manner", [KEYS, ANA])
@pytest.mark.parametrize("status", [200, 401, 403, 429])
def test_no_secret_is_in_an_error(
    router: respx.MockRouter, status: int, manner: Manner
) -> None:
    router.get(URL).respond(status, headers={"cf-mitigated": "challenge"})

    error = refusal(router, manner)

    shown = f"{error!r} {error} {vars(error)} {error.args}"
    assert "hunter2" not in shown
    assert basic("ana:hunter2").removeprefix("Basic ") not in shown


@pytest.mark.parametrize("manner", [KEYS, ANA])
def test_no_secret_is_in_what_is_shown_of_a_manner(manner: Manner) -> None:
    shown = f"{manner!r} {manner}"

    assert "hunter2" not in shown
    assert "X-Key" not in shown
