"""Tell a network that is away from feeds that are.

When most of the last answers failed to connect, on many hosts, it is not the feeds.
Then nobody's failures are counted, and one host is asked now and then until the
network is back.
"""

from collections import deque
from datetime import datetime, timedelta

_LAST = 20
_FAILED = 16
_HOSTS = 10
_PROBE = timedelta(seconds=30)


class Outage:
    """What this process lately saw of the network."""

    def __init__(self) -> None:
        self._last: deque[tuple[str, datetime, bool]] = deque(maxlen=_LAST)
        self._probed_at: datetime | None = None
        self.since: datetime | None = None

    def saw(self, host: str, now: datetime, *, reached: bool) -> datetime | None:
        """Take in one exchange; the start of an outage that it ended, if it did."""
        self._last.append((host, now, reached))
        if reached:
            ended, self.since = self.since, None
            if ended:
                self._last.clear()
            return ended
        failed = [(name, at) for name, at, good in self._last if not good]
        if len(failed) >= _FAILED and len(dict(failed)) >= _HOSTS:
            self.since = self.since or failed[0][1]
        return None

    def room(self, wanted: int, now: datetime) -> int:
        """How many hosts may be visited now: as many as wanted, or a probe."""
        if self.since is None or not wanted:
            return wanted
        if self._probed_at and timedelta(0) <= now - self._probed_at < _PROBE:
            return 0
        self._probed_at = now
        return min(wanted, 1)
