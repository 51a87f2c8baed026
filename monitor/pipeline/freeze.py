"""Freeze a digest: render it for every target and store it with its deliveries.

Digest, what it tells and deliveries with their payload are written in one
transaction; whatever happens later, a retry sends the same bytes.
"""

import base64
import hashlib
import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from monitor.models import PLACE, Digest, Part, Secret, Target
from monitor.pipeline.context import Context
from monitor.storage import deliveries, digests
from monitor.storage.database import Transaction
from monitor.storage.digests import Telling
from monitor.text.links import Recipient, token

Parts = list[tuple[str, int, Part]]


def identity(key: Secret, *parts: str) -> str:
    """An id that is the same on every retry and tells nobody what it is made of."""
    digest = hmac.digest(
        key.reveal().encode(), "\n".join(parts).encode(), hashlib.sha256
    )
    return base64.b32encode(digest).decode()[:26].lower()


def parts_of(
    context: Context, digest: Digest, gone: Collection[tuple[str, str]] = ()
) -> Parts:
    """The parts of a digest: channel, number, and the bytes for each target.

    ``gone`` are the channels and targets that want nothing any more.
    """
    found: Parts = []
    for name in context.config.send_to[digest.subscriber]:
        channel = context.config.channels[name]
        for address in channel.targets():
            if (name, address) not in gone:
                target = target_of(context, digest, name, address)
                parts = channel.render(addressed(digest, target), target)
                found += [(name, number, part) for number, part in enumerate(parts)]
    return found


def target_of(context: Context, digest: Digest, channel: str, address: str) -> Target:
    """A target with its identity, and its token where our pages can be reached."""
    recipient = Recipient(subscriber=digest.subscriber, channel=channel, target=address)
    return Target(
        address=address,
        id=identity(context.key, digest.id, channel, address),
        token=token(context.key, recipient) if digest.base_url else "",
    )


def addressed(digest: Digest, target: Target) -> Digest:
    """The digest with the links of one recipient."""
    return replace(
        digest,
        text=digest.text.replace(PLACE, target.token),
        html=digest.html.replace(PLACE, target.token),
    )


def store(
    tx: Transaction,
    digest: Digest,
    slot: str,
    parts: Parts,
    *,
    tellings: Sequence[Telling] = (),
    now: datetime,
) -> bool:
    """Store a digest with its deliveries; False if its slot was taken already."""
    digest_id = digests.add_digest(
        tx,
        digests.NewDigest(
            public_id=digest.id,
            subscriber=digest.subscriber,
            slot=slot,
            kind=digest.kind,
            subject=digest.subject,
            window=digest.window,
            now=now,
            tellings=tellings,
        ),
    )
    if digest_id is None:
        return False
    deliveries.add_deliveries(
        tx,
        [
            deliveries.NewDelivery(
                digest_id=digest_id,
                subscriber=digest.subscriber,
                channel=name,
                number=number,
                part=part,
                now=now,
            )
            for name, number, part in parts
        ],
    )
    return True
