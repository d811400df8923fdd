"""Arrays in NumPy's files, read without executing anything, and none larger than is told."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

NPY = b"\x93NUMPY"


def is_archive(data: bytes) -> bool:
    """Whether the bytes are a zip of arrays (.npz), and of nothing else."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return all(name.endswith(".npy") for name in archive.namelist())


def read_arrays(data: bytes, most: int) -> dict[str, NDArray[Any]]:
    """The arrays of an .npz by their names, or that of an .npy under "".

    NumPy raises many kinds of errors for what is neither, or broken, or an array of objects.
    Raises ValueError for an archive that unpacks to more than `most` bytes.
    """
    if data.startswith(NPY):
        return {"": np.load(io.BytesIO(data))}  # of itself it reads no pickles
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = sum(entry.file_size for entry in archive.infolist())
    if held > most:
        raise ValueError(f"it unpacks to {held} bytes; at most {most} are read")
    with np.load(io.BytesIO(data)) as arrays:
        return {name: arrays[name] for name in arrays.files}
