"""CPU seconds until ``monitor --help`` has answered; the bar is 0.15.

python -m benchmarks.start
"""

import os
import resource
import statistics
import subprocess
import sys

RUNS = 20
BAR = 0.15


def main() -> None:
    seconds = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", "from monitor.cli import main; main()", "--help"],
            check=True,
            stdout=subprocess.DEVNULL,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds.append(
            after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        )
    median = statistics.median(seconds)
    sys.stdout.write(
        f"monitor --help: {median:.3f} s of CPU, median of {RUNS} (bar {BAR})\n"
    )


if __name__ == "__main__":
    main()
