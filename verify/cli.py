"""The command `layerproof`: its commands, its exit codes, and one clear sentence per refusal.

Exit codes: 0 every verdict is the one expected; 1 an unexpected `violated`; 2 interrupted; 3 a
check crashed; 4 bad usage or bad input; 5 nothing ran; 6 `inconclusive` or `not-run` where a
verdict was required.
"""

import sys
import traceback
from collections.abc import Callable
from typing import Annotated, Any, cast

import typer
from typer.core import TyperGroup

from layerproof.theory.errors import MISSING, InputError, unknown_name
from layerproof.theory.printable import printable
from layerproof.verify.commands import (
    assumptions,
    compare,
    draw,
    generate,
    infer,
    interruption,
    invariance,
    predict,
    refute,
    statements,
    train,
)
from layerproof.verify.commands import report as reporting
from layerproof.verify.commands import verify as verification
from layerproof.verify.commands.output import settle_width
from layerproof.verify.commands.streams import open_streams, print_unwritten
from layerproof.verify.run import exhaustion

INTERRUPTED = interruption.EXIT_CODE
CRASHED = 3
BAD_INPUT = 4

# Typer does not export the class of all refusals of its parser, only one that derives from it.
_UsageError = cast(type[Exception], typer.BadParameter.__base__)


class Commands(TyperGroup):
    """The group of all commands, with the exit codes of `layerproof`."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command line and leave with its exit code."""
        kwargs["standalone_mode"] = False
        settle_width()
        sys.exit(_guarded(lambda: super(Commands, self).main(*args, **kwargs)))

    def invoke(self, ctx: Any) -> Any:
        """Run one command; an interruption leaves before typer gives it a code of its own."""
        try:
            with interruption.raised():
                return super().invoke(ctx)
        except KeyboardInterrupt as interrupted:
            raise typer.Exit(_interrupted(str(interrupted))) from None

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name; raises InputError where there is none."""
        command = super().get_command(ctx, cmd_name)
        if command is None:
            raise unknown_name("command", cmd_name, self.list_commands(ctx))
        return command


def _guarded(run: Callable[[], Any]) -> int:
    """The exit code of `run`, every refusal turned into one sentence on standard error."""
    try:
        outcome = run()
        sys.stdout.flush()
    except InputError as error:
        print_unwritten(error)
        return _refuse(str(error))
    except _UsageError as error:
        return _refuse(_usage_sentence(error))
    except Exception as error:  # noqa: BLE001 -- the outermost boundary, and the trace is printed
        if interruption.interrupted():  # a library made another exception of it
            return _interrupted()
        if sentence := exhaustion.in_words(error):
            return _refuse(sentence)
        sys.stderr.write(printable(traceback.format_exc(), lines=True))
        _refuse("this is a defect of layerproof, not of your input")
        return CRASHED
    return outcome if isinstance(outcome, int) else 0


def _interrupted(sentence: str = "") -> int:
    """Say that an interruption came, and what it left."""
    _stop_workers()
    _refuse(f"interrupted; {sentence or interruption.NOTHING_LEFT}")
    return INTERRUPTED


def _stop_workers() -> None:
    """End this process's worker processes; a pool would first let them finish what they do."""
    import multiprocessing

    for worker in multiprocessing.active_children():
        worker.terminate()


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"layerproof: {printable(sentence)}\n")
    return BAD_INPUT


def _usage_sentence(error: Exception) -> str:
    """What typer's parser refused: an option it does not know, in the form of InputError."""
    context = getattr(error, "ctx", None)
    if context is not None and hasattr(error, "option_name"):
        known = (name for parameter in context.command.params for name in parameter.opts)
        return str(unknown_name("option", error.option_name, known))
    sentence = " ".join(error.format_message().split()).rstrip(".")  # type: ignore[attr-defined]
    command = "layerproof" if context is None else context.command_path
    return f"{sentence}; `{command} --help` says what is allowed"


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        sys.stdout.write(f"layerproof {version('layerproof')}\n")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
]


def _layerproof(context: typer.Context, version: Version = False) -> None:
    """Check a theorem about deep learning the way you check code."""
    if context.invoked_subcommand is None:
        known = context.command.list_commands(context)  # type: ignore[attr-defined]
        raise InputError("command", MISSING, ", ".join(known))


app = typer.Typer(
    cls=Commands,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: layerproof verify",
)
app.callback(invoke_without_command=True)(_layerproof)
app.command(epilog=draw.EPILOG)(draw.draw)
app.command(epilog=predict.EPILOG)(predict.predict)
app.command(epilog=assumptions.EPILOG)(assumptions.assumptions)
app.command(epilog=train.EPILOG)(train.train)
app.command(epilog=invariance.EPILOG)(invariance.invariance)
app.command(epilog=infer.EPILOG)(infer.infer)
app.command(epilog=generate.EPILOG)(generate.generate)
app.command(cls=verification.Command, epilog=verification.EPILOG)(verification.verify)
app.command(epilog=reporting.EPILOG)(reporting.report)
app.command(epilog=compare.EPILOG)(compare.compare)
app.command(epilog=refute.EPILOG)(refute.refute)
app.command(epilog=statements.EPILOG)(statements.statements)


def main() -> None:
    """Run the command line that the process was started with."""
    interruption.install()
    code = _guarded(open_streams)
    if code:
        sys.exit(code)
    app(prog_name="layerproof")


if __name__ == "__main__":
    main()
