"""The reference of what templates may use, made from the values themselves.

python -m tests.templates_page > docs/templates.md
"""

import dataclasses
import inspect
import re
import sys
from typing import get_type_hints

from monitor.digests import render, wording
from monitor.models import digests

_HEAD = """# Templates

`template_api = 1`: what stands here stays; it only grows.

```console
$ monitor templates export my-templates     # copy ours, keep what you change
$ monitor templates check my-templates      # render samples: large, hostile, right to left
```

```toml
[service]
templates_dir = "my-templates"
```

Files of the folder win over the built-in ones, one by one. To change a few lines, extend
the built-in file and override a block:

```jinja
{% extends "default/digest.html.j2" %}
{% block footer %}Sent by the night desk. {{ super() }}{% endblock %}
```

Templates run in a sandbox, in a process that is stopped after ten seconds. One that fails
costs nobody a digest: the built-in one stands in, says so, and the operator hears of it.
HTML is escaped in `.html.j2`; `.txt.j2` is plain text.
"""
_VALUES = (
    digests.Digest,
    digests.DigestStory,
    digests.StoryMember,
    digests.RuleLine,
    digests.Coverage,
    wording.Group,
    wording.Badge,
    wording.Others,
    wording.Reason,
    wording.Found,
)


def _named(hint: object) -> str:
    text = hint.__name__ if isinstance(hint, type) else str(hint)
    return re.sub(r"\b(?:[a-z_]+\.)+([A-Z])", r"\1", text).replace("NoneType", "None")


def _value(kind: type) -> str:
    hints = get_type_hints(kind)
    rows = [
        f"| `{f.name}` | `{_named(hints[f.name])}` |" for f in dataclasses.fields(kind)
    ]
    about = (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " ")
    return "\n".join(
        [f"### {kind.__name__}", "", about, "", "| field | type |", "|---|---|", *rows]
    )


def page() -> str:
    """The page as it should be."""
    found = ["## Names", "", "Every template has:", ""]
    found += [f"* `{name}`" for name in render.NAMES]
    found += ["", "## Filters", ""]
    found += [f"* `{name}`" for name in sorted({*render.FILTERS, "highlight"})]
    blocks = []
    for path in sorted(render.templates_dir().glob("*.j2")):
        names = re.findall(r"{% block (\w+)", path.read_text("utf-8"))
        listed = ", ".join(f"`{name}`" for name in dict.fromkeys(names))
        blocks.append(f"* `{path.name}`: {listed}")
    found += ["", "## Blocks", "", *blocks, "", "## Values", ""]
    return (
        _HEAD
        + "\n"
        + "\n".join(found)
        + "\n"
        + "\n\n".join(map(_value, _VALUES))
        + "\n"
    )


if __name__ == "__main__":
    sys.stdout.write(page())
