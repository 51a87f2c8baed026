"""The last configuration that worked, so that a restart after a typo goes on with it.

It is a file of its own beside the state of the service, readable by its owner alone:
the texts as they were, so that secrets stay the references that they are there.
"""

import contextlib
import json
import os
import tempfile
from pathlib import Path

from monitor.config.load import load_texts
from monitor.config.values import Config
from monitor.errors import ConfigError


def place_of(path: Path) -> Path:
    """Where the last good text of a configuration is kept.

    systemd names the folder for state; elsewhere it stands beside the configuration.
    """
    state = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    folder = Path(state) if state else path.resolve().parent
    return folder / f".{path.name}.last-good"


def keep(config: Config) -> None:
    """Remember a configuration as one that works.

    Raises:
        OSError: It cannot be written there.
    """
    place = place_of(config.path)
    text = json.dumps({"version": 1, "texts": config.texts}, ensure_ascii=False)
    if place.exists() and place.read_text("utf-8") == text:
        return
    # A name of its own, made with 0600, then moved over the old one in one step.
    number, name = tempfile.mkstemp(prefix=place.name, dir=place.parent)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as out:
            out.write(text)
        Path(name).replace(place)
    except OSError:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def kept(path: Path) -> Config | None:
    """The configuration that worked last for this file; None if none is kept."""
    try:
        found = json.loads(place_of(path).read_text("utf-8"))
        texts = [(str(name), str(text)) for name, text in found["texts"]]
        return load_texts(texts, path)
    except (OSError, ValueError, KeyError, TypeError, ConfigError):
        return None
