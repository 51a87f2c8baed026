"""A small newsroom on loopback: invented outlets, real formats, real HTTP.

Each outlet has an address, a feed and pages of its own. The newsroom opens with
older news; :meth:`Newsroom.publish` brings out the story of the day, and after it the
news of the story.
"""

from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from monitor.demo.formats import FORMATS
from monitor.demo.outlets import (
    Edition,
    article_path,
    edition,
    load_outlets,
)
from monitor.demo.pages import article_page, front_page
from monitor.demo.server import Document, accepting, document, listen

_BASELINE, _LAST = 1, 3


class Newsroom:
    """Serve the outlets while the ``with`` block lasts.

    ``feeds`` maps the key of each outlet to the URL of its feed.
    """

    def __init__(self, *, now: datetime) -> None:
        self.outlets = load_outlets()
        self.feeds: dict[str, str] = {}
        self._now = now.astimezone(UTC)
        self._rounds = {_BASELINE: self._now}
        self._urls: dict[str, str] = {}
        self._documents: dict[str, dict[str, Document]] = {}
        self._open = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            listeners = {
                outlet.key: stack.enter_context(
                    listen(f"127.20.0.{number}", partial(self._find, outlet.key))
                )
                for number, outlet in enumerate(self.outlets, start=1)
            }
            self._urls = {key: each.url for key, each in listeners.items()}
            self.feeds = {
                outlet.key: self._urls[outlet.key] + FORMATS[outlet.format].path
                for outlet in self.outlets
            }
            self._typeset()
            stack.enter_context(accepting(listeners.values()))
            self._open = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.close()

    def publish(self, *, now: datetime | None = None) -> int:
        """Bring out the next round; return how many entries came out.

        The ages of the round count back from ``now``, or else from the time that
        the newsroom was made with. After the last round nothing changes.
        """
        number = max(self._rounds) + 1
        if number > _LAST:
            return 0
        self._rounds[number] = (now or self._now).astimezone(UTC)
        self._typeset()
        entries = [entry for outlet in self.outlets for entry in outlet.entries]
        return sum(entry.round == number for entry in entries)

    def _find(self, key: str, path: str) -> Document | None:
        return self._documents[key].get(path)

    def _typeset(self) -> None:
        """Prepare all documents, then show them in one step."""
        self._documents = {
            outlet.key: _documents(
                edition(
                    outlet,
                    url=self._urls[outlet.key],
                    feed_path=FORMATS[outlet.format].path,
                    rounds=self._rounds,
                )
            )
            for outlet in self.outlets
        }


def _documents(shown: Edition) -> dict[str, Document]:
    page = partial(document, media_type="text/html", encoding=shown.outlet.encoding)
    feed = FORMATS[shown.outlet.format]
    return {
        "/": page(front_page(shown)),
        feed.path: document(
            feed.render(shown),
            media_type=feed.media_type,
            encoding=shown.outlet.encoding,
        ),
    } | {
        article_path(one.entry): page(article_page(shown, one))
        for one in shown.published
    }
