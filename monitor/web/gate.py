"""The gate before the pages: log in, and only our own forms act."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from monitor.pipeline.context import Context
from monitor.web.door import COOKIE, SESSION_SECONDS, Door, Visitor, is_password
from monitor.web.forms import form
from monitor.web.pages import page as draw

Show = Callable[[Request, Visitor], Awaitable[Response]]
Act = Callable[[Request, Visitor, dict[str, str]], Awaitable[Response]]


class Gate:
    """Lets visitors to the pages, and asks strangers who they are."""

    def __init__(self, context: Context, door: Door) -> None:
        self._context = context
        self.door = door
        self._zone = ZoneInfo(context.config.service.timezone)

    def of(self, show: Show) -> Callable[[Request], Awaitable[Response]]:
        """A page that only visitors see; strangers are asked who they are."""

        async def checked(request: Request) -> Response:
            visitor = self.door.visitor(request)
            if visitor is None:
                return self._stranger(request)
            return await show(request, visitor)

        return checked

    def acting(self, act: Act) -> Callable[[Request], Awaitable[Response]]:
        """Something that only our own forms may ask for."""

        async def checked(request: Request) -> Response:
            visitor = self.door.visitor(request)
            if visitor is None:
                return self._stranger(request)
            fields = await form(request)
            if not self.door.is_own(visitor, request, fields.get("csrf", "")):
                return self.page(request, "refused", visitor, status=403)
            return await act(request, visitor, fields)

        return checked

    def _stranger(self, request: Request) -> Response:
        if not self._context.config.web.password:
            return self.page(request, "closed", None, status=403)
        query = urlencode({"to": request.url.path})
        return RedirectResponse(f"{self.door.root(request)}/login?{query}", 303)

    async def login(self, request: Request) -> Response:
        """Ask for the password; too many wrong ones have to wait."""
        wanted = self._context.config.web.password
        root = self.door.root(request)
        if not wanted:
            return RedirectResponse(f"{root}/", 303)
        to = request.query_params.get("to", "/")
        if request.method == "GET":
            return self.page(request, "login", None, to=to)
        if self.door.is_tired(request):
            answer = self.page(request, "login", None, status=429, to=to, tired=True)
            answer.headers["retry-after"] = "60"
            return answer
        fields = await form(request)
        given = fields.get("password", "")[:1_000]
        if not await asyncio.to_thread(is_password, given, wanted.reveal()):
            self.door.note_wrong(request)
            return self.page(request, "login", None, status=403, to=to, wrong=True)
        # Only to a path of ours: "//elsewhere" would be another site.
        safe = to if to.startswith("/") and not to.startswith(("//", "/\\")) else "/"
        answer = RedirectResponse(f"{root}{safe}", 303)
        answer.set_cookie(
            COOKIE,
            self.door.session(),
            max_age=SESSION_SECONDS,
            path=f"{root}/",
            httponly=True,
            samesite="lax",
            secure=self.door.is_https(request),
        )
        return answer

    async def logout(
        self, request: Request, _visitor: Visitor, _fields: dict[str, str]
    ) -> Response:
        """Forget the session in this browser."""
        root = self.door.root(request)
        answer = RedirectResponse(f"{root}/login", 303)
        answer.delete_cookie(COOKIE, path=f"{root}/")
        return answer

    def page(
        self,
        request: Request,
        template: str,
        visitor: Visitor | None,
        *,
        status: int = 200,
        **values: Any,  # noqa: ANN401 - what a template shows
    ) -> Response:
        """A page of the desk, with what all of them have."""
        config = self._context.config
        return draw(
            f"desk/{template}",
            status=status,
            theme=config.theme,
            root=self.door.root(request),
            visitor=visitor,
            leaves=bool(config.web.password),
            path=request.url.path,
            zone=self._zone,
            now=self._context.now(),
            **values,
        )

    def back(self, request: Request, path: str) -> Response:
        """After a form: to a page, so that reloading repeats nothing."""
        return RedirectResponse(f"{self.door.root(request)}{path}", 303)
