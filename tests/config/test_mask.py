import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import loads
from monitor.config.mask import masked
from monitor.errors import ConfigError

SECRET = "hunter2"
# A secret wherever one can stand, well written or not.
SECRETS = f'''
[feeds]
bbc = "https://feeds.example/rss"
open = "https://ana:{SECRET}@feeds.example/rss"

[feeds.partner]
url = "https://ana:{SECRET}@portal.example/feed"
headers = {{ Authorization = "Bearer {SECRET}", X-Mine = '{SECRET}' }}

[feeds.other]
url = "https://other.example/feed"
headers.X-Mine = "{SECRET}"

[feeds.third]
url = "https://third.example/feed"
[feeds.third.headers]
X-Mine = "{SECRET}"
X-More = """
{SECRET}"""

[feeds.fourth]
url = "https://fourth.example/feed"
auth = {{ user = "ana", password = "{SECRET}" }}
user_agent = "Mozilla/5.0 (monitor)"

[feeds.fifth]
url = "https://fifth.example/feed"
[feeds.fifth.auth]
user = "ana"
password = "{SECRET}"

[feeds.sixth]
command = ["curl", "-H", "X-Mine: {SECRET}"]

[rules]
aleppo = "Aleppo AND airstrike"

[service]
database = "postgresql://monitor:{SECRET}@db.example/monitor"

[channels.chat]
type = "slack"
webhook = "https://hooks.example/{SECRET}"
token = {{ env = "{SECRET}" }}

[channels.hook]
type = "webhook"
secret = {SECRET}
api_key = "{SECRET}"

[smtp]
host = "smtp.example.org"
pasword = "{SECRET}"
passwd = '{SECRET}'
from = "monitor@example.org"
password = """\\
  {SECRET} and\\
  {SECRET}= {SECRET}"""
'''.split("\n")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('password = "hunter2"', 'password = "*******"'),
        ("password = 'hunter2' # my pet", "password = '*******' * ** ***"),
        ("password = hunter2", "password = *******"),
        ("password = aHVudGVyMg==", "password = **********=="),
        ('password = "hunter2', 'password = "*******'),
        ('password = { env = "SMTP" }', 'password = { env = "****" }'),
        ("secret = { file = '/run/x' }", "secret = { file = '******' }"),
        ('headers = { A = "b c", D = "e" }', 'headers = { A = "***", D = "*" }'),
        ('pasword = "hunter2"', 'pasword = "*******"'),
        ('"api-key" = "hunter2"', '"api-key" = "*******"'),
        ("x = { webhook = 'https://h.example/T0' }", f"x = {{ webhook = '{'*' * 20}' }}"),
        (
            'url = "https://ana:hunter2@a.example/ana@b"',
            'url = "https://***********@a.example/ana@b"',
        ),
        ('host = "smtp.example.org"', 'host = "smtp.example.org"'),
        ('to = ["ana@example.org"]', 'to = ["ana@example.org"]'),
        ("[smtp.password]", "[smtp.password]"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_secret_is_starred_and_the_rest_stays(line: str, shown: str) -> None:
    found = masked(["[smtp]", line], 2)

    assert found == shown


@pytest.mark.parametrize(
    ("table", "line", "open_"),
    [
        ("[rules]", 'password-leak = "password AND leak"', True),
        ("[rules.token]", 'query = "token AND AND leak"', True),
        ("[lists]", 'secrets = ["token"]', True),
        ("[feeds]", 'auth0 = "https://status.example/rss"', True),
        ("[feeds]", 'partner.headers.X = "hunter2"', False),
        ("[feeds.partner]", 'headers.X = "hunter2"', False),
        ("[feeds.partner.headers]", 'X = "hunter2"', False),
        ("[feeds.'a b'.headers]", 'X = "hunter2"', False),
        ("[channels.hook]", 'secret = "hunter2"', False),
    ],
)
def test_the_table_tells_names_from_secrets(
    table: str, line: str, *, open_: bool
) -> None:
    found = masked(["x = 1", table, "# [smtp]", line], 4)

    assert (found == line) is open_
    assert open_ or "hunter2" not in found


@pytest.mark.parametrize(
    ("table", "line", "shown"),
    [
        (
            "[feeds.p]",
            'auth = { user = "ana", password = "hunter2" }',
            'auth = { user = "***", password = "*******" }',
        ),
        ("[feeds.p.auth]", 'password = "hunter2"', 'password = "*******"'),
        (
            "[feeds.p.auth]",
            'password = { file = "hunter2" }',
            'password = { file = "*******" }',
        ),
        ("[feeds.p.auth]", 'user = "ana"', 'user = "ana"'),
        ("[feeds.p]", 'auth.password = "hunter2"', 'auth.password = "*******"'),
        ("[feeds]", 'p.auth.password = "hunter2"', 'p.auth.password = "*******"'),
        ("[feeds.p]", 'auth = "ana:hunter2"', f'auth = "{"*" * 11}"'),
        ("[feeds]", 'p.auth = "ana:hunter2"', f'p.auth = "{"*" * 11}"'),
        ("[feeds.p]", 'command = ["hunter2", 5]', 'command = ["*******", *]'),
        ("[feeds]", 'p.command = ["hunter2"]', 'p.command = ["*******"]'),
        (
            "[feeds]",
            'p = { command = ["hunter2"] }',
            'p = { command = ["*******"] }',
        ),
        ("[feeds.p]", 'user_agent = "Mozilla/5.0"', 'user_agent = "Mozilla/5.0"'),
        ("[feeds.p]", 'verify = "never"', 'verify = "never"'),
        ("[feeds.p]", 'identity = "title"', 'identity = "title"'),
        ("[feeds.p]", 'quiet_after = "2"', 'quiet_after = "2"'),
    ],
)
def test_what_a_feed_is_asked_with_is_starred(
    table: str, line: str, shown: str
) -> None:
    found = masked([table, line], 2)

    assert found == shown


@pytest.mark.parametrize("quote", ['"""', "'''"])
def test_every_line_of_a_long_secret_is_starred(quote: str) -> None:
    text = f"[smtp]\npassword = {quote}\n[hunter2]\nab=hunter2 =\n{quote}\nhost = 'x'"
    lines = text.split("\n")

    found = [masked(lines, number) for number in range(1, len(lines) + 1)]

    assert found[2:4] == ["*********", "********** *"]
    assert found[5] == "host = 'x'"


def test_a_long_query_stays_readable() -> None:
    lines = ["[rules.x]", "query = '''", "Aleppo", "AND AND password = x", "'''"]

    found = masked(lines, 4)

    assert found == "AND AND password = x"


@given(st.lists(st.text("ab =\"'[]{}#,.:/@\\\tpasword", max_size=30), min_size=1))
def test_a_masked_line_keeps_its_width(lines: list[str]) -> None:
    found = [masked(lines, number) for number in range(1, len(lines) + 1)]

    assert list(map(len, found)) == list(map(len, lines))


@pytest.mark.parametrize("seed", range(5))
def test_no_damage_to_a_file_brings_a_secret_into_the_message(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - it breaks texts, and guards nothing

    for _ in range(200):
        lines = list(SECRETS)
        for _ in range(dice.randint(0, 3)):
            number = dice.randrange(len(lines))
            line = lines[number]
            at = dice.choice([0, len(line), max(0, line.find(SECRET))])
            lines[number] = line[:at] + dice.choice("[]{}\"'=#,.\\x ") + line[at:]
        with pytest.raises(ConfigError) as caught:
            loads("\n".join(lines), Path("config.toml"))
        said = str(caught.value).replace(f"{SECRET} is not set", "")
        said = said.replace(f"export {SECRET}=", "")
        assert SECRET not in said, said
