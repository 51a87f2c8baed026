"""Run every benchmark that can run here; each prints its table.

Not among them are the long ones, which are started by name: ``polling`` beside another
reader, ``faults`` with a thousand feeds of which half are broken.
"""

from benchmarks import farm, identity, rhythm, rules, start

for program in (start, identity, rules, rhythm, farm):
    program.main()
