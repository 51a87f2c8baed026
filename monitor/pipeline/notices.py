"""Notices: what the service says about itself, delivered like any digest."""

import structlog

from monitor.digests.render import render
from monitor.models import Digest
from monitor.pipeline.context import Context
from monitor.pipeline.freeze import identity, parts_of, store
from monitor.storage.database import Transaction

log = structlog.get_logger()


def notify_operator(tx: Transaction, context: Context, *, key: str, text: str) -> None:
    """Put a notice to the operator into the outbox, once for each ``key``.

    Its first line is the subject. Without an operator it goes to the log.
    """
    operator = context.config.service.operator
    slot = f"notice:{key}"
    if operator:
        digest = _digest(context, operator, kind="notice", slot=slot, text=text)
        if not store(tx, digest, slot, parts_of(context, digest), now=context.now()):
            return
    log.warning("operator.notified", notice=text.partition("\n")[0])


def trial_digest(context: Context, subscriber: str) -> Digest:
    """A labelled test, as ``send-test`` hands it to the channels."""
    text = (
        "this is a test\n\n"
        "You asked monitor to send a test. If you can read this, the channel works.\n"
        "No article was sent, and nothing was stored."
    )
    now = context.now()
    slot = f"test:{now.isoformat()}"
    return _digest(context, subscriber, kind="test", slot=slot, text=text)


def _digest(
    context: Context, subscriber: str, *, kind: str, slot: str, text: str
) -> Digest:
    config = context.config.subscribers[subscriber]
    return render(
        Digest(
            id=identity(context.key, subscriber, slot),
            kind=kind,
            subscriber=subscriber,
            name=config.name or subscriber,
            timezone=config.timezone or context.config.service.timezone,
            slot=None,
            window=None,
            now=context.now(),
            theme=context.config.theme,
            notice=text,
        )
    )
