"""Who may see the pages, and who is kept out."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.daemon import Daemon
from monitor.web.door import COOKIE, hash_password, is_password
from tests.config.golden import said_of
from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site
from tests.web.desk_pages import PAGES, get, with_pages

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)
ELSEWHERE = ("203.0.113.9", 50_000)


@pytest.fixture
def desk(site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str) -> Desk:
    return Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)


def guarded(desk: Desk, **more: str) -> Desk:
    """The desk with a password, and what else stands under [web]."""
    lines = "".join(f"{name} = {value}\n" for name, value in more.items())
    desk.more = f'[web]\npassword = "{HASH}"\n{lines}'
    return desk


def statuses(answers: list[httpx.Response]) -> set[int]:
    return {answer.status_code for answer in answers}


# --- without a password ---


def test_without_a_password_the_machine_itself_sees_the_pages(desk: Desk) -> None:
    assert statuses(get(desk, *PAGES)) == {200}


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": "127.0.0.1.evil.example"},
        {"x_forwarded_for": "203.0.113.9"},
        {"x_forwarded_host": "news.example"},
        {"forwarded": "for=203.0.113.9"},
        {"via": "1.1 proxy"},
    ],
)
def test_without_a_password_nobody_gets_in_through_something_else(
    desk: Desk, headers: dict[str, str]
) -> None:
    answers = get(desk, *PAGES, "/metrics", "/api/v1/matches", **headers)

    assert statuses(answers) == {403, 401}
    assert "These pages are closed" in answers[0].text


def test_without_a_password_other_machines_stay_out(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, _: Daemon) -> list[httpx.Response]:
        return [await web.get(path) for path in PAGES]

    assert statuses(with_pages(desk, work, client=ELSEWHERE)) == {403}


def test_health_is_open_to_everybody(desk: Desk) -> None:
    guarded(desk)

    assert statuses(get(desk, "/livez", "/readyz")) == {200}


# --- with one ---


def test_strangers_are_asked_for_the_password_and_led_back(desk: Desk) -> None:
    guarded(desk)

    async def work(web: httpx.AsyncClient, _: Daemon) -> list[Any]:
        asked = await web.get("/feeds")
        wrong = await web.post(asked.headers["location"], data={"password": "x"})
        right = await web.post(asked.headers["location"], data={"password": PASSWORD})
        inside = await web.get("/feeds")
        return [asked, wrong, right, inside]

    asked, wrong, right, inside = with_pages(desk, work, client=ELSEWHERE)

    assert (asked.status_code, asked.headers["location"]) == (303, "/login?to=%2Ffeeds")
    assert (wrong.status_code, "That is not the password" in wrong.text) == (403, True)
    assert (right.status_code, right.headers["location"]) == (303, "/feeds")
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert inside.status_code == 200
    assert "Log out" in inside.text


@pytest.mark.parametrize("to", ["//evil.example/", "https://evil.example/", "/\\evil"])
def test_a_login_leads_nowhere_else(desk: Desk, to: str) -> None:
    guarded(desk)

    async def work(web: httpx.AsyncClient, _: Daemon) -> httpx.Response:
        return await web.post("/login", params={"to": to}, data={"password": PASSWORD})

    assert with_pages(desk, work).headers["location"] == "/"


def test_too_many_wrong_passwords_have_to_wait(desk: Desk) -> None:
    guarded(desk)

    async def work(web: httpx.AsyncClient, _: Daemon) -> list[httpx.Response]:
        wrong = [await web.post("/login", data={"password": "x"}) for _ in range(6)]
        return [*wrong, await web.post("/login", data={"password": PASSWORD})]

    *first, sixth, right = with_pages(desk, work)

    assert statuses(first) == {403}
    assert (sixth.status_code, sixth.headers["retry-after"]) == (429, "60")
    assert right.status_code == 429


def inside(desk: Desk, web_work: Any) -> Any:
    """Do something after logging in."""

    async def work(web: httpx.AsyncClient, daemon: Daemon) -> Any:
        await web.post("/login", data={"password": PASSWORD})
        return await web_work(web, daemon)

    return with_pages(guarded(desk), work)


def test_a_forged_or_old_session_is_none(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> list[int]:
        good = web.cookies[COOKIE]
        web.cookies.clear()
        found = []
        body, _, mac = good.rpartition(".")
        other = "1" if mac.endswith("0") else "0"
        for cookie in (
            "",
            "x",
            f"{body}.{mac[:-1]}{other}",
            f"9{body}.{mac}",
            f".{mac}",
            good,
        ):
            headers = {"cookie": f"{COOKIE}={cookie}"}
            found.append((await web.get("/", headers=headers)).status_code)
        desk.clock.go_on(days=15)
        found.append(
            (await web.get("/", headers={"cookie": f"{COOKIE}={good}"})).status_code
        )
        del daemon
        return found

    assert inside(desk, work) == [303, 303, 303, 303, 303, 200, 303]


def test_logging_out_ends_the_session_in_the_browser(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> list[int]:
        del daemon
        page = await web.get("/")
        found = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert found
        await web.post("/logout", data={"csrf": found[1]})
        return [page.status_code, (await web.get("/")).status_code]

    assert inside(desk, work) == [200, 303]


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [("", {}), ("forged", {}), ("own", {"sec-fetch-site": "cross-site"})],
)
@pytest.mark.parametrize(
    "path", ["/feeds", "/deliveries", "/subscribers", "/rules", "/logout"]
)
def test_a_form_that_is_not_ours_changes_nothing(
    desk: Desk, path: str, csrf: str, headers: dict[str, str]
) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> httpx.Response:
        del daemon
        found = re.search(r'name="csrf" value="(\w+)"', (await web.get("/")).text)
        assert found
        fields = {"csrf": found[1] if csrf == "own" else csrf, "action": "pause"}
        return await web.post(path, data=fields, headers=headers)

    answer = inside(desk, work)

    assert answer.status_code == 403
    assert "That form was not ours" in answer.text


def test_strangers_cannot_send_forms(desk: Desk) -> None:
    guarded(desk)

    async def work(web: httpx.AsyncClient, _: Daemon) -> list[httpx.Response]:
        return [await web.post(path) for path in ("/feeds", "/rules", "/logout")]

    assert statuses(with_pages(desk, work)) == {303}


# --- programs ---


def test_a_token_opens_what_programs_ask_for_and_no_page(desk: Desk) -> None:
    guarded(desk, tokens='{ siem = "tok-1" }')
    programs = ("/metrics", "/api/v1/matches", "/api/v1/rules", "/api/v1/feeds")

    good = get(desk, *programs, authorization="Bearer tok-1")
    bad = get(desk, *programs, authorization="Bearer tok-2")
    page = get(desk, "/", authorization="Bearer tok-1")

    assert statuses(good) == {200}
    assert statuses(bad) == {401}
    assert statuses(page) == {303}


def test_an_empty_token_is_none(desk: Desk) -> None:
    guarded(desk, tokens='{ siem = "" }')

    assert statuses(get(desk, "/api/v1/rules", authorization="Bearer ")) == {401}


# --- proxies ---

PROXY = {"proxies": '["203.0.113.0/24"]', "user_header": '"Remote-User"'}


def through(desk: Desk, client: tuple[str, int], **headers: str) -> httpx.Response:
    async def work(web: httpx.AsyncClient, _: Daemon) -> httpx.Response:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return await web.get("/", headers=names)

    found: httpx.Response = with_pages(desk, work, client=client)
    return found


def test_a_trusted_proxy_says_who_asks(desk: Desk) -> None:
    guarded(desk, **PROXY)

    answer = through(desk, ELSEWHERE, remote_user="ana@example.org")

    assert answer.status_code == 200
    assert "ana@example.org" in answer.text


@pytest.mark.parametrize("user", ["", "<script>", "a" * 200])
def test_a_proxy_that_names_nobody_lets_nobody_in(desk: Desk, user: str) -> None:
    guarded(desk, **PROXY)

    assert through(desk, ELSEWHERE, remote_user=user).status_code == 303


def test_anybody_else_cannot_pretend_to_be_a_proxy(desk: Desk) -> None:
    guarded(desk, **PROXY)

    answer = through(
        desk,
        ("198.51.100.1", 1),
        remote_user="ana",
        x_forwarded_prefix="/evil",
        x_forwarded_proto="https",
    )

    assert (answer.status_code, answer.headers["location"]) == (303, "/login?to=%2F")


def test_a_path_below_a_proxy_is_before_every_address(desk: Desk) -> None:
    guarded(desk, **PROXY)

    answer = through(desk, ELSEWHERE, remote_user="ana", x_forwarded_prefix="/news/")

    assert 'href="/news/style.css"' in answer.text
    assert 'href="/news/feeds"' in answer.text


@pytest.mark.parametrize("prefix", ["//evil.example", '/"><script>', "evil"])
def test_an_odd_path_is_none(desk: Desk, prefix: str) -> None:
    guarded(desk, **PROXY)

    answer = through(desk, ELSEWHERE, remote_user="ana", x_forwarded_prefix=prefix)

    assert 'href="/style.css"' in answer.text


def test_a_session_over_https_is_for_https_alone(desk: Desk) -> None:
    guarded(desk, proxies=PROXY["proxies"])

    async def work(web: httpx.AsyncClient, _: Daemon) -> httpx.Response:
        headers = {"x-forwarded-proto": "https", "x-forwarded-for": "198.51.100.7"}
        return await web.post("/login", data={"password": PASSWORD}, headers=headers)

    answer = with_pages(desk, work, client=ELSEWHERE)

    assert "secure" in answer.headers["set-cookie"].lower()


# --- configuration and passwords ---


@pytest.mark.parametrize(
    ("web", "problem"),
    [
        (
            'listen = "0.0.0.0:8787"',
            "without a password the pages are for loopback only",
        ),
        ('user_header = "Remote-User"', "from whom? Anybody can write a header"),
        ('listen = "here"', "write HOST:PORT"),
        ('proxies = ["x"]', "write networks as"),
    ],
)
def test_a_door_that_stands_open_is_refused(web: str, problem: str) -> None:
    assert problem in said_of(f"[web]\n{web}")


def test_a_password_is_known_by_its_hash_or_as_it_is() -> None:
    assert is_password(PASSWORD, HASH)
    assert not is_password("other", HASH)
    assert is_password(PASSWORD, PASSWORD)
    assert hash_password(PASSWORD) != HASH
    assert PASSWORD not in HASH


@settings(deadline=None, max_examples=60)
@given(wanted=st.text(max_size=40).map(lambda text: f"scrypt:{text}"))
def test_a_broken_hash_lets_nobody_in(wanted: str) -> None:
    assert not is_password("x", wanted)


def test_a_new_password_ends_all_sessions(desk: Desk) -> None:
    async def work(web: httpx.AsyncClient, daemon: Daemon) -> str:
        del daemon
        return str(web.cookies[COOKIE])

    session = inside(desk, work)
    desk.more = f'[web]\npassword = "{hash_password("another")}"\n'

    (answer,) = get(desk, "/", cookie=f"{COOKIE}={session}")

    assert answer.status_code == 303
