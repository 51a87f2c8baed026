"""What leaves through a channel, and what came of it."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

PLACE = "recipient-token-stands-here"
"""Stands in a rendered digest, which is the same for all, until it is frozen for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where a digest goes, and the identity that every retry carries.

    With ``token`` its recipient may change what it gets, by the links of the pages.
    """

    address: str
    id: str
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """The frozen bytes of one message to one target.

    ``id`` is the same on every retry; with it the far side can recognise a repeat.
    """

    id: str
    target: str
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the far side said when it took a part."""

    text: str
    code: int | None = None
    remote_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What a far side says that was asked whether it would take messages.

    ``ends_at`` is when its certificate ends, where we could see one.
    """

    text: str
    ends_at: datetime | None = None


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    SENDING = "sending"
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    DEAD = "dead"
    DROPPED = "dropped"
    SUPPRESSED = "suppressed"  # its recipient had unsubscribed


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery that was claimed to be sent."""

    id: int
    channel: str
    subscriber: str
    kind: str
    attempts: int
    created_at: datetime
    token: str
    part: Part
    thread: str | None = None
