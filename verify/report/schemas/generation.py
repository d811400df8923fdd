"""What `generate --json` prints (layerproof/generation/1), as types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from layerproof.verify.report.schemas.values import DocumentPart, Number, Text

MOST_LEVELS = 128


class Estimated(DocumentPart):
    """An estimate with its limits at 95 %; null where there is too little to tell."""

    estimate: Number | None
    interval: Annotated[list[Number], Field(min_length=2, max_length=2)] | None


class HeldOutRecord(DocumentPart):
    """After so many steps, the mean training loss since the last record and that held out."""

    step: int
    loss: Number
    held_out: Number


class LossesRecord(DocumentPart):
    """The loss of fresh strings: trained, exact (the floor), and of independent tokens (null)."""

    trained: Estimated
    exact: Estimated
    null: Estimated
    excess: Estimated
    share_of_exact: Estimated


class LearnedLevelRecord(DocumentPart):
    """What a token costs where all below a symbol of the level is hidden."""

    level: int
    strings_needed: Number | None
    excess: Estimated
    null_excess: Estimated
    missed: Estimated


class GeneratedLevelRecord(DocumentPart):
    """Valid patches of a level, and strings that are valid from it down, beside exact and null."""

    level: int
    valid: Estimated
    valid_exact: Estimated
    valid_null: Number | None
    whole: Estimated
    whole_exact: Estimated
    whole_null: Number | None


class CopiedRecord(Estimated):
    """The share of made strings that were trained on; `exact` is that of the grammar's law."""

    exact: Number


class GeneratedRecord(DocumentPart):
    """The strings that were made."""

    strings: int
    levels: Annotated[list[GeneratedLevelRecord], Field(max_length=MOST_LEVELS)]
    copied: CopiedRecord | None


class GenerationDocument(DocumentPart):
    """What a trained denoiser has learned; `levels` is null where the noise hides no tokens."""

    schema_: Literal["layerproof/generation/1"] = Field(alias="schema")
    grammar_digest: Text
    seed: Number
    noise: Text
    loss: Text
    unit: Text
    body: Text
    width: int
    strings: int | None
    steps: int
    best_step: int | None
    stopped_early: bool
    device: Text
    model: Text | None
    history: list[HeldOutRecord]
    losses: LossesRecord
    levels: Annotated[list[LearnedLevelRecord], Field(max_length=MOST_LEVELS)] | None
    generated: GeneratedRecord
