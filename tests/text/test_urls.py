import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.text.urls import host_of, is_web, redacted, resolve, site_of

HOSTS = st.text("abwcm.:[]1@ü ", min_size=1, max_size=12)
RESTS = st.text("abu./?#&=%+;é中\ud800\udce9\t -~'\"\\<>!:@25", max_size=25)
URLS = st.builds(
    lambda scheme, host, rest: scheme + host + rest,
    st.sampled_from(["http://", "https://www.", "HTTPS://m.", "https://www.m.", ""]),
    HOSTS,
    RESTS | st.text(max_size=15),
)


# --- what a web URL is ---


@pytest.mark.parametrize(
    "url",
    ["http://a", "HTTPS://A.example/b?c#d", "https://[2001:db8::1]/", "http://a:80/"],
)
def test_http_and_https_with_a_host_are_the_web(url: str) -> None:
    found = is_web(url)

    assert found


@pytest.mark.parametrize(
    "url",
    [
        "",
        "a/b",
        "//a.example/b",
        "ftp://a.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "tag:a.example,2026:1",
        "https://",
        "https:///path",
        "https://./path",
        "https:// /path",
        "https://a b/path",
        "https://[::1/",
        "https://a\u2100b/",
    ],
)
def test_everything_else_is_not_the_web(url: str) -> None:
    found = is_web(url), resolve("https://[", url)

    assert found == (False, "")


@pytest.mark.parametrize(
    ("url", "host", "site"),
    [
        ("https://www.Example.com/a", "www.example.com", "example.com"),
        ("https://www.example.com:443/a", "www.example.com", "example.com"),
        ("http://example.com:80/", "example.com", "example.com"),
        ("http://example.com:443/", "example.com:443", "example.com"),
        ("https://m.example.com.:8443/", "m.example.com:8443", "example.com"),
        ("https://user:pw@amp.example.com/", "amp.example.com", "example.com"),
        ("https://www2.example.com/", "www2.example.com", "example.com"),
        ("https://m.com/", "m.com", "m.com"),
        ("https://[2001:db8::1]:8080/", "[2001:db8::1]:8080", "[2001:db8::1]"),
        ("https://example.com:99999/", "", "example.com"),
        ("https://[::1/", "", ""),
        ("mailto:a@b.example", "", ""),
    ],
)
def test_the_host_has_its_port_and_the_site_its_short_name(
    url: str, host: str, site: str
) -> None:
    found = host_of(url), site_of(url)

    assert found == (host, site)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("/a?b", "https://example.com/a?b"),
        (" b \n", "https://example.com/dir/b"),
        ("//other.example/c", "https://other.example/c"),
        ("http://other.example/d", "http://other.example/d"),
        ("", "https://example.com/dir/page"),
        ("javascript:alert(1)", ""),
        ("http://[", ""),
    ],
)
def test_a_link_is_resolved_against_its_document(url: str, expected: str) -> None:
    full = resolve("https://example.com/dir/page", url)

    assert full == expected


# --- whatever comes ---


@given(URLS)
def test_no_url_is_too_odd_to_be_named(url: str) -> None:
    named = (host_of(url), site_of(url), redacted(url), resolve("http://a/", url))

    assert all(isinstance(name, str) for name in named)


# --- what may be shown ---


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://ana:secret@example.com/a", "https://example.com/a"),
        ("https://token@example.com/a", "https://example.com/a"),
        ("https://ana:se@cret@example.com/a", "https://example.com/a"),
        ("https://example.com/@ana/1", "https://example.com/@ana/1"),
        (
            "https://example.com?mail=ana@b.example",
            "https://example.com?mail=ana@b.example",
        ),
        ("https://example.com#ana@b", "https://example.com#ana@b"),
        ("a http://b:c@d/ and http://e:f@g/", "a http://d/ and http://g/"),
    ],
)
def test_a_redacted_url_has_no_credentials(url: str, expected: str) -> None:
    shown = redacted(url)

    assert shown == expected
