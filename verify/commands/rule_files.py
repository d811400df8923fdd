"""Rule tensors of other codes, read from a file without executing anything in it."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from layerproof.theory.array_files import is_archive, read_arrays
from layerproof.theory.errors import InputError
from layerproof.theory.files import read_bytes
from layerproof.verify.commands.user_code import why

if TYPE_CHECKING:
    from layerproof.theory.rule_tensors import ReadRules

FIELD = "--from"

MOST_BYTES = 2**28
"""Of the file, and of what it unpacks to."""

ALLOWED = (
    "a file of torch.save that holds a list or dict of integer tensors, one a level, or a .npz of"
    " such arrays"
)

NAMED = ("paths", "rules", "tuples", "all_levels_paths", "all_levels_tuples")
"""Under which of its keys a file that holds more has the rules."""


def read_rules(path: str) -> "ReadRules":
    """The grammar in a file of rule tensors. Raises InputError where it holds none.

    Nothing in the file is executed: torch reads it with ``weights_only``, numpy without pickles.
    """
    from layerproof.theory.rule_tensors import grammar_of_rules

    data = read_bytes(path, FIELD, most=MOST_BYTES)
    return grammar_of_rules(_tables(_opened(path, data), path), f"{FIELD} {path}: rules")


def _opened(path: str, data: bytes) -> Any:
    """What the file holds."""
    try:
        if is_archive(data):
            return read_arrays(data, MOST_BYTES)
        import torch

        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except Exception as error:  # the readers raise many kinds, of which none has a common base
        raise InputError(FIELD, path, f"{ALLOWED} ({why(error)})") from error


def _tables(found: Any, path: str) -> list[Any]:
    """One array a level, labels first, of whatever the file holds."""
    for _ in range(3):  # no code nests them deeper
        if isinstance(found, Mapping):
            inner = [found[name] for name in NAMED if name in found]
            found = inner[0] if inner else _by_level(found, path)
        elif isinstance(found, Sequence) and found and not _is_table(found[0]):
            found = found[0]  # paths and tuples together: the paths say all
    if _is_table(found) and len(found.shape) == 4:  # as many labels as symbols, in one tensor
        found = list(found)
    if not isinstance(found, Sequence) or not found or not all(map(_is_table, found)):
        raise InputError(FIELD, path, ALLOWED)
    return [table.numpy() if hasattr(table, "numpy") else table for table in found]


def _is_table(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _by_level(found: Mapping[Any, Any], path: str) -> list[Any]:
    """The values in the order of the numbers in their keys: 0, "1", "arr_2", "rules_3"."""
    levels = {}
    for key, value in found.items():
        digits = re.findall(r"\d+", str(key))
        if not digits or int(digits[-1]) in levels:
            allowed = f"{ALLOWED}; a key with the number of its level, for each level one"
            raise InputError(FIELD, path, f"{allowed}, not {str(key)[:40]!r}")
        levels[int(digits[-1])] = value
    return [levels[level] for level in sorted(levels)]
