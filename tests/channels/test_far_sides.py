"""What each far side takes for a success, and what becomes of every other answer."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.channels import (
    Channel,
    discord,
    matrix,
    ntfy,
    slack,
    teams,
    telegram,
    webhook,
)
from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.models import Receipt, Secret, Target
from tests.channels.receiver import Receiver, receiver
from tests.channels.test_contract import digest

SECRET = "t0ps3cret"
TARGET = Target(address="!room:m.example", id="delivery1")
Maker = Callable[[str], Channel]
OPEN: Any = {"networks": None}
MAKERS: dict[str, Maker] = {
    "slack webhook": lambda url: slack.Config(
        webhook=Secret(f"{url}/services/{SECRET}"), **OPEN
    ),
    "slack bot": lambda url: slack.Config(
        token=Secret(SECRET), channel="#syria", api=url, **OPEN
    ),
    "webhook": lambda url: webhook.Config(
        url=f"{url}/{SECRET}", secret=Secret(SECRET), **OPEN
    ),
    "discord": lambda url: discord.Config(webhook=Secret(f"{url}/{SECRET}"), **OPEN),
    "telegram": lambda url: telegram.Config(
        token=Secret(SECRET), chat="@syria", api=url, **OPEN
    ),
    "teams": lambda url: teams.Config(webhook=Secret(f"{url}/{SECRET}"), **OPEN),
    "matrix": lambda url: matrix.Config(
        homeserver=url, token=Secret(SECRET), room="!room:m.example", **OPEN
    ),
    "ntfy": lambda url: ntfy.Config(
        topic="syria", server=url, token=Secret(SECRET), **OPEN
    ),
}
GOOD: dict[str, tuple[int, Any]] = {
    "slack webhook": (200, "ok"),
    "slack bot": (200, {"ok": True, "ts": "1732.5"}),
    "webhook": (204, ""),
    "discord": (200, {"id": "77"}),
    "telegram": (200, {"ok": True, "result": {"message_id": 77}}),
    "teams": (202, ""),
    "matrix": (200, {"event_id": "$77"}),
    "ntfy": (200, {"id": "x77"}),
}


@pytest.fixture
def far() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def sent(channel: Channel, title: str = "Airstrikes hit Aleppo") -> Receipt:
    """The receipt of the first part of a digest."""
    part = channel.render(digest(title), TARGET)[0]
    return asyncio.run(channel.send(part))


def refused(channel: Channel) -> DeliveryError:
    with pytest.raises(DeliveryError) as caught:
        sent(channel)
    return caught.value


@pytest.mark.parametrize("name", MAKERS)
def test_what_the_far_side_documents_as_success_is_one(
    name: str, far: Receiver
) -> None:
    far.says(GOOD[name])

    receipt = sent(MAKERS[name](far.url))

    assert receipt.code == GOOD[name][0]
    assert len(far.requests) == 1


@pytest.mark.parametrize("name", [n for n in MAKERS if n not in ("webhook", "teams")])
@pytest.mark.parametrize("answer", ["", "<html>ok</html>", {"ok": False}, [1]])
def test_a_200_without_the_documented_words_is_none(
    name: str, answer: object, far: Receiver
) -> None:
    far.says((200, answer))

    refused(MAKERS[name](far.url))


@pytest.mark.parametrize("name", MAKERS)
def test_a_server_in_trouble_is_asked_again(name: str, far: Receiver) -> None:
    far.says((503, "busy"))

    error = refused(MAKERS[name](far.url))

    assert isinstance(error, DeliveryDeferred)
    assert not error.throttled


@pytest.mark.parametrize("name", MAKERS)
def test_a_429_pauses_for_as_long_as_it_asks(name: str, far: Receiver) -> None:
    far.says((429, {"headers": {"Retry-After": "77"}}))

    error = refused(MAKERS[name](far.url))

    assert isinstance(error, DeliveryDeferred)
    assert (error.throttled, error.retry_after) == (True, timedelta(seconds=77))


@pytest.mark.parametrize(
    ("name", "body", "seconds"),
    [
        ("discord", {"retry_after": 1.5}, 1.5),
        ("telegram", {"ok": False, "parameters": {"retry_after": 9}}, 9),
        ("matrix", {"retry_after_ms": 2500}, 2.5),
    ],
)
def test_a_wait_may_stand_in_the_body(
    name: str, body: object, seconds: float, far: Receiver
) -> None:
    far.says((429, body))

    error = refused(MAKERS[name](far.url))

    assert isinstance(error, DeliveryDeferred)
    assert error.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("status", [401, 403, 404, 410, 302])
def test_a_door_that_is_shut_is_the_operators_business(
    name: str, status: int, far: Receiver
) -> None:
    far.says((status, ""))

    assert isinstance(refused(MAKERS[name](far.url)), DestinationFault)


@pytest.mark.parametrize("name", MAKERS)
def test_an_answer_that_never_came_leaves_a_doubt(name: str, far: Receiver) -> None:
    far.says((0, ""))

    assert isinstance(refused(MAKERS[name](far.url)), DeliveryInDoubt)


@pytest.mark.parametrize("name", MAKERS)
def test_where_nobody_listens_it_is_tried_later(name: str) -> None:
    with receiver() as gone:
        url = gone.url

    assert type(refused(MAKERS[name](url))) is DeliveryDeferred


@pytest.mark.parametrize("name", MAKERS)
def test_no_address_inside_is_dialled_unless_that_is_allowed(
    name: str, far: Receiver
) -> None:
    channel: Any = MAKERS[name](far.url)

    error = refused(replace(channel, networks=()))

    assert isinstance(error, DestinationFault)
    assert far.requests == []


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("status", [400, 403, 429, 500, 0])
def test_no_error_shows_a_secret(name: str, status: int, far: Receiver) -> None:
    far.says((status, f"no {status}"))
    channel = MAKERS[name](far.url)

    error = refused(channel)

    assert SECRET not in f"{error} {error!r} {channel!r} {channel.targets()}"


# --- slack ---


def test_a_bot_answers_in_the_thread_that_it_is_handed(far: Receiver) -> None:
    far.says(GOOD["slack bot"])
    channel = MAKERS["slack bot"](far.url)
    part = channel.render(digest("Airstrikes"), TARGET)[0]

    receipt = asyncio.run(channel.send(part, "1700.1"))

    (request,) = far.requests
    assert request.path == "/chat.postMessage"
    assert request.headers["authorization"] == f"Bearer {SECRET}"
    assert request.payload["thread_ts"] == "1700.1"
    assert request.payload["channel"] == "#syria"
    assert receipt.remote_id == "1732.5"


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("channel_not_found", DestinationFault),
        ("token_revoked", DestinationFault),
        ("is_archived", DestinationFault),
        ("internal_error", DeliveryDeferred),
        ("ratelimited", DeliveryDeferred),
    ],
)
def test_what_slack_says_decides_not_its_status(
    reason: str, kind: type[DeliveryError], far: Receiver
) -> None:
    far.says((200, {"ok": False, "error": reason}))

    error = refused(MAKERS["slack bot"](far.url))

    assert type(error) is kind
    assert reason in str(error)


@pytest.mark.parametrize("name", ["slack bot", "slack webhook"])
def test_refused_blocks_are_tried_once_as_plain_text(name: str, far: Receiver) -> None:
    bad = {
        "slack bot": (200, {"ok": False, "error": "invalid_blocks"}),
        "slack webhook": (400, "invalid_payload"),
    }
    far.says(bad[name], GOOD[name])

    sent(MAKERS[name](far.url))

    first, second = far.payloads()
    assert "blocks" in first
    assert "blocks" not in second
    assert second["text"] == first["text"]


def test_a_message_that_is_refused_as_text_too_is_dead(far: Receiver) -> None:
    far.says((400, "invalid_payload"))

    assert isinstance(refused(MAKERS["slack webhook"](far.url)), DeliveryRejected)


# --- webhook ---


def test_a_webhook_is_signed_with_both_secrets(far: Receiver) -> None:
    far.says((200, ""))
    one, two = Secret("whsec_c2VjcmV0"), Secret("older")

    sent(webhook.Config(url=far.url, secret=one, old_secret=two, networks=None))

    (request,) = far.requests
    at = request.headers["webhook-timestamp"]
    signatures = request.headers["webhook-signature"].split(" ")
    assert request.headers["webhook-id"] == TARGET.id
    assert signatures == [
        webhook.signature(secret, TARGET.id, at, request.body) for secret in (one, two)
    ]


def test_a_signature_is_that_of_the_standard() -> None:
    # The example of https://github.com/standard-webhooks: same secret, id and time.
    secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'

    found = webhook.signature(
        secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body
    )

    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# --- the others ---


def test_matrix_repeats_under_the_same_transaction(far: Receiver) -> None:
    far.says(GOOD["matrix"])
    channel = MAKERS["matrix"](far.url)

    sent(channel)
    sent(channel)

    first, second = far.requests
    assert first.path == second.path
    assert first.method == "PUT"
    assert first.path.endswith(
        "/rooms/%21room%3Am.example/send/m.room.message/delivery1"
    )


def test_telegram_that_knows_no_such_chat_is_the_operators_business(
    far: Receiver,
) -> None:
    far.says((400, {"ok": False, "description": "Bad Request: chat not found"}))

    assert isinstance(refused(MAKERS["telegram"](far.url)), DestinationFault)


def test_discord_mentions_nobody(far: Receiver) -> None:
    far.says(GOOD["discord"])

    sent(MAKERS["discord"](far.url), "@everyone <@1> [x](https://evil.example)")

    (payload,) = far.payloads()
    assert payload["allowed_mentions"] == {"parse": []}
    assert "wait=true" in far.requests[0].path
