"""The command `steelyard`.

Owns: the list of commands and the way from an error to an exit code. Refuses: with the exit codes
of steelyard.errors: 0 ok, 1 verdict failed, 2 usage, 3 no device, 4 device refused, 5 our bug.
Units: none.
"""

from __future__ import annotations

import inspect
import os
import traceback
from functools import cache

import typer

from steelyard import __version__
from steelyard.commands import (
    calibrate,
    cell,
    commission,
    demo,
    doctor,
    events,
    evidence,
    flash,
    history,
    keys,
    local,
    provision,
    pull,
    release,
    replay,
    report,
    scale,
    seal,
    signed,
    sim,
    soak,
    terminal,
    test,
    verify,
    watch,
    weights,
)
from steelyard.errors import BUG, CLOSED, INTERRUPTED, OK, USAGE, UserError
from steelyard.output import OutputClosed, errors

app = typer.Typer(
    name="steelyard",
    help="Flash, provision, calibrate, read and verify honest weighing terminals.\n\n"
    "ADDRESS is where a terminal is: /dev/ttyACM0, /dev/pts/3, COM3 or socket://HOST:PORT"
    " (`steelyard ports` lists the serial ports). `steelyard demo` shows everything without"
    " hardware.\n\n"
    "Exit codes: 0 done, 1 a verdict did not pass, 2 wrong usage, 3 no terminal, 4 the terminal"
    " refused, 5 a fault of the program, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for _module in (
    demo,
    sim,
    flash,
    provision,
    calibrate,
    commission,
    soak,
    scale,
    terminal,
    watch,
    signed,
    pull,
    verify,
    evidence,
    release,
    events,
    history,
    seal,
    keys,
    weights,
    test,
    report,
    cell,
    doctor,
    replay,
    local,
):
    _module.register(app)


def _flow(text: str) -> str:
    """A docstring's paragraphs in one line each: the screen breaks them."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split("\n")) for paragraph in paragraphs)


_commands = [*app.registered_commands]
for _group in app.registered_groups:
    _commands += _group.typer_instance.registered_commands if _group.typer_instance else []
for _command in _commands:
    _command.help = _flow(_command.callback.__doc__ or "") if _command.callback else None


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"steelyard {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version and end."
    ),
) -> None:
    """Options of the program itself; each command has its own --help."""


# A tenth of a second: whoever runs many commands in one process waits for it once.
_command_of = cache(typer.main.get_command)


def run(arguments: list[str]) -> int:
    """Run one command; its exit code."""
    command = _command_of(app)
    try:
        result = command.main(args=arguments, prog_name="steelyard", standalone_mode=False)
    except UserError as error:
        errors.print(f"steelyard: {error.sentence}", markup=False)
        return error.exit_code
    except typer.TyperException as error:
        context = getattr(error, "ctx", None)
        asked = context.command_path if context else "steelyard"
        sentence = error.format_message().strip()
        if sentence:  # without, the help was printed
            errors.print(f"steelyard: {sentence.rstrip('.')}. See `{asked} --help`", markup=False)
        return USAGE
    except OutputClosed:
        return CLOSED
    except (KeyboardInterrupt, typer.Abort):
        result = INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last line of defence, and it reports
        errors.print(
            f"steelyard: this is a fault of the program ({type(error).__name__}). Please report"
            " it; STEELYARD_DEBUG=1 shows where",
            markup=False,
        )
        if os.environ.get("STEELYARD_DEBUG"):
            traceback.print_exc()
        return BUG
    if result == INTERRUPTED:  # typer's own answer to Ctrl-C too
        errors.print("steelyard: interrupted")
    return result if isinstance(result, int) else OK
