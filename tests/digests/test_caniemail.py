"""What mail programs make of a digest, as far as caniemail.com knows.

The package is installed by ``make npm``, where npm is there; the tests themselves ask
nobody.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor.digests.render import render
from tests.digests.digest_samples import DIGEST

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / ".venv" / "npm" / "node_modules" / "caniemail"
CHECK = """
import { caniemail } from '%s/dist/index.js';
import fs from 'fs';
const html = fs.readFileSync(process.argv[2], 'utf8');
const clients = ['gmail.*', 'outlook.*', 'apple-mail.*', 'yahoo.*'];
const found = caniemail({ clients, html });
const titles = {};
for (const [client, issues] of found.issues.errors)
  for (const issue of issues) (titles[issue.title] ??= []).push(client);
console.log(JSON.stringify(titles));
"""
# Each of these degrades: the digest reads well without it, as a test strips all styles.
HARMLESS = {
    "@media", "Attribute selector", "Class selector", "Descendant combinator",
    "Type selector", "<style> element", "<body> element", "display:none", "opacity",
    "text-wrap", "overflow", "overflow-wrap", "border-spacing", "border-radius",
    "white-space", "aria-label attribute", "role attribute", "height property",
}  # fmt: skip


@pytest.mark.timeout(60)
def test_mail_programs_lack_nothing_that_a_digest_needs(tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or not PACKAGE.is_dir():
        pytest.skip("caniemail is not installed: make npm")
    page, check = tmp_path / "digest.html", tmp_path / "check.mjs"
    page.write_text(render(DIGEST).html, "utf-8")
    check.write_text(CHECK % PACKAGE, "utf-8")

    done = subprocess.run(
        [node, check, page], capture_output=True, check=True, timeout=50
    )

    found: dict[str, list[str]] = json.loads(done.stdout)
    assert set(found) - HARMLESS == set()
