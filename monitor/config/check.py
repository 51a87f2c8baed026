"""What single values cannot show: names that must exist, rules that must work."""

from dataclasses import fields, replace
from difflib import get_close_matches
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from monitor.channels import Channel, email, relay, terminal
from monitor.config.check_rules import trees
from monitor.config.source import Source
from monitor.config.values import (
    Config,
    FeedConfig,
    Root,
    RuleConfig,
    SubscriberConfig,
)
from monitor.digests import slots
from monitor.digests.palette import themed, worst_contrast
from monitor.models import Article, PageState
from monitor.rules.index import Index, Rule
from monitor.text.mail import ascii_address
from monitor.text.toml import Path as Place

_TERMINAL = "terminal"
_LONGEST_NAME = 100
_LEAST_CONTRAST = 4.5  # WCAG 2.2, AA


def check(
    source: Source, path: Path, root: Root, made: dict[str, Channel]
) -> Config | None:
    """Check names, rules, schedules and channels; None if anything is wrong."""
    _names(source)
    _not_yet(source, root)
    feeds_of_rules = {n: _feeds(source, n, r, root) for n, r in root.rules.items()}
    found = trees(source, root)
    send_to = _send_to(source, root, made)
    _subscribers(source, root)
    _check_web(source, root)
    _check_theme(source, root)
    templates = _templates(source, root)
    if source.problems:
        return None
    rules = [
        Rule(
            name=n,
            tree=t,
            feeds=feeds_of_rules[n],
            min_score=root.rules[n].min_score,
        )
        for n, t in found.items()
    ]
    index = Index(rules, root.lists)
    _rule_tests(source, root, index)
    return Config(
        path=path,
        service=replace(
            root.service,
            database=_database(source, root),
            templates_dir=templates,
        ),
        web=root.web,
        theme=root.theme,
        fetch=root.fetch,
        articles=root.articles,
        feeds=root.feeds,
        lists=root.lists,
        rules=root.rules,
        queries={name: str(tree) for name, tree in found.items()},
        index=index,
        subscribers=root.subscribers,
        channels=made,
        send_to=send_to,
    )


def _names(source: Source) -> None:
    """Names stand in tables, logs and subjects: a line of visible characters."""
    for section in ("feeds", "lists", "rules", "subscribers", "channels"):
        table = source.tables.get(section)
        for name in table if isinstance(table, dict) else ():
            if not (name.strip() and name.isprintable() and len(name) <= _LONGEST_NAME):
                message = f"{section}: {name[:40]!r} is no name"
                hint = "Try: letters, digits, spaces and dashes, at most 100"
                source.problem((section, name), message, hint=hint, at_key=True)


def _database(source: Source, root: Root) -> str:
    url = root.service.database
    if not url.startswith("sqlite:"):
        return url
    folder = source.folder_of(("service", "database"))
    return f"sqlite:{folder / url.removeprefix('sqlite:')}"


def _templates(source: Source, root: Root) -> str:
    """The folder of own templates, counted from the file that names it."""
    name = root.service.templates_dir
    if not name:
        return ""
    place: Place = ("service", "templates_dir")
    folder = source.folder_of(place) / name
    if not folder.is_dir():
        hint = f"Try: monitor templates export {name}"
        source.problem(place, f"service.templates_dir: no folder {name!r}", hint=hint)
    return str(folder)


def _check_theme(source: Source, root: Root) -> None:
    """Colours that cannot be read are a mistake, whoever likes them."""
    for key, palette in zip(("accent", "accent_dark"), themed(root.theme), strict=True):
        if (found := worst_contrast(palette)) < _LEAST_CONTRAST:
            ground = "dark" if key == "accent_dark" else "light"
            message = (
                f"theme.{key}: {getattr(root.theme, key)} is hard to read on {ground} "
                f"grounds: contrast {found:.1f}, needed is {_LEAST_CONTRAST}"
            )
            source.problem(("theme", key), message)


def _not_yet(source: Source, root: Root) -> None:
    for name, feed in root.feeds.items():
        _check_feed(source, name, feed)
        _check_headers(source, name, feed)


def _check_web(source: Source, root: Root) -> None:
    """Pages without a password are for this machine alone."""
    web, listen = root.web, root.web.listen
    guarded = bool(web.password) or bool(web.proxies and web.user_header)
    host, _, port = listen.rpartition(":")
    if web.user_header and not web.proxies:
        message = "web.user_header: from whom? Anybody can write a header"
        hint = 'Try: proxies = ["127.0.0.1/32"]'
        source.problem(("web", "user_header"), message, hint=hint)
    if not listen or listen.startswith("unix:/"):
        return
    if not (host and port.isdecimal() and 0 <= int(port) <= 65_535):
        hint = 'Try: listen = "127.0.0.1:8787", "unix:/run/…", or "" for none'
        source.problem(("web", "listen"), "web.listen: write HOST:PORT", hint=hint)
    elif host.strip("[]") not in relay.LOOPBACK and not guarded:
        message = "web.listen: without a password the pages are for loopback only"
        hint = 'Try: password = { env = "MONITOR_PASSWORD" }'
        source.problem(("web", "listen"), message, hint=hint)


def _check_feed(source: Source, name: str, feed: FeedConfig) -> None:
    """A feed has one source: an address or a program."""
    place: Place = ("feeds", name)
    written = source.tables["feeds"][name]
    written = written if isinstance(written, dict) else {"url": written}
    none = not written.get("url") and not written.get("command")
    if none or (feed.url and feed.command):
        message = f"feeds.{name}: write either url or command"
        hint = 'Try: url = "https://example.org/feed.xml"'
        source.problem(place, message, hint=hint, at_key=True)
    elif feed.command and not all(feed.command):
        source.problem((*place, "command"), f"feeds.{name}.command: an empty word")
    elif feed.command and (feed.headers or feed.auth):
        message = f"feeds.{name}: headers and auth are for a url, not for a command"
        source.problem((*place, "command"), message)


def _check_headers(source: Source, name: str, feed: FeedConfig) -> None:
    """A header that cannot be sent would fail at every poll, far from its place."""
    if not feed.user_agent.isprintable():
        message = f"feeds.{name}.user_agent: write one line of plain characters"
        source.problem(("feeds", name, "user_agent"), message)
    for header, value in feed.headers.items():
        if not (value.reveal() + header).isprintable():
            place = ("feeds", name, "headers", header)
            where = ".".join(place)
            source.problem(place, f"{where}: a header is one line of plain characters")


def _feeds(
    source: Source, name: str, rule: RuleConfig, root: Root
) -> frozenset[str] | None:
    """The feeds that a rule watches; None for all."""
    if not rule.feeds:
        return None
    groups = {g for feed in root.feeds.values() for g in feed.groups}
    known = [*root.feeds, *(f"group:{g}" for g in sorted(groups))]
    found: set[str] = set()
    for number, wanted in enumerate(rule.feeds):
        if wanted not in known:
            _unknown(source, ("rules", name, "feeds", number), "feed", wanted, known)
        group = wanted.removeprefix("group:")
        found.update(
            n for n, f in root.feeds.items() if n == wanted or group in f.groups
        )
    return frozenset(found)


def _unknown(
    source: Source, place: Place, what: str, name: str, known: list[str]
) -> None:
    tables = source.tables.get(f"{what}s")
    if not isinstance(tables, dict | None) or name in (tables or ()):
        return  # it is there, and what is wrong with it has been said
    near = get_close_matches(name, known, 1)
    offer = f'; did you mean "{near[0]}"?' if near else ""
    hint = "" if near else f"Known: {', '.join(sorted(known)) or 'none'}"
    where = ".".join(str(p) for p in place[:3])
    source.problem(place, f'{where}: there is no {what} "{name}"{offer}', hint=hint)


def _rule_tests(source: Source, root: Root, index: Index) -> None:
    for name, rule in root.rules.items():
        for key, expected in (("match", True), ("skip", False)):
            for number, text in enumerate(getattr(rule.tests, key)):
                if _meets(index, name, text) != expected:
                    verb = (
                        "should match and does not"
                        if expected
                        else "should not match and does"
                    )
                    place = ("rules", name, "tests", key, number)
                    source.problem(place, f'rule "{name}": this text {verb}')


def _meets(index: Index, name: str, text: str) -> bool:
    feeds = index.rules[name].feeds
    article = Article(
        title=text,
        summary="",
        body="",
        aside="",
        language="en" if text.isascii() else "",
        state=PageState.SUMMARY,
        url="",
        feed=next(iter(sorted(feeds)), "") if feeds else "",
    )
    return any(match.rule == name for match in index.match(article))


def _subscribers(source: Source, root: Root) -> None:
    for name, subscriber in root.subscribers.items():
        base: Place = ("subscribers", name)
        for number, rule in enumerate(subscriber.rules):
            if rule not in root.rules:
                place = (*base, "rules", number)
                _unknown(source, place, "rule", rule, list(root.rules))
        try:
            slots.parse(subscriber.digest)
        except ValueError as error:
            source.problem((*base, "digest"), f"subscribers.{name}.digest: {error}")
    operator = root.service.operator
    if operator and operator not in root.subscribers:
        _unknown(
            source,
            ("service", "operator"),
            "subscriber",
            operator,
            list(root.subscribers),
        )


def _send_to(
    source: Source, root: Root, made: dict[str, Channel]
) -> dict[str, tuple[str, ...]]:
    """The channels of each subscriber; what ``email =`` means is made here."""
    smtp = root.smtp.smtp() if root.smtp else relay.Smtp()
    if smtp.path:
        smtp = replace(smtp, path=source.folder_of(("smtp", "path")) / smtp.path)
    _check_smtp(source, smtp)
    _check_mail(source, made)
    _check_terminal(source, made)
    for name, channel in made.items():
        if isinstance(channel, email.Config):
            made[name] = replace(channel, smtp=smtp)
        elif "networks" in {field.name for field in fields(made[name])}:  # type: ignore[arg-type]  # channels are dataclasses
            networks: Any = {"networks": root.fetch.private_networks}
            made[name] = replace(channel, **networks)  # type: ignore[type-var]  # channels are dataclasses
    known = {_TERMINAL: terminal.Config(), **made}
    found = {}
    for name, subscriber in root.subscribers.items():
        for number, wanted in enumerate(subscriber.send_to):
            if wanted not in known:
                place = ("subscribers", name, "send_to", number)
                _unknown(source, place, "channel", wanted, list(known))
        own = _own(source, name, subscriber, smtp)
        used = {n: known[n] for n in subscriber.send_to if n in known} | own
        made.update(used)
        found[name] = tuple(used)
    return found


def _own(
    source: Source, name: str, subscriber: SubscriberConfig, smtp: relay.Smtp
) -> dict[str, Channel]:
    """The channel that follows from ``email =``, or from having none."""
    if subscriber.email:
        _check_address(source, ("subscribers", name, "email"), subscriber.email)
        return {f"email:{name}": email.Config(to=(subscriber.email,), smtp=smtp)}
    return {} if subscriber.send_to else {_TERMINAL: terminal.Config()}


def _check_terminal(source: Source, made: dict[str, Channel]) -> None:
    if not isinstance(made.get(_TERMINAL, terminal.Config()), terminal.Config):
        message = f"channels.{_TERMINAL}: this name is the terminal's own"
        hint = "Try: another name"
        place = ("channels", _TERMINAL)
        source.problem(place, message, hint=hint, at_key=True)


def _check_mail(source: Source, made: dict[str, Channel]) -> None:
    for name, channel in made.items():
        if isinstance(channel, email.Config):
            if not channel.to:
                source.problem(
                    ("channels", name, "to"), f"channels.{name}.to: no address"
                )
            for number, address in enumerate(channel.to):
                _check_address(source, ("channels", name, "to", number), address)


def _check_address(source: Source, place: Place, address: str) -> None:
    try:
        ascii_address(address)
    except ValueError as error:
        source.problem(place, f"{'.'.join(map(str, place))}: {error}")


def _check_smtp(source: Source, smtp: relay.Smtp) -> None:
    local = smtp.host in relay.LOOPBACK or smtp.transport != "smtp"
    if smtp.tls == "none" and not local:
        message = 'smtp.tls: "none" is for loopback only: mail would travel in clear'
        source.problem(("smtp", "tls"), message, hint='Try: tls = "starttls"')
    try:
        smtp.domain  # noqa: B018 - it is read from the address
    except ValueError as error:
        hint = 'Try: from = "News monitor <monitor@example.org>"'
        source.problem(("smtp", "from"), f"smtp.from: {error}", hint=hint)
    if smtp.transport in ("maildir", "file") and not smtp.path:
        message = f"smtp.path: where is the {smtp.transport}?"
        source.problem(("smtp", "transport"), message, hint='Try: path = "mail"')
    if smtp.token_command and not smtp.user:
        message = "smtp.token_command: write the user whose token it prints"
        source.problem(("smtp", "token_command"), message)
    elif not all(smtp.token_command):
        message = "smtp.token_command: an empty word"
        source.problem(("smtp", "token_command"), message)
    if smtp.reply_to:
        _check_address(source, ("smtp", "reply_to"), parseaddr(smtp.reply_to)[1])
