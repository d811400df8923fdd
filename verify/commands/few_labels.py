"""`train --labels N`: a signal inside the string for the levels L to 2, N labels for level 1."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

from layerproof.theory.errors import InputError
from layerproof.verify.commands.option_values import (
    choice,
    integer,
    integers,
    named_as_options,
    positive_number,
)
from layerproof.verify.commands.progress import ProgressReport, announce

if TYPE_CHECKING:
    from layerproof.layerwise.progress import ProgressEvent
    from layerproof.layerwise.training import Training
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.latent_schedule import TargetName
    from layerproof.theory.signals import Signal

OWN = "own-latent"
"""The signal that a learner with labels makes itself."""
MULTIPLE = 32.0
"""N^(l) / (n m^l) unless sample sizes are given: enough for an accuracy above 0.99."""


class Samples(NamedTuple):
    """The options that say how many samples the stages get, as they were given."""

    per_level: str | None
    multiple: str | None

    def scale(self) -> float:
        """X of N = X n m^l. Raises InputError where it is no positive number."""
        given = self.multiple
        return MULTIPLE if given is None else positive_number("--multiple", given)


@dataclass(frozen=True)
class Labelled:
    """What `--labels` and `--target` ask for, beside the signal."""

    inside: "Signal"
    labels: int
    target: str

    @property
    def own(self) -> bool:
        """Whether the learner teaches itself."""
        return self.inside.name == OWN

    def signal(self, grammar: "Grammar") -> "Signal":
        """The signal with the label at level 1. Raises InputError where it cannot have one."""
        from layerproof.theory.signals.few_labels import few_labels

        with named_as_options():
            return few_labels(self.inside, grammar)

    def samples(self, grammar: "Grammar", asked: Samples) -> Samples:
        """Samples of the levels 1 to L, of which the first are the labels."""
        from layerproof.theory.schedule import multiple_samples

        if asked.per_level is None:
            scale = asked.scale()
            with named_as_options():
                found = multiple_samples(grammar, scale)
        else:
            found = samples_of_levels(grammar, asked.per_level)
        return Samples(",".join(map(str, [self.labels, *found[1:]])), None)


def read_few_labels(
    signal: "Signal", labels: str | None, target: str | None, *, features: str, route: str
) -> Labelled | None:
    """What the two options ask for; None where they are not given.

    Raises InputError, before anything is drawn, for values out of range, and for options that do
    not go together.
    """
    if labels is None:
        if target is not None:
            raise InputError("--target", target, f"only with --signal {OWN} and --labels N")
        return None
    from layerproof.theory.latent_schedule import MOST_LABELS, TARGET_NAMES

    number = integer("--labels", labels, least=1, most=MOST_LABELS)
    if signal.name == "label":
        allowed = f"only with a signal inside the string, such as --signal {OWN}"
        raise InputError("--labels", labels, allowed)
    found = Labelled(signal, number, choice("--target", target, TARGET_NAMES) or TARGET_NAMES[0])
    if target is not None and not found.own:
        raise InputError("--target", target, f"only with --signal {OWN}")
    if found.own and features != "exact":
        raise InputError("--features", features, f"exact, with --signal {OWN} and --labels")
    if found.own and route != "auto":
        raise InputError("--route", route, f"auto, with --signal {OWN} and --labels")
    return found


def samples_of_levels(grammar: "Grammar", text: str) -> list[int]:
    """The samples of the levels 1 to L that an option lists."""
    samples = integers("--samples-per-level", text)
    if len(samples) != grammar.levels:
        allowed = f"{grammar.levels} whole numbers, one for each of the levels 1 to L"
        raise InputError("--samples-per-level", text, allowed)
    return samples


def train_own(
    grammar: "Grammar",
    asked: Labelled,
    samples: Samples,
    patches: str,
    *,
    seed: int,
    device: str | None,
) -> "Training":
    """Train a learner that teaches itself, and say beforehand how long that takes."""
    from layerproof.layerwise.own_latents import Latents, expected_seconds
    from layerproof.layerwise.training import train_on_own_latents
    from layerproof.theory.latent_schedule import MULTIPLE as OWN_MULTIPLE
    from layerproof.theory.latent_schedule import own_latent_schedule

    asked.signal(grammar)
    if samples.per_level is not None and samples.multiple is not None:
        allowed = "--multiple or --samples-per-level, not both"
        raise InputError("--multiple", samples.multiple, allowed)
    scale = samples.multiple
    latents = Latents(cast("TargetName", asked.target), patches == "all")
    with named_as_options():
        schedule = own_latent_schedule(
            grammar,
            asked.labels,
            multiple=OWN_MULTIPLE if scale is None else positive_number("--multiple", scale),
            samples_per_level=None
            if samples.per_level is None
            else samples_of_levels(grammar, samples.per_level),
        )
    announce("training", expected_seconds(grammar, schedule, latents))
    with ProgressReport("train") as bar, named_as_options():

        def progress(event: "ProgressEvent") -> None:
            bar(event.overall, f"train, level {event.level} of {event.levels}")

        return train_on_own_latents(
            grammar, schedule, seed=seed, latents=latents, device=device, progress=progress
        )
