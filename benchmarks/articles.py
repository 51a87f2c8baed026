"""What the extractor makes of pages: their texts for a scorer, or the CPU they cost.

    python -m benchmarks.articles --pages DIR --out PRED.json [--plain PLAIN.json]
    python -m benchmarks.articles --pages DIR --cpu

DIR holds ``*.html.gz``. ``--plain`` writes what trafilatura gives by itself, comments
off, for a comparison in the same run.
"""

import argparse
import gzip
import json
import statistics
import sys
import time
from pathlib import Path

from monitor.articles.extract import read_page

BAR_MS = 100.0


def plain(page: bytes) -> str:
    """The page as trafilatura reads it without us."""
    import trafilatura

    return trafilatura.extract(page, include_comments=False) or ""


def cpu(pages: dict[str, bytes]) -> None:
    """Print what reading a page costs; the first ones warm up."""
    spent = []
    for page in (*list(pages.values())[:5], *pages.values()):
        started = time.process_time()
        read_page(page, "text/html", "", "")
        spent.append((time.process_time() - started) * 1000)
    found = sorted(spent[5:])
    p95 = found[int(len(found) * 0.95)]
    sys.stdout.write(
        f"articles: {statistics.median(found):.1f} ms CPU a page (median), "
        f"{p95:.1f} ms (p95, bar {BAR_MS:.0f})\n"
    )
    if p95 > BAR_MS:
        sys.exit(1)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pages", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--plain", type=Path)
    parser.add_argument("--cpu", action="store_true")
    options = parser.parse_args()
    pages = {
        file.name.removesuffix(".html.gz"): gzip.decompress(file.read_bytes())
        for file in sorted(options.pages.glob("*.html.gz"))
    }
    if options.out:
        found = {
            name: read_page(page, "text/html", "", "").body
            for name, page in pages.items()
        }
        options.out.write_text(json.dumps(found, ensure_ascii=False), "utf-8")
    if options.plain:
        usual = {name: plain(page) for name, page in pages.items()}
        options.plain.write_text(json.dumps(usual, ensure_ascii=False), "utf-8")
    if options.cpu:
        cpu(pages)


if __name__ == "__main__":
    main()
