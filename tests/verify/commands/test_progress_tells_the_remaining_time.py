"""Progress on long work: the remaining time, in one line that fits, plain where it must be."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from layerproof.theory.formatting import duration
from layerproof.verify.commands import progress
from layerproof.verify.commands.progress import ProgressReport, RemainingTime

LONG = "verify a-suite-with-quite-a-long-name-of-its-own, trial 123456 of 1000000"


QUIET_SECONDS = progress.QUIET_SECONDS
"""The package's own; the tests of commands are without such lines."""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    monkeypatch.setattr(progress, "QUIET_SECONDS", QUIET_SECONDS)
    return clock


def console(width: int = 80, **options: bool) -> Console:
    # A fixed environment: the machine's own NO_COLOR, TERM or COLUMNS must not decide the test.
    environment = {"TERM": "xterm", "COLUMNS": str(width)}
    return Console(file=io.StringIO(), width=width, _environ=environment, **options)  # type: ignore[arg-type]


def written(to: Console) -> str:
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue()


def test_the_pace_so_far_tells_the_rest() -> None:
    remaining = RemainingTime()
    assert remaining(0.0, 10.0) == ""
    assert remaining(0.25, 40.0) == "90 s left"
    assert remaining(1.0, 130.0) == ""


def test_no_pace_is_told_from_the_first_steps() -> None:
    remaining = RemainingTime()
    remaining(0.0, 0.0)
    assert remaining(0.01, 4.0) == ""
    assert remaining(0.02, 5.0) == "4 min left"
    slow = RemainingTime()
    slow(0.0, 0.0)
    assert slow(0.001, 36.0) == "9 h 59 min left"


def test_what_a_resumed_run_found_stored_sets_no_pace() -> None:
    """Half was there; a tenth took 60 s, so the other four tenths take 240 s, not 40 s."""
    remaining = RemainingTime()
    assert remaining(0.5, 10.0) == ""
    assert remaining(0.6, 70.0) == "4 min left"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (99.4, "99 s"), (99.6, "2 min"), (3600.0, "60 min"), (86400.0, "24 h 0 min")],
)
def test_durations_are_as_precise_as_an_estimate(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize("width", [80, 100])
def test_plain_lines_where_the_output_is_no_terminal(clock: Clock, width: int) -> None:
    out = console(width)
    with ProgressReport("verify", out) as report:
        for step in range(1, 5):
            clock.now += 3.0
            report(step / 4, LONG)
    lines = written(out).splitlines()
    assert len(lines) == 4
    assert "\x1b" not in written(out)
    assert all(cell_len(line) <= width for line in lines)
    if width == 100:
        assert lines[0].endswith("of 1000000: 25%, 9 s left")


def test_lines_keep_their_distance(clock: Clock) -> None:
    out = console()
    with ProgressReport("verify", out) as report:
        for step in range(40):
            clock.now += 0.25
            report(step / 40)
    assert len(written(out).splitlines()) == 5  # 10 s, a line every 2 s


def bar(width: int, **options: bool) -> str:
    """What a terminal shows of a bar, with its control sequences."""
    out = console(width, force_terminal=True, **options)
    with ProgressReport("verify", out) as report:
        report(0.25, LONG)
        assert report._bar is not None
        report._bar.refresh()
    return written(out)


@pytest.mark.parametrize("width", [80, 100])
def test_a_bar_fits_the_terminal(width: int) -> None:
    frames = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "\n", bar(width)).replace("\r", "\n")
    shown = [line for line in frames.splitlines() if "verify" in line]
    assert shown
    assert all(cell_len(line) <= width for line in shown)


def test_a_bar_has_no_colour_where_none_is_wanted() -> None:
    colours = re.compile(r"\x1b\[[0-9;]*[39][0-7]m")
    assert not colours.search(bar(100, no_color=True))
    assert colours.search(bar(100)), "so that the line above can fail"
