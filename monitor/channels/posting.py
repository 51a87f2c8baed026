"""Hand a message over by HTTP: one request, no redirect, no address that is off limits.

What a far side says is cut and shown; what stands in its address (a token, as with Slack)
is not, so errors name the host alone.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from monitor.errors import (
    DeliveryDeferred,
    DeliveryError,
    DeliveryInDoubt,
    DeliveryRejected,
    DestinationFault,
)
from monitor.http import Network, Transport
from monitor.text.headers import retry_after
from monitor.text.urls import host_of
from monitor.text.words import one_line

Networks = Sequence[Network] | None
"""What may be dialled besides public addresses; None is everything."""

DEADLINE_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_MOST_OF_ANSWER = 64 << 10
_LONGEST_WAIT = 1e8
_PASSING = (408, 425)
_FAULTS = (401, 403, 404, 405, 410)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the far side said; ``host`` is whom to name in an error."""

    host: str
    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return one_line(self.body.decode("utf-8", "replace"), 300)

    def fields(self) -> dict[str, Any]:
        """The object of a JSON answer; empty if it is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def error(self, wait: object = None, unit: str = "seconds") -> DeliveryError:
        """The answer as an error; ``wait`` is what its body asks for, in a unit."""
        text = f"{self.host}: HTTP {self.status} {self.text}".strip()
        if self.status == 429:
            named = isinstance(wait, int | float) and 0 <= wait < _LONGEST_WAIT
            asked = (
                timedelta(**{unit: float(wait)})  # type: ignore[arg-type]  # a number
                if named
                else retry_after(self.headers, datetime.now(UTC))
            )
            pause = asked or timedelta(seconds=30)
            return DeliveryDeferred(text, code=429, retry_after=pause, throttled=True)
        if self.status in _PASSING or self.status >= 500:
            asked = retry_after(self.headers, datetime.now(UTC))
            return DeliveryDeferred(text, code=self.status, retry_after=asked)
        if self.status in _FAULTS or 300 <= self.status < 400:
            return DestinationFault(text, code=self.status)
        return DeliveryRejected(text, code=self.status)


async def post(
    url: str,
    body: bytes,
    *,
    networks: Networks,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
) -> Answer:
    """Send one request, JSON if ``headers`` do not say otherwise, and read the answer.

    Raises:
        DestinationFault: The address may not be dialled, or is none.
        DeliveryDeferred: No connection.
        DeliveryInDoubt: The request went out, and no answer came back.
    """
    host = host_of(url) or "the address"
    sent = {"content-type": "application/json", "user-agent": "monitor"}
    transport = Transport(networks)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            request = httpx.Request(
                method,
                url,
                content=body,
                headers={**sent, **(headers or {})},
                extensions={
                    "timeout": {"connect": _CONNECT_SECONDS, "read": DEADLINE_SECONDS}
                },
            )
            response = await transport.handle_async_request(request)
            read = bytearray()
            async for chunk in response.stream:  # type: ignore[union-attr]  # ours is asynchronous
                read += chunk[: _MOST_OF_ANSWER - len(read)]
            return Answer(
                host=host,
                status=response.status_code,
                body=bytes(read),
                headers=dict(response.headers.items()),
            )
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise DestinationFault(f"{host}: {_without(url, error)}") from None
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise DeliveryDeferred(f"{host}: {_without(url, error)}") from None
    except (TimeoutError, httpx.HTTPError) as error:
        text = f"{host}: no answer: {_without(url, error) or 'it took too long'}"
        raise DeliveryInDoubt(text) from None
    finally:
        await transport.aclose()


def _without(url: str, error: Exception) -> str:
    """An error's text without the address, which may be a secret."""
    return one_line(str(error).replace(url, "the address"), 200)


def as_json(found: Mapping[str, Any]) -> bytes:
    """A payload as bytes, the same for the same values."""
    return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "replace"
    )
