"""axe-core, in a real browser, finds no fault on any page."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from tests.conftest import StandingClock
from tests.desk import Desk
from tests.site import Site
from tests.web.desk_pages import PAGES, furnish, get

ROOT = Path(__file__).parents[2]
AXE = ROOT / ".venv/npm/node_modules/axe-core/axe.min.js"
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there: make npm"),
    pytest.mark.skipif(not BROWSER, reason="chromium is not installed"),
]
_RUN = """
axe.run({resultTypes: ["violations"]}).then(found => {
  const out = document.createElement("pre");
  out.id = "axe-found";
  out.textContent = JSON.stringify(found.violations.map(one => ({
    id: one.id, impact: one.impact, nodes: one.nodes.map(n => n.html.slice(0, 200))
  })));
  document.body.append(out);
});
"""


def faults(html: str, css: str, folder: Path, *, dark: bool) -> list[dict[str, Any]]:
    """What axe finds in a page, with its style and in one of its schemes."""
    if dark:
        css = re.sub(
            r"@media \(prefers-color-scheme: dark\) \{\n(.*?)\n\}",
            r"\1",
            css,
            flags=re.DOTALL,
        )
    link = re.search(r'<link rel="stylesheet"[^>]*>', html)
    assert link
    html = html.replace(link[0], f"<style>{css}</style>")
    scripts = f"<script>{AXE.read_text()}</script><script>{_RUN}</script>"
    (page := folder / "page.html").write_text(
        html.replace("</body>", f"{scripts}</body>")
    )
    command = [
        BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--disable-quic", "--host-resolver-rules=MAP * ~NOTFOUND",
        f"--user-data-dir={folder / 'browser'}", "--window-size=720,1200",
        "--virtual-time-budget=20000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=90
    )
    (found,) = lxml.html.fromstring(done.stdout).xpath("//pre[@id='axe-found']")
    result: list[dict[str, Any]] = json.loads(found.text_content())
    return result


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_no_fault_on_any_page(
    site: Site, tmp_path: Path, clock: StandingClock, sqlite_url: str, *, dark: bool
) -> None:
    desk = Desk(folder=tmp_path, site=site, clock=clock, database=sqlite_url)
    furnish(desk, site)
    (archive,) = get(desk, "/matches")
    story = re.search(r"/stories/\w+", archive.text)
    assert story
    *pages, style = get(desk, *PAGES, story[0], "/stories/none", "/style.css")

    for page in pages:
        assert faults(page.text, style.text, tmp_path, dark=dark) == [], page.url


def test_axe_would_find_one(tmp_path: Path) -> None:
    html = (
        '<html><head><link rel="stylesheet" href="x"></head><body><input></body></html>'
    )

    found = faults(html, "body { color: #ddd }", tmp_path, dark=False)

    assert {"label", "html-has-lang"} <= {one["id"] for one in found}
