"""A webhook of your own: the versioned object, signed after Standard Webhooks.

https://www.standardwebhooks.com: ``webhook-id`` is the same on every retry, the
signature covers id, time and body.
"""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.channels.payload import payload
from monitor.channels.posting import Networks, post
from monitor.models import Digest, Part, Receipt, Secret, Target
from monitor.text.urls import host_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """``old_secret`` signs as well while receivers change over to a new one."""

    url: str = field(repr=False)  # it may hold a token
    secret: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    old_secret: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    networks: Networks = ()

    gap = timedelta(0)
    way = ""
    patience = timedelta(hours=72)
    threads = False

    def problem(self) -> str:
        """What is wrong with the settings together; "" if nothing."""
        return "" if host_of(self.url) else "url: write an http or https address"

    def targets(self) -> tuple[str, ...]:
        return (host_of(self.url),)

    def render(self, digest: Digest, target: Target) -> list[Part]:
        body = payload(digest, target.id)
        return [Part(id=target.id, target=target.address, payload=body)]

    async def send(self, part: Part, thread: str | None = None) -> Receipt:  # noqa: ARG002 - a webhook has no threads
        at = str(int(time.time()))
        headers = {"webhook-id": part.id, "webhook-timestamp": at}
        secrets = [s for s in (self.secret, self.old_secret) if s]
        if secrets:
            headers["webhook-signature"] = " ".join(
                signature(secret, part.id, at, part.payload) for secret in secrets
            )
        answer = await post(
            self.url, part.payload, networks=self.networks, headers=headers
        )
        if not answer.good:
            raise answer.error()
        return Receipt(text=answer.text or "taken", code=answer.status)


def signature(secret: Secret, message_id: str, at: str, body: bytes) -> str:
    """The signature of one delivery: ``v1,`` and base64 of HMAC-SHA256.

    A secret that begins with ``whsec_`` is base64, any other counts as it is.
    """
    text = secret.reveal()
    key = text.encode()
    if text.startswith("whsec_"):
        key = base64.b64decode(text.removeprefix("whsec_") + "==")
    signed = f"{message_id}.{at}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
