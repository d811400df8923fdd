"""What a layerwise denoiser pays over the exact one, beside what counting its rules costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, TypedDict

from pydantic import Field

from layerproof.theory.grammar import Grammar
from layerproof.verify.checks.base import Check, Outcome, Row, Trial
from layerproof.verify.checks.premises import LEARNABLE, Answers, Given
from layerproof.verify.checks.signal_parameter import SignalDepthsParameters
from layerproof.verify.checks.threshold_runs import learnable
from layerproof.verify.statistics import mean_interval
from layerproof.verify.verdicts.claims import Claim, Equality

if TYPE_CHECKING:
    from torch import Tensor

    from layerproof.layerwise.denoising.rule_network import RuleNetwork

HIDDEN = 0.5
"""Share of the tokens that is masked where the masked loss is looked at."""


class LayerwiseDenoiserParameters(SignalDepthsParameters):
    """Grammars of several depths, and how their denoisers are learned."""

    strings: float = Field(24.0, gt=0, description="strings of a stage, times V m^3/(1 - f)")
    decoder: Literal["patch", "child"] = Field(
        "patch",
        description="what is regressed: the patch on its parent, or a child on all the rest",
    )
    shuffled: bool = Field(False, description="the null: which cluster a patch is in is chance")
    test: int = Field(300, ge=50, description="test strings of a grammar")
    margin: float = Field(0.1, gt=0, description="relative margin of the excess")
    masked_margin: float = Field(0.005, gt=0, description="share of the exact masked loss")

    @property
    def samples(self) -> int:
        """Strings of a stage; V m³ of them where f = 1."""
        f = self.m / self.V ** (self.s - 1)
        return math.ceil(self.strings * self.V * self.m**3 / (1 - f if f < 1 else 1))


class Excess(TypedDict):
    """By depth: the excess in nats a string, and that of the masked loss by its exact value."""

    divergence: dict[str, float]
    masked: dict[str, float]


class LayerwiseDenoiser(Check[LayerwiseDenoiserParameters]):
    """KL(P‖P̂) by log-likelihoods of test strings, and the loss of masked tokens by both passes."""

    id = "layerwise-denoiser"
    statement = "derived.layerwise-denoiser"
    turned_by = ("too-few-samples",)
    may_be_turned_by = ("ambiguous-rules", "dead-symbol", "identical-parents", "uncorrelated-rules")
    quantity = "excess over the exact denoiser"
    parameters = LayerwiseDenoiserParameters
    about_ensemble = True
    needs_torch = True
    answers: ClassVar[Answers] = {
        **LEARNABLE,
        "ensemble.uniform-first-token": Given("the default ensemble, at every depth"),
        "derived.layerwise-denoiser/recipe": Given(
            "they are, but with another `signal` or `decoder`, or `shuffled`, which are judged all"
            " the same: these must fail"
        ),
    }

    def rows(self, parameters: LayerwiseDenoiserParameters) -> Sequence[Row]:
        """Divergence and masked loss of every depth; only what is masked meets a decoder."""
        what = ("masked",) if parameters.decoder == "child" else ("divergence", "masked")
        return [{"L": L, "of": of} for L in parameters.depths for of in what]

    def trial(self, parameters: LayerwiseDenoiserParameters, trial: Trial) -> Outcome[Excess]:
        """One grammar of every depth."""
        found: Excess = {"divergence": {}, "masked": {}}
        for L in parameters.depths:
            grammar, premises = learnable(parameters.instance(L), trial, parameters.target)
            if any(premises.values()):
                return Outcome.without(premises)
            divergence, masked = _excess(parameters, grammar, trial)
            found["divergence"][str(L)], found["masked"][str(L)] = divergence, masked
        return Outcome(found, premises)

    def claim(
        self,
        parameters: LayerwiseDenoiserParameters,
        row: Row,
        outcomes: Sequence[Outcome[Excess]],
        form: str,
    ) -> Claim:
        """The mean divergence against the law; the masked loss against its exact value."""
        L, trials = row["L"], len(outcomes)
        if row["of"] == "masked":
            excess = mean_interval([one.values["masked"][str(L)] for one in outcomes], 0.95)
            return Equality(excess, 0.0, parameters.masked_margin, trials=trials, absolute=True)
        interval = mean_interval([one.values["divergence"][str(L)] for one in outcomes], 0.95)
        predicted = self.formula(form, "excess")(
            n=parameters.V, V=parameters.V, m=parameters.m, L=L, N=parameters.samples
        )
        return Equality(interval, predicted, parameters.margin, trials=trials)


def _excess(
    parameters: LayerwiseDenoiserParameters, grammar: Grammar, trial: Trial
) -> tuple[float, float]:
    """The divergence in nats, and what masked tokens cost more, as a share of their floor."""
    import torch

    from layerproof.layerwise.denoising.ladder import sampled_strings
    from layerproof.layerwise.denoising.levels import valid_patches
    from layerproof.layerwise.denoising.processes import MaskingProcess
    from layerproof.layerwise.denoising.rule_network import RuleNetwork

    network, exact = _learned(parameters, grammar, trial), RuleNetwork.of(grammar)
    seed = trial.derive("test", grammar.levels)
    strings = torch.cat(list(sampled_strings(grammar, parameters.test, seed=seed)))
    process = MaskingProcess(grammar.vocabularies[-1])
    clean = process.log_evidence(strings, 0.0).exp()
    ratio = network.log_likelihood(clean) - exact.log_likelihood(clean)
    # E[P̂/P] is known: less P̂/P the mean of log P/P̂ varies far less where P̂ is near to P.
    grammatical = valid_patches(network, grammar).grammatical if grammar.is_nonambiguous else 1.0
    divergence = float((torch.exp(ratio) - ratio).mean()) - grammatical
    generator = torch.Generator().manual_seed(trial.derive("masks", grammar.levels))
    noisy = process.corrupted(strings, HIDDEN, generator)
    evidence, hidden = process.log_evidence(noisy, HIDDEN).exp(), noisy != strings

    def loss(body: RuleNetwork) -> Tensor:
        costs = -body(evidence).log_softmax(-1).gather(2, strings[..., None])[..., 0]
        mean: Tensor = costs[hidden].mean()
        return mean

    floor = loss(exact)
    return divergence, float((loss(network) - floor) / floor)


def _learned(
    parameters: LayerwiseDenoiserParameters, grammar: Grammar, trial: Trial
) -> RuleNetwork:
    """The denoiser, with what the parameters break in it."""
    import torch

    from layerproof.layerwise.clustering import ClusterChain, ClusterStage, cluster_chain
    from layerproof.layerwise.denoising.ladder import decoded
    from layerproof.layerwise.denoising.rule_network import RuleNetwork

    if parameters.decoder == "child":
        true = RuleNetwork.of(grammar)
        return RuleNetwork(true.tables, true.branching, conditional=True)
    samples = max(1, math.ceil(parameters.samples * trial.control.samples))
    seed = trial.derive("training", grammar.levels)
    chain = cluster_chain(grammar, samples, parameters.target, seed=seed)
    if parameters.shuffled:
        generator = torch.Generator().manual_seed(seed % 2**63)
        stages = []
        for stage in chain.stages:
            order = torch.randperm(len(stage.cluster), generator=generator)
            stages.append(ClusterStage(stage.size, stage.branching, stage.cluster[order]))
        chain = ClusterChain(grammar, tuple(stages))
    return decoded(chain, samples, seed=seed)


CHECKS = (LayerwiseDenoiser(),)
