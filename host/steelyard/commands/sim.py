"""`steelyard sim`: a virtual terminal, with its two addresses."""

from __future__ import annotations

import json
import os
import select
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from steelyard import soldered
from steelyard.boards import Board
from steelyard.commands import Json
from steelyard.errors import USAGE, UserError
from steelyard.output import errors, show
from steelyard.simulator import Simulator, SimulatorError
from steelyard.virtual import prepare_virtual, refuse_other_files

_LOOK_S = 0.5


def _type(simulator: Simulator) -> None:
    """Give each line of standard input to the world, until either has ended."""
    typed = b""
    while simulator.process.poll() is None:
        if not select.select([sys.stdin], [], [], _LOOK_S)[0]:
            continue
        if sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) != os.getpgrp():
            time.sleep(_LOOK_S)  # in the background: what is typed is the shell's
            continue
        data = os.read(sys.stdin.fileno(), 4096)
        if not data:
            return
        *lines, typed = (typed + data).split(b"\n")
        for line in filter(None, (line.decode("utf-8", "replace").strip() for line in lines)):
            try:
                answer = simulator.world(line)
            except SimulatorError as error:
                answer = str(error)
            errors.print((answer or "ok").replace("\t", "\n"), markup=False)


def register(app: typer.Typer) -> None:
    """Add the command."""

    @app.command()
    def sim(
        flash: Annotated[
            Path, typer.Option(help="Flash file; it keeps key, calibration and records.")
        ] = Path("steelyard-sim.flash"),
        bare: Annotated[
            bool, typer.Option("--bare", help="Put no firmware on it: a new board.")
        ] = False,
        seed: Annotated[int, typer.Option(help="Of the noise.")] = 1,
        speed: Annotated[str, typer.Option(help="Board time: 1, 20, max; 0 holds it.")] = "1",
        converter: Annotated[
            str, typer.Option(help="Its converter: hx711, ads1232, nau7802, cs1237, ads1220.")
        ] = "hx711",
        rate: Annotated[
            int | None, typer.Option(help="Samples a second of the converter (HX711: 10, 80).")
        ] = None,
        signer: Annotated[
            str, typer.Option(help="What signs: ed25519 (software) or the chip atecc608.")
        ] = "ed25519",
        scenario: Annotated[Path | None, typer.Option(help="File of world commands.")] = None,
        as_json: Json = False,
    ) -> int:
        """Start a virtual terminal: the real firmware on the real MicroPython VM. Ends at Ctrl-C.

        Prints two addresses: the terminal's, for all other commands, and the world's. What hands
        and weather do (`place 1.5 kg`, `remove`, `cut power`, `help`) is typed here, line by line,
        or sent to the world's address by a program. The terminal's key says TEST.

        Example: steelyard sim --flash first.flash
        """
        if scenario is not None and not scenario.is_file():
            raise UserError(USAGE, f"there is no scenario {scenario}. Look for it with `ls`")
        wiring = soldered.converter(converter, rate)
        options = ["--seed", str(seed), "--speed", speed, "--rate", str(wiring["rate_hz"])]
        options += ["--converter", json.dumps(wiring)]
        chip = soldered.signer(signer)
        if chip is not None:
            options += ["--signer", json.dumps(chip)]
        if scenario is not None:
            options += ["--scenario", str(scenario)]
        refuse_other_files(flash)
        if not bare:
            _prepare(flash, soldered.virtual_board(wiring, chip))
        with Simulator(flash, options) as simulator:
            there = simulator.addresses
            text = (
                f"terminal  {there['pty']}  or  {there['console']}\n"
                f"network   {there['service']}  (once it has joined: steelyard wifi"
                f" {there['pty']} --ssid market)\n"
                f"world     {there['world']}\n\n"
                f"try       steelyard status {there['pty']}\n"
                "type      place 1.5 kg, remove, help: what happens to the scale\n"
                "end       Ctrl-C\n"
            )
            show(there, as_json, text)
            simulator.listen(lambda line: errors.print(line, markup=False))
            _type(simulator)
            raise simulator.wait()


def _prepare(flash: Path, board: Board) -> None:
    try:
        prepare_virtual(flash, board)
    except OSError as error:
        raise UserError(
            USAGE,
            f"{flash} cannot be written: {error.strerror}. Free space, or name another file with"
            " --flash",
        ) from None
