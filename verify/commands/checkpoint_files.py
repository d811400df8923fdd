"""The files that hold tensors, known by their content; why one is refused, in whole."""

import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import LONGEST_VALUE, InputError, shortened
from layerproof.theory.files import check_file

if TYPE_CHECKING:
    from torch import device

FIELD = "--checkpoint"
LONGEST_REASON = 500
_POINTER = b"version https://git-lfs"
_PICKLE = b"\x80"


class Refused(Exception):
    """A file that is not read, with the whole reason."""


def read_checkpoint(path: str, place: "device") -> Any:
    """What the file holds: safetensors or a file of torch.save, whatever its name; nothing runs.

    Raises InputError where it cannot be read so, with the reason: every name of a pickle that is
    none of a tensor's.
    """
    check_file(path, FIELD)
    try:
        return _reader(path)(path, place)
    except Exception as error:  # the readers raise many kinds, of which none has a common base
        allowed = f"a safetensors file, or tensors kept by torch.save ({_reason(path, error)})"
        raise InputError(FIELD, path, allowed) from error


def listed(names: Iterable[str], most: int = 4) -> str:
    """The first of the names, each worth printing, and how many more there are."""
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(map(_cut, known[:most])) + more


def _cut(name: str) -> str:
    """A name that is worth printing; a file may have any."""
    return name if 0 < len(name) <= LONGEST_VALUE else shortened(name)


def _reader(path: str) -> "Callable[[str, device], Any]":
    """By the first bytes: 8 of the header's length, and the header, which is JSON."""
    with Path(path).open("rb") as file:
        start = file.read(len(_POINTER))
    if start == _POINTER:
        raise Refused("it is a pointer of Git LFS: `git lfs pull` fetches the file")
    length = int.from_bytes(start[:8], "little")
    if start[8:9] == b"{" and length + 8 <= Path(path).stat().st_size:
        return _safetensors
    known = start.startswith(_PICKLE) or zipfile.is_zipfile(path)
    return _safetensors if Path(path).suffix == ".safetensors" and not known else _of_torch


def _safetensors(path: str, place: "device") -> Any:
    from safetensors.torch import load_file

    return load_file(path, device=str(place))


def _of_torch(path: str, place: "device") -> Any:
    import torch

    if zipfile.is_zipfile(path):
        _check_archive(path)
    with Path(path).open("rb") as file:  # by its name torch would take another reader
        return torch.load(file, map_location=place, weights_only=True)


def _check_archive(path: str) -> None:
    """Raise Refused for code, and for what is packed, which torch.save does not do."""
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
    if any(entry.filename.endswith("/constants.pkl") for entry in entries):
        kept = "torch.jit.load(FILE).state_dict()"
        raise Refused(
            f"it is a TorchScript archive, whose code is not run: keep {kept} by torch.save"
        )
    held = sum(entry.file_size for entry in entries)
    if held > Path(path).stat().st_size:
        raise Refused(f"it unpacks to {held} bytes, more than it has")


def _reason(path: str, error: Exception) -> str:
    """What keeps the file from being read, in one sentence or two."""
    if isinstance(error, Refused):
        return str(error)
    text = " ".join(str(error).split())
    if names := _foreign(path, text):
        return (
            f"its pickle names {listed(names, 6)}, which a state dict does not need; to read it"
            " could run code, and nothing was run: where you trust the file, keep its state dict"
            " alone by torch.save"
        )
    told = re.search(r"WeightsUnpickler error: (.*?)(?: Check the documentation|$)", text)
    whole = f"no pickle of plain tensors: {told[1]}" if told else f"{type(error).__name__}: {text}"
    return whole if len(whole) <= LONGEST_REASON else f"{whole[:LONGEST_REASON]} …"


def _foreign(path: str, text: str) -> list[str]:
    """What the pickle names beside tensors: all of it in a zip, else the first; none is loaded."""
    from torch.serialization import get_unsafe_globals_in_checkpoint

    try:
        names = get_unsafe_globals_in_checkpoint(path)
    except Exception:  # noqa: BLE001 -- an older format, or a broken file: the error tells one
        names = []
    return sorted(names) or re.findall(r"GLOBAL (\S+) was not an allowed", text)
