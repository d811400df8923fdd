"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from verify.commands.output import standard_error

T = TypeVar("T")

QUIET_SECONDS = 2.0
"""Where output is no terminal, lines come no closer together than this."""


class ProgressReport:
    """Tells how far a long computation is: ``report(fraction, "what it does")``.

    On a terminal a bar with the remaining time; elsewhere a plain line now and then. NO_COLOR is
    obeyed. Nothing of it reaches standard output.
    """

    def __init__(self, description: str, console: Console | None = None) -> None:
        self._console = console or standard_error()
        self._description = description
        self._last_line = time.monotonic()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %"),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(self._description, total=1.0)
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, fraction: float, description: str | None = None) -> None:
        """Say that `fraction` (0 to 1) is done, and what is being done."""
        text = description or self._description
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, description=text)
        elif time.monotonic() - self._last_line >= QUIET_SECONDS:
            self._last_line = time.monotonic()
            self._console.print(f"{text}: {fraction:.0%}", markup=False)


def track(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """The items one by one, with progress on standard error."""
    with ProgressReport(description) as report:
        for done, item in enumerate(items):
            yield item
            report((done + 1) / total)
