"""A cluster without workers, with workers of other code, or that is none: told, and given up in one
sentence, with what was measured kept.
"""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from layerproof.theory.errors import InputError
from layerproof.verify.cli import app
from layerproof.verify.run import cluster as dask
from layerproof.verify.run.cluster import cluster
from layerproof.verify.run.executors import SerialExecutor
from layerproof.verify.run.runner import Plan, run_on
from layerproof.verify.run.store import open_store
from tests.verify.run.counted_check import CountedParameters, counted_plan, started
from tests.verify.run.dask_processes import ROOT, dask_scheduler, dask_worker

pytestmark = pytest.mark.filterwarnings("ignore")  # distributed's own, on closing sockets
TRIALS = 40


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler; each test brings its own workers."""
    with dask_scheduler() as (where, _):
        yield where


def plan(tmp_path: Path) -> Plan:
    return counted_plan(TRIALS, CountedParameters(log=str(tmp_path / "log"), seconds=0.1))


def test_a_cluster_that_has_no_worker_or_loses_all_is_told_and_given_up(
    tmp_path: Path,
    address: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(dask, "NOTICE_SECONDS", 1.0)
    monkeypatch.setattr(dask, "LIMIT_SECONDS", 3.0)
    given_up = pytest.raises(InputError, match=r"a scheduler with workers; no worker for.*--resume")
    with given_up, cluster(address) as pool:
        run_on(pool, plan(tmp_path))
    with (
        dask_worker(address, tmp_path, "1", "--no-nanny") as worker,
        open_store(tmp_path, resume=True) as store,
    ):
        monkeypatch.setattr(dask, "LIMIT_SECONDS", 60.0)  # it may take its time to come

        def lose_it(done: int, total: int) -> None:
            if done >= 3:
                worker.kill()
                monkeypatch.setattr(dask, "LIMIT_SECONDS", 3.0)

        with given_up, cluster(address) as pool:
            run_on(pool, plan(tmp_path), lose_it, store)
        assert 3 <= len(store) < TRIALS
    told = capfd.readouterr().err.splitlines()
    assert len(told) >= 2
    assert all(line.startswith(f"layerproof: no worker at {address} for ") for line in told), told


def test_a_worker_with_other_code_that_joins_late_ends_the_run(
    tmp_path: Path, address: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same packages but for one letter, and whatever it measures would be taken for ours."""
    other = tmp_path / "other"
    for name in ("layerproof", "tests"):
        unread = shutil.ignore_patterns("__pycache__", "*.ipynb")
        shutil.copytree(ROOT / name, other / name, ignore=unread)
    with (other / "layerproof" / "theory" / "randomness.py").open("a") as file:
        file.write("# another letter\n")
    log = tmp_path / "log"
    with ExitStack() as workers, open_store(tmp_path, resume=True) as store:
        workers.enter_context(dask_worker(address, tmp_path, "1", "--no-nanny"))
        strangers: list[int] = []

        def invite(done: int, total: int) -> None:
            if done >= 3 and not strangers:
                late = dask_worker(address, tmp_path, "1", "--no-nanny", path=other)
                strangers.append(workers.enter_context(late).pid)

        endless = counted_plan(4000, CountedParameters(log=str(log), seconds=0.1))
        with (
            pytest.raises(InputError, match=r"the code and the packages of this process") as ended,
            cluster(address) as pool,
        ):
            run_on(pool, endless, invite, store)
        assert len(store) >= 3
    assert f"unlike process {strangers[0]} of " in str(ended.value)
    assert {int(line.split()[2]) for line in log.read_text().splitlines()}.isdisjoint(strangers)
    assert len(started(log)) < 4000
    assert "Traceback" not in capfd.readouterr().err


@contextmanager
def server(*answers: bytes) -> Iterator[str]:
    """A server that sends each of the answers to whoever connects, then waits."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        kept: list[socket.socket] = []

        def answer() -> None:
            while True:
                try:
                    found, _ = listening.accept()
                except OSError:
                    return
                kept.append(found)
                for text in answers:
                    found.sendall(text)

        threading.Thread(target=answer, daemon=True).start()
        yield f"127.0.0.1:{listening.getsockname()[1]}"
        for found in kept:
            found.close()


def refused(address: str, tmp_path: Path) -> str:
    """The one line that `--cluster address` is refused with; no folder is left."""
    arguments = ["verify", "--only", "assumption-6a", "-o", str(tmp_path / "kept")]
    done = CliRunner().invoke(app, [*arguments, "--cluster", address])
    assert (done.exit_code, done.stdout) == (4, ""), done.output
    (line,) = done.stderr.splitlines()
    assert line.startswith("layerproof: --cluster is ")
    assert not (tmp_path / "kept").exists()
    return line


@pytest.mark.parametrize(
    "address",
    [
        "",
        "foo://bar",
        "foo://bar:1",
        "http://127.0.0.1:80",
        "inproc://127.0.0.1:8786",
        "tcp://127.0.0.1",
        "127.0.0.1",
        "127.0.0.1:dask",
        "tcp://127.0.0.1:0",
        "tcp://127.0.0.1:65536",
        "tcp://:8786",
        "tcp://a b:8786",
        "tcp://user@host:8786:8786",
        "scheduler.json",
    ],
)
def test_what_is_no_address_is_refused_by_its_form(address: str, tmp_path: Path) -> None:
    assert "SCHEME://HOST:PORT, such as tcp://127.0.0.1:8786" in refused(address, tmp_path)


def test_what_is_no_scheduler_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dask, "CONNECT_SECONDS", 0.5)
    page = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
    with server() as silent, server(page) as web, server(b"\xff" * 4096) as noise:
        for place in (silent, web, noise):
            assert "a running Dask scheduler" in refused(f"tcp://{place}", tmp_path)
        assert "a running Dask scheduler" in refused(f"tls://{silent}", tmp_path)
    assert "a running Dask scheduler" in refused("tcp://127.0.0.1:1", tmp_path)
    assert "a running Dask scheduler" in refused("tcp://no-such-host.invalid:8786", tmp_path)
    assert capfd.readouterr().err == ""


class Client:
    """The client of a cluster as a test wants it: threads of the workers, or no answer."""

    def __init__(self) -> None:
        self.threads: dict[str, int] | None = {}
        self.scheduler = type("Scheduler", (), {"ncores": None})

    def get_executor(self) -> Any:
        return SerialExecutor()

    def sync(self, call: object, *, workers: object, callback_timeout: float) -> dict[str, int]:
        if self.threads is None:
            raise TimeoutError
        return self.threads


class Clock:
    now = 1000.0

    def monotonic(self) -> float:
        return self.now


def test_silence_is_told_after_seconds_then_minutes_and_has_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock, client, told = Clock(), Client(), list[str]()
    monkeypatch.setattr(dask, "time", clock)
    pool = dask._Cluster(client, "tcp://here:1", told.append)

    def watch_for(seconds: int) -> None:
        for _ in range(seconds):
            clock.now += 1
            pool.watch(idle=True)

    watch_for(9)
    assert told == []
    watch_for(65)
    assert [line.partition(" for ")[0] for line in told] == ["no worker at tcp://here:1"] * 2
    assert told[0].endswith("for 10 s; the run ends after 10 min of that")
    client.threads = {"one": 2}
    watch_for(1)
    assert pool.width == 4
    client.threads = None  # the scheduler does not answer
    watch_for(12)
    assert told[2].startswith("no answer of the scheduler at tcp://here:1 for 10 s")
    pool.watch(idle=False)  # a trial came back
    watch_for(600)
    with pytest.raises(InputError, match=r"no answer of the scheduler for 10 min.*--resume"):
        watch_for(1)


def test_the_limits_are_those_of_the_manual() -> None:
    assert (dask.NOTICE_SECONDS, dask.LIMIT_SECONDS) == (10.0, 600.0)
    manual = " ".join((ROOT / "docs" / "commands.md").read_text("utf-8").split())
    assert "told of after 10 seconds" in manual
    assert "after 10 minutes without one the run ends" in manual
