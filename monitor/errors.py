"""Everything that can go wrong.

MonitorError
├── ConfigError                the operator must edit a file (exit 2)
├── RuleError                  a rule cannot be read: offset, message, way out
├── AlreadyRunning             another copy holds the lock (exit 3)
├── StorageError               the database cannot be used now (exit 4)
│   └── SchemaTooNew           a newer program has been here
├── FetchError                 an HTTP exchange gave no usable answer
│   ├── FetchUnreachable       no name, no route, no connection
│   ├── FetchTimeout           the deadline over the whole exchange passed
│   ├── FetchTooLarge          the body grew past its limit
│   └── FetchRefused           the address or the scheme may not be dialled
├── FeedError                  an answer came, but it is no feed
│   └── FeedGone               it is one, and says that it is gone for good
├── ProgramError               a program of the operator's gave nothing
│   ├── ProgramTimeout         it was killed at its deadline
│   └── ProgramTooLarge        it printed more than its limit
├── WorkerError                a task in a worker process gave no answer
│   ├── WorkerTimeout          it was killed at its deadline
│   └── WorkerDied             its process went away
└── DeliveryError              a part did not reach its target
    ├── DeliveryRejected       for good: do not retry
    ├── DeliveryDeferred       for now: retry, not before ``retry_after``
    ├── DeliveryInDoubt        perhaps it did: retry with the same identity
    └── DestinationFault       nothing passes until somebody acts: pause, and tell
"""

from dataclasses import dataclass
from datetime import timedelta


class MonitorError(Exception):
    """The root: whatever we raise on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a text that a person wrote.

    ``line`` and ``column`` count from 1; ``excerpt`` is the offending line and
    ``width`` how many columns the caret covers.
    """

    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    excerpt: str = ""
    width: int = 1
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}  " if self.line else ""
        if not self.line and self.file:
            where = f"{self.file}  "
        lines = [where + self.message]
        if self.excerpt:
            lines += self._pointed()
        if self.hint:
            lines.append(f"  {self.hint}")
        return "\n".join(lines)

    def _pointed(self) -> list[str]:
        """The line and the caret; of a very long line only what stands around it."""
        start = max(0, self.column - 60) if len(self.excerpt) > 160 else 0
        shown = self.excerpt[start : start + 160]
        width = max(1, min(self.width, 160 - (self.column - 1 - start)))
        return [f"    {shown}", f"    {' ' * (self.column - 1 - start)}{'^' * width}"]


class ConfigError(MonitorError):
    """The configuration cannot be used; ``problems`` holds every mistake found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        count = f"{len(problems)} problem{'s' if len(problems) != 1 else ''}"
        text = "\n".join(map(str, problems))
        super().__init__(f"{text}\n{count}. Nothing was changed.")


class AlreadyRunning(MonitorError):
    """Another copy of the program holds the lock of this database."""


class StorageError(MonitorError):
    """The database is away, locked, full or damaged."""


class SchemaTooNew(StorageError):
    """The database was migrated by a newer program."""


class FetchError(MonitorError):
    """DNS, TLS, connection or protocol trouble; the text is for the operator."""


class FetchUnreachable(FetchError):
    """The name was not found, or nobody answered at its addresses."""


class FetchTimeout(FetchError):
    """The deadline over the whole exchange passed."""


class FetchTooLarge(FetchError):
    """The body grew past the limit; reading stopped there."""


class FetchRefused(FetchError):
    """The target may not be dialled (private network, wrong scheme)."""


class HostResting(FetchError):
    """The host said Retry-After a moment ago; nothing was sent to it."""


class FeedError(MonitorError):
    """The answer is no feed; the text says what it is instead."""


class FeedGone(FeedError):
    """The document says that the feed will never be updated again."""


class ProgramError(MonitorError):
    """A program gave nothing; ``said`` is the last line of its errors."""

    def __init__(self, text: str, said: str = "") -> None:
        super().__init__(text)
        self.said = said


class ProgramTimeout(ProgramError):
    """It was killed at its deadline."""


class ProgramTooLarge(ProgramError):
    """It printed more than its limit and was killed."""


class WorkerError(MonitorError):
    """A task raised in its worker process; the text is its traceback."""


class WorkerTimeout(WorkerError):
    """The task passed its deadline and was killed."""


class WorkerDied(WorkerError):
    """The worker process went away in the middle of a task."""


class DeliveryError(MonitorError):
    """A part did not reach its target; ``code`` is the far side's, if it gave one.

    ``whole_channel`` says that the way to all targets is barred, as by a mail server
    that is away, and not only the one to this target.
    """

    def __init__(
        self, text: str, *, code: int | None = None, whole_channel: bool = False
    ) -> None:
        super().__init__(text)
        self.code = code
        self.whole_channel = whole_channel


class DeliveryRejected(DeliveryError):
    """The far side refused it for good; perhaps because it has no such target."""

    def __init__(
        self, text: str, *, code: int | None = None, unknown_target: bool = False
    ) -> None:
        super().__init__(text, code=code)
        self.unknown_target = unknown_target


class DeliveryDeferred(DeliveryError):
    """It may work later; never before ``retry_after``, if that is given.

    ``throttled`` says that it was one message too many: no attempt was lost.
    ``slow_down`` says that the way wants fewer of them for a while.
    """

    def __init__(
        self,
        text: str,
        *,
        code: int | None = None,
        retry_after: timedelta | None = None,
        throttled: bool = False,
        whole_channel: bool = False,
        slow_down: bool = False,
    ) -> None:
        super().__init__(text, code=code, whole_channel=whole_channel)
        self.retry_after = retry_after
        self.throttled = throttled
        self.slow_down = slow_down


class DestinationFault(DeliveryError):
    """Nothing reaches this target until somebody acts: a wrong password, a closed room."""


class DeliveryInDoubt(DeliveryError):
    """The far side may have taken it; a retry must carry the same identity."""


class RuleError(MonitorError):
    """A rule's text cannot be read; ``start`` and ``end`` are offsets into it.

    The codes are those of the rule language's reference.
    """

    def __init__(
        self, code: str, message: str, *, start: int, end: int, hint: str
    ) -> None:
        self.code = code
        self.message = message
        self.start = start
        self.end = max(end, start + 1)
        self.hint = hint
        super().__init__(f"{code}: {message}")


def root_of(error: BaseException) -> BaseException:
    """What a task group raised, without the group around it; the first of several."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
