from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from monitor.channels import email, file, relay, terminal
from monitor.config import Config
from monitor.config.values import Auth, FeedConfig
from monitor.feeds.fetch import Manner
from monitor.models import Secret
from tests.config.golden import SMALLEST, loaded, said, said_of

HOUR = timedelta(hours=1)


def feed(more: str) -> str:
    return f'[feeds.p]\nurl = "https://p.example/rss"\n{more}'


def only(text: str) -> str:
    """The first problem alone, as one line."""
    return text.split("\n")[0].partition("  ")[2]


# --- short and long forms ---


def test_the_smallest_configuration_works_and_prints_to_the_terminal() -> None:
    found = loaded(SMALLEST)

    assert found.feeds["bbc"].url == "https://feeds.example/rss"
    assert found.rules["aleppo"].query == "Aleppo AND airstrike"
    assert found.queries == {"aleppo": "Aleppo AND airstrike"}
    assert found.subscribers["me"].digest == ("daily 07:30",)
    assert found.send_to == {"me": ("terminal",)}
    assert found.channels == {"terminal": terminal.Config()}


def test_an_empty_file_is_a_configuration() -> None:
    found = loaded("")

    assert (found.feeds, found.rules, found.subscribers) == ({}, {}, {})


def test_long_and_short_forms_mean_the_same() -> None:
    short = 'feeds.a = "https://a.example"\nrules.r = "x"\n[subscribers.s]\nrules = "r"'
    long = (
        '[feeds.a]\nurl = "https://a.example"\n[rules.r]\nquery = "x"\n'
        '[subscribers.s]\nrules = ["r"]'
    )

    one, other = loaded(short), loaded(long)

    assert one.feeds == other.feeds
    assert one.rules == other.rules
    assert one.subscribers == other.subscribers


def test_every_setting_arrives() -> None:
    found = loaded(
        """
        [service]
        database = "postgresql://user@db.example/monitor"
        timezone = "Asia/Damascus"
        operator = "desk"
        contact = "mailto:ops@example.org"
        [fetch]
        timeout = "90s"
        max_body = "500kB"
        per_host = { at_once = 4, gap = "0s" }
        private_networks = ["10.0.0.0/8", "::1/128"]
        [articles]
        full_text = "never"
        merge = "nothing"
        first_run = "24h"
        max_age = "36500d"
        flood_limit = 5000
        [feeds.sana]
        url = " https://sana.example/rss "
        groups = ["syria", "arabic"]
        language = "ar"
        every = "10m"
        outlet = "SANA"
        quiet_after = "2d"
        identity = "link"
        headers = { X-Key = "abc" }
        auth = { user = "ana", password = "hunter2" }
        user_agent = "Mozilla/5.0 (monitor)"
        verify = false
        [feeds.registry]
        command = ["python3", "registry to rss.py"]
        [lists]
        aleppo = ["Aleppo", "Halab"]
        [rules.strikes]
        all = "@aleppo"
        any = ["air strike", "shelling"]
        none = "film"
        title = "Strikes"
        feeds = ["group:syria"]
        priority = "urgent"
        on_update = "always"
        tests = { match = "Aleppo shelling", skip = ["Aleppo"] }
        [subscribers.desk]
        name = "Syria desk"
        email = "desk@example.org"
        timezone = "Europe/Berlin"
        rules = ["strikes"]
        digest = ["instant", "weekdays 07:30"]
        when_empty = "coverage"
        max_stories = 5
        """
    )

    sana, rule, desk = (
        found.feeds["sana"],
        found.rules["strikes"],
        found.subscribers["desk"],
    )
    assert found.service.database == "postgresql://user@db.example/monitor"
    assert (found.service.timezone, found.service.operator) == ("Asia/Damascus", "desk")
    assert (found.fetch.timeout, found.fetch.max_body) == (HOUR / 40, 500_000)
    assert (found.fetch.per_host.at_once, found.fetch.per_host.gap) == (4, HOUR * 0)
    assert found.fetch.private_networks == (
        ip_network("10.0.0.0/8"),
        ip_network("::1/128"),
    )
    assert (found.articles.full_text, found.articles.merge) == ("never", "nothing")
    assert (found.articles.first_run, found.articles.max_age) == (
        24 * HOUR,
        36_500 * 24 * HOUR,
    )
    assert found.articles.flood_limit == 5_000
    assert (sana.url, sana.groups) == ("https://sana.example/rss", ("syria", "arabic"))
    assert (sana.language, sana.every, sana.outlet) == ("ar", HOUR / 6, "SANA")
    assert (sana.quiet_after, sana.identity) == (48 * HOUR, "link")
    assert sana.headers == {"X-Key": Secret("abc")}
    assert sana.auth == Auth(user="ana", password=Secret("hunter2"))
    assert (sana.user_agent, sana.verify) == ("Mozilla/5.0 (monitor)", False)
    assert found.feeds["registry"].command == ("python3", "registry to rss.py")
    assert found.lists == {"aleppo": ("Aleppo", "Halab")}
    assert (rule.title, rule.priority, rule.on_update) == (
        "Strikes",
        "urgent",
        "always",
    )
    assert found.index.rules["strikes"].feeds == frozenset({"sana"})
    assert (desk.timezone, desk.when_empty, desk.max_stories) == (
        "Europe/Berlin",
        "coverage",
        5,
    )
    assert found.send_to == {"desk": ("email:desk",)}


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("true", None), ("false", ()), ('["192.168.0.0/16"]', ("192.168.0.0/16",))],
)
def test_private_networks_are_closed_open_or_listed(
    value: str, allowed: tuple[str, ...] | None
) -> None:
    found = loaded(f"[fetch]\nprivate_networks = {value}").fetch.private_networks

    assert found == (None if allowed is None else tuple(map(ip_network, allowed)))


@pytest.mark.parametrize(
    ("text", "duration"),
    [("90s", HOUR / 40), ("15m", HOUR / 4), (" 6 h ", 6 * HOUR), ("2w", 336 * HOUR)],
)
def test_durations_have_units(text: str, duration: timedelta) -> None:
    found = loaded(feed(f'every = "{text}"')).feeds["p"].every

    assert found == duration


@pytest.mark.parametrize(
    ("text", "size"),
    [("1b", 1), ("500kB", 500_000), ("2 MB", 2_000_000), ("1KiB", 1_024), ("16mib", 1 << 24)],
)  # fmt: skip
def test_sizes_have_units(text: str, size: int) -> None:
    found = loaded(f'[fetch]\nmax_body = "{text}"').fetch.max_body

    assert found == size


# --- channels ---


def test_channels_are_made_by_their_type() -> None:
    text = (
        '[channels.mail]\ntype = "email"\nto = "ana@example.org"\n'
        '[channels.log]\ntype = "file"\npath = "/var/log/x.jsonl"\n'
        '[channels.screen]\ntype = "terminal"\n'
        '[smtp]\nhost = "smtp.example.org"\nfrom = "M <m@example.org>"\n'
    )

    found = loaded(text).channels

    smtp = relay.Smtp(
        host="smtp.example.org",
        tls="starttls",
        sender="M <m@example.org>",
        explicit=True,
    )
    assert found == {
        "mail": email.Config(to=("ana@example.org",), smtp=smtp),
        "log": file.Config(path=Path("/var/log/x.jsonl")),
        "screen": terminal.Config(),
    }


def test_mail_without_a_server_goes_to_this_machine() -> None:
    found = loaded('[subscribers.me]\nemail = "me@example.org"')

    channel = found.channels["email:me"]
    assert isinstance(channel, email.Config)
    assert channel == email.Config(to=("me@example.org",), smtp=relay.Smtp())
    assert (channel.smtp.host, channel.smtp.real_port) == ("localhost", 25)


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ("", "channels.x: it needs a type"),
        ("type = 5", "channels.x: it needs a type"),
        ('type = "webhok"', 'channels.x: no channel type "webhok"; did you mean "webhook"?'),
        ('type = "pigeon"', 'channels.x: no channel type "pigeon"'),
        ('type = "apprise"\naddress = "x"', "channels.x: address: write an Apprise URL"),
        ('type = "slack"', "channels.x: write either webhook, or token and channel"),
        ('type = "slack"\ntoken = "t"', "channels.x: channel is missing"),
        ('type = "email"', 'channels.x: "to" is missing'),
        ('type = "email"\nto = 5', "channels.x.to: write a list here"),
        ('type = "file"\npath = 5', "channels.x.path: write a path in quotes"),
        (
            'type = "file"\npath = "a"\npaht = "b"',
            'unknown key channels.x.paht; did you mean "path"?',
        ),
        ('type = "terminal"\nwrite = "x"', "unknown key channels.x.write"),
        ('type = "email"\nto = "a@b.c"\nsmtp = {}', "unknown key channels.x.smtp"),
    ],
)  # fmt: skip
def test_a_wrong_channel_is_said(table: str, problem: str) -> None:
    found = said_of(f"[channels.x]\n{table}")

    assert only(found) == problem


def test_channels_are_tables() -> None:
    assert only(said("channels = 5")) == "channels: write one table a channel"
    assert only(said("[channels]\nx = 5")) == "channels.x: it needs a type"


# --- how a feed is asked ---


def test_a_feed_says_its_source_and_is_asked_without_any_manner() -> None:
    found = loaded(feed("")).feeds["p"]

    assert found.source == "https://p.example/rss"
    assert found.manner == Manner()
    assert found.manner.private == {}


def test_a_program_is_the_source_of_a_feed_without_a_url() -> None:
    found = loaded('[feeds.p]\ncommand = ["sh", "-c", "cat \'a b\'"]').feeds["p"]

    assert found.source == "command:sh -c 'cat '\"'\"'a b'\"'\"''"
    assert found.url == ""


def test_two_programs_have_two_sources() -> None:
    found = [FeedConfig(command=words) for words in (("a b",), ("a", "b"))]

    assert found[0].source != found[1].source


def test_a_feed_is_asked_in_its_own_manner() -> None:
    found = loaded(
        feed(
            'headers = { X-Key = "abc" }\nuser_agent = "M/1"\nverify = false\n'
            '[feeds.p.auth]\nuser = "ana"\npassword = "hunter2"'
        )
    ).feeds["p"]

    assert found.manner == Manner(
        headers={"X-Key": Secret("abc")},
        user="ana",
        password=Secret("hunter2"),
        user_agent="M/1",
        verify=False,
    )
    assert found.manner.private == {
        "X-Key": "abc",
        "Authorization": "Basic YW5hOmh1bnRlcjI=",
    }


@pytest.mark.parametrize(
    ("more", "identity"),
    [("", ""), ('identity = "guid"', "guid"), ('identity = "link"', "link")],
)
def test_a_feed_may_say_what_names_its_entries(more: str, identity: str) -> None:
    assert loaded(feed(more)).feeds["p"].identity == identity


@pytest.mark.parametrize(
    ("more", "quiet_after"),
    [
        ("", None),
        ('quiet_after = "0s"', HOUR * 0),
        ('quiet_after = "90m"', HOUR * 1.5),
        ('quiet_after = "2d"', HOUR * 48),
    ],
)
def test_a_feed_may_be_called_quiet_after_some_time(
    more: str, quiet_after: timedelta | None
) -> None:
    assert loaded(feed(more)).feeds["p"].quiet_after == quiet_after


# --- values that are wrong ---

DURATION = 'write a duration such as "90s", "15m", "6h" or "7d"'
SIZE = 'write a size such as "16MiB" or "500kB"'
URL = "write a URL that begins with http:// or https://"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[fetch]\ntimeout = "90"', f"fetch.timeout: {DURATION}"),
        ("[fetch]\ntimeout = 90", f"fetch.timeout: {DURATION}"),
        ('[fetch]\ntimeout = "٩s"', f"fetch.timeout: {DURATION}"),
        ('[fetch]\ntimeout = "0s"', 'fetch.timeout: write a duration of "1s" or more'),
        (feed('every = "0m"'), 'feeds.p.every: write a duration of "1s" or more'),
        ('[articles]\nmax_age = "36501d"', 'articles.max_age: write "36500d" at most'),
        ('[articles]\nfirst_run = "soon"', f"articles.first_run: {DURATION}"),
        ('[fetch]\nmax_body = "16"', f"fetch.max_body: {SIZE}"),
        ('[fetch]\nmax_body = "1TB"', f"fetch.max_body: {SIZE}"),
        ('[fetch]\nmax_body = "0MiB"', f"fetch.max_body: {SIZE}"),
        ("[fetch.per_host]\nat_once = 0",
         "fetch.per_host.at_once: write a number greater than or equal to 1"),
        ('[fetch]\nprivate_networks = "yes"',
         'fetch.private_networks: write true, false or a list such as ["10.0.0.0/8"]'),
        ('[fetch]\nprivate_networks = ["x"]',
         "fetch.private_networks: 'x' does not appear to be an IPv4 or IPv6 network; "
         'write networks as "10.0.0.0/8"'),
        ('[feeds]\na = "ftp://a.example"', f"feeds.a.url: {URL}"),
        ("[feeds]\na = 5", f"feeds.a.url: {URL}"),
        (feed("headers = 5"), "feeds.p.headers: write a table here"),
        (feed('command = "x"'), "feeds.p.command: write a list here"),
        (feed("command = [5]"), "feeds.p.command.0: write a text in quotes"),
        (feed("auth = 5"), "feeds.p.auth: write a table here"),
        (feed('auth = { user = "ana" }'), 'feeds.p.auth: "password" is missing'),
        (feed('auth = { password = "x" }'), 'feeds.p.auth: "user" is missing'),
        (feed('auth = { user = 5, password = "x" }'),
         "feeds.p.auth.user: write a text in quotes"),
        (feed('identity = "title"'),
         "feeds.p.identity: write '', 'guid' or 'link'"),
        (feed('quiet_after = "2"'), f"feeds.p.quiet_after: {DURATION}"),
        (feed("user_agent = 5"), "feeds.p.user_agent: write a text in quotes"),
        (feed('verify = "never"'),
         "feeds.p.verify: write a valid boolean"),
        ('[smtp]\nhost = "a.example"', 'smtp: "from" is missing'),
        ("feeds = 5", "feeds: write a table here"),
        ("service = 5", "service: write a table here"),
        ("[rules.x]\nquery = 5", "rules.x.query: write a text in quotes"),
        ('[rules.x]\nquery = "a"\npriority = "high"',
         "rules.x.priority: write 'low', 'normal' or 'urgent'"),
        ("[articles]\nflood_limit = 1.5", "articles.flood_limit: write a whole number"),
        ('[subscribers.x]\nmax_stories = "x"',
         "subscribers.x.max_stories: write a whole number"),
        ("[articles]\nflood_limit = nan",
         "articles.flood_limit: write a finite number"),
        ('[service]\ntimezone = "Damascus"',
         "service.timezone: no time zone 'Damascus'; did you mean Asia/Damascus?"),
        ('[subscribers.x]\ntimezone = "../UTC"',
         "subscribers.x.timezone: no time zone '../UTC'; "
         "did you mean Etc/UTC, UTC?"),
        ('[subscribers.x]\ntimezone = "§§"',
         "subscribers.x.timezone: no time zone '§§'"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_said_with_what_to_write(text: str, problem: str) -> None:
    found = said(text)

    assert only(found) == problem


def test_a_mistyped_time_zone_is_answered_with_the_nearest() -> None:
    found = said('[service]\ntimezone = "Europe/Belrin"')

    problem = "service.timezone: no time zone 'Europe/Belrin'; did you mean "
    assert only(found).startswith(f"{problem}Europe/Berlin, ")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[servce]", 'unknown key servce; did you mean "service"?'),
        ("[chanels]", 'unknown key chanels; did you mean "channels"?'),
        ("[fetch]\ntimout = '5s'", 'unknown key fetch.timout; did you mean "timeout"?'),
        ("[fetch.per_host]\ngpa = '5s'",
         'unknown key fetch.per_host.gpa; did you mean "gap"?'),
        (feed("langauge = 'ar'"), 'unknown key feeds.p.langauge; did you mean "language"?'),
        (feed("auth = { usr = 'a', password = 'b' }"),
         'unknown key feeds.p.auth.usr; did you mean "user"?'),
        (feed("comand = ['x']"), 'unknown key feeds.p.comand; did you mean "command"?'),
        ("[rules.x.tests]\nmatsch = 'a'",
         'unknown key rules.x.tests.matsch; did you mean "match"?'),
        ("[rules.x.urgent_when]\noutlet = 3",
         'unknown key rules.x.urgent_when.outlet; did you mean "outlets"?'),
        ("[subscribers.x.quiet]\nfrm = '7'",
         'unknown key subscribers.x.quiet.frm; did you mean "from"?'),
        ("[smtp]\nhots = 'a'", 'unknown key smtp.hots; did you mean "host"?'),
    ],
)  # fmt: skip
def test_an_unknown_key_is_an_error_with_a_suggestion(text: str, problem: str) -> None:
    found = said(text)

    assert problem in [only(line) for line in found.split("\n")]


def test_without_a_near_key_all_are_listed() -> None:
    found = said("[web]\nqqq = 1")

    assert found == (
        "config.toml:2:1  unknown key web.qqq\n"
        "    qqq = *\n"
        "    ^^^\n"
        "  Known here: base_url, listen, password, proxies, tokens, user_header"
    )


def test_a_value_that_was_wrong_is_not_called_missing() -> None:
    found = said('[feeds.a]\nurl = "x"\nevery = "x"\n[smtp]\nhost = 5\nfrom = 5')

    assert "missing" not in found
    assert found.count("config.toml:") == 4


def test_settings_are_frozen() -> None:
    found = loaded(SMALLEST)

    with pytest.raises(AttributeError):
        found.service.timezone = "UTC"  # type: ignore[misc]  # that is the point

    assert isinstance(found, Config)
