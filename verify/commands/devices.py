"""The device a command computes on."""

import re
from importlib.util import find_spec
from pathlib import Path

from layerproof.theory.errors import InputError

ALLOWED = "cpu, cuda or cuda:N, N a device that this machine has"


def check_device(device: str | None) -> None:
    """Refuse a device that is not there; torch is imported only where one other than cpu is named.

    For commands that compute without torch: they accept the option and run on the CPU.
    """
    if device in (None, "cpu"):
        return
    if not re.fullmatch(r"cuda(:[0-9]{1,4})?", device):
        raise InputError("--device", device, ALLOWED)
    from layerproof.layerwise.devices import resolve_device

    resolve_device(device)


def device_name(device: str | None) -> str:
    """The name of the device to compute on: CUDA where there is one, unless another is named.

    Torch, which takes a second to load, is asked only where it was built for more than the CPU.
    Raises InputError for a device that is not there.
    """
    if device == "cpu" or (device is None and _for_cpu_only()):
        return "cpu"
    from layerproof.layerwise.devices import resolve_device

    return str(resolve_device(device))


def _for_cpu_only() -> bool:
    """Whether the file in which torch keeps its version names no accelerator."""
    torch = find_spec("torch")
    if torch is None or torch.origin is None:
        return False
    file = Path(torch.origin).with_name("version.py")
    text = file.read_text("utf-8") if file.exists() else ""
    return all(re.search(rf"^{name}\b.*= None$", text, re.MULTILINE) for name in ("cuda", "hip"))
