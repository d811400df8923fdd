"""Runs sweeps in a child process that is killed with SIGKILL again and again, and resumed.

    python -m tests.verify.run.kill_driver FOLDER KILLS SEED

Ends with one JSON line: how many kills there were, how many came from within a transaction, how
many sweeps were finished, how many trials were in flight when they were killed. Every broken
promise is an AssertionError.
"""

import ctypes
import gc
import json
import os
import random
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from itertools import count
from pathlib import Path

from layerproof.theory.files import atomic_write_text
from layerproof.theory.jsonable import to_json
from layerproof.verify.report.document import document
from layerproof.verify.run import sweep
from layerproof.verify.run.executors import ProcessPool, SerialExecutor
from layerproof.verify.run.runner import Plan, run_on
from layerproof.verify.run.store import NAME, open_store
from layerproof.verify.verdicts.verdict import Result
from tests.verify.run.counted_check import CountedParameters, counted_plan, started

TRIALS, LABELS = 150, ("a", "b")
LONGEST_LIFE = 0.25
"""Seconds after which, at the latest, a child is killed."""

CHILD_SUBREAPER = 36
"""prctl(2): the workers of a killed child become children of this process, which can wait."""


def main(folder: str, kills: str, seed: str) -> None:
    """Kill and resume until `kills` children were killed."""
    sweep.SECONDS_PER_BLOCK = 0.0  # a commit for every trial: as many moments as possible
    assert ctypes.CDLL(None).prctl(CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    # The code's fingerprint is taken, and what judging needs is loaded, here once: no child could
    # in its life.
    _results(counted_plan(TRIALS, CountedParameters(log=str(Path(folder) / "warm"))), Path(folder))
    # Nor could it look for garbage in all that was loaded, where every child would begin.
    gc.collect()
    gc.freeze()
    rng, tally = random.Random(int(seed)), Counter[str]()
    for number in count():
        if tally["kills"] >= int(kills):
            break
        place = Path(folder) / str(number)
        place.mkdir()
        _sweep(place, number, rng, tally)
    sys.stdout.write(json.dumps(tally) + "\n")


def _sweep(place: Path, seed: int, rng: random.Random, tally: Counter[str]) -> None:
    log = place / "log"
    plan = counted_plan(TRIALS, *(CountedParameters(log=str(log), label=x) for x in LABELS))
    in_flight = 0
    committed: set[tuple[str, int]] = set()
    while not (place / "results.json").exists():
        before = len(started(log))
        workers, within = rng.choice((1, 1, 2)), rng.random() < 0.4
        steps = rng.randrange(1, 400) if within else 0
        _one_life(place, plan, workers, steps, rng.uniform(0.0, LONGEST_LIFE), tally)
        life, now = started(log)[before:], _committed(place)
        lost = committed - now
        assert not lost, f"trials that were stored are gone: {lost}"
        twice = committed.intersection(life)
        assert not twice, f"trials that were stored ran again: {twice}"
        assert len(life) == len(set(life)), "a trial ran twice in one life"
        flying = len(set(life) - now)
        assert flying <= (1 if workers == 1 else 2 * workers), f"{flying} trials were in flight"
        assert now - committed <= set(life), "a trial that never started is stored"
        in_flight, committed = in_flight + flying, now
    assert len(committed) == TRIALS * len(LABELS)
    assert len(started(log)) == len(committed) + in_flight
    log.unlink()  # the uninterrupted run writes its own
    assert (place / "results.json").read_text() == _results(plan), "the results differ"
    tally.update(sweeps=1, in_flight=in_flight)


def _one_life(
    place: Path, plan: Plan, workers: int, steps: int, seconds: float, tally: Counter[str]
) -> None:
    """Fork a child that goes on with the sweep, and kill it; wait for it and for its workers."""
    child = os.fork()
    if child == 0:
        _child(place, plan, workers, steps)
    if not steps:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        tally.update(kills=1, in_transaction=int(steps > 0), with_workers=int(workers > 1))
    else:
        assert os.WEXITSTATUS(status) == 0
    _wait_for_workers()


def _child(place: Path, plan: Plan, workers: int, steps: int) -> None:
    pool = SerialExecutor() if workers == 1 else ProcessPool(workers, "fork")
    with open_store(place, resume=True) as store:
        if steps:
            _kill_after(store.connection, steps)
        results = run_on(pool, plan, store=store)
    atomic_write_text(place / "results.json", _text(plan, results))
    pool.shutdown()
    os._exit(0)


def _kill_after(connection: sqlite3.Connection, steps: int) -> None:
    """SIGKILL from inside SQLite, after this many steps of its virtual machine."""
    left = iter(range(steps))

    def step() -> int:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    connection.set_progress_handler(step, 1)


def _wait_for_workers(limit: float = 10.0) -> None:
    """Until the workers of a killed child have ended by themselves."""
    give_up = time.monotonic() + limit
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        assert time.monotonic() < give_up, "a worker has outlived its parent"
        if pid == 0:
            time.sleep(0.001)


def _committed(place: Path) -> set[tuple[str, int]]:
    """What a reader finds that has never seen this program: SQLite alone, after its recovery."""
    if not (place / NAME).exists():
        return set()
    with closing(sqlite3.connect(place / NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            return set()
        label = "json_extract(outcome, '$.values.label')"
        rows = connection.execute(f"SELECT {label}, trial FROM trials").fetchall()
    return set(rows)


def _results(plan: Plan, place: Path | None = None) -> str:
    """Without interruption; into a store where a place for it is given."""
    if place is None:
        return _text(plan, run_on(SerialExecutor(), plan))
    with open_store(place, resume=False) as store:
        return _text(plan, run_on(SerialExecutor(), plan, store=store))


def _text(plan: Plan, results: list[Result]) -> str:
    found = document(plan, results)
    found.pop("provenance")
    for row in found["results"]:
        row.pop("seconds")
    return to_json(found, indent=1)


if __name__ == "__main__":
    main(*sys.argv[1:])
