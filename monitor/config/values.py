"""The shape of the configuration. Defaults stand here and nowhere else."""

import ipaddress
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, ConfigDict, Field

from monitor.channels import Channel
from monitor.channels.email import Smtp
from monitor.feeds.command import address
from monitor.feeds.fetch import Manner
from monitor.http import Network
from monitor.models import Secret
from monitor.rules.index import Index
from monitor.text.urls import host_of, is_web

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SIZES = {"b": 1, "kb": 1_000, "mb": 10**6, "kib": 1 << 10, "mib": 1 << 20}
_LONGEST_DAYS = 36_500
_FORBID = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


def duration(value: object) -> timedelta:
    """Read "90s", "15m", "6h" or "7d"; a hundred years at most.

    Raises:
        ValueError: It is none of these.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*([smhdw])\s*", str(value))
    if match is None or not isinstance(value, str):
        raise ValueError('write a duration such as "90s", "15m", "6h" or "7d"')
    seconds = int(match[1]) * _UNITS[match[2]]
    if seconds > _LONGEST_DAYS * _UNITS["d"]:
        raise ValueError(f'write "{_LONGEST_DAYS}d" at most')
    return timedelta(seconds=seconds)


def interval(value: object) -> timedelta:
    """Read a duration that is longer than nothing.

    Raises:
        ValueError: It is none.
    """
    found = duration(value)
    if not found:
        raise ValueError('write a duration of "1s" or more')
    return found


def size(value: object) -> int:
    """Read "16MiB" or "500kB" as bytes.

    Raises:
        ValueError: It is no size.
    """
    match = re.fullmatch(r"\s*([0-9]{1,9})\s*([a-zA-Z]{1,3})\s*", str(value))
    found = int(match[1]) * _SIZES.get(match[2].lower(), 0) if match else 0
    if not found:
        raise ValueError('write a size such as "16MiB" or "500kB"')
    return found


def zone(value: object) -> str:
    """Check the IANA name of a time zone.

    Raises:
        ValueError: There is no such zone; the message offers the nearest.
    """
    try:
        ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(
            f"no time zone {value!r}{_nearest_zone(str(value))}"
        ) from error
    return str(value)


def _nearest_zone(name: str) -> str:
    from difflib import get_close_matches
    from zoneinfo import available_timezones

    zones = sorted(available_timezones())
    city = name.rpartition("/")[2].lower()
    same = [z for z in zones if z.rpartition("/")[2].lower() == city]
    found = same or get_close_matches(name, zones, 3)
    return f"; did you mean {', '.join(found[:3])}?" if found else ""


def web_url(value: object) -> str:
    """Check that a URL can be fetched.

    Raises:
        ValueError: It has another scheme than http or https, or no host.
    """
    text = str(value).strip()
    if not isinstance(value, str) or not is_web(text):
        raise ValueError("write a URL that begins with http:// or https://")
    if not host_of(text):
        raise ValueError("write a port from 1 to 65535")
    return text


def database_url(value: object) -> str:
    """Check which database is meant.

    Raises:
        ValueError: It is neither SQLite nor PostgreSQL.
    """
    known = ("sqlite:", "postgresql://", "postgres://")
    if not isinstance(value, str) or not value.startswith(known):
        raise ValueError('write "sqlite:FILE" or "postgresql://user@host/name"')
    return value


def networks(value: object) -> tuple[Network, ...] | None:
    """Read ``private_networks``: None allows all, a tuple what is listed.

    Raises:
        ValueError: It is neither true, false nor a list of CIDRs.
    """
    if isinstance(value, bool):
        return None if value else ()
    if not isinstance(value, list | tuple):
        text = 'write true, false or a list such as ["10.0.0.0/8"]'
        raise ValueError(text)  # noqa: TRY004 - pydantic reports ValueErrors
    try:
        return tuple(ipaddress.ip_network(str(v)) for v in value)
    except ValueError as error:
        raise ValueError(f'{error}; write networks as "10.0.0.0/8"') from error


def short(key: str) -> BeforeValidator:
    """A table that may be written as the value of one of its keys."""

    def expanded(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
        return value if isinstance(value, dict) else {key: value}

    return BeforeValidator(expanded)


def listed(value: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
    """A list that may be written as its only item."""
    return [value] if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(duration)]
Interval = Annotated[timedelta, BeforeValidator(interval)]
MaybeInterval = Annotated[timedelta | None, BeforeValidator(interval)]
MaybeDuration = Annotated[timedelta | None, BeforeValidator(duration)]
Size = Annotated[int, BeforeValidator(size)]
Zone = Annotated[str, BeforeValidator(zone)]
Strings = Annotated[tuple[str, ...], BeforeValidator(listed)]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    articles: Duration = 180 * _DAY
    unmatched: Duration = 30 * _DAY
    deliveries: Duration = 180 * _DAY
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    database: Annotated[str, BeforeValidator(database_url)] = "sqlite:monitor.db"
    timezone: Zone = "UTC"
    keep: Keep = field(default_factory=Keep)
    operator: str = ""
    heartbeat_url: str = ""
    contact: str = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    listen: str = "127.0.0.1:8787"
    base_url: str = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class PerHost:
    at_once: Annotated[int, Field(ge=1, le=32)] = 1
    gap: Duration = timedelta(seconds=1)
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """``private_networks`` None allows all."""

    pace: Literal["gentle", "normal", "eager"] = "normal"
    timeout: Interval = timedelta(seconds=30)
    max_body: Size = 16 << 20
    per_host: PerHost = field(default_factory=PerHost)
    private_networks: Annotated[
        tuple[Network, ...] | None, BeforeValidator(networks)
    ] = ()
    __pydantic_config__ = _FORBID


def first_run_reach(value: object) -> timedelta | None:
    """Read ``first_run``: "silent" is None, else how far back it may alert."""
    return None if value == "silent" else duration(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Articles:
    """``first_run`` None is silent."""

    full_text: Literal["always", "when-needed", "never"] = "always"
    merge: Literal["stories", "copies", "nothing"] = "stories"
    story_window: Duration = timedelta(hours=72)
    first_run: Annotated[timedelta | None, BeforeValidator(first_run_reach)] = None
    max_age: Duration = 7 * _DAY
    flood_limit: Annotated[int, Field(ge=1)] = 40
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Basic authentication (RFC 7617): a user's name holds no colon."""

    user: Annotated[str, Field(pattern=r"^[^:]+$")]
    password: Secret
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedConfig:
    """``command`` is a program that prints the feed, instead of ``url``."""

    url: Annotated[str, BeforeValidator(web_url)] = ""
    command: tuple[str, ...] = ()
    groups: Strings = ()
    language: str = ""
    every: MaybeInterval = None
    outlet: str = ""
    quiet_after: MaybeDuration = None
    identity: Literal["", "guid", "link"] = ""
    headers: dict[str, Secret] = field(default_factory=dict, repr=False)
    auth: Auth | None = None
    user_agent: str = ""
    verify: Annotated[bool, Field(strict=True)] = True
    __pydantic_config__ = _FORBID

    @property
    def source(self) -> str:
        """The URL, or what stands for the program."""
        return self.url or address(self.command)

    @property
    def manner(self) -> Manner:
        """How the feed is asked."""
        return Manner(
            headers=self.headers,
            user=self.auth.user if self.auth else "",
            password=self.auth.password if self.auth else Secret(""),
            user_agent=self.user_agent,
            verify=self.verify,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentWhen:
    outlets: int
    within: Duration
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTests:
    match: Strings = ()
    skip: Strings = ()
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleConfig:
    query: str = ""
    all: Strings = ()
    any: Strings = ()
    none: Strings = ()
    title: str = ""
    feeds: Strings = ()
    priority: Literal["low", "normal", "urgent"] = "normal"
    urgent_when: UrgentWhen | None = None
    on_update: Literal["never", "new-match", "always"] = "new-match"
    tests: RuleTests = field(default_factory=RuleTests)
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    from_: Annotated[str, Field(alias="from")]
    to: str
    except_: Annotated[str, Field(alias="except")] = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberConfig:
    """``timezone`` "" is the service's."""

    name: str = ""
    email: str = ""
    timezone: Annotated[str, BeforeValidator(lambda v: v and zone(v))] = ""
    language: str = "en"
    rules: Strings = ()
    digest: Strings = ("daily 08:00",)
    when_empty: Literal["skip", "coverage"] = "skip"
    quiet: Quiet | None = None
    send_to: Strings = ()
    max_stories: Annotated[int, Field(ge=1)] = 40
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    host: str
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    sender: Annotated[str, Field(alias="from")]
    __pydantic_config__ = _FORBID

    def smtp(self) -> Smtp:
        """The mail server as the channel takes it."""
        return Smtp(
            host=self.host,
            port=self.port,
            tls=self.tls,
            user=self.user,
            password=self.password,
            sender=self.sender,
            explicit=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The file as it is written, channels aside: their shape is their own."""

    include: Strings = ()
    service: Service = field(default_factory=Service)
    web: Web = field(default_factory=Web)
    fetch: Fetch = field(default_factory=Fetch)
    articles: Articles = field(default_factory=Articles)
    feeds: dict[str, Annotated[FeedConfig, short("url")]] = field(default_factory=dict)
    lists: dict[str, Strings] = field(default_factory=dict)
    rules: dict[str, Annotated[RuleConfig, short("query")]] = field(
        default_factory=dict
    )
    subscribers: dict[str, SubscriberConfig] = field(default_factory=dict)
    smtp: SmtpConfig | None = None
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A checked configuration.

    ``index`` holds the compiled rules; ``channels`` those that are configured, and
    those that follow from ``email = ...`` and from a subscriber without any.
    """

    path: Path
    service: Service
    fetch: Fetch
    articles: Articles
    feeds: dict[str, FeedConfig]
    lists: dict[str, tuple[str, ...]]
    rules: dict[str, RuleConfig]
    queries: dict[str, str]
    index: Index
    subscribers: dict[str, SubscriberConfig]
    channels: dict[str, Channel]
    send_to: dict[str, tuple[str, ...]]
