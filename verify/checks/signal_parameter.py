"""A signal as a parameter of a check: its name, which has to be one that is known."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from layerproof.theory.errors import InputError
from layerproof.theory.signals import signal_named


def _known(name: str) -> str:
    try:
        return signal_named(name).name
    except InputError as error:
        raise ValueError(str(error)) from error


SignalName = Annotated[str, AfterValidator(_known), Field(description="what a stage predicts")]
