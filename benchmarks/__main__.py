"""Run every benchmark that can run here; each prints its table."""

from benchmarks import farm, start

for program in (start, farm):
    program.main()
