"""Progress on standard error: a bar on a terminal, plain lines elsewhere."""

import time
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from layerproof.theory.formatting import duration
from layerproof.verify.commands.output import say, standard_error

T = TypeVar("T")

QUIET_SECONDS = 2.0
"""Where output is no terminal, lines come no closer together than this."""


EARLY, EARLY_SECONDS = 0.02, 30.0
"""No remaining time is told before this share or this time is over."""

_SHORTENED = Column(no_wrap=True, overflow="ellipsis", ratio=1)


class RemainingTime:
    """How long work will take at the pace it has had since the first call, in words.

    What was done before that, such as the trials that a resumed run has stored, took no time.
    """

    def __init__(self) -> None:
        self._first: tuple[float, float] | None = None

    def __call__(self, fraction: float, now: float) -> str:
        """Such as "2 min left", at time `now` in seconds; empty where nothing tells yet."""
        if self._first is None or fraction < self._first[1]:
            self._first = (now, fraction)
        started, already = self._first
        gained, spent = fraction - already, now - started
        # The first steps also start processes and import packages: they say little of the rest.
        if not gained or fraction >= 1.0 or (gained < EARLY and spent < EARLY_SECONDS):
            return ""
        return f"{duration(spent * (1.0 - fraction) / gained)} left"


TOLD_FROM = 5.0
"""Work that is expected to take longer than this, in seconds, is announced."""


def announce(work: str, seconds: float) -> None:
    """Say on standard error how long `work` may take, where that is more than some seconds."""
    if seconds > TOLD_FROM:
        say(f"{work} may take about {duration(seconds)}")


ESTIMATED_FROM = 0.0
"""Runs of suites that are expected to take longer than this, in seconds, say so: all of them."""


def estimate(work: str, seconds: float) -> None:
    """Say on standard error how long a run of a suite may take, before it starts."""
    if seconds > ESTIMATED_FROM:
        say(f"{work} may take about {duration(max(seconds, 1.0))}")


class ProgressReport:
    """Tells how far a long computation is: ``report(fraction, "what it does")``.

    On a terminal a bar with the remaining time; elsewhere a plain line now and then, with the
    remaining time too. NO_COLOR is obeyed. Nothing of it reaches standard output.
    """

    def __init__(self, description: str, console: Console | None = None) -> None:
        self._console = console or standard_error()
        self._description = description
        self._last_line = time.monotonic()
        self._remaining = RemainingTime()
        self._bar: Progress | None = None
        self._task = TaskID(0)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description}", markup=False, table_column=_SHORTENED),
                BarColumn(bar_width=20),
                TextColumn("{task.percentage:>3.0f} %"),
                TextColumn("{task.fields[left]}", table_column=Column(min_width=15, no_wrap=True)),
                console=self._console,
                transient=True,
            )
            self._task = self._bar.add_task(self._description, total=1.0, left="")
            self._bar.start()
        self._remaining(0.0, time.monotonic())
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
        text, now = description or self._description, time.monotonic()
        left = self._remaining(fraction, now)
        if self._bar is not None:
            self._bar.update(self._task, completed=fraction, description=text, left=left)
        elif now - self._last_line >= QUIET_SECONDS:
            self._last_line = now
            line = f"{text}: {fraction:.0%}" + (f", {left}" if left else "")
            self._console.print(line, markup=False, no_wrap=True, overflow="ellipsis")

    def starts_at(self, fraction: float) -> None:
        """Say that `fraction` was done before the work began, so that it sets no pace."""
        self._remaining = RemainingTime()
        self._remaining(fraction, time.monotonic())


def track(items: Iterable[T], description: str, total: int) -> Iterator[T]:
    """The items one by one, with progress on standard error."""
    with ProgressReport(description) as report:
        for done, item in enumerate(items):
            yield item
            report((done + 1) / total)
