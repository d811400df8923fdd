"""Fuzzes everything that the commands read: `python -m tests.fuzz --cases 10000 --seed 0`.

Every kind of :data:`KINDS` makes cases with Hypothesis, which generates and does not shrink; each
case runs in this process and is held to the demands of `tests/verify/fuzz_outcomes.py`. The same
kind, seed and number of cases are the same cases. Exit code 1 where any demand was not met.
"""

from __future__ import annotations

import argparse
import faulthandler
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rich.console import Console
from rich.table import Table

from layerproof.verify.commands.progress import ProgressReport
from tests.verify.fuzz_cases import Case
from tests.verify.fuzz_documents import replay_attacks, results_attacks
from tests.verify.fuzz_inputs import grammar_cases, option_cases, string_cases, suite_cases
from tests.verify.fuzz_models_and_stores import checkpoint_case, model_case, store_case
from tests.verify.fuzz_outcomes import CANARY, LIMIT, SORTS, Fault, Outcome, in_words, run_case

Draw = Callable[[st.SearchStrategy[Any]], Any]
Kind = Callable[[Draw, Path, Path], Case]
"""Lays the files of a case into a folder; the path outside it is what executed code would make."""


def _of(cases: st.SearchStrategy[Case]) -> Kind:
    return lambda draw, folder, canary: draw(cases).lay(folder)


KINDS: dict[str, Kind] = {
    "grammars": _of(grammar_cases()),
    "suites": _of(suite_cases()),
    "options": _of(option_cases()),
    "strings": _of(string_cases()),
    "models": model_case,
    "results": _of(results_attacks()),
    "replays": _of(replay_attacks()),
    "stores": store_case,
    "checkpoints": checkpoint_case,
}

SHARES = {
    "grammars": 18, "suites": 8, "options": 20, "strings": 8, "models": 16,
    "results": 6, "replays": 10, "stores": 3, "checkpoints": 11,
}  # fmt: skip
"""Parts of a hundred: fewer where a case takes longer."""

ROUND = 500
"""Cases of one run of Hypothesis."""


@dataclass
class Tally:
    """What the cases of one kind came to."""

    codes: Counter[int | None] = field(default_factory=Counter)
    faults: list[tuple[Case, Fault]] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0

    @property
    def cases(self) -> int:
        """How many there were."""
        return self.codes.total()

    def add(self, case: Case, outcome: Outcome) -> None:
        """Count one case."""
        self.codes[outcome.code] += 1
        self.faults += [(case, fault) for fault in outcome.faults]
        self.seconds += outcome.seconds
        self.slowest = max(self.slowest, outcome.seconds)


def fuzz(
    kind: Kind,
    cases: int,
    seed: int,
    after: Callable[[Case, Outcome], None] = lambda case, outcome: None,
    limit: float = LIMIT,
) -> Tally:
    """Run so many cases of a kind; `after` is called with each and how it ended."""
    tally = Tally()

    def one(data: st.DataObject) -> None:
        with tempfile.TemporaryDirectory() as base:
            folder = Path(base) / "files"
            folder.mkdir()
            case = kind(data.draw, folder, Path(base) / CANARY)
            outcome = run_case(case, Path(base), limit)
        tally.add(case, outcome)
        after(case, outcome)

    number = 0
    while tally.cases < cases:
        already = tally.cases
        _generated(one, min(ROUND, cases - already), 1_000_000 * seed + number)
        if tally.cases == already:
            raise RuntimeError("the strategy makes no cases")
        number += 1
    return tally


def _generated(run: Callable[[st.DataObject], None], cases: int, seed: int) -> None:
    limits = settings(
        max_examples=cases, deadline=None, database=None, derandomize=False,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    hypothesis.seed(seed)(limits(given(st.data())(run)))()


def shares(cases: int, kinds: list[str]) -> dict[str, int]:
    """How many of the cases each kind has, at least one; they add up to `cases` or the kinds."""
    whole = sum(SHARES[kind] for kind in kinds)
    found = {kind: max(1, cases * SHARES[kind] // whole) for kind in kinds}
    found[kinds[0]] += max(0, cases - sum(found.values()))
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the kinds one after another, tell every fault as it comes, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", nargs="+", choices=list(KINDS), default=list(KINDS))
    given_ = parser.parse_args(arguments)
    console = Console(stderr=True, markup=False, highlight=False, soft_wrap=True)
    done, tallies = 0, {}
    with ProgressReport("fuzzing", console) as report:
        for name, cases in shares(given_.cases, given_.kinds).items():

            def tell(case: Case, outcome: Outcome, name: str = name) -> None:
                nonlocal done
                done += 1
                # A hang inside compiled code never comes back to Python, and ends this process.
                faulthandler.dump_traceback_later(4 * LIMIT, exit=True, file=sys.__stderr__)
                for fault in outcome.faults:
                    told = f"{name}, {fault.sort}: {fault.told}\n{in_words(case)}\n"
                    console.print(told.encode("ascii", "backslashreplace").decode())
                report(done / given_.cases, f"fuzzing {name}")

            tallies[name] = fuzz(KINDS[name], cases, given_.seed, tell)
    faulthandler.cancel_dump_traceback_later()
    Console(width=160).print(table(tallies))
    return int(any(tally.faults for tally in tallies.values()))


def table(tallies: dict[str, Tally]) -> Table:
    """A row for each kind, and one for all."""
    names = {"hang": "hangs", "traceback": "tracebacks", "execution": "executions"}
    codes = sorted({code for tally in tallies.values() for code in tally.codes if code is not None})
    found = Table("kind", "cases", *(f"exit {code}" for code in codes))
    for sort in SORTS:
        found.add_column(names.get(sort, sort), justify="right", no_wrap=True)
    for heading in ("seconds", "slowest"):
        found.add_column(heading, justify="right")
    rows = tallies | {"all": _together(list(tallies.values()))}
    for name, tally in rows.items():
        counts = Counter(fault.sort for _, fault in tally.faults)
        numbers = [tally.cases, *(tally.codes[c] for c in codes), *(counts[s] for s in SORTS)]
        times = (f"{tally.seconds:.0f}", f"{tally.slowest:.1f}")
        found.add_row(name, *map(str, numbers), *times)
    return found


def _together(tallies: list[Tally]) -> Tally:
    whole = Tally()
    for tally in tallies:
        whole.codes += tally.codes
        whole.faults += tally.faults
        whole.seconds += tally.seconds
        whole.slowest = max(whole.slowest, tally.slowest)
    return whole


if __name__ == "__main__":
    sys.exit(main())
