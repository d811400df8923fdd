"""Names of a checkpoint's tensors beside those of the network: wrappers, prefixes, tied weights."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

WRAPPERS = frozenset(("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"))
"""What DataParallel, torch.compile, FSDP and activation checkpointing put into names."""

COUNTERS = frozenset(("n_averaged",))
"""What an averaged copy of a network (torch.optim.swa_utils) keeps beside its tensors."""


@dataclass(frozen=True)
class Naming:
    """`of`: a checkpoint's name → the network's; `without`: the prefix that was taken off."""

    of: Mapping[str, str]
    without: str = ""


def naming(found: Collection[str], wanted: Collection[str]) -> Naming:
    """The first naming under which the checkpoint has the network's names, or the nearest one.

    Tried in this order: as they are; without what wrappers put into them, on both sides; and then
    without one, two, … words that all of the checkpoint's names begin with.

    >>> naming(["module.model.0.weight"], ["0.weight"])
    Naming(of={'module.model.0.weight': '0.weight'}, without='module.model.')
    """
    candidates = list(_namings(found, wanted))
    wished = set(wanted)
    return max(candidates, key=lambda one: len(wished.intersection(one.of.values())))


def _namings(found: Collection[str], wanted: Collection[str]) -> Iterator[Naming]:
    yield Naming({name: name for name in found})
    own = {_bare(name): name for name in wanted}
    bare = {name: _bare(name) for name in found}
    if len(own) < len(wanted) or len(set(bare.values())) < len(bare):
        return
    words = sorted({w for name in found for w in name.split(".")[:-1]} & WRAPPERS)
    wrapper = "".join(f"{word}." for word in words)
    yield Naming({name: own.get(short, short) for name, short in bare.items()}, wrapper)
    shared = ""
    while (prefix := _shared_word(bare.values())) is not None:
        shared += prefix
        bare = {name: short.removeprefix(prefix) for name, short in bare.items()}
        yield Naming(
            {name: own.get(short, short) for name, short in bare.items()}, wrapper + shared
        )


def _bare(name: str) -> str:
    """The name without the words of wrappers; the last word is a tensor's own."""
    *words, last = name.split(".")
    return ".".join([word for word in words if word not in WRAPPERS] + [last])


def _shared_word(names: Collection[str]) -> str | None:
    """The word, with its dot, that all names begin with; a layer's number is none."""
    first = {name.partition(".")[0] if "." in name else "" for name in names}
    word = first.pop() if len(first) == 1 else ""
    return f"{word}." if word and not word.isdecimal() else None


def tied(wanted: "Mapping[str, Tensor]") -> dict[str, list[str]]:
    """For each of the network's names the names of the same memory, where it has several."""
    groups: dict[object, list[str]] = {}
    for name, value in wanted.items():
        try:
            place = (value.data_ptr(), value.dtype, tuple(value.shape), value.stride())
        except RuntimeError:  # a tensor without memory of its own, such as a sparse one
            continue
        if value.numel():
            groups.setdefault(place, []).append(name)
    return {name: names for names in groups.values() if len(names) > 1 for name in names}
