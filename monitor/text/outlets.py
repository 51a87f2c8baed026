"""Know outlets by the one site that people name them by. Pure."""

from functools import cache
from importlib import resources

from monitor.text.urls import site_of


@cache
def _outlets() -> dict[str, str]:
    """The site of every name and every other host of an outlet."""
    text = (resources.files("monitor.text") / "outlets.txt").read_text("utf-8")
    found: dict[str, str] = {}
    for line in text.splitlines():
        site, _, names = line.partition(": ")
        if names and not line.startswith("#"):
            found |= dict.fromkeys((site, *names.split(", ")), site)
    return found


def outlet_of(url: str) -> str:
    """The site that people know the outlet at an address by; "" if it has no host."""
    site = site_of(url)
    return _outlets().get(site, site)


def outlet_named(name: str) -> str:
    """The site of an outlet that is called by its name alone; "" if nobody knows it."""
    return _outlets().get(name.strip(" .-\u2013").casefold(), "")
