"""The layerwise learner: one shared map per level, applied to every patch (R26 eqs. 1, 2).

Level L embeds tokens as one-hot vectors; the layer of level l maps the s concatenated embeddings of
a level-l patch to the embedding of its parent, a level-(l−1) token. The same layer acts on every
patch of the level: a convolution whose kernel size and stride are s.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from layerproof.layerwise.devices import (
    full_precision,
    require_memory,
    rows_per_chunk,
    usable_memory,
)
from layerproof.layerwise.distinct import distinct_rows
from layerproof.layerwise.features import RandomFourierFeatures, rbf_kernel
from layerproof.theory.errors import InputError


def normalised(scores: Tensor) -> Tensor:
    """W x / ⟨1, W x⟩ along the last axis, of any shape (..., n).

    Where the sum is no larger than the rounding of its own terms there is nothing to divide by:
    such a row becomes uniform. A patch that no sample showed is one, far from every anchor.
    """
    total = scores.sum(dim=-1, keepdim=True)
    size = scores.shape[-1]
    rounding = size * torch.finfo(scores.dtype).eps * scores.abs().sum(dim=-1, keepdim=True)
    usable = total.abs() > rounding
    ratio = scores / torch.where(usable, total, torch.ones_like(total))
    return torch.where(usable, ratio, torch.full_like(ratio, 1 / size))


class Layer(nn.Module):
    """One stage's map from pre-features (..., s d) to embeddings (..., n)."""

    inputs: int
    outputs: int
    columns: int
    """Width of the temporary matrix that one row of input needs."""

    def scores(self, points: Tensor) -> Tensor:
        """W x of each pre-feature, before it is normalised: (r, s d) to (r, n)."""
        raise NotImplementedError

    def forward(self, points: Tensor) -> Tensor:
        """W x / ⟨1, W x⟩ of each pre-feature: (..., s d) to (..., n)."""
        rows = points.reshape(-1, points.shape[-1])
        pieces = rows.split(rows_per_chunk(self.columns, points))
        scores = torch.cat([self.scores(piece) for piece in pieces])
        return normalised(scores).reshape(*points.shape[:-1], self.outputs)


class KernelLayer(Layer):
    """The layer with exact kernel features: W x = Σ_i c_i ψ_σ(x_i, x).

    `anchors` (c, s d) are pre-features seen in training, `coefficients` (c, n) what was trained.
    """

    anchors: Tensor

    def __init__(self, anchors: Tensor, coefficients: Tensor, bandwidth: float) -> None:
        super().__init__()
        self.register_buffer("anchors", anchors.contiguous())
        self.coefficients = nn.Parameter(coefficients.contiguous(), requires_grad=False)
        self.bandwidth = bandwidth
        self.columns, self.inputs = anchors.shape
        self.outputs = coefficients.shape[1]

    def scores(self, points: Tensor) -> Tensor:
        """Σ_i c_i ψ_σ(x_i, x): (r, s d) to (r, n)."""
        return rbf_kernel(points, self.anchors, self.bandwidth) @ self.coefficients


class FeatureLayer(Layer):
    """The layer with random Fourier features Φ: W x = W Φ(pre-feature), `weight` W (n, 2M)."""

    def __init__(self, features: RandomFourierFeatures, weight: Tensor) -> None:
        super().__init__()
        self.features = features
        self.weight = nn.Parameter(weight.contiguous(), requires_grad=False)
        self.bandwidth = features.bandwidth
        self.columns = 2 * features.omega.shape[0]
        self.inputs = features.omega.shape[1]
        self.outputs = weight.shape[0]

    def scores(self, points: Tensor) -> Tensor:
        """W Φ of each pre-feature: (r, s d) to (r, n)."""
        features: Tensor = self.features(points)
        return features @ self.weight.mT


class LayerwiseLearner(nn.Module):
    """The network: token embeddings of every level, from the leaves to the label.

    Layers are attached from level L down to level 1 as they are trained; an attached layer is
    frozen (nothing in it requires a gradient). Equal patches of a batch are embedded once.
    """

    one_hot: Tensor

    def __init__(
        self,
        vocabulary: int,
        branching: int,
        levels: int,
        *,
        device: torch.device | None = None,
        dtype: torch.dtype = torch.float64,
    ) -> None:
        """`vocabulary` is V_L, the number of leaf tokens.

        Raises InputError where their one-hot vectors would not fit into memory.
        """
        where, needed = device or torch.device("cpu"), vocabulary**2 * dtype.itemsize
        most = math.isqrt(usable_memory(where) // 2 // dtype.itemsize)
        fits = f"at most {most}, whose one-hot vectors fit into memory"
        require_memory(needed, where, "the number of leaf tokens", vocabulary, fits)
        super().__init__()
        self.vocabulary = vocabulary
        self.branching = branching
        self.levels = levels
        self.layers = nn.ModuleDict()
        one_hot = torch.eye(vocabulary, dtype=dtype, device=device)
        self.register_buffer("one_hot", one_hot, persistent=False)

    @property
    def device(self) -> torch.device:
        """Where the learner computes."""
        return self.one_hot.device

    @property
    def dtype(self) -> torch.dtype:
        """The precision of its embeddings."""
        return self.one_hot.dtype

    def layer(self, level: int) -> Layer:
        """The trained layer of `level` (1, …, L). Raises InputError where it is not trained."""
        layer = dict(self.layers.items()).get(str(level))
        if not isinstance(layer, Layer):
            trained = ", ".join(self.layers) or "none yet"
            raise InputError("level", level, f"a level whose layer is trained ({trained})")
        return layer

    def attach(self, level: int, layer: Layer) -> None:
        """Add the trained layer of `level`; every level below it must be there already."""
        below = self.levels - level
        if len(self.layers) != below:
            allowed = f"{self.levels - len(self.layers)}, the next level from the leaves up"
            raise InputError("level", level, allowed)
        width = self.vocabulary if below == 0 else self.layer(level + 1).outputs
        if layer.inputs != self.branching * width:
            allowed = f"{self.branching * width}, s times the embedding dimension of level {level}"
            raise InputError(f"layer {level}: input dimension", layer.inputs, allowed)
        self.layers[str(level)] = layer

    def embed(self, leaves: Tensor, level: int) -> Tensor:
        """Embeddings of the level-`level` tokens above the leaves, (B, w) to (B, w/s^(L−l), d).

        w is any multiple of s^(L−l): whole strings, or the leaves below one or more tokens.
        Raises InputError where the leaves are no integer tokens in 0, …, V_L − 1, or have a length
        that is no such multiple.
        """
        table, index = self.tokens(leaves, level)
        return table[index]

    @full_precision()
    def tokens(self, leaves: Tensor, level: int) -> tuple[Tensor, Tensor]:
        """The embeddings of :meth:`embed`, each once: a table (t, d) and an index (B, w/s^(L−l)).

        Tokens with the same leaves below share an entry; ``table[index]`` are the embeddings.
        """
        self._check(leaves, self.branching ** (self.levels - level))
        table, index = self.one_hot, leaves.to(self.device, torch.int64)
        for upper in range(self.levels, level, -1):
            patches, place = distinct_rows(index.reshape(-1, self.branching), len(table))
            table = self.layer(upper)(table[patches].flatten(1))
            index = place.reshape(len(leaves), index.shape[1] // self.branching)
        return table, index

    def forward(self, leaves: Tensor) -> Tensor:
        """The label's embedding h^(0) of whole strings, (B, s^L) to (B, n); argmax predicts.

        Raises InputError as :meth:`embed` does.
        """
        length = self.branching**self.levels
        if leaves.ndim != 2 or leaves.shape[1] != length:
            raise InputError("shape of leaves", tuple(leaves.shape), f"(strings, {length})")
        return self.embed(leaves, 0)[:, 0]

    def _check(self, leaves: Tensor, unit: int) -> None:
        if leaves.ndim != 2 or leaves.shape[1] == 0 or leaves.shape[1] % unit:
            allowed = f"(strings, tokens) with a multiple of {unit} tokens"
            raise InputError("shape of leaves", tuple(leaves.shape), allowed)
        if leaves.is_floating_point() or leaves.is_complex() or leaves.dtype == torch.bool:
            raise InputError("dtype of leaves", leaves.dtype, "an integer dtype")
        if len(leaves) and not 0 <= int(leaves.min()) <= int(leaves.max()) < self.vocabulary:
            worst = int(leaves.min()) if int(leaves.min()) < 0 else int(leaves.max())
            raise InputError("leaf token", worst, f"0 to {self.vocabulary - 1}")
