"""Pairs of addresses that are one article, or two: how many the URL key gets right.

    python -m benchmarks.urls --cases FILE

A case is a line of JSON: two addresses ``a`` and ``b``, and whether they are the same.
Exit status 1 if any is wrong.
"""

import argparse
import json
import sys
from pathlib import Path

from monitor.text.url_keys import url_key


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--cases", type=Path, required=True)
    lines = parser.parse_args().cases.read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines if line.strip()]
    missed: list[dict[str, str]] = []
    wrong: list[dict[str, str]] = []
    for case in cases:
        same = url_key(case["a"]) == url_key(case["b"])
        if same != case["same"]:
            (wrong if same else missed).append(case)
    right = len(cases) - len(missed) - len(wrong)
    sys.stdout.write(
        f"urls: {right} of {len(cases)} pairs right, {len(missed)} missed, "
        f"{len(wrong)} wrong merges\n"
    )
    for name, found in (("missed", missed), ("wrong merge", wrong)):
        for case in found:
            why = case.get("why", "")
            sys.stdout.write(f"  {name}: {case['a']} | {case['b']}  ({why})\n")
    if missed or wrong:
        sys.exit(1)


if __name__ == "__main__":
    main()
