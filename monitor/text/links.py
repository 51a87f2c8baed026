"""Sign the links by which a recipient manages what it gets. Pure.

A token says whose it is and proves that we made it: HMAC-SHA256 over purpose, subscriber,
channel and address. It has no expiry, because people unsubscribe from old mails; a new
key of the instance makes all of them void.
"""

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass

from monitor.models import Secret

_PURPOSE = "manage"
_MAC_BYTES = 16
_LONGEST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One address of one subscriber."""

    subscriber: str
    channel: str
    target: str


def token(key: Secret, recipient: Recipient) -> str:
    """The token of a recipient, fit for a URL."""
    parts = [recipient.subscriber, recipient.channel, recipient.target]
    body = json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{_base64(body)}.{_base64(_mac(key, body))}"


def recipient_of(key: Secret, text: str) -> Recipient | None:
    """Whom a token belongs to; None if we did not make it."""
    body_text, _, mac_text = text.partition(".")
    if len(text) > _LONGEST:
        return None
    try:
        body, mac = _bytes(body_text), _bytes(mac_text)
        parts = json.loads(body)
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not hmac.compare_digest(mac, _mac(key, body)):
        return None
    subscriber, channel, target = parts
    return Recipient(subscriber=subscriber, channel=channel, target=target)


def _mac(key: Secret, body: bytes) -> bytes:
    signed = _PURPOSE.encode() + b"\n" + body
    return hmac.digest(key.reveal().encode(), signed, hashlib.sha256)[:_MAC_BYTES]


def _base64(found: bytes) -> str:
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
