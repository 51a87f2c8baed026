"""The command line.

Nothing heavy is imported here: help must answer at once, and every worker process
imports the console script's module again.
"""

import sys
from collections.abc import Sequence


def execute(words: Sequence[str]) -> int:
    """Run one command; its exit status."""
    from monitor.cli.group import Settings, cli

    settings = Settings()
    try:
        code = cli.main(
            list(words), prog_name="monitor", standalone_mode=False, obj=settings
        )
    except BaseException as error:  # noqa: BLE001 - the last place; a bug is re-raised
        from monitor.cli.failures import exit_code

        return exit_code(error, as_json=settings.json)
    return code if isinstance(code, int) else 0


def main() -> None:
    """The console script."""
    from monitor.cli.pulse import pulse

    words = sys.argv[1:]
    status = pulse(words)
    sys.exit(execute(words) if status is None else status)
