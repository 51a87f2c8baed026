"""A value that must not be seen."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that is never shown: not in logs, errors, reprs or exports."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.value)

    def reveal(self) -> str:
        """Hand out the secret, at the one place that sends it."""
        return self.value
