"""The command line.

Nothing heavy is imported here: help must answer at once, and every worker process
imports the console script's module again.
"""

import sys

from monitor.cli.group import cli


def main() -> None:
    """The console script."""
    from monitor.cli.failures import exit_code

    try:
        code = cli.main(standalone_mode=False)
    except BaseException as error:  # noqa: BLE001 - the last place; it re-raises what is a bug
        code = exit_code(error)
    sys.exit(code if isinstance(code, int) else 0)
