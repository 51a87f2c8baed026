"""The shape of the configuration. Defaults stand here and nowhere else."""

from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field

from monitor.channels import Channel
from monitor.channels.relay import Smtp
from monitor.config.readers import (
    clock_time,
    colour,
    database_url,
    duration,
    fonts,
    interval,
    listed,
    networks,
    short,
    size,
    web_url,
    zone,
)
from monitor.feeds.command import address
from monitor.feeds.fetch import Manner
from monitor.http import Network
from monitor.models import Secret, Theme
from monitor.rules.index import Index
from monitor.rules.syntax import Lists

_FORBID = ConfigDict(extra="forbid", arbitrary_types_allowed=True)

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
    heartbeat_url: Annotated[str, BeforeValidator(lambda v: v and web_url(v))] = ""
    contact: str = ""
    templates_dir: str = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """Where the pages are served, their address from outside, and who may see them.

    ``password`` is the word itself or its hash (``monitor web password``); ``tokens`` are
    for programs. Requests from ``proxies`` may say whose they are: ``user_header``.
    """

    listen: str = "127.0.0.1:8787"
    base_url: Annotated[str, BeforeValidator(lambda v: v and web_url(v))] = ""
    password: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    tokens: dict[str, Secret] = field(default_factory=dict)
    proxies: Annotated[tuple[Network, ...], BeforeValidator(networks)] = ()
    user_header: str = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeConfig(Theme):
    """The look of digests and pages, as the file names it."""

    name: Annotated[str, Field(min_length=1, max_length=60)] = Theme().name
    accent: Annotated[str, BeforeValidator(colour)] = Theme().accent
    accent_dark: Annotated[str, BeforeValidator(colour)] = Theme().accent_dark
    font: Annotated[str, BeforeValidator(fonts)] = Theme().font
    headings: Annotated[str, BeforeValidator(fonts)] = Theme().headings
    width: Annotated[int, Field(ge=320, le=1_000)] = Theme().width
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
    story_window: Annotated[Duration, Field(le=7 * _DAY)] = 3 * _DAY
    first_run: Annotated[timedelta | None, BeforeValidator(first_run_reach)] = None
    max_age: Duration = 7 * _DAY
    flood_limit: Annotated[int, Field(ge=1)] = 40
    recheck: Annotated[bool, Field(strict=True)] = True
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
    at_least: Annotated[int, Field(ge=1)] = 1
    near: Annotated[int, Field(ge=0, le=99)] | None = None
    in_: Annotated[
        tuple[Literal["title", "summary", "body"], ...], BeforeValidator(listed)
    ] = Field(default=(), alias="in")
    source: Strings = ()
    lang: Strings = ()
    tag: Strings = ()
    feed: Strings = ()
    author: Strings = ()
    url: Strings = ()
    min_score: Annotated[float, Field(ge=0)] = 0.0
    title: str = ""
    feeds: Strings = ()
    priority: Literal["low", "normal", "urgent"] = "normal"
    urgent_when: UrgentWhen | None = None
    on_update: Literal["never", "new-match", "always"] = "new-match"
    tests: RuleTests = field(default_factory=RuleTests)
    __pydantic_config__ = _FORBID

    @property
    def lists(self) -> Lists:
        """The rule in its simple spelling."""
        names = ("source", "lang", "tag", "feed", "author", "url")
        return Lists(
            all=self.all,
            any=self.any,
            none=self.none,
            at_least=self.at_least,
            near=self.near,
            inside=self.in_,
            about={name: texts for name in names if (texts := getattr(self, name))},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours in which instant alerts are held, by the subscriber's clock."""

    from_: Annotated[time, BeforeValidator(clock_time), Field(alias="from")]
    to: Annotated[time, BeforeValidator(clock_time)]
    except_: Annotated[Literal["", "urgent"], Field(alias="except")] = ""
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberConfig:
    """``timezone`` "" is the service's."""

    name: str = ""
    email: str = ""
    timezone: Annotated[str, BeforeValidator(lambda v: v and zone(v))] = ""
    language: Literal["en", "tr", "ar"] = "en"
    rules: Strings = ()
    digest: Strings = ("daily 08:00",)
    when_empty: Literal["skip", "coverage"] = "skip"
    quiet: Quiet | None = None
    cooldown: Duration = timedelta(minutes=30)
    send_to: Strings = ()
    thread_digests: bool = False
    max_stories: Annotated[int, Field(ge=1)] = 40
    __pydantic_config__ = _FORBID


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpConfig:
    """``transport`` says how mail leaves; other ways than "smtp" need no host."""

    host: str = "localhost"
    port: Annotated[int, Field(ge=1, le=65_535)] | None = None
    tls: Literal["starttls", "implicit", "none"] = "starttls"
    user: str = ""
    password: Secret = Secret("")  # noqa: RUF009 - frozen, so it may be shared
    token_command: tuple[str, ...] = ()
    sender: Annotated[str, Field(alias="from")]
    reply_to: str = ""
    transport: Literal["smtp", "maildir", "file", "sendmail"] = "smtp"
    max_per_minute: Annotated[int, Field(ge=0, le=6_000)] = 0
    max_connections: Annotated[int, Field(ge=1, le=20)] = 1
    max_per_connection: Annotated[int, Field(ge=1, le=10_000)] = 100
    path: Path | None = None
    __pydantic_config__ = _FORBID

    def smtp(self) -> Smtp:
        """The mail server as the channel takes it."""
        return Smtp(
            host=self.host,
            port=self.port,
            tls=self.tls,
            user=self.user,
            password=self.password,
            token_command=self.token_command,
            sender=self.sender,
            reply_to=self.reply_to,
            transport=self.transport,
            path=self.path,
            max_per_minute=self.max_per_minute,
            max_connections=self.max_connections,
            max_per_connection=self.max_per_connection,
            explicit=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The file as it is written, channels aside: their shape is their own."""

    include: Strings = ()
    service: Service = field(default_factory=Service)
    web: Web = field(default_factory=Web)
    theme: ThemeConfig = field(default_factory=ThemeConfig)
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
    ``texts`` are the files it was read from: path and text, the main one first.
    """

    path: Path
    service: Service
    web: Web
    theme: Theme
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
    texts: tuple[tuple[str, str], ...] = field(default=(), repr=False)
