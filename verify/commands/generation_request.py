"""What `generate` asks for: options as text in, a plan of a training out; nothing loaded early."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from layerproof.theory.errors import InputError
from layerproof.verify.commands.option_values import choice, integer, named_as_options
from layerproof.verify.commands.progress import announce

if TYPE_CHECKING:
    import torch

    from layerproof.layerwise.generators import AdamRun, DenoiserPlan, DenoiserTraining
    from layerproof.theory.grammar import Grammar

NOISES = ("masking", "uniform", "gaussian")
USUAL_BODY = "u-net"
MOST_WIDTH, MOST_STEPS, MOST_STRINGS = 2**14, 10**8, 10**8

EXAMINATION_SECONDS = 2e-7
"""One token of one rule of one string, before a trained and before the exact denoiser."""


@dataclass(frozen=True)
class GenerationRequest:
    """The noise, the body, and what it is trained on, each checked as an option."""

    noise: str
    body: str
    width: int | None
    strings: int | None
    train_on: str | None
    steps: int | None

    @classmethod
    def of(
        cls,
        noise: str | None,
        body: str | None,
        width: str | None,
        strings: str | None,
        train_on: str | None,
        steps: str | None,
    ) -> Self:
        """Read the options. Raises InputError for the first that is none."""
        if train_on is not None and strings is not None:
            raise InputError("--strings", strings, "--strings N or --train-on STRINGS, not both")
        return cls(
            choice("--noise", noise, NOISES),
            body or USUAL_BODY,
            _whole("--width", width, MOST_WIDTH),
            _whole("--strings", strings, MOST_STRINGS),
            train_on,
            _whole("--steps", steps, MOST_STEPS),
        )

    def plan(self, grammar: "Grammar", seed: int) -> "DenoiserPlan":
        """The training of a denoiser of this grammar. Raises InputError where there is none."""
        from dataclasses import replace

        from layerproof.layerwise.architectures import BODIES
        from layerproof.layerwise.generators import AdamDescent, DenoiserPlan
        from layerproof.theory.costs import Extent, check

        check(Extent.of(grammar))
        body = BODIES[choice("--body", self.body, BODIES)]
        if self.width is not None:
            body = replace(body, width=self.width)
        descent = AdamDescent() if self.steps is None else AdamDescent(steps=self.steps)
        return DenoiserPlan(grammar, self.noise, body, descent, self._strings(grammar, seed), seed)

    def _strings(self, grammar: "Grammar", seed: int) -> "torch.Tensor | None":
        """What is trained on again and again; None where all strings are fresh."""
        if self.train_on is not None:
            import torch

            from layerproof.theory.string_files import read_strings

            return torch.from_numpy(read_strings(self.train_on))
        if self.strings is None:
            return None
        from layerproof.layerwise.generators.training import training_strings

        try:
            return training_strings(grammar, self.strings, seed=seed)
        except InputError as error:
            raise InputError("--strings", self.strings, f"fewer: {error.allowed}") from error


def take_up(plan: "DenoiserPlan", path: str, device: "torch.device") -> "AdamRun":
    """The training of this plan that a file keeps. Raises InputError where it is of another."""
    from layerproof.layerwise.generators.checkpoint import check_same_plan, load_denoiser

    found = load_denoiser(path, device)
    check_same_plan(found.plan, plan)
    return found.descent


def denoiser_content(plan: "DenoiserPlan", descent: "AdamRun") -> bytes:
    """A training as it stands, as the content of a file."""
    from layerproof.layerwise.generators.checkpoint import denoiser_bytes

    return denoiser_bytes(plan, descent)


def generation_document(training: "DenoiserTraining", seed: int) -> dict[str, Any]:
    """What was learned; a long examination is announced."""
    from layerproof.theory.costs import Extent
    from layerproof.verify.measure.generation_report import EXAMINED, generation_report

    grammar = training.plan.grammar
    evaluations = EXAMINED * grammar.input_length * (1 + grammar.input_length / 4)
    announce("examine", EXAMINATION_SECONDS * evaluations * max(Extent.of(grammar).rules))
    return generation_report(training, seed)


def asked_device(name: str | None) -> "torch.device":
    """The device of that name. Raises InputError where there is none."""
    from layerproof.layerwise.devices import resolve_device

    with named_as_options():
        return resolve_device(name)


def _whole(option: str, text: str | None, most: int) -> int | None:
    return None if text is None else integer(option, text, most=most)
