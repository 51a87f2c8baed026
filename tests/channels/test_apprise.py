"""Apprise: a real one, to a far side on loopback."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from monitor.channels.apprise import Config
from monitor.errors import DeliveryDeferred, DestinationFault
from monitor.models import Receipt, Secret, Target
from tests.channels.receiver import Receiver, receiver
from tests.channels.test_contract import digest

# Apprise imports a module that Python 3.13 drops, and has its own stand-in for it.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
SECRET = "t0ps3cret"
TARGET = Target(address="json", id="delivery1")


@pytest.fixture
def far() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def sent(address: str, title: str = "Airstrikes hit Aleppo") -> Receipt:
    channel = Config(address=Secret(address))
    return asyncio.run(channel.send(channel.render(digest(title), TARGET)[0]))


def address(far: Receiver) -> str:
    return far.url.replace("http://", "json://") + f"/{SECRET}"


def test_a_message_arrives_in_which_nobody_is_called(far: Receiver) -> None:
    far.says((200, "{}"))

    sent(address(far), "<!channel> @everyone Aleppo")

    (payload,) = far.payloads()
    assert "<!channel>" not in str(payload)
    assert "@everyone" not in str(payload)


def test_what_is_not_taken_is_tried_again_and_shows_no_secret(far: Receiver) -> None:
    far.says((500, "no"))

    with pytest.raises(DeliveryDeferred) as caught:
        sent(address(far))

    assert SECRET not in str(caught.value)


def test_an_address_that_nobody_knows_is_the_operators_business() -> None:
    with pytest.raises(DestinationFault, match="does not know"):
        sent("nosuchservice://x")


def test_where_apprise_is_missing_the_way_out_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)

    with pytest.raises(DestinationFault, match="pip install"):
        sent("json://localhost")


def test_a_target_is_named_by_its_kind_alone() -> None:
    assert Config(address=Secret(f"slack://{SECRET}/x")).targets() == ("slack",)
