"""Ask a feed for news: one conditional GET.

Validators go out byte for byte as they came (RFC 9110, section 13.1); the caller
stores new ones only together with the entries they stand for.
"""

from collections.abc import Mapping

from monitor.errors import FeedError, FetchError
from monitor.http import Client, Request
from monitor.models import Feed, Fetched, Secret

ACCEPT = (
    "application/atom+xml, application/rss+xml, application/rdf+xml, "
    "application/feed+json, application/json;q=0.9, application/xml;q=0.9, "
    "text/xml;q=0.9, */*;q=0.1"
)
_ADVICE = {
    401: "it wants a password: give the feed `headers`",
    403: "it refuses us: perhaps a bot protection, or it needs `headers`",
    404: "the address may have changed",
    406: "it does not like what we ask for",
    410: "the publisher says it is gone for good",
    429: "we come too often for it",
    451: "withheld for legal reasons",
}


async def fetch(
    client: Client, feed: Feed, headers: Mapping[str, Secret], max_bytes: int
) -> Fetched:
    """Poll one feed; the answer is a 200 with a body, or a 304.

    Raises:
        FetchError: No usable answer, and its kinds as in :mod:`monitor.http`.
        BadStatus: The server said something else than 200 or 304.
        FeedError: The body is empty.
    """
    validators = _validators(feed)
    answer = await client.get(
        Request(
            url=feed.url,
            accept=ACCEPT,
            headers=validators,
            private={name: secret.reveal() for name, secret in headers.items()},
            limit=max_bytes,
        )
    )
    if answer.status == 304 and validators:
        return answer
    if answer.status != 200:
        raise BadStatus(answer)
    if not answer.body.strip():
        raise FeedError("the answer is empty")
    return answer


class BadStatus(FetchError):
    """The server's status is neither 200 nor an expected 304."""

    def __init__(self, answer: Fetched) -> None:
        self.retry_after = answer.retry_after
        self.status = answer.status
        advice = _ADVICE.get(answer.status, "")
        super().__init__(f"HTTP {answer.status}" + (f": {advice}" if advice else ""))


def _validators(feed: Feed) -> dict[str, str]:
    found = {"If-None-Match": feed.etag, "If-Modified-Since": feed.last_modified}
    return {name: value for name, value in found.items() if value}
