"""The loads we promise, measured: ``make bench``, or one program alone."""
