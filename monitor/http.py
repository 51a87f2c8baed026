"""The one place that builds HTTP clients and talks to the web.

The httpx interface over a small transport on aiohttp: a fifth of the CPU of httpx's
own stack, exact URL bytes, and one hook that sees every address that is dialled
(docs/decisions/0002). What leaves this module is one of our own errors.
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy

import aiohttp
import httpx
import yarl
from aiohttp import http_exceptions

from monitor.body import read_body
from monitor.errors import (
    FetchError,
    FetchRefused,
    FetchTimeout,
    FetchUnreachable,
)
from monitor.models import Fetched
from monitor.resolver import Resolver
from monitor.rooms import Rooms
from monitor.text.headers import fresh_for, retry_after
from monitor.text.urls import redacted

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_REDIRECTS = 10
_REDIRECTS = (301, 302, 303, 307, 308)
_CONNECT_SECONDS = 10.0
_N = ipaddress.ip_network
_NAT64 = _N("64:ff9b::/96")
_UNICAST = _N("2000::/3")
# IANA special-purpose registries. ``ipaddress.is_global`` will not do: Python 3.11
# calls ::/96, 6to4, site-local and multicast global.
_V6_INNER = [_N(n) for n in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_V4_SPECIAL = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15
198.51.100.0/24 203.0.113.0/24 224.0.0.0/3
"""
_V4_INNER = [_N(n) for n in _V4_SPECIAL.split()]


class _Refused(OSError):
    """An address that may not be dialled."""


def permits(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether an IP address is public, or in a network that was allowed.

    IPv4 addresses inside IPv6 ones (mapped, NAT64) are judged as what they reach.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip in _NAT64):
        ip = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if any(ip.version == n.version and ip in n for n in allowed):
        return True
    if ip.version == 6:
        return ip in _UNICAST and not any(ip in n for n in _V6_INNER)
    return not any(ip in n for n in _V4_INNER)


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._answer.content.iter_chunked(65_536):
                yield chunk
        except (aiohttp.ClientError, http_exceptions.HttpProcessingError) as error:
            raise httpx.ReadError(_text(error)) from error

    async def aclose(self) -> None:
        self._answer.close()  # read to its end it has given the connection back already


class Transport(httpx.AsyncBaseTransport):
    """httpx over one aiohttp session, without cookies, redirects or decoding.

    ``socket_type`` is for tests that must not let a packet leave the machine.
    """

    def __init__(
        self,
        allowed: Sequence[Network] | None = (),
        socket_type: type[socket.socket] = socket.socket,
    ) -> None:
        self._allowed = allowed
        self._socket_type = socket_type
        self._session: aiohttp.ClientSession | None = None
        self._resolver = Resolver()

    def _socket(self, info: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        host = str(address[0])
        if self._allowed is not None and not permits(host, self._allowed):
            # The same text for all addresses of a host, or their errors are merged
            # into one of another type (aiohappyeyeballs).
            raise _Refused(None, "not a public address")
        return self._socket_type(family, kind, protocol)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,
                    resolver=self._resolver,
                    use_dns_cache=False,
                    socket_factory=self._socket,
                    # The next request to a host starts a second after the last one.
                    keepalive_timeout=2,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
                max_field_size=16_384,
                max_line_size=16_384,
                max_headers=512,
                trust_env=False,
            )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        times = request.extensions.get("timeout", {})
        try:
            answer = await self._open().request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=[(k.decode(), v.decode()) for k, v in request.headers.raw],
                data=request.content or None,
                allow_redirects=False,
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(
                    total=None,
                    sock_connect=times.get("connect"),
                    sock_read=times.get("read"),
                ),
                ssl=request.extensions.get("verify", True),
            )
        except (aiohttp.ClientError, ValueError, TimeoutError) as error:
            raise _translated(error, request) from error
        return httpx.Response(
            answer.status,
            headers=answer.raw_headers,
            stream=_Body(answer),
            request=request,
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
        await self._resolver.close()


def _text(error: BaseException) -> str:
    return str(getattr(error, "message", "") or error) or type(error).__name__


def _translated(error: Exception, request: httpx.Request) -> httpx.TransportError:
    kind: type[httpx.TransportError] = httpx.RemoteProtocolError
    text = _text(error)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        kind, text = httpx.ConnectTimeout, "no connection in time"
    elif isinstance(error, aiohttp.ServerTimeoutError | TimeoutError):
        kind, text = httpx.ReadTimeout, "the server fell silent"
    elif isinstance(error, aiohttp.ClientConnectorCertificateError):
        text = f"bad certificate: {error.certificate_error}"
    elif isinstance(error, aiohttp.ClientConnectorError):
        kind, text = _unconnected(error.os_error, request)
    elif isinstance(error, ValueError):
        kind, text = httpx.UnsupportedProtocol, "not a usable URL"
    return kind(text, request=request)


def _unconnected(
    cause: OSError, request: httpx.Request
) -> tuple[type[httpx.TransportError], str]:
    if isinstance(cause, _Refused):
        host = request.url.raw_host.decode()
        return httpx.UnsupportedProtocol, f"{host} is {cause.strerror}"
    if isinstance(cause, ssl.SSLError):
        return httpx.RemoteProtocolError, f"TLS: {cause.reason or _text(cause)}"
    return httpx.ConnectError, cause.strerror or _text(cause)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One exchange. ``private`` headers go to the URL's own origin only.

    ``verify`` False accepts any certificate; ``user_agent`` "" is our own.
    """

    url: str
    accept: str = "*/*"
    headers: Mapping[str, str] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict, repr=False)
    limit: int = 16 << 20
    user_agent: str = ""
    verify: bool = True


class Client:
    """Fetches URLs: one deadline over the whole exchange, redirects by hand.

    ``per_host`` is how many requests go to one host at the same time.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        user_agent: str,
        timeout: timedelta,
        now: Callable[[], datetime],
        per_host: int = 1,
    ) -> None:
        self._transport = transport
        self._user_agent = user_agent
        self._rooms = Rooms(per_host)
        self._deadline = timeout.total_seconds()
        self._now = now

    async def get(self, request: Request) -> Fetched:
        """Fetch one URL, following redirects.

        The deadline covers the whole exchange, because a server that sends one byte
        a second never trips a read timeout.

        Raises:
            FetchTimeout: The deadline passed.
            FetchTooLarge: The body grew past ``request.limit``.
            FetchRefused: A hop led to a private network or another scheme.
            FetchUnreachable: No name or no connection.
            FetchError: TLS or protocol trouble.
        """
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._deadline):
                return await self._follow(request, started)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise FetchUnreachable(str(error) or type(error).__name__) from error
        except (TimeoutError, httpx.TimeoutException) as error:
            text = f"no full answer within {self._deadline:g} s"
            raise FetchTimeout(text) from error
        except httpx.UnsupportedProtocol as error:
            raise FetchRefused(f"refused: {error}") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise FetchError(str(error) or type(error).__name__) from error

    async def _follow(self, request: Request, started: float) -> Fetched:
        url = httpx.URL(request.url)
        origin = _origin(url)
        hops: list[int] = []
        seen: set[tuple[str, str]] = set()
        cookies: httpx.Cookies | None = None
        while True:
            if not _is_web(url):
                raise FetchRefused(f"refused: {_shown(url)} is no web address")
            # The same address again is no circle where a cookie has come since.
            visit = (str(url), _worn(cookies))
            if visit in seen or len(hops) > MAX_REDIRECTS:
                raise FetchError(f"redirects go round in circles at {_shown(url)}")
            private = request.private if _origin(url) == origin else {}
            seen.add(visit)
            async with self._rooms.enter(url.netloc.decode()):
                response = await self._send(url, request, private, cookies)
                try:
                    if response.status_code not in _REDIRECTS:
                        found = await self._answer(response, request, url, started)
                        return replace(found, permanent=_are_permanent(hops))
                finally:
                    await response.aclose()
            hops.append(response.status_code)
            cookies = _cookies() if cookies is None else cookies
            cookies.extract_cookies(response)
            url = _target(url, response)

    async def _send(
        self,
        url: httpx.URL,
        request: Request,
        private: Mapping[str, str],
        cookies: httpx.Cookies | None,
    ) -> httpx.Response:
        # The later wins, whatever its case. As bytes, because httpx writes one header
        # that is not ASCII in UTF-8, as it has read it, but not a mixed lot of them.
        headers = {
            name.lower(): (name.encode(), value.encode())
            for name, value in (
                ("Accept", request.accept),
                ("Accept-Encoding", "gzip"),
                ("User-Agent", request.user_agent or self._user_agent),
                *request.headers.items(),
                *private.items(),
            )
        }
        times = {"connect": _CONNECT_SECONDS, "read": self._deadline}
        outgoing = httpx.Request(
            "GET",
            url,
            headers=list(headers.values()),
            extensions={"timeout": times, "verify": request.verify},
        )
        if cookies:
            cookies.set_cookie_header(outgoing)
        response = await self._transport.handle_async_request(outgoing)
        response.request = outgoing
        return response

    async def _answer(
        self, response: httpx.Response, request: Request, url: httpx.URL, started: float
    ) -> Fetched:
        headers = dict(response.headers.items())  # names in lower case
        now = self._now()
        return Fetched(
            status=response.status_code,
            url=str(url),
            body=await read_body(response, request.limit),
            content_type=headers.get("content-type", ""),
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            date=headers.get("date", ""),
            retry_after=retry_after(headers, now),
            fresh_for=fresh_for(headers, now),
            challenged=headers.get("cf-mitigated", "").lower() == "challenge",
            elapsed=timedelta(seconds=asyncio.get_running_loop().time() - started),
        )

    async def aclose(self) -> None:
        await self._transport.aclose()


def _is_web(url: httpx.URL) -> bool:
    try:
        return url.scheme in ("http", "https") and bool(url.host)
    except UnicodeError:  # a host that looks like Punycode and is none
        return False


def _cookies() -> httpx.Cookies:
    """The cookies of one chain of redirects: some sites ask for them on the way.

    One that names no domain goes back to the very host that set it.
    """
    only = DefaultCookiePolicy.DomainStrictNonDomain
    return httpx.Cookies(CookieJar(DefaultCookiePolicy(strict_ns_domain=only)))


def _worn(cookies: httpx.Cookies | None) -> str:
    if cookies is None:
        return ""
    return " ".join(sorted(f"{c.domain} {c.name}={c.value}" for c in cookies.jar))


def _are_permanent(hops: list[int]) -> bool:
    """Whether there were redirects, and each was for good."""
    return bool(hops) and all(status in (301, 308) for status in hops)


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


def _shown(url: httpx.URL) -> str:
    return redacted(str(url.copy_with(query=None)))


def _target(url: httpx.URL, response: httpx.Response) -> httpx.URL:
    location = response.headers.get("location", "")
    if not location:
        raise FetchError(f"HTTP {response.status_code} without a Location")
    try:
        return url.join(location)
    except (httpx.InvalidURL, ValueError) as error:  # some are urllib's
        text = f"HTTP {response.status_code} with a Location that is no URL"
        raise FetchError(text) from error
