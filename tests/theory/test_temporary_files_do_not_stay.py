"""What a killed process left is removed by the next one; what is anybody else's stays."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layerproof.theory.files import (
    atomic_write_bytes,
    atomic_write_text,
    check_writable,
    output_file,
)
from layerproof.theory.temporary import remove_left_behind, temporary_file

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, sys
from pathlib import Path
from layerproof.theory.files import atomic_write_bytes
Path.replace = lambda self, target: os._exit(9)
atomic_write_bytes(sys.argv[1], b"new")
"""
LEFT = ".layerproof-0123456789abcdef.tmp"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def killed_while_writing(path: Path) -> None:
    """Between the last byte and the new name."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, timeout=60)
    assert done.returncode == 9


def test_the_next_file_written_there_takes_a_killed_ones_with_it(tmp_path: Path) -> None:
    atomic_write_bytes(tmp_path / "a", b"old")
    killed_while_writing(tmp_path / "a")
    assert len(names(tmp_path)) == 2  # else the test tests nothing
    assert (tmp_path / "a").read_bytes() == b"old"
    check_writable(tmp_path / "b")
    assert names(tmp_path) == ["a"]


def test_those_of_running_processes_stay(tmp_path: Path) -> None:
    with temporary_file(tmp_path) as (_, path):
        remove_left_behind(tmp_path)
        atomic_write_bytes(tmp_path / "a", b"new")
        assert names(tmp_path) == [path.name, "a"]
    assert names(tmp_path) == ["a"]


def test_what_has_another_name_kind_or_owner_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [".a.0123abcd.tmp", ".layerproof-0123.tmp", f"{LEFT}.tmp", f"x{LEFT}", "mine"]
    for name in others:
        (tmp_path / name).write_text("mine")
    (tmp_path / LEFT).symlink_to("mine")
    (tmp_path / LEFT.replace("0", "1")).mkdir()
    os.mkfifo(tmp_path / LEFT.replace("0", "2"))
    os.link(tmp_path / "mine", tmp_path / LEFT.replace("0", "3"))
    before = names(tmp_path)
    remove_left_behind(tmp_path)
    assert names(tmp_path) == before
    (tmp_path / LEFT.replace("0", "4")).write_text("of another user")
    with monkeypatch.context() as patch:
        patch.setattr("layerproof.theory.temporary.os.geteuid", lambda: os.getuid() + 1)
        remove_left_behind(tmp_path)
    assert len(names(tmp_path)) == len(before) + 1
    remove_left_behind(tmp_path)
    assert names(tmp_path) == before


def test_one_that_is_taken_for_a_left_one_before_its_lock_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from layerproof.theory import temporary

    lock, times = temporary._lock, []

    def late(descriptor: int) -> None:
        if not times:
            remove_left_behind(tmp_path)  # another process, between the file and its lock
        times.append(descriptor)
        lock(descriptor)

    monkeypatch.setattr(temporary, "_lock", late)
    atomic_write_bytes(tmp_path / "a", b"new")
    assert len(times) == 2
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_name_of_any_length_that_the_system_takes_is_written(tmp_path: Path) -> None:
    """80 characters of three bytes: a longer name beside it would be none."""
    atomic_write_bytes(tmp_path / ("語" * 84), b"new")
    assert names(tmp_path) == ["語" * 84]


def test_what_was_private_stays_private(tmp_path: Path) -> None:
    (tmp_path / "a").touch(mode=0o600)
    atomic_write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o600


def test_half_a_character_is_written_as_json_writes_it(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "a", '"\udcff"')
    assert (tmp_path / "a").read_bytes() == rb'"\udcff"'


def test_an_output_that_nobody_writes_leaves_nothing(tmp_path: Path) -> None:
    with output_file(tmp_path / "a"):
        assert names(tmp_path) == []
    assert names(tmp_path) == []
