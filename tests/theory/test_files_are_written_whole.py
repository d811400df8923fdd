"""A file is written whole or not at all; a path that cannot be used is refused in a sentence."""

import os
from pathlib import Path

import pytest

from layerproof.theory.errors import InputError
from layerproof.theory.files import atomic_write_bytes, atomic_write_text, check_writable, read_text

as_root = hasattr(os, "geteuid") and os.geteuid() == 0


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    atomic_write_text(tmp_path / "a.txt", "κ = ∞\n")
    assert read_text(tmp_path / "a.txt") == "κ = ∞\n"
    assert names(tmp_path) == ["a.txt"]


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    atomic_write_bytes(tmp_path / "a", b"old and longer")
    atomic_write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


def test_a_new_file_has_the_permissions_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    atomic_write_bytes(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.parametrize("failure", [KeyboardInterrupt, MemoryError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failure: type[BaseException]
) -> None:
    def interrupted(descriptor: int) -> None:
        raise failure

    atomic_write_bytes(tmp_path / "a", b"old")
    monkeypatch.setattr("layerproof.theory.files.os.fsync", interrupted)
    with pytest.raises(failure):
        atomic_write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_a_refusal_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("layerproof.theory.files.os.fsync", full)
    with pytest.raises(InputError, match="No space left on device"):
        atomic_write_bytes(tmp_path / "a", b"new")
    assert names(tmp_path) == []


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    atomic_write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "text"


def test_a_device_is_written_to(tmp_path: Path) -> None:
    atomic_write_text("/dev/null", "text")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("path", ["missing/a", "."])
def test_a_path_that_cannot_be_written_is_refused_by_name(tmp_path: Path, path: str) -> None:
    for refuse in (check_writable, lambda p, f: atomic_write_text(p, "text", f)):
        with pytest.raises(InputError) as caught:
            refuse(tmp_path / path, "-o/--output")
        assert caught.value.field == "-o/--output"
        assert (tmp_path / path).name in str(caught.value)


@pytest.mark.skipif(as_root, reason="the superuser may write everywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(InputError, match="Permission denied"):
        check_writable(tmp_path / "a")


@pytest.mark.parametrize("content", [None, b"\xff\xfe\xff"])
def test_a_file_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_text(tmp_path / "a", "--grammar")
    assert caught.value.field == "--grammar"
