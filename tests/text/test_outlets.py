"""An outlet is one, whatever its hosts and names."""

import pytest

from monitor.text.outlets import outlet_named, outlet_of


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://www.bbc.co.uk/news/1", "bbc.com"),
        ("https://m.bbc.com/x", "bbc.com"),
        ("https://tass.ru/1", "tass.com"),
        ("https://www.courier.example/a", "courier.example"),
        ("mailto:a@b.example", ""),
        ("", ""),
    ],
)
def test_hosts_of_one_outlet_are_one_site(url: str, site: str) -> None:
    assert outlet_of(url) == site


def test_an_outlet_is_known_by_its_names() -> None:
    assert outlet_named(" BBC News. ") == "bbc.com"
    assert outlet_named("officials") == ""
