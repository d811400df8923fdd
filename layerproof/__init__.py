"""Check a theorem about deep learning the way you check code.

Three rooms: :mod:`layerproof.theory` says what is claimed, :mod:`layerproof.layerwise` trains,
:mod:`layerproof.verify` measures and judges. What people use most stands here as well, and is
loaded when it is first asked for:

>>> import layerproof
>>> grammar = layerproof.draw(
...     "uniform-first-token", vocabulary=8, rules=4, branching=2, levels=3, seed=0
... )
>>> layerproof.assumptions(grammar).holds
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from layerproof.layerwise.training import train
    from layerproof.theory.assumptions import assumptions
    from layerproof.theory.ensembles import draw
    from layerproof.theory.grammar import Grammar
    from layerproof.theory.inference import infer
    from layerproof.theory.predict import predict_instance as predict
    from layerproof.verify.measure.invariance import invariance_report as invariance
    from layerproof.verify.measure.invariance import matrix
    from layerproof.verify.report.library import report
    from layerproof.verify.run.runner import plan, run

_HOME = {
    "Grammar": ("theory.grammar", "Grammar"),
    "assumptions": ("theory.assumptions", "assumptions"),
    "draw": ("theory.ensembles", "draw"),
    "infer": ("theory.inference", "infer"),
    "invariance": ("verify.measure.invariance", "invariance_report"),
    "matrix": ("verify.measure.invariance", "matrix"),
    "plan": ("verify.run.runner", "plan"),
    "predict": ("theory.predict", "predict_instance"),
    "report": ("verify.report.library", "report"),
    "run": ("verify.run.runner", "run"),
    "train": ("layerwise.training", "train"),
}
"""Where each name is defined, so that importing the package alone imports no torch."""

__all__ = [
    "Grammar",
    "assumptions",
    "draw",
    "infer",
    "invariance",
    "matrix",
    "plan",
    "predict",
    "report",
    "run",
    "train",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOME[name]
    return getattr(import_module(f"{__name__}.{module}"), attribute)


def __dir__() -> list[str]:
    return sorted(globals().keys() | _HOME.keys())
