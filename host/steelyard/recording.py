"""A real calibration run, replayed through the virtual converter: what the demo and a test use.

Owns: the reading of boa-climbing-hx711 (tests/data, SOURCE.md there) and the order of its replay.
Refuses: with UserError, a checkout without the recording.
Units: counts, kilograms, seconds of board time.

The file is binned: each row is the mean of about eight conversions, stamped on arrival at a serial
link. Such stamps say nothing about the converter, so each row is played as one conversion, its
mean rounded to a whole count, at the even 80 samples a second of the virtual board: the run takes
an eighth of the time that it took, and has less noise than single conversions would.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from steelyard_wire.codes import MOTION, NOT_READY

from steelyard.client import Terminal
from steelyard.errors import USAGE, DeviceRefused, UserError
from steelyard.simulator import Simulator

RATE_HZ = 80
_STANDARD_GRAVITY = 9.80665
# Rows where a load lies still, found on a plot: the empty sensor, then each plate.
_ZERO_ROWS = (318, 349)
_PLATE_ROWS = (413, 1276, 2077, 2872, 3885, 5202, 7270, 8260, 9263)
_LAST_PLATE_FROM = 9210
_STEP_ROWS = 8
_PATIENCE_ROWS = 160
# SOURCE.md: largest departure of the sensor from the straight line, 23 N.
_LINEARITY_N = 23.0
# Max 400 kg in steps of 0.2 kg; the sensor swings, so rest is one step over 16 rows.
SCALE = ("max", "400000", "e", "200")
CONFIGURATION = (
    ("profile", "2"),  # the shortest: a row is eight conversions already
    ("noise", "1000"),  # it swings by 100 counts where it hangs still
    ("motion_ms", "200"),
    ("motion_span", "1000"),
)


@dataclass(frozen=True)
class Run:
    """The recording: counts by row, and the plates with the row at which each lies still."""

    source: str
    counts: list[int]
    plates: list[tuple[int, float]]
    linearity_kg: float

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return len(self.counts) / RATE_HZ


@dataclass(frozen=True)
class Plate:
    """A plate that lies still on the sensor now."""

    row: int
    kilograms: float


def _rows(path: Path) -> list[list[float]]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [[float(cell) for cell in row] for row in list(csv.reader(file))[1:]]
    except OSError as error:
        raise UserError(
            USAGE, f"cannot read {path}: {error.strerror}. The demo runs in a checkout"
        ) from None


def load(folder: Path) -> Run:
    """Read the calibration run and the table of its plates."""
    counts = [round(row[1]) for row in _rows(folder / "finalRecording.csv")]
    table = _rows(folder / "calibration_finalCalibration.csv")[1:]
    plates = [
        (row, newton / _STANDARD_GRAVITY)
        for row, (_, newton) in zip(_PLATE_ROWS, table, strict=True)
    ]
    return Run("boa-climbing-hx711", counts, plates, _LINEARITY_N / _STANDARD_GRAVITY)


def _start(simulator: Simulator, counts: list[int], file: Path) -> None:
    lines = [f"{row / RATE_HZ:.4f} {word}" for row, word in enumerate(counts)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    simulator.world(f"replay {file}")


def _pass(simulator: Simulator, rows: int) -> None:
    simulator.world(f"advance {rows * 1000 // RATE_HZ} ms")


def _wait(simulator: Simulator, terminal: Terminal, row: int, last: int) -> int:
    """Pass rows until the load is at rest, but not beyond `last`; the row reached."""
    while not terminal.reading().stable and row < last:
        _pass(simulator, _STEP_ROWS)
        row += _STEP_ROWS
    return row


def _capture(simulator: Simulator, terminal: Terminal, row: int, last: int, *step: str) -> None:
    """A step of the calibration; what moves between the reading and the step is waited for."""
    while True:
        row = _wait(simulator, terminal, row, last)
        try:
            terminal.calibrate(*step)
            return
        except DeviceRefused as refused:
            if refused.code not in (MOTION, NOT_READY) or row >= last:
                raise
        _pass(simulator, 1)
        row += 1


def play(run: Run, simulator: Simulator, terminal: Terminal, folder: Path) -> Iterator[Plate]:
    """Configure, calibrate with the recording's own zero and last plate, then play all of it.

    Yields each plate when it lies still; board time is held while the caller weighs it.
    """
    simulator.world("speed 0")
    terminal.set_parameter(*SCALE)
    for name, value in CONFIGURATION:
        terminal.set_parameter(name, value)
    terminal.calibrate("BEGIN")
    # The empty sensor lies still for 0.4 s, too short for a window of rest after whatever lay
    # there before: these rows are played forth and back.
    still = run.counts[slice(*_ZERO_ROWS)]
    zero = (still + still[-2:0:-1]) * 3
    _start(simulator, zero, folder / "zero.txt")
    _pass(simulator, len(still))  # else it may still be what lay there before
    _capture(simulator, terminal, len(still), len(zero) - 2 * _STEP_ROWS, "ZERO")
    row, kilograms = run.plates[-1]
    _start(simulator, run.counts[_LAST_PLATE_FROM : row + _PATIENCE_ROWS], folder / "span.txt")
    _pass(simulator, row - _LAST_PLATE_FROM)
    said = ("SPAN", f"{kilograms:.3f}", "kg", "the recording's last plate")
    _capture(simulator, terminal, row, row + _PATIENCE_ROWS - 10, *said)
    terminal.calibrate("COMMIT", "UNCHECKED")
    _start(simulator, run.counts, folder / "run.txt")
    played = 0
    for row, kilograms in run.plates:
        _pass(simulator, row - played)
        # A knock, or the flash being written, may have restarted the window: wait on.
        played = _wait(simulator, terminal, row, row + _PATIENCE_ROWS)
        yield Plate(played, kilograms)
