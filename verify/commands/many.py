"""Work on many drawn grammars: announced with its time, or refused where it has no end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from layerproof.theory.errors import InputError
from layerproof.theory.formatting import duration
from layerproof.verify.commands.progress import announce

if TYPE_CHECKING:
    from layerproof.theory.costs import Extent

MOST_DAYS = 7
"""The longest work that is started."""


def check_many(option: str, draws: int, extents: "Sequence[Extent]", workers: int = 1) -> None:
    """Announce `draws` grammars of each of the sizes, by as many workers.

    Raises InputError, naming `option`, where that is more than MOST_DAYS.
    """
    from layerproof.theory.costs import draw_seconds, laws_seconds

    once = sum(draw_seconds(extent) + laws_seconds(extent) for extent in extents) / workers
    most = int(MOST_DAYS * 86400 / once) if once else draws
    if draws > most:
        allowed = f"at most {most}, which take {MOST_DAYS} days at about {duration(once)} each"
        raise InputError(option, draws, allowed)
    announce("assumptions", draws * once)
