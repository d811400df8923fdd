"""Which layers are measured, in the order in which they run, and which are not, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance.calls import CallOutput
from layerproof.verify.measure.invariance.layer_names import named_calls
from layerproof.verify.measure.invariance.network_output import LeftOutLayer, Rerun
from layerproof.verify.measure.invariance.outputs import BatchAxis
from layerproof.verify.measure.invariance.probe import Place, Probe
from layerproof.verify.measure.invariance.recorder import not_finite

OUTPUT = "network's output"
"""What the network's own output is called, beside its layers."""

MOST_CALLS = 8
"""Of a layer that is called more often, only the calls that are named are measured."""

CONTAINERS = (nn.ModuleList, nn.ModuleDict, nn.ParameterList, nn.ParameterDict)
"""What nobody calls."""


@dataclass(frozen=True)
class LayerChoice:
    """What is measured: places in layers, and in the network's output, None where it cannot be."""

    layers: tuple[Place, ...]
    output: Place | None
    left_out: tuple[LeftOutLayer, ...]
    random: tuple[Rerun, ...]
    mixed: tuple[str, ...]
    asked: tuple[int, ...]
    """For each of the layers, its place in the list that was given."""
    output_of: str | None
    """The layer whose output the network's is."""

    @property
    def places(self) -> tuple[Place, ...]:
        """The layers', then the output's."""
        return (*self.layers, *([] if self.output is None else [self.output]))


def choose(
    probe: Probe, model: nn.Module, layers: Sequence[str] | None, scores: str | int | None
) -> LayerChoice:
    """The named layers, or else all that run and have none inside them that runs.

    `scores` says which part of the network's output counts. Raises InputError for a name that the
    network does not have or that is not enough, for named layers that cannot be measured, where
    nothing can be, and for outputs that are not finite.
    """
    if layers is None:
        places, left_out = found_places(probe, model)
    else:
        places, left_out = _asked(probe, layers), []
    output = _output(probe, scores)
    if isinstance(output, LeftOutLayer):
        left_out.append(output)
    chosen = output if isinstance(output, Place) else None
    if not places and chosen is None:
        reasons = "; ".join(f"{one.layer}: {one.reason}" for one in left_out)
        known = ", ".join(probe.modules) or "the network's submodules"
        raise InputError("layers", f"none of {known}", f"some that can be measured ({reasons})")
    if probe.not_finite and any(not probe.finite(place) for place in places):
        raise not_finite(probe.not_finite)
    order = sorted(range(len(places)), key=lambda k: probe.order[places[k].layer, places[k].call])
    all_places = [*(places[k] for k in order), *([chosen] if chosen else [])]
    reruns = [one for one in map(probe.rerun, all_places) if one is not None]
    drawing = {one.layer for one in reruns}
    return LayerChoice(
        layers=tuple(places[k] for k in order),
        output=chosen,
        left_out=tuple(left_out),
        random=tuple(reruns),
        mixed=tuple(p.name for p in all_places if p.name not in drawing and probe.mixes(p)),
        asked=tuple(order),
        output_of=None if chosen is None else _same(probe, chosen, [places[k] for k in order]),
    )


def _asked(probe: Probe, names: Sequence[str]) -> list[Place]:
    places = []
    for name, (one, part) in zip(names, named_calls(probe, names), strict=True):
        place = located(probe, one, part, name)
        if isinstance(place, LeftOutLayer):
            raise InputError("layer", name, f"one that can be measured; {place.reason}")
        places.append(place)
    return places


def found_places(probe: Probe, model: nn.Module) -> tuple[list[Place], list[LeftOutLayer]]:
    """Every layer that runs and has none inside it that runs; the others, with the reason."""
    ran = {one.layer for one in probe.calls}
    around = {above for layer in ran for above in _above(layer)}
    holders = {above for layer in probe.modules for above in _above(layer)}
    found: list[Place | LeftOutLayer] = []
    for layer, module in probe.modules.items():
        if layer in ran - around:
            found += _of_layer(probe, layer)
        elif layer not in ran | holders and not isinstance(module, CONTAINERS):
            found.append(LeftOutLayer(layer, _not_called(layer, ran, model)))
    return (
        [one for one in found if isinstance(one, Place)],
        [one for one in found if isinstance(one, LeftOutLayer)],
    )


def _above(layer: str) -> Iterator[str]:
    """The names of what holds it, the nearest first."""
    while layer := layer.rpartition(".")[0]:
        yield layer


def _of_layer(probe: Probe, layer: str) -> Iterator[Place | LeftOutLayer]:
    calls = probe.of_layer(layer)
    if len(calls) > MOST_CALLS:
        last = f"{layer}#{len(calls)}"
        yield LeftOutLayer(layer, f"called {len(calls)} times; name a call, such as {last}")
        return
    for one in calls:
        name = layer if len(calls) == 1 else f"{layer}#{one.call}"
        for part in one.usual or [""]:
            yield located(probe, one, part, name if len(one.usual) < 2 else name + part)


def located(probe: Probe, one: CallOutput, part: str, name: str) -> Place | LeftOutLayer:
    """This part of a call's output as a place of that name, or why it cannot be measured."""
    place = Place(one.layer, one.call, part, name, BatchAxis(0))
    batch = probe.batch(place)
    return LeftOutLayer(name, batch) if isinstance(batch, str) else replace(place, batch=batch)


def _not_called(layer: str, ran: set[str], model: nn.Module) -> str:
    for above in _above(layer):
        if above in ran:
            return f"not called by {above}, which runs as a whole"
    if isinstance(model, torch.jit.ScriptModule):
        return "inside TorchScript, which calls nothing in Python"
    return "not called in a forward pass"


def _output(probe: Probe, scores: str | int | None) -> Place | LeftOutLayer:
    """The part of the network's output that `scores` names, or that a dict calls logits."""
    one = probe.calls[-1]
    part = f"[{scores}]" if scores is not None else ""
    if scores is not None and part not in one.tensors:
        known = ", ".join(name.strip("[]") for name in one.tensors if name) or "nothing: it has one"
        raise InputError("scores", scores, known)
    if scores is None and "[logits]" in one.tensors:
        part = "[logits]"
    elif scores is None and len(one.usual) > 1:
        listed = ", ".join(name.strip("[]") for name in one.usual)
        return LeftOutLayer(
            OUTPUT, f"it gives several tensors; `scores` says which counts: {listed}"
        )
    elif scores is None:
        part = one.usual[0] if one.usual else ""
    found = located(probe, one, part, OUTPUT)
    if isinstance(found, Place) and not probe.finite(found):
        return LeftOutLayer(OUTPUT, f"it is not finite{_first(probe)}")
    return found


def _first(probe: Probe) -> str:
    return f"; of the layers, {probe.not_finite} ran first with that" if probe.not_finite else ""


def _same(probe: Probe, output: Place, layers: Sequence[Place]) -> str | None:
    """The last layer that gives what the network gives."""
    return next((one.name for one in reversed(layers) if probe.equal(one, output)), None)
