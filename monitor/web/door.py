"""Who may see the pages: one password, tokens for programs, or a proxy that knows people.

Without any of these the pages are for people on this machine alone, asked for under its
own name: another site's page could make a browser ask under any other (DNS rebinding).
"""

import base64
import hashlib
import hmac
import ipaddress
import re
import secrets
import time
from collections import deque
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from monitor.channels.relay import LOOPBACK
from monitor.pipeline.context import Context

COOKIE = "monitor_session"
SESSION_SECONDS = 14 * 86_400
_N, _R, _P = 2**15, 8, 1
_MOST_MEMORY = 128 * 2**20
_PREFIX = re.compile(r"(?:/[\w.~-]+)+")
_USER = re.compile(r"[\w.@+ -]{1,100}")
# So many wrong passwords from one address, and from all, within a minute.
_WRONG, _WRONG_ALL = 5, 50
_MINUTE = 60.0


def hash_password(password: str) -> str:
    """A password as the configuration may hold it: scrypt with a salt of its own."""
    salt = secrets.token_bytes(16)
    return f"scrypt:{_N}:{_R}:{_P}:{_text(salt)}:{_text(_scrypt(password, salt))}"


def is_password(found: str, wanted: str) -> bool:
    """Whether a password is the one that is configured, as such or as its hash."""
    if not wanted.startswith("scrypt:"):
        return hmac.compare_digest(found.encode(), wanted.encode())
    try:
        _, n, r, p, salt, known = wanted.split(":")
        made = _scrypt(found, base64.b64decode(salt), int(n), int(r), int(p))
        return hmac.compare_digest(made, base64.b64decode(known))
    except ValueError:
        return False


def _scrypt(password: str, salt: bytes, n: int = _N, r: int = _R, p: int = _P) -> bytes:
    return hashlib.scrypt(
        password.encode(), salt=salt, n=n, r=r, p=p, maxmem=_MOST_MEMORY, dklen=32
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Whose request it is; ``csrf`` is in each form, ``root`` before each address."""

    name: str
    csrf: str
    root: str


class Door:
    """Lets visitors in, and remembers wrong passwords for a minute."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._wrong: deque[tuple[float, str]] = deque(maxlen=10 * _WRONG_ALL)

    def visitor(self, request: Request) -> Visitor | None:
        """Who asks for a page; None for a stranger."""
        web = self._context.config.web
        if self.is_proxy(request) and web.user_header:
            name = request.headers.get(web.user_header, "")
            return self._known(request, name) if _USER.fullmatch(name) else None
        if web.password:
            session = request.cookies.get(COOKIE, "")
            return self._known(request, session) if self._is_session(session) else None
        return self._known(request, "") if self._is_local(request) else None

    def _known(self, request: Request, identity: str) -> Visitor:
        return Visitor(
            name=identity if self.is_proxy(request) else "",
            csrf=self._mac("csrf", identity),
            root=self.root(request),
        )

    def is_program(self, request: Request) -> bool:
        """Whether a request carries one of the tokens."""
        kind, _, found = request.headers.get("authorization", "").partition(" ")
        tokens = self._context.config.web.tokens.values()
        same = [
            hmac.compare_digest(found.encode(), t.reveal().encode())
            for t in tokens
            if t
        ]
        return kind.lower() == "bearer" and any(same)

    def is_own(self, visitor: Visitor, request: Request, csrf: str) -> bool:
        """Whether a form was ours, and not one that another site made somebody send."""
        elsewhere = request.headers.get("sec-fetch-site", "") == "cross-site"
        return not elsewhere and hmac.compare_digest(
            csrf.encode(), visitor.csrf.encode()
        )

    # --- sessions ---

    def session(self) -> str:
        """A new session, signed with the key of this instance and the password."""
        until = int(self._now() + SESSION_SECONDS)
        body = f"{until}.{secrets.token_urlsafe(12)}"
        return f"{body}.{self._mac('session', body)}"

    def _is_session(self, text: str) -> bool:
        body, _, mac = text.rpartition(".")
        if not hmac.compare_digest(mac.encode(), self._mac("session", body).encode()):
            return False
        return int(body.partition(".")[0]) > self._now()

    def _mac(self, purpose: str, body: str) -> str:
        """A changed password ends all sessions."""
        key = f"{self._context.key.reveal()}\n{self._context.config.web.password.reveal()}"
        text = f"{purpose}\n{body}".encode()
        return hmac.digest(key.encode(), text, hashlib.sha256)[:20].hex()

    def _now(self) -> float:
        return self._context.now().timestamp()

    # --- passwords that were wrong ---

    def is_tired(self, request: Request) -> bool:
        """Whether an address, or everybody, had too many wrong passwords just now."""
        since = time.monotonic() - _MINUTE
        recent = [who for at, who in self._wrong if at > since]
        return len(recent) >= _WRONG_ALL or recent.count(self.client(request)) >= _WRONG

    def note_wrong(self, request: Request) -> None:
        """A password was wrong."""
        self._wrong.append((time.monotonic(), self.client(request)))

    # --- where a request comes from ---

    def is_proxy(self, request: Request) -> bool:
        """Whether a request comes straight from a proxy that we trust."""
        if request.client is None:  # a unix socket: who may open it decides
            return bool(self._context.config.web.proxies)
        try:
            address = ipaddress.ip_address(request.client.host)
        except ValueError:
            return False
        return any(address in network for network in self._context.config.web.proxies)

    def client(self, request: Request) -> str:
        """The address of the visitor, through a trusted proxy if there is one."""
        forwarded = request.headers.get("x-forwarded-for", "")
        if forwarded and self.is_proxy(request):
            return forwarded.rpartition(",")[2].strip()[:45]
        return request.client.host if request.client else "unix"

    def is_https(self, request: Request) -> bool:
        """Whether the visitor's own connection is encrypted."""
        forwarded = request.headers.get("x-forwarded-proto", "")
        if forwarded and self.is_proxy(request):
            return forwarded == "https"
        return request.url.scheme == "https"

    def root(self, request: Request) -> str:
        """The path under which a trusted proxy shows us; "" for the top."""
        prefix = request.headers.get("x-forwarded-prefix", "").rstrip("/")
        good = self.is_proxy(request) and _PREFIX.fullmatch(prefix)
        return prefix if good else ""

    def _is_local(self, request: Request) -> bool:
        """From this machine, under its own name, and not through any proxy."""
        client = request.client
        if client is None:
            return True
        through = any(
            n.startswith(("x-forwarded", "forwarded", "via")) for n in request.headers
        )
        host = urlsplit(f"//{request.headers.get('host', '')}").hostname
        return client.host in LOOPBACK and host in LOOPBACK and not through
