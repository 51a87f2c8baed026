from pathlib import Path

import pytest

from monitor.channels import email, relay, terminal
from monitor.config import loads
from monitor.errors import ConfigError
from monitor.models import Article, PageState
from tests.config.golden import SMALLEST, loaded, said, said_of


def only(text: str) -> str:
    """The first problem alone, as one line."""
    return text.split("\n")[0].partition("  ")[2]


# --- names that must exist ---


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('[subscribers.x]\nrules = ["alepo"]',
         'subscribers.x.rules: there is no rule "alepo"; did you mean "aleppo"?'),
        ('[subscribers.x]\nrules = "idlib"',
         'subscribers.x.rules: there is no rule "idlib"'),
        ('[rules.x]\nquery = "a"\nfeeds = ["bbb"]',
         'rules.x.feeds: there is no feed "bbb"; did you mean "bbc"?'),
        ('[rules.x]\nquery = "a"\nfeeds = ["group:syria"]',
         'rules.x.feeds: there is no feed "group:syria"'),
        ('[subscribers.x]\nsend_to = ["slack"]',
         'subscribers.x.send_to: there is no channel "slack"'),
        ('[service]\noperator = "mee"',
         'service.operator: there is no subscriber "mee"; did you mean "me"?'),
    ],
)  # fmt: skip
def test_a_name_that_is_not_there_is_said(more: str, problem: str) -> None:
    found = said_of(more)

    assert only(found) == problem


def test_without_a_near_name_all_are_listed() -> None:
    found = said_of('[feeds.sana]\nurl = "https://s.example"\ngroups = ["syria", "x"]\n'
                    '[rules.y]\nquery = "a"\nfeeds = ["qqqq"]')  # fmt: skip

    assert found.endswith("\n  Known: bbc, group:syria, group:x, sana")


@pytest.mark.parametrize(
    "more",
    [
        '[feeds]\nbad = 5\n[rules.x]\nquery = "a"\nfeeds = ["bad"]',
        '[rules]\nbad = 5\n[subscribers.x]\nrules = ["bad"]',
        '[channels.bad]\ntype = "pigeon"\n[subscribers.x]\nsend_to = ["bad"]',
        'feeds = 5\n[rules.x]\nquery = "a"\nfeeds = ["bad"]',
    ],
)
def test_what_is_there_and_wrong_is_not_called_missing(more: str) -> None:
    found = said(more)

    assert found.count("config.toml:") == 1


def test_rules_watch_all_feeds_or_those_of_their_names_and_groups() -> None:
    text = (
        '[feeds]\na = "https://a.example"\n'
        '[feeds.b]\nurl = "https://b.example"\ngroups = ["g"]\n'
        '[feeds.c]\nurl = "https://c.example"\ngroups = ["g", "h"]\n'
        '[rules]\nall = "x"\n[rules.some]\nquery = "x"\nfeeds = ["a", "group:h"]\n'
        '[rules.group]\nquery = "x"\nfeeds = "group:g"\n'
    )

    found = loaded(text).index.rules

    assert {name: rule.feeds for name, rule in found.items()} == {
        "all": None,
        "some": frozenset("ac"),
        "group": frozenset("bc"),
    }


# --- rules ---


def test_a_mistake_in_a_rule_has_a_caret_and_a_way_out() -> None:
    found = said("[rules.aleppo]\nquery = 'Aleppo AND AND airstrike'")

    assert found == (
        'config.toml:2:21  rule "aleppo": I expected a word after AND\n'
        "    query = 'Aleppo AND AND airstrike'\n"
        "                        ^^^\n"
        "  Try: 'Aleppo AND airstrike'"
    )


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("'Aleppo AND AND x'", "2:21"),
        (r'"\u0041leppo AND AND x"', "2:26"),
        ('"""\nAleppo\n  AND AND x"""', "4:7"),
        ("'AND'", "2:10"),
        ("'('", "2:10"),
    ],
)
def test_the_place_is_inside_the_query_however_it_is_written(
    query: str, place: str
) -> None:
    found = said(f"[rules.aleppo]\nquery = {query}")

    assert found.startswith(f'config.toml:{place}  rule "aleppo": ')


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("", 'rule "x": the rule is empty'),
        ('query = ""', 'rule "x": the rule is empty'),
        ('none = ["a"]', 'rule "x": the rule is empty'),
        ('query = "a"\nany = ["b"]',
         'rule "x": write either query or all/any/none, not both'),
        ('all = ["a", ""]', 'rule "x": this item has no words'),
        ('all = ["@nolist"]', 'rule "x": there is no list @nolist'),
        ('query = "@nolist"', 'rule "x": there is no list @nolist'),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_work_is_said(rule: str, problem: str) -> None:
    found = said_of(f"[rules.x]\n{rule}")

    assert only(found) == problem


def test_every_wrong_item_of_a_rule_is_said_where_it_stands() -> None:
    found = said_of('[rules.x]\nall = ["a", ""]\nany = ["((", "b"]\nnone = ["@no"]')

    places = [line.split("  ")[0] for line in found.split("\n") if line[:1] == "c"]
    assert places == ["config.toml:11:13", "config.toml:12:8", "config.toml:13:9"]


@pytest.mark.parametrize(
    ("items", "problem"),
    [
        ("[]", "lists.x: the list is empty"),
        ('["@aleppo"]', "lists.x: a list cannot hold another list"),
        ('["a", " "]', "lists.x: this item has no words"),
        ("[5]", "lists.x.0: write a text in quotes"),
    ],
)
def test_a_list_that_cannot_work_is_said(items: str, problem: str) -> None:
    found = said_of(f"[lists]\nx = {items}")

    assert only(found) == problem


def test_lists_and_queries_become_one_index() -> None:
    text = (
        '[lists]\naleppo = ["Aleppo", "حلب"]\n'
        "[rules]\nstrikes = '@aleppo AND airstrike'\n"
        "[rules.lists]\nall = '@aleppo'\nnone = 'soap'\n"
    )

    found = loaded(text)
    article = Article(
        title="Airstrikes hit Aleppo", summary="", body="", aside="", language="en",
        state=PageState.SUMMARY, url="",
    )  # fmt: skip
    assert [match.rule for match in found.index.match(article)] == ["strikes", "lists"]
    assert found.queries["strikes"] == "@aleppo AND airstrike"


def test_a_failing_rule_test_is_said_at_its_text() -> None:
    found = said_of(
        "[rules.x]\nquery = 'Aleppo airstrike'\n[rules.x.tests]\n"
        'match = ["Airstrikes hit Aleppo", "Idlib"]\nskip = ["Aleppo soap"]\n'
    )

    assert found == (
        'config.toml:13:35  rule "x": this text should match and does not\n'
        '    match = ["Airstrikes hit Aleppo", "Idlib"]\n'
        "                                      ^^^^^^^"
    )


def test_rule_tests_know_feeds_languages_and_short_forms() -> None:
    text = SMALLEST + (
        "[rules.x]\nquery = 'حلب OR airstrike'\nfeeds = ['bbc']\n"
        "[rules.x.tests]\nmatch = ['غارة جوية على حلب', 'Airstrikes']\nskip = 'Soap'\n"
    )

    found = loaded(text)

    assert found.rules["x"].tests.skip == ("Soap",)


def test_a_text_that_should_not_match_and_does_is_said() -> None:
    found = said_of("[rules.x]\nquery = 'film'\ntests = { skip = 'A film' }")

    assert only(found) == 'rule "x": this text should not match and does'


# --- schedules ---


@pytest.mark.parametrize("digest", ["[]", '"dayly 08:00"', '["instant", "cron x"]'])
def test_a_wrong_schedule_is_said_with_examples(digest: str) -> None:
    found = only(said_of(f"[subscribers.x]\ndigest = {digest}"))

    assert found.startswith("subscribers.x.digest: ")
    assert "cron 0 8 * * 1-5" in found


# --- channels and mail ---


@pytest.mark.parametrize("first", [True, False])
def test_the_terminal_is_there_for_everybody(*, first: bool) -> None:
    tables = ['[subscribers.a]\nsend_to = "terminal"\n', "[subscribers.b]\n"]

    found = loaded("".join(tables if first else reversed(tables)))

    assert found.send_to == {"a": ("terminal",), "b": ("terminal",)}
    assert found.channels == {"terminal": terminal.Config()}


def test_the_terminals_name_is_its_own() -> None:
    found = said_of('[channels.terminal]\ntype = "file"\npath = "x"')

    assert only(found) == "channels.terminal: this name is the terminal's own"


def test_a_subscriber_has_the_own_address_beside_the_channels_each_once() -> None:
    found = loaded(
        '[channels.log]\ntype = "file"\npath = "x"\n'
        '[channels.screen]\ntype = "terminal"\n'
        '[subscribers.a]\nemail = "a@example.org"\nsend_to = ["log", "log"]\n'
    )

    assert found.send_to == {"a": ("log", "email:a")}
    assert set(found.channels) == {"log", "screen", "email:a"}


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ('[subscribers.x]\nemail = "x"',
         "subscribers.x.email: not an e-mail address we can send to: 'x'"),
        ('[channels.m]\ntype = "email"\nto = []', "channels.m.to: no address"),
        ('[channels.m]\ntype = "email"\nto = ["a@b.example", "ж@b.example"]',
         "channels.m.to.1: not an e-mail address we can send to: 'ж@b.example'"),
        ('[smtp]\nhost = "a.example"\nfrom = "nobody"',
         "smtp.from: not an e-mail address we can send to: 'nobody'"),
        ('[smtp]\nhost = "a.example"\nfrom = "Desk, Syria <m@a.example>"',
         "smtp.from: not an e-mail address we can send to: 'Desk'"),
        ('[smtp]\nfrom = "m@a.example"\ntoken_command = ["token"]',
         "smtp.token_command: write the user whose token it prints"),
        ('[smtp]\nfrom = "m@a.example"\nuser = "m"\ntoken_command = ["token", ""]',
         "smtp.token_command: an empty word"),
        ('[smtp]\nhost = "a.example"\ntls = "none"\nfrom = "m@a.example"',
         'smtp.tls: "none" is for loopback only: mail would travel in clear'),
    ],
)  # fmt: skip
def test_mail_that_could_not_be_sent_is_said(more: str, problem: str) -> None:
    found = said_of(more)

    assert only(found) == problem


@pytest.mark.parametrize("host", relay.LOOPBACK)
def test_this_machine_needs_no_tls(host: str) -> None:
    text = f'[smtp]\nhost = "{host}"\ntls = "none"\nfrom = "m@a.example"\n'

    found = loaded(text + '[subscribers.a]\nemail = "a@example.org"')

    assert isinstance(found.channels["email:a"], email.Config)
    assert found.channels["email:a"].smtp.host == host


# --- where the database is ---


@pytest.mark.parametrize(
    ("database", "found"),
    [
        ("sqlite:monitor.db", "sqlite:/etc/monitor/monitor.db"),
        ("sqlite:/var/lib/monitor.db", "sqlite:/var/lib/monitor.db"),
        ("postgresql://user@db.example/x", "postgresql://user@db.example/x"),
    ],
)
def test_the_database_lies_beside_the_configuration(database: str, found: str) -> None:
    text = f'[service]\ndatabase = "{database}"'

    config = loaded(text, Path("/etc/monitor/config.toml"))

    assert config.service.database == found
    assert config.path == Path("/etc/monitor/config.toml")


# --- the source of a feed ---

FEED = '[feeds.p]\nurl = "https://p.example"\n'
PROGRAM = '[feeds.p]\ncommand = ["python3", "to_rss.py"]\n'


@pytest.mark.parametrize(
    "table",
    [
        FEED + 'command = ["python3", "to_rss.py"]',
        '[feeds.p]\nlanguage = "ar"',
        "[feeds.p]\ncommand = []",
        "[feeds.p]",
    ],
)
def test_a_feed_has_either_a_url_or_a_program(table: str) -> None:
    found = said("\n" + table)

    assert found == (
        "config.toml:2:8  feeds.p: write either url or command\n"
        "    [feeds.p]\n"
        "           ^\n"
        '  Try: url = "https://example.org/feed.xml"'
    )


def test_a_feed_in_one_line_without_a_source_is_said_at_its_name() -> None:
    found = said('[feeds]\np = { language = "ar" }')

    assert found.startswith("config.toml:2:1  feeds.p: write either url or command\n")


def test_a_program_needs_no_url() -> None:
    found = loaded(PROGRAM + 'user_agent = "M/1"\nverify = false')

    assert found.feeds["p"].command == ("python3", "to_rss.py")


def test_an_empty_word_of_a_program_is_said_where_it_stands() -> None:
    found = said('[feeds.p]\ncommand = ["python3", ""]')

    assert only(found) == "feeds.p.command: an empty word"
    assert found.startswith("config.toml:2:11  ")


@pytest.mark.parametrize(
    "more",
    [
        'headers = { X-Key = "abc" }',
        'auth = { user = "ana", password = "hunter2" }',
        'headers = { X-Key = "abc" }\nauth = { user = "ana", password = "hunter2" }',
    ],
)
def test_what_goes_with_a_request_is_refused_for_a_program(more: str) -> None:
    found = said(PROGRAM + more)

    message = "feeds.p: headers and auth are for a url, not for a command"
    assert only(found) == message
    assert found.startswith("config.toml:2:11  ")
    assert "hunter2" not in found


@pytest.mark.parametrize("end", ["\\r\\nX: y", "\\n", "\\tx", "\\u0000", "\\u202e"])
def test_the_name_that_a_feed_is_asked_under_is_one_line(end: str) -> None:
    found = said(FEED + f'user_agent = "M/1{end}"')

    message = "feeds.p.user_agent: write one line of plain characters"
    assert only(found) == message
    assert found.startswith("config.toml:3:14  ")


@pytest.mark.parametrize("name", ["", "Mozilla/5.0 (X11; Linux x86_64)"])
def test_a_feed_may_be_asked_under_any_name(name: str) -> None:
    found = loaded(FEED + f'user_agent = "{name}"')

    assert found.feeds["p"].user_agent == name


# --- defaults ---


@pytest.mark.parametrize(
    "text",
    [
        '[service]\nheartbeat_url = ""\nkeep = { articles = "180d" }',
        '[web]\nlisten = ""\nbase_url = ""',
        '[web]\nlisten = "127.0.0.1:8787"',
        '[fetch]\npace = "normal"',
        '[articles]\nstory_window = "72h"\nmerge = "stories"',
        '[subscribers.s]\nlanguage = "en"',
        '[feeds.p]\nurl = "https://p.example"\nverify = true\nidentity = ""',
    ],
)
def test_what_says_the_default_is_no_mistake(text: str) -> None:
    found = loaded(text)

    assert found.path == Path("config.toml")


# --- all at once ---


def test_all_mistakes_come_at_once_in_the_order_of_the_file() -> None:
    found = said(
        """\
[fetch]
timeout = "90"
pac = "eager"
[feeds]
bbc = "ftp://feeds.example"
[rules]
aleppo = 'Aleppo AND AND airstrike'
idlib = "Idlib"
[subscribers.desk]
rules = ["alepo", "idlib"]
timezone = "Damascus"
digest = "dayly 07:30"
send_to = ["ops"]
[channels.ops]
type = "webhok"
[lists]
x = []
[smtp]
host = "smtp.example.org"
"""
    )

    lines = [line.split(":")[1] for line in found.split("\n") if line[:1] == "c"]
    assert lines == ["2", "3", "5", "7", "10", "11", "12", "15", "17", "18"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[service]\ndatabase = "mysql:foo"\n', 'write "sqlite:FILE" or'),
        ('[feeds]\na = "http://127.0.0.1:99999/"\n', "write a port from 1 to 65535"),
        (
            '[feeds.a]\nurl = "http://a.example/"\nheaders = { X = "a\\r\\nY: b" }\n',
            "feeds.a.headers.X: a header is one line",
        ),
        ('include = ["."]\n', "include: no file name: ."),
    ],
)
def test_what_would_fail_later_is_said_now(
    text: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(text, tmp_path / "config.toml")

    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["", " ", "new\\nline", "\\u202etxt", "x" * 101])
def test_a_name_is_one_line_that_can_be_seen(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(f'[rules]\n"{name}" = "Aleppo"\n', tmp_path / "config.toml")

    assert "is no name" in str(caught.value)
