"""What the chosen places of a network give for a batch, flattened, one row a string."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from layerproof.theory.errors import InputError
from layerproof.verify.measure.invariance.calls import (
    NETWORK,
    first_not_finite,
    forward_pass,
    layers_of,
)
from layerproof.verify.measure.invariance.inputs import Inputs
from layerproof.verify.measure.invariance.outputs import as_numbers, parts
from layerproof.verify.measure.invariance.probe import Place
from layerproof.verify.measure.invariance.watching import watched


class Recorder:
    """The outputs at some places of a network, each flattened to (strings, width) float64."""

    def __init__(self, model: nn.Module, places: Sequence[Place]) -> None:
        self.model = model
        self.places = tuple(places)
        self.modules = layers_of(model)
        self._calls = Counter[str]()
        self._outputs: dict[str, Tensor | None] = {}

    @contextmanager
    def hooked(self) -> Iterator[None]:
        """Inside, the layers are watched; afterwards they are as they were.

        Raises InputError for a layer that the network does not have.
        """
        layers = {place.layer for place in self.places} - {NETWORK}
        for layer in layers:
            if layer not in self.modules:
                raise InputError("layer", layer, ", ".join(self.modules) or "none")
        with watched({layer: self.modules[layer] for layer in layers}, self._record):
            yield

    def run(self, inputs: Inputs) -> dict[str, Tensor]:
        """One forward pass: name of a place → its output, (strings, width) float64.

        Raises InputError where the network refuses the input, where a layer is not called as it was
        for other strings, and for a layer's outputs that are not finite; it names the layer that
        ran first with them.
        """
        self._calls.clear()
        self._outputs.clear()
        self._record(NETWORK, inputs.given_to(self.model))
        found = {place.name: self._rows(place, inputs.strings) for place in self.places}
        broken = [p for p in self.places if p.layer and not found[p.name].isfinite().all()]
        if broken:
            layer = first_not_finite(forward_pass(self.model, self.modules, inputs))
            raise not_finite(layer or broken[0].layer)
        return found

    def _record(self, layer: str, output: Any) -> None:
        self._calls[layer] += 1
        for place in self.places:
            if (place.layer, place.call) == (layer, self._calls[layer]):
                tensor = parts(output).get(place.part)
                self._outputs[place.name] = None if tensor is None else as_numbers(tensor)

    def _rows(self, place: Place, strings: int) -> Tensor:
        output = self._outputs.get(place.name)
        rows = None if output is None else place.batch.rows(output, strings)
        if rows is None:
            found = "nothing" if output is None else tuple(output.shape)
            allowed = f"what it is for other strings, here with {strings} of them"
            raise InputError(f"output of layer {place.name}", found, allowed)
        return rows


def not_finite(layer: str) -> InputError:
    """The error for a network in which this layer is the first that gives no finite number."""
    allowed = "finite numbers, as all layers give that run before it"
    return InputError(f"output of layer {layer}", "not finite", allowed)
