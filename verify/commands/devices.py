"""The device a command computes on."""

import re

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
