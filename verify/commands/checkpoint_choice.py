"""Which of a checkpoint's state dicts is the network's: one that is named, or the one that fits."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from layerproof.theory.errors import InputError
from layerproof.verify.commands.checkpoint_files import FIELD, listed

if TYPE_CHECKING:
    from torch import Tensor

KEY = "--checkpoint-key"
USUAL = ("state_dict", "model_state_dict", "model")
"""Where a checkpoint of a training run usually keeps the network's tensors."""
_DEEPEST = 4
"""Keys above a state dict; a file may have any number."""

Tensors = Mapping[str, "Tensor"]


def state_dict(
    path: str, content: Any, key: str | None, fits: Callable[[Tensors], bool]
) -> tuple[str, Tensors]:
    """The state dict that is the network's, after the key that it stands under ("" for none).

    With `key` the one below it: a key, several joined by dots, or words that names of tensors begin
    with. Without, the content itself; or the only one, under any key, that `fits`, or a part of one
    whose names begin with the same words; of several the one that stands under one of the `USUAL`
    keys. Raises InputError where there is none, and where several are left.
    """
    where = ""
    if key is not None:
        where, content = key, _below(path, content, key)
    if _is_state_dict(content):
        found = {where: content}
    else:
        below = _below_any(content)
        found = {".".join(filter(None, (where, name))): state for name, state in below}
    if not found:
        allowed = "a state dict: names and their tensors" + (f", under {key}" if key else "")
        raise InputError(FIELD, path, allowed)
    fitting = {name: state for name, state in found.items() if fits(state)}
    return _only(path, fitting or _parts(found, fits) or found, where)


def _only(path: str, found: Mapping[str, Tensors], where: str) -> tuple[str, Tensors]:
    """The only one, or that under one of the usual keys. Raises InputError for several others."""
    usual = [f"{where}.{name}" if where else name for name in USUAL]
    chosen = next((name for name in usual if name in found), None)
    if chosen is None and len(found) > 1:
        several = f"it has some under {listed(found)}: {KEY} names one"
        raise InputError(FIELD, path, f"a file with one state dict; {several}")
    chosen = chosen or next(iter(found))
    return chosen, found[chosen]


def _parts(found: Mapping[str, Tensors], fits: Callable[[Tensors], bool]) -> dict[str, Tensors]:
    """The parts of state dicts that fit, by the words that their names begin with.

    A training module keeps the network beside its loss, as Lightning's do, or beside a teacher.
    """
    parts: dict[str, Tensors] = {}
    for where, state in found.items():
        for prefix in _prefixes(state):
            name = f"{where}.{prefix}" if where else prefix
            part = _begun(state, prefix)
            inside = any(name.startswith(f"{known}.") for known in parts)
            if not inside and fits(part):
                parts[name] = part
    return parts


def _prefixes(state: Tensors) -> list[str]:
    """The first word of every name, and the first two."""
    words = [name.split(".") for name in state]
    return sorted({".".join(w[:count]) for count in (1, 2) for w in words if len(w) > count})


def _begun(content: Mapping[Any, Any], prefix: str) -> dict[str, Any]:
    """What stands under names that begin with the prefix and a dot, without them."""
    begin = f"{prefix}."
    named = ((n, value) for n, value in content.items() if type(n) is str and n.startswith(begin))
    return {name.removeprefix(begin): value for name, value in named}


def _is_state_dict(value: Any) -> bool:
    import torch

    return (
        isinstance(value, Mapping)
        and len(value) > 0
        and all(type(name) is str and name.isprintable() for name in value)
        and all(torch.is_tensor(tensor) for tensor in value.values())
    )


def _below_any(content: Any, depth: int = 1) -> Iterator[tuple[str, Tensors]]:
    """Every state dict below the content, after its keys, joined by dots."""
    if not isinstance(content, Mapping) or depth > _DEEPEST:
        return
    for key, value in content.items():
        if type(key) is not str or not key.isprintable():
            continue
        if _is_state_dict(value):
            yield key, value
        else:
            yield from ((f"{key}.{name}", state) for name, state in _below_any(value, depth + 1))


def _below(path: str, content: Any, key: str) -> Any:
    """What stands below the key. Raises InputError, with what there is, where nothing does."""
    found = _reached(content, key)
    if found is None:
        names = [name for name in content if type(name) is str] if _keyed(content) else []
        allowed = f"a key of {path}, which has {listed(names, 8) or 'none'}"
        raise InputError(KEY, key, allowed)
    return found


def _reached(content: Any, key: str) -> Any:
    if not _keyed(content):
        return None
    if key in content:
        return content[key]
    if begun := _begun(content, key):
        return begun
    for end in (place for place, letter in enumerate(key) if letter == "."):
        if (below := content.get(key[:end])) is not None:
            found = _reached(below, key[end + 1 :])
            if found is not None:
                return found
    return None


def _keyed(content: Any) -> bool:
    return isinstance(content, Mapping)
