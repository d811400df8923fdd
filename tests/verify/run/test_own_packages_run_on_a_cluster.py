"""A user's check runs on Dask workers that have its package, and is told of where one has not."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.own_packages import ROOT, install_example, layerproof

distributed = pytest.importorskip("distributed", reason="the cluster extra is not installed")


@contextmanager
def _dask(folder: Path, path: str, *arguments: str) -> Iterator[None]:
    with (
        open(folder / "dask.log", "ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "dask", *arguments],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        ) as process,
    ):
        try:
            yield
        finally:
            process.kill()


@contextmanager
def cluster(folder: Path, path: str) -> Iterator[str]:
    """A scheduler and a worker on loopback, which see the packages on `path`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    with ExitStack() as stack:
        for arguments in (
            ("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
            ("worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
        ):
            stack.enter_context(_dask(folder, path, *arguments))
        with distributed.Client(address, timeout=60) as client:
            client.wait_for_workers(1, timeout=60)
        yield address


VERIFY = ("verify", "--only", "mine.strings", "-o", "kept", "--json", "--cluster")


def test_a_worker_that_has_the_package_runs_its_check(tmp_path: Path) -> None:
    install_example(tmp_path)
    with cluster(tmp_path, os.pathsep.join([str(tmp_path), str(ROOT)])) as address:
        done = layerproof(*VERIFY, address, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["results"]
    assert (row["statement"], row["verdict"], row["trials"]) == ("mine.strings", "holds", 20)


def test_a_worker_that_lacks_the_package_is_refused(tmp_path: Path) -> None:
    install_example(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    with cluster(tmp_path / "elsewhere", str(ROOT)) as address:
        done = layerproof(*VERIFY, address, folder=tmp_path)
    assert (done.returncode, done.stdout) == (4, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("layerproof: --cluster")
    assert "workers with the code and the packages of this process" in last
