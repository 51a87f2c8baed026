"""What recipients change by the links of their digests.

A link shows, and only a button acts: mail scanners open links. The token in the address
says whose it is; nothing else is asked for, because people unsubscribe from old mails on
strange machines (RFC 8058).
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email import message_from_bytes
from email.message import Message

from starlette.requests import Request
from starlette.responses import Response

from monitor.pipeline.context import Context
from monitor.storage import outbox, people
from monitor.storage.database import Transaction
from monitor.text.links import Recipient, recipient_of
from monitor.web.forms import form
from monitor.web.pages import digest_page, page

_HOLIDAYS = {"day": 1, "week": 7, "month": 30}
Handler = Callable[[Request, Recipient], Awaitable[Response]]


class Recipients:
    """The pages of recipients."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def _page(self, template: str, *, status: int = 200, **values: object) -> Response:
        theme = self._context.config.theme
        return page(template, status=status, theme=theme, **values)

    def of(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """A page that only a valid token opens."""

        async def checked(request: Request) -> Response:
            text = request.path_params["token"]
            recipient = recipient_of(self._context.key, text)
            if recipient is None:
                return self._page("nothing", status=404)
            return await handler(request, recipient)

        return checked

    def _name(self, recipient: Recipient) -> str:
        config = self._context.config.subscribers.get(recipient.subscriber)
        return (config.name if config else "") or recipient.subscriber

    async def unsubscribe(self, request: Request, who: Recipient) -> Response:
        """Stop: by a button, or by the one click of a mail program."""
        done = request.method == "POST"
        if done:
            await self._context.database.call(
                people.unsubscribe,
                who.subscriber,
                who.channel,
                who.target,
                self._context.now(),
            )
        back = f"/subscription/{request.path_params['token']}"
        return self._page(
            "unsubscribe", name=self._name(who), target=who.target, done=done, back=back
        )

    async def subscription(self, request: Request, who: Recipient) -> Response:
        """Show what is sent and when; pause, go on, stop, begin again."""
        database, now = self._context.database, self._context.now()
        if request.method == "POST":
            action = (await form(request)).get("action", "")
            await database.call(_change, self._context, who, action)
        until = await database.call(people.paused_until, who.subscriber)
        gone = await database.call(people.unsubscribed, who.subscriber)
        config = self._context.config
        subscriber = config.subscribers.get(who.subscriber)
        rules = subscriber.rules if subscriber else ()
        return self._page(
            "subscription",
            name=self._name(who),
            target=who.target,
            rules=[config.rules[n].title or n for n in rules if n in config.rules],
            schedule=", ".join(subscriber.digest) if subscriber else "",
            paused=f"{until:%-d %B %Y, %H:%M} UTC" if until and until > now else "",
            gone=(who.channel, who.target) in gone,
            holidays=list(_HOLIDAYS),
        )

    async def story(self, request: Request, who: Recipient) -> Response:
        """Mute a story, or say that it was of no use."""
        database = self._context.database
        ident = request.path_params["story"]
        if request.method == "POST":
            action = (await form(request)).get("action", "")
            await database.call(_judge, self._context, who, ident, action)
        found = await database.call(people.told_story, who.subscriber, ident)
        if found is None:
            return self._page("nothing", status=404)
        return self._page("story", name=self._name(who), story=found)

    async def digest(self, request: Request, who: Recipient) -> Response:
        """A digest in the browser, as it was sent to this recipient."""
        payload = await self._context.database.call(
            outbox.payload_of,
            request.path_params["digest"],
            channel=who.channel,
            target=who.target,
        )
        html = _html_of(payload) if payload else ""
        return digest_page(html) if html else self._page("nothing", status=404)


def _change(tx: Transaction, context: Context, who: Recipient, action: str) -> None:
    now = context.now()
    if action in _HOLIDAYS:
        until = now + timedelta(days=_HOLIDAYS[action])
        people.pause(tx, who.subscriber, until)
    elif action == "resume":
        people.pause(tx, who.subscriber, None)
    elif action == "stop":
        people.unsubscribe(tx, who.subscriber, who.channel, who.target, now)
    elif action == "begin":
        people.resubscribe(tx, who.subscriber, who.channel, who.target)


def _judge(
    tx: Transaction, context: Context, who: Recipient, ident: str, action: str
) -> None:
    found = people.told_story(tx, who.subscriber, ident)
    if found is None:
        return
    if action == "mute":
        people.mute(tx, who.subscriber, found.id, context.now())
    elif action == "unmute":
        people.unmute(tx, who.subscriber, found.id)
    elif action == "irrelevant":
        people.note_irrelevant(tx, who.subscriber, found, context.now())


def _html_of(payload: bytes) -> str:
    """The HTML part of a mail; "" of anything else."""
    for part in message_from_bytes(payload).walk():
        if part.get_content_type() == "text/html":
            return _text(part)
    return ""


def _text(part: Message) -> str:
    raw = part.get_payload(decode=True)
    return raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
