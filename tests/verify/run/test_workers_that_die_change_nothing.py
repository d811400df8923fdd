"""A worker that dies mid-trial is replaced, its trials run again, and the results are the same."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.jsonable import to_json
from layerproof.verify.report.document import document
from layerproof.verify.run import cluster as dask
from layerproof.verify.run import sweep
from layerproof.verify.run.cluster import cluster
from layerproof.verify.run.executors import ProcessPool, SerialExecutor, executor
from layerproof.verify.run.runner import Plan, run_on
from layerproof.verify.run.store import open_store
from tests.verify.run.counted_check import CountedParameters, counted_plan, started
from tests.verify.run.dask_processes import SINGLE, dask_cluster, wait_until

TRIALS = 12


def settings(tmp_path: Path, **changes: object) -> CountedParameters:
    values = {"log": str(tmp_path / "log"), "armed": str(tmp_path / "armed"), "seconds": 0.01}
    return CountedParameters.model_validate(values | changes)


def text(plan: Plan, pool: object) -> str:
    """The results, without the times."""
    rows = document(plan, run_on(pool, plan))["results"]  # type: ignore[arg-type]
    for row in rows:
        row.pop("seconds")
    return to_json(rows)


def two_checks(tmp_path: Path, **changes: object) -> Plan:
    labels = ("a", "b")
    return counted_plan(TRIALS, *(settings(tmp_path, label=x, **changes) for x in labels))


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    """Two processes, shared by the tests: each start costs seconds."""
    shared = ProcessPool(2)
    yield shared
    shared.shutdown()


def test_a_process_that_is_killed_mid_trial_changes_nothing(
    tmp_path: Path, pool: ProcessPool
) -> None:
    plan = two_checks(tmp_path, kill_at=5)
    expected = text(plan, SerialExecutor())  # not armed: nothing is killed
    before = len(started(tmp_path / "log"))
    (tmp_path / "armed").touch()
    assert text(plan, pool) == expected
    assert not (tmp_path / "armed").exists(), "nobody was killed"
    runs = Counter(started(tmp_path / "log")[before:])
    assert len(runs) == 2 * TRIALS
    assert runs[("a", 5)] + runs[("b", 5)] > 2, "the trial that was killed did not run again"


def test_trials_that_were_stored_before_a_death_do_not_run_again(
    tmp_path: Path, pool: ProcessPool
) -> None:
    plan = counted_plan(TRIALS, settings(tmp_path, kill_at=TRIALS - 1, seconds=0.3))
    (tmp_path / "armed").touch()
    with open_store(tmp_path, resume=True) as store:
        run_on(pool, plan, store=store)
        assert (store.computed, len(store)) == (TRIALS, TRIALS)
    # At most what two processes had in hand, twice two blocks of one trial, ran again.
    assert TRIALS < len(started(tmp_path / "log")) <= TRIALS + 4


def test_a_trial_that_always_kills_its_process_is_an_error_and_the_others_are_judged(
    tmp_path: Path, pool: ProcessPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once among others and once alone, in place of twice: every death costs a new pool."""
    monkeypatch.setattr(sweep, "DEATHS_TOGETHER", 1)
    monkeypatch.setattr(sweep, "DEATHS_ALONE", 1)
    (tmp_path / "armed").touch()
    deadly = settings(tmp_path, label="deadly", kill_at=1, once=False)
    plan = counted_plan(3, deadly, settings(tmp_path, label="fine"))
    with open_store(tmp_path, resume=True) as store:
        first, second = run_on(pool, plan, store=store)
        assert len(store) == 5
    assert (first.judgement.verdict, first.trials) == ("error", 2)
    assert "WorkerLost" in first.judgement.reason
    assert (second.judgement.verdict, second.trials) == ("holds", 3)


def test_results_are_the_same_for_one_two_and_four_workers(
    tmp_path: Path, pool: ProcessPool
) -> None:
    plan = two_checks(tmp_path)
    with executor(1) as one, executor(4) as four:
        found = {text(plan, processes) for processes in (one, pool, four)}
    assert len(found) == 1


def test_no_process_outlives_a_parent_that_is_killed(tmp_path: Path) -> None:
    """The workers are asked for while they sleep in a trial of a minute."""
    script = (
        "import sys\nfrom tests.verify.run.counted_check import CountedParameters, counted_plan\n"
        "from layerproof.verify.run.runner import run\n"
        "if __name__ == '__main__':\n"
        "    run(counted_plan(2, CountedParameters(log=sys.argv[1], seconds=60.0)), workers=2)\n"
    )
    (tmp_path / "parent.py").write_text(script)
    log = tmp_path / "log"
    parent = subprocess.Popen(
        [sys.executable, str(tmp_path / "parent.py"), str(log)], env={**os.environ, **SINGLE}
    )
    wait_until(lambda: len(started(log)) == 2, "both trials run")
    workers = [int(line.split()[2]) for line in log.read_text().splitlines()]
    assert parent.pid not in workers
    parent.kill()
    parent.wait()
    wait_until(lambda: not any(map(alive, workers)), "the workers have ended")


def alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be collected does not."""
    state = Path(f"/proc/{pid}/stat")
    if sys.platform == "linux":
        return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a scheduler with two workers, one of which has two threads."""
    with dask_cluster(tmp_path_factory.mktemp("dask"), "1", "2") as (where, _):
        yield where


@pytest.mark.filterwarnings("ignore")  # distributed's own, on closing sockets
def test_a_cluster_gives_the_same_results_also_when_a_worker_is_killed(
    tmp_path: Path, address: str
) -> None:
    plan = two_checks(tmp_path, kill_at=5)
    expected = text(plan, SerialExecutor())
    with cluster(address) as pool:
        assert text(plan, pool) == expected
        before = len(started(tmp_path / "log"))
        (tmp_path / "armed").touch()
        assert text(plan, pool) == expected
    assert not (tmp_path / "armed").exists(), "nobody was killed"
    runs = Counter(started(tmp_path / "log")[before:])
    assert len(runs) == 2 * TRIALS
    assert runs[("a", 5)] + runs[("b", 5)] > 2, "the trial that was killed did not run again"


@pytest.mark.filterwarnings("ignore")
def test_the_command_runs_on_a_cluster_and_resumes_without_it(tmp_path: Path, address: str) -> None:
    command = [sys.executable, "-m", "layerproof.verify.cli", "verify", "--only", "assumption-6a"]
    command += ["--json", "-o", str(tmp_path / "kept")]
    for more in (["--cluster", address], ["--workers", "1", "--resume"]):
        done = subprocess.run(
            [*command, *more], capture_output=True, text=True, env={**os.environ, **SINGLE}
        )
        assert done.returncode == 0, done.stderr
    assert '"computed": 0' in done.stdout
    assert '"stored": 20' in done.stdout


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_that_does_not_answer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 1)
    with (
        pytest.raises(InputError, match=r"--cluster.*a running Dask scheduler"),
        cluster("tcp://127.0.0.1:1"),
    ):
        pass


@pytest.mark.filterwarnings("ignore")
def test_a_worker_with_other_code_is_refused(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its results would go under the keys of this code."""
    monkeypatch.setattr(sweep, "code_of", lambda check: "another")
    with (
        pytest.raises(InputError, match=r"--cluster.*the code and the packages of this process"),
        cluster(address) as pool,
    ):
        run_on(pool, two_checks(tmp_path))
    assert started(tmp_path / "log") == []


@pytest.mark.filterwarnings("ignore")
def test_a_scheduler_that_is_lost_is_told_and_what_was_measured_is_kept(tmp_path: Path) -> None:
    plan = counted_plan(40, settings(tmp_path, seconds=0.2))
    with (
        dask_cluster(tmp_path, "1") as (where, scheduler),
        open_store(tmp_path, resume=True) as store,
    ):

        def lose_it(done: int, total: int) -> None:
            if len(store) >= 3:
                scheduler.kill()

        with (
            pytest.raises(InputError, match=r"--cluster.*a scheduler that stays.*--resume"),
            cluster(where) as pool,
        ):
            run_on(pool, plan, lose_it, store)
        assert 3 <= len(store) < 40
