"""Whether the service lives, can work, and does: for orchestrators and Prometheus."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from monitor import __version__, metrics
from monitor.errors import StorageError
from monitor.pipeline.context import Context
from monitor.storage import outbox, overview, settings, story_lists
from monitor.storage.database import Transaction
from monitor.storage.overview import Glance

_READY_SECONDS = 1.0
_BEAT = timedelta(minutes=2)
_NO_POLL = timedelta(hours=1)
_OUTBOX = timedelta(hours=2)
_SKEW = timedelta(minutes=1)
_ACTIVE = timedelta(days=3)


class Health:
    """The pages without a login; they hold no secret."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def livez(self, _: Request) -> Response:
        """The loop answers."""
        return PlainTextResponse("ok\n")

    async def readyz(self, _: Request) -> Response:
        """A row can be written within a second; 503 with the reason if not."""
        context = self._context
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await context.database.call(settings.put, "ready", "yes")
        except TimeoutError:
            reason = f"the database did not answer within {_READY_SECONDS:.0f} s"
        except StorageError as error:
            reason = str(error)
        else:
            return PlainTextResponse("ok\n")
        return PlainTextResponse(f"{reason}\n", 503)

    async def healthz(self, _: Request) -> Response:
        """Each check with its figure; 503 if one fails."""
        try:
            checks = await self._context.database.call(_checks, self._context)
        except StorageError as error:
            return JSONResponse({"ok": False, "database": str(error)}, 503)
        ok = all(check["ok"] for check in checks.values())
        body = {"ok": ok, "version": __version__, "checks": checks}
        return JSONResponse(body, 200 if ok else 503)

    async def metrics(self, _: Request) -> Response:
        """Everything that is counted."""
        context = self._context
        metrics.measure_process()
        await context.database.call(_measure, context)
        metrics.db_size.set(await context.database.size())
        metrics.build_info.labels(__version__).set(1)
        text = generate_latest(metrics.registry)
        return Response(text, media_type=CONTENT_TYPE_LATEST)


def _checks(tx: Transaction, context: Context) -> dict[str, dict[str, Any]]:
    found, now = overview.glance(tx), context.now()
    beat, refused = settings.last_beat(tx), settings.refused_config(tx)
    watched = found.feeds - found.paused
    last_poll = found.last_good_poll_at
    return {
        "service": _check(beat, now, _BEAT, "last_beat"),
        "polls": _check(last_poll, now, _NO_POLL, "last_good_poll")
        if watched
        else {"ok": True, "feeds": 0},
        "feeds": {"ok": True, "feeds": found.feeds, "failing": found.failing},
        "outbox": _outbox(found, now),
        "clock": {"ok": beat is None or beat - now < _SKEW},
        "configuration": {"ok": refused is None}
        | ({"refused_at": refused[0].isoformat()} if refused else {}),
    }


def _check(
    at: datetime | None, now: datetime, most: timedelta, name: str
) -> dict[str, Any]:
    return {
        "ok": at is not None and now - at < most,
        name: at.isoformat() if at else None,
    }


def _outbox(found: Glance, now: datetime) -> dict[str, Any]:
    oldest, sent = found.oldest_waiting_at, found.last_sent_at
    return {
        "ok": oldest is None or now - oldest < _OUTBOX,
        "waiting": found.waiting,
        "dead": found.dead,
        "oldest_waiting": oldest.isoformat() if oldest else None,
        "last_sent": sent.isoformat() if sent else None,
    }


def _measure(tx: Transaction, context: Context) -> None:
    found, now = overview.glance(tx), context.now()
    metrics.feeds.labels("failing").set(found.failing)
    metrics.feeds.labels("paused").set(found.paused)
    well = found.feeds - found.failing - found.paused
    metrics.feeds.labels("well").set(well)
    for state, count in outbox.count_deliveries(tx).items():
        metrics.outbox_size.labels(state).set(count)
    oldest = found.oldest_waiting_at
    age = (now - oldest).total_seconds() if oldest else 0
    metrics.outbox_oldest.set(max(0, age))
    metrics.stories_active.set(story_lists.count_active(tx, now - _ACTIVE))
