"""Ask a feed for news: one conditional GET.

Validators go out byte for byte as they came (RFC 9110, section 13.1); the caller
stores new ones only together with the entries they stand for.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.errors import FeedError, FeedGone, FetchError
from monitor.http import Client, Request
from monitor.models import Feed, Fetched, Secret, Trouble

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, "
    "application/feed+json, application/json;q=0.9, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.1"
)
_ADVICE = {
    401: "it wants a password: give the feed `auth` or `headers`",
    403: "it refuses us: perhaps a bot protection, or it needs `auth` or `headers`",
    404: "the address may have changed",
    406: "it does not like what we ask for",
    410: "the publisher says it is gone for good",
    429: "we come too often for it",
    451: "withheld for legal reasons",
}
_CHALLENGED = "a bot protection wants to see a browser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How one feed wants to be asked."""

    headers: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    user_agent: str = ""
    verify: bool = True

    @property
    def private(self) -> dict[str, str]:
        """The headers that go to the feed's own origin only (RFC 7617 for the user)."""
        found = {name: secret.reveal() for name, secret in self.headers.items()}
        if self.user:
            pair = f"{self.user}:{self.password.reveal()}".encode()
            found["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
        return found


async def fetch(
    client: Client, feed: Feed, manner: Manner, max_bytes: int = 16 << 20
) -> Fetched:
    """Poll one feed; the answer is a 200 with a body, or a 304.

    Raises:
        FetchError: No usable answer, and its kinds as in :mod:`monitor.http`.
        BadStatus: The server said something else than 200 or 304.
    """
    validators = _validators(feed)
    answer = await client.get(
        Request(
            url=feed.url,
            accept=ACCEPT,
            headers=validators,
            private=manner.private,
            limit=max_bytes,
            user_agent=manner.user_agent,
            verify=manner.verify,
        )
    )
    if answer.status == 304 and validators:
        return answer
    if answer.status != 200 or answer.challenged:
        raise BadStatus(answer)
    if not answer.body.strip():
        raise FetchError("the answer is empty")
    return answer


class BadStatus(FetchError):
    """The server's status is neither 200 nor an expected 304."""

    def __init__(self, answer: Fetched) -> None:
        self.retry_after = answer.retry_after
        self.status = answer.status
        self.challenged = answer.challenged
        advice = _CHALLENGED if self.challenged else _ADVICE.get(answer.status, "")
        if answer.status == 304:
            advice = "nothing had been asked that it could refer to"
        super().__init__(f"HTTP {answer.status}" + (f": {advice}" if advice else ""))


def trouble(error: Exception) -> Trouble:
    """What kind of trouble an error means for its feed."""
    if isinstance(error, BadStatus) and error.challenged:
        return Trouble.BLOCKED
    gone = isinstance(error, BadStatus) and error.status == 410
    if gone or isinstance(error, FeedGone):
        return Trouble.GONE
    return Trouble.NOT_A_FEED if isinstance(error, FeedError) else Trouble.FAILING


def _validators(feed: Feed) -> dict[str, str]:
    found = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    return {name: value for name, value in found.items() if value}
