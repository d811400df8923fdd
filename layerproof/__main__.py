"""The process `layerproof`: interruptions are settled before the imports that take time."""

import os
import sys


def main() -> None:
    """Run the command line that the process was started with."""
    from layerproof.verify.commands import interruption

    interruption.install()
    from layerproof.verify.cli import main as run

    run()


def _leave_out_the_working_directory() -> None:
    """`python -m` looks into it first, where any file could pass for one of Python's modules.

    Not so where this package itself lies there.
    """
    try:
        here = os.getcwd()
    except OSError:  # deleted
        here = ""
    home = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
    if sys.path[:1] in ([here], [""]) and os.path.realpath(here or os.sep) != home:
        del sys.path[0]


if __name__ == "__main__":
    _leave_out_the_working_directory()
    main()
